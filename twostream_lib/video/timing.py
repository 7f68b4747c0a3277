"""When the frames of a clip are shown: by their own timestamps, or at an even rate.

Containers promise a rate, and many promise it falsely: phones slow down in the dark, browsers write
none, recordings pause, converters drop frames. So the timestamps decide. An even rate is the simple
case: where each frame lies within half a frame of a grid, the clip has that grid's rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

# Frames a second that a clip can have; damaged headers claim anything.
SLOWEST, FASTEST = 0.1, 1000.0
LONGEST = 1e5  # seconds from the first frame to the last, rather more than a day
# Decoders hold frames back to put them in order: no more than these, in any coding.
REORDERED = 32


class Timing(NamedTuple):
    """When a clip's frames are shown.

    Attributes:
        fps: frames a second; the mean where they are not evenly spaced, 0 if nobody knows.
        seconds: from the first frame to the end of the last.
        last: seconds from the first frame to the last.
        times: seconds from the first frame, float ``[T]``; None where they are evenly spaced.
        told: whether the file has timestamps that can be used.
    """

    fps: float
    seconds: float
    last: float
    times: np.ndarray | None
    told: bool


def timing(stamps: Sequence[int | None], base: Fraction | None, rates: Sequence[float]) -> Timing:
    """The timing of frames with these timestamps, in units of ``base`` seconds.

    ``rates`` are the rates that the header promises, in frames a second. The first that the
    timestamps agree with counts; then their own mean rate is tried. Without timestamps, or where
    they go back, the first promise that is possible is believed.
    """
    promised = [rate for rate in rates if SLOWEST <= rate <= FASTEST]
    seconds = _in_order(stamps, base)
    if seconds is None:
        fps = promised[0] if promised else max(rates, default=0.0)
        return _even(len(stamps), fps, told=False)
    span = float(seconds[-1])
    own = [(len(seconds) - 1) / span] if span else []
    for fps in (*promised, *own):
        if _on_a_grid(seconds, fps):
            return _even(len(seconds), fps, told=True)
    if not span:  # one frame whose header tells no rate, or all at one time
        return _even(len(seconds), 0.0, told=True)
    steps = np.diff(seconds)
    total = span + float(np.median(steps[steps > 0]))  # several frames may share a time
    return Timing(len(seconds) / total, total, span, seconds, told=True)


def _even(count: int, fps: float, told: bool) -> Timing:
    seconds, last = (count / fps, (count - 1) / fps) if fps else (0.0, 0.0)
    return Timing(fps, seconds, last, None, told)


def _in_order(stamps: Sequence[int | None], base: Fraction | None) -> np.ndarray | None:
    """Seconds from the first frame, rising; None where the timestamps cannot be used.

    Frames come in the order in which they are shown. Old .avi files have no such times: FFmpeg
    guesses some, and they are right but for their order.
    """
    if base is None or None in stamps:
        return None
    ticks = np.array(stamps, np.int64)
    order = np.argsort(ticks, kind="stable")
    if np.abs(order - np.arange(len(ticks))).max() > REORDERED:
        return None
    return (ticks[order] - ticks[order[0]]) * float(base)


def _on_a_grid(seconds: np.ndarray, fps: float) -> bool:
    """Whether each frame lies within half a frame of an even grid."""
    return bool(np.ptp(seconds * fps - np.arange(len(seconds))) <= 1 + 1e-6)
