"""A whole run that is killed again and again ends as one that nobody disturbed."""

import json
import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from twostream_lib.course import metrics

ROOT = Path(__file__).resolve().parents[2]

KILLS = int(os.environ.get("TWOSTREAM_KILLS", "2"))

# Whoever asks for a number of kills has the time for all notebooks. Otherwise one trains a stream,
# and another one the two that it lacks, and fuses them.
ONLY = [] if "TWOSTREAM_KILLS" in os.environ else ["--only", "03,06"]

# What tells of the time, or of what the machine did meanwhile.
OF_THIS_TIME = {
    "seconds",
    "calibration_seconds",
    "notebooks",
    "peak_memory_mb",
    "resumed",
    "checksum",
}

pytestmark = [pytest.mark.slow, pytest.mark.course]


@pytest.fixture
def start(two_actions, tmp_path):
    """Start a run in a process group of its own. Whatever it starts has this test's folder for
    temporary files, by which it is found again: kernels begin groups of their own."""
    own = dict.fromkeys(("TMPDIR", "JOBLIB_TEMP_FOLDER", "JUPYTER_RUNTIME_DIR"), str(tmp_path))
    # One thread each, and sums are the same whatever share of the machine a start is given.
    env = os.environ | own | {"OMP_NUM_THREADS": "1"}

    def starting(runs, log):
        asked = ["--videos", str(two_actions), "--runs", str(runs), "--name", "small", *ONLY]
        command = [sys.executable, "-m", "twostream_lib", "run", *asked]
        with open(log, "w") as out:
            return subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True
            )

    yield starting
    kill_all(tmp_path)


def kill_all(folder):
    """Kill every process whose temporary files are in this folder, and what those start now."""
    while found := [process for process in psutil.process_iter() if is_of(process, folder)]:
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, timeout=10)


def is_of(process, folder):
    try:
        return process.environ().get("TMPDIR") == str(folder)
    except psutil.Error:  # another person's, or just ended
        return False


def timeless(value):
    """JSON without what differs from one run to the next."""
    if isinstance(value, dict):
        return {key: timeless(of) for key, of in value.items() if key not in OF_THIS_TIME}
    return [timeless(of) for of in value] if isinstance(value, list) else value


def content(file):
    """What must be equal of a file: its bytes, but for those that tell of times."""
    if file.suffix == ".pt":
        net = torch.load(file, map_location="cpu", weights_only=True)["net"]
        return {name: (tensor.shape, tensor.numpy().tobytes()) for name, tensor in net.items()}
    if file.suffix == ".json":
        return timeless(json.loads(file.read_text()))
    return b"" if file.suffix in (".ipynb", ".html") else file.read_bytes()


def contents(folder):
    """By path; without locks, which may stay or not."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {str(f.relative_to(folder)): content(f) for f in files if f.suffix != ".lock"}


def stages_of(folder, seconds):
    """How long each stage of a run took that was over in so many seconds: what comes before the
    first notebook, then each notebook by name."""
    notebooks = metrics.read(folder)["run"]["notebooks"]
    return {"": seconds - sum(notebooks.values()), **notebooks}


def place_of(share, stages):
    """The stage that a run is in after this share of its time, and how many seconds before."""
    names, at = list(stages), share * sum(stages.values())
    ends = np.cumsum(list(stages.values()))
    number = min(int(np.searchsorted(ends, at, "right")), len(names) - 1)
    return names[number], at - ends[number] + stages[names[number]]


def wait_for(stage, folder, since, process):
    """Wait until a run that began at `since` (ns) has begun a notebook: it writes a copy."""
    copy = folder / "notebooks" / f"{stage}.ipynb"
    while stage and process.poll() is None:
        if copy.is_file() and copy.stat().st_mtime_ns > since:
            return
        time.sleep(0.05)


def test_a_run_killed_again_and_again_ends_as_an_undisturbed_one(start, tmp_path):
    whole, killed = tmp_path / "whole" / "small", tmp_path / "killed" / "small"
    log, noise = tmp_path / "log", random.Random(20)
    began = time.monotonic()
    assert start(whole.parent, log).wait() == 0, log.read_text()
    stages = stages_of(whole, time.monotonic() - began)
    kills, earliest = 0, 0.0
    while kills < KILLS:
        # Each kill has its own share of the way: all of it is hit, and the work goes on between.
        stage, delay = place_of(noise.uniform(earliest, (kills + 1) / KILLS), stages)
        since = time.time_ns()
        process = start(killed.parent, log)
        wait_for(stage, killed, since, process)
        with suppress(subprocess.TimeoutExpired):
            process.wait(delay)
        if process.poll() is not None:  # it was faster than the kill
            assert process.returncode == 0, log.read_text()
            earliest = 0.0  # what has been trained takes no time again
            continue
        if kills % 2:
            process.kill()  # its kernel ends by itself, a moment later, when the next run is there
        else:
            kill_all(tmp_path)
        process.wait()
        kills += 1
        earliest = kills / KILLS
        print(f"Kill {kills} in {stage or 'the first seconds'}, after {delay:.1f} s.", flush=True)
    assert start(killed.parent, log).wait() == 0, log.read_text()
    found = metrics.read(killed)
    assert (found["run"]["failed"], found["run"]["ended"]) == ({}, {})
    left, right = contents(killed.parent), contents(whole.parent)
    assert left.keys() == right.keys()
    assert [name for name in left if left[name] != right[name]] == []
    assert not [name for name in left if name.endswith((".owner", ".part", ".tmp"))]
    assert {Path(name).suffix for name in left} >= {".npz", ".pt", ".npy", ".csv"}
