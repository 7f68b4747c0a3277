"""How fast whole clips become arrays: by our own way, on one thread, and by the usual ways.

`bare_decode` decodes and does nothing with the frames: no way that returns arrays can be faster.
"""

import sys
from collections.abc import Callable
from functools import partial

import pandas as pd

from twostream_lib import video
from twostream_lib.bench import baselines, rounds

Way = Callable[[str, int], object]  # (path, frames in it) to its frames

OURS: dict[str, Way] = {
    "gray": lambda path, _: video.decode_gray(path),
    "rgb": lambda path, _: video.decode(path),
}
# Each other way: which of ours it is compared with, and what it does.
OTHERS: dict[str, tuple[str, Way]] = {
    "bare_decode": ("gray", lambda path, _: baselines.count_frames(path)),
    "to_ndarray_gray": ("gray", lambda path, _: baselines.to_ndarray(path, "gray")),
    "one_thread_gray": ("gray", lambda path, _: baselines.to_ndarray_one_thread(path, "gray")),
    "to_ndarray_rgb": ("rgb", lambda path, _: baselines.to_ndarray(path, "rgb24")),
    "one_thread_rgb": ("rgb", lambda path, _: baselines.to_ndarray_one_thread(path, "rgb24")),
    "torchcodec": ("rgb", baselines.with_torchcodec),
    "decord": ("rgb", baselines.with_decord),
}


def measure(table: pd.DataFrame, turns: int) -> dict[str, float]:
    """Frames a second of every way that can be used here, and the ratio of ours to each other way.

    Args:
        table: probed clips, all of them usable.
        turns: the number of rounds; each result is their median.
    """
    others = {
        name: pair
        for name, pair in OTHERS.items()
        if name not in baselines.OPTIONAL
        or (baselines.optional(name) and _reads(name, pair[1], table))
    }
    ways = OURS | {name: way for name, (_, way) in others.items()}
    found = rounds.throughputs(
        {name: partial(_all, table, way) for name, way in ways.items()}, turns
    )
    pairs = {name: ours for name, (ours, _) in others.items()}
    sizes = {"clips": len(table), "frames": int(table.frames.sum())}
    return rounds.summary(found, "frames_per_second", pairs) | sizes


def _reads(name: str, way: Way, table: pd.DataFrame) -> bool:
    """Whether a way can read all clips: torchcodec raises for clips whose header miscounts."""
    try:
        _all(table, way)
    except Exception as error:  # another package may raise anything; then it is not timed
        words = f"Not measured, because it cannot read all of these clips: {name} ({error})."
        print(words, file=sys.stderr)
        return False
    return True


def _all(table: pd.DataFrame, way: Way) -> int:
    """Read every clip in one way; the number of their frames."""
    for path, frames in zip(table.path, table.frames, strict=True):
        way(path, frames)
    return int(table.frames.sum())
