"""How fast the stages run here: each beside the plain way of doing it, in one run.

A benchmark takes a folder of class folders with clips (empty: a few of StickHMDB are drawn) and
gives a dict of numbers; `…_per_second` are rates, `…_ratio` is ours over the plain way.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pandas as pd
import torch

from twostream_lib import clips, stickhmdb
from twostream_lib.bench import baselines, corruption, decoding, flow_methods, rounds
from twostream_lib.bench import mode1 as mode_1
from twostream_lib.bench import mode2 as mode_2
from twostream_lib.models.stream import StreamNet
from twostream_lib.training import loop
from twostream_lib.training.profiles import PROFILES

CLIPS_PER_CLASS = 6
ROUNDS = 3
BATCHES, BATCH = 8, 32
DAMAGED_CLIPS = 2000

Numbers = dict[str, float]


def decode(videos: str = "") -> Numbers:
    """Frames a second of `video.decode_gray` and `video.decode`, and of the ways they replace."""
    with some_clips(videos) as table:
        baselines.say_what_is_missing()
        return decoding.measure(table, ROUNDS)


def mode1(videos: str = "") -> Numbers:
    """Every frame in mixed order, cropped and flipped: `FrameStream`, and what it is compared with.

    `torchvision…` is its `HMDB51(frames_per_clip=1)`, shuffled; where torchcodec, its decoder, is
    not installed, `seek…` reads single frames as it did with PyAV. `bare_decode…` decodes clip by
    clip and does nothing with the frames.
    """
    with some_clips(videos) as table:
        return mode_1.measure(table, ROUNDS)


def mode2(videos: str = "") -> Numbers:
    """A store of 1,000 clips (those there are, repeated): built, read, and how memory grows.

    `build_plain_ratio` is our rate over that of a plain loop in one process, in which PyAV converts
    the frames that are needed; `build_torchcodec_ratio` is the same with torchcodec, where it is
    installed. `epoch_ratio` is the time of copying all bytes twice over that of a
    shuffled epoch of both views. `…_growth_ratio` is for 10 times the clips: peak memory over peak
    memory, time over 10 times the time.
    """
    with some_clips(videos) as table, tempfile.TemporaryDirectory() as folder:
        baselines.say_what_is_missing()
        return mode_2.measure(table, Path(folder), ROUNDS)


def flow(videos: str = "") -> Numbers:
    """Every method of flow on frames that are moved in known ways, by method and size.

    `…_ms` is the time of a pair of frames on one core, `…_error` and `…_median_error` its end-point
    error in pixels, `…_core_hours` what all of HMDB-51 would take at the largest size.
    `speed_ratio` and `error_ratio` are Farneback's time and mean error over those of DIS fast, and
    `dis-fast_pairs_per_second` is for all neighbouring frames of the clips, decoding included.
    """
    with some_clips(videos) as table:
        return flow_methods.measure(table)


def train(videos: str = "") -> Numbers:
    """Images a second through forward, backward and step of the quick profile's stream.

    The images are noise: `videos` plays no part.
    """
    profile, device = PROFILES["quick"], loop.best_device()
    net = StreamNet(profile.backbone, 12, weights="none").to(device).train()
    optimiser = torch.optim.AdamW(net.parameters())
    images = torch.randint(256, (BATCH, 3, *profile.plan.size), dtype=torch.uint8, device=device)
    labels = torch.arange(BATCH, device=device) % 12

    def steps() -> int:
        for _ in range(BATCHES):
            optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(images), labels)
            loss.backward()
            optimiser.step()
        loss.item()  # waits for a GPU to finish
        return BATCHES * BATCH

    found = rounds.rates({"train": steps}, ROUNDS)
    return {"images_per_second": median(found["train"]), "batch": BATCH}


def damage(videos: str = "") -> Numbers:
    """How 2,000 damaged clips fare, in the counts of `damaged.measure`."""
    with some_clips(videos) as table, tempfile.TemporaryDirectory() as folder:
        originals = [Path(path) for path in table.path]
        written = corruption.write_clips(Path(folder), originals, DAMAGED_CLIPS)
        return corruption.measure(Path(folder), written)


BENCHMARKS = {
    "decode": decode,
    "mode1": mode1,
    "mode2": mode2,
    "flow": flow,
    "train": train,
    "damage": damage,
}


def words(numbers: Numbers) -> str:
    """A benchmark's numbers as lines for a terminal."""
    return "\n".join(f"{name:<36}{_rounded(value):>12}" for name, value in numbers.items())


def _rounded(value: float) -> str:
    """Counts as they are; an error of a twentieth of a pixel is not nothing."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"


@contextmanager
def some_clips(videos: str) -> Iterator[pd.DataFrame]:
    """The usable clips of a folder, or of a small StickHMDB that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        if not videos:
            videos = str(stickhmdb.make_clips(Path(folder), CLIPS_PER_CLASS) / "videos")
        table = clips.probe_clips(clips.read(videos))
        yield table[table.ok].reset_index(drop=True)
