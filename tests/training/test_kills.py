"""A training that is killed, at whatever moment, ends as one that was left alone."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch

from tests.training.small import noise_clips

KILLS = int(os.environ.get("TWOSTREAM_KILLS", "2"))

# A checkpoint after every batch: most kills come while one is written.
TRAIN = """
import sys
from pathlib import Path
import pandas as pd
from tests.training.small import FLIPS, blobs, small_net
from twostream_lib.data.frame_stream import FrameStream
from twostream_lib.training import loop
from twostream_lib.training.recipes import Phase, Recipe
mode, table, folder, kills = sys.argv[1:]
loop.CHECKPOINT_MINUTES = 0.0
phases = Phase("sgd", 0.02, 1 + int(kills)), Phase("adamw", 2e-3, 1 + int(kills), "one-cycle")
data = blobs(16 * 40)
if mode == "mode 1":
    clips = pd.read_csv(table, keep_default_na=False)
    data = FrameStream(clips, ["c0", "c1", "c2"], "rgb", (32, 32), buffer=64, open_clips=3)
loop.fit(small_net(), data, blobs(12), Recipe("test", phases, batch_size=16), Path(folder),
         augment=FLIPS if mode == "mode 2" else None)
"""


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The table of six clips, as a file."""
    folder = tmp_path_factory.mktemp("noise")
    noise_clips(folder, [60] * 6).to_csv(folder / "table.csv", index=False)
    return folder / "table.csv"


def start(mode, table, folder):
    command = [sys.executable, "-c", TRAIN, mode, str(table), str(folder), str(KILLS)]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def result(folder):
    saved = torch.load(folder / "last.pt", weights_only=True)
    history = json.loads((folder / "history.json").read_text())["epochs"]
    return saved["net"], [row | {"seconds": 0, "waiting": 0} for row in history]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["mode 1", "mode 2"])
def test_a_killed_training_ends_in_the_very_same_weights(mode, table, tmp_path):
    assert start(mode, table, tmp_path / "whole").wait() == 0
    chance, kills, cut = random.Random(0), 0, tmp_path / "cut"
    while True:
        process = start(mode, table, cut)
        if kills < KILLS:
            seen = (cut / "last.pt").stat().st_mtime_ns if (cut / "last.pt").is_file() else 0
            while process.poll() is None:  # until it has gone on by a batch at least
                if (cut / "last.pt").is_file() and (cut / "last.pt").stat().st_mtime_ns > seen:
                    break
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.3))
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                kills += 1
        _, said = process.communicate()
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, said.decode()
    assert kills == KILLS
    (weights, history), (others, other_history) = result(tmp_path / "whole"), result(cut)
    assert history == other_history
    for name, weight in weights.items():
        assert torch.equal(weight, others[name]), name
    assert sorted(path.name for path in cut.iterdir()) == ["history.json", "last.pt"]
