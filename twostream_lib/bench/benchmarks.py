"""The benchmarks of the command `bench`, each beside a plain way of doing the same, in one run.

A benchmark takes a folder of class folders with clips (if it is empty, a few clips of StickHMDB are
drawn) and returns a dict of numbers: `…_per_second` is a throughput, and `…_ratio` is our
throughput over that of the plain way.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from twostream_lib import clips, stickhmdb
from twostream_lib.bench import (
    baselines,
    corruption,
    decoding,
    flow_methods,
    fusing,
    mode1,
    mode2,
    training,
)
from twostream_lib.errors import InputError

CLIPS_PER_CLASS = 6
ROUNDS = 3
DAMAGED_CLIPS = 2000

Numbers = dict[str, float]


def measure_decode(videos: str = "") -> Numbers:
    """Frames a second of `video.decode_gray` and `video.decode`, and of the ways they replace."""
    with some_clips(videos) as table:
        baselines.say_what_is_missing()
        return decoding.measure(table, ROUNDS)


def measure_mode1(videos: str = "") -> Numbers:
    """Every frame in mixed order, cropped and flipped: `FrameStream` and other ways.

    `torchvision…` is torchvision's `HMDB51(frames_per_clip=1)`, shuffled. It needs torchcodec; if
    that is not installed, `seek…` reads single frames by PyAV, as older torchvisions did.
    `bare_decode…` decodes clip by clip and does nothing with the frames.
    """
    with some_clips(videos) as table:
        return mode1.measure(table, ROUNDS)


def measure_mode2(videos: str = "") -> Numbers:
    """A store of 1,000 clips (those of the folder, repeated): building, reading, growth of memory.

    `build_plain_ratio` is our throughput over that of a plain loop in one process, in which PyAV
    converts the frames that are needed. `build_torchcodec_ratio` is the same with torchcodec, where
    it is installed. `epoch_ratio` is the time of copying all bytes twice over the time of a
    shuffled epoch of both views. The `…_growth_ratio` compare a build of 10 times the clips: its
    peak memory over that of the smaller build, and its time over 10 times that of the smaller one.
    """
    with some_clips(videos) as table, tempfile.TemporaryDirectory() as folder:
        baselines.say_what_is_missing()
        return mode2.measure(table, Path(folder), ROUNDS)


def measure_flow(videos: str = "") -> Numbers:
    """Every method of flow, at two sizes, on frames that are moved in known ways.

    `…_ms` is the time of a pair of frames on one core, `…_error` and `…_median_error` the end-point
    error in pixels, `…_core_hours` the time for all of HMDB-51 at the larger size. `speed_ratio`
    and `error_ratio` are Farneback's time and mean error over those of DIS fast.
    `dis-fast_pairs_per_second` is for all neighbouring frames of the clips, decoding included.
    """
    with some_clips(videos) as table:
        return flow_methods.measure(table)


def measure_train(videos: str = "") -> Numbers:
    """Images a second of the course's loop, from a store of noise and augmented, beside a plain
    loop and the bare step, and of scoring, by backbone and view; `videos` is not used. See
    `training.measure`.
    """
    return training.measure(ROUNDS)


def measure_fuse(videos: str = "") -> Numbers:
    """Seconds of every fusion on scores of HMDB-51's size, beside scikit-learn's, see
    `fusing.measure`.

    Raises:
        InputError: `videos` are given.
    """
    if videos:
        raise InputError("bench fuse draws the scores that it measures: leave --videos out.")
    return fusing.measure(fusing.Size(), ROUNDS)


def measure_damage(videos: str = "") -> Numbers:
    """What becomes of 2,000 clips, most of them damaged: the counts of `corruption.measure`."""
    with some_clips(videos) as table, tempfile.TemporaryDirectory() as folder:
        originals = [Path(path) for path in table.path]
        written = corruption.write_clips(Path(folder), originals, DAMAGED_CLIPS)
        return corruption.measure(Path(folder), written)


BENCHMARKS = {
    "decode": measure_decode,
    "mode1": measure_mode1,
    "mode2": measure_mode2,
    "flow": measure_flow,
    "train": measure_train,
    "fuse": measure_fuse,
    "damage": measure_damage,
}


def words(numbers: Numbers) -> str:
    """A benchmark's numbers as lines for a terminal."""
    return "\n".join(f"{name:<36}{_rounded(value):>12}" for name, value in numbers.items())


def _rounded(value: float) -> str:
    """A count as it is, anything else to three decimals: errors of flow are small."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"


@contextmanager
def some_clips(videos: str) -> Iterator[pd.DataFrame]:
    """The usable clips of a folder, or of a small StickHMDB that exists within the block only."""
    with tempfile.TemporaryDirectory() as folder:
        if not videos:
            videos = str(stickhmdb.make_clips(Path(folder), CLIPS_PER_CLASS) / "videos")
        table = clips.probe_clips(clips.read(videos))
        if not table.ok.any():
            raise InputError(
                f"None of the {len(table)} clips of {videos} can be decoded; of the first: "
                f"{table.why.iloc[0]}"
            )
        yield table[table.ok].reset_index(drop=True)
