"""What a flow stream is fed: L fields stacked in the three ways of [1], section 3.1.

[1] is Simonyan & Zisserman (2014). A window of L + 1 frames gives L fields and 2L channels, in
whichever way.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from twostream_lib import flow
from twostream_lib.errors import InputError
from twostream_lib.estimators import NOTHING
from twostream_lib.flow import Flow

Pairs = NDArray[np.int64]


def consecutive(length: int) -> Pairs:
    """Each frame and the next."""
    return np.arange(length)[:, None] + np.arange(2)


def from_the_middle(length: int) -> Pairs:
    """L/2 steps on from the middle frame, then L/2 steps back from it.

    Raises:
        InputError: L is odd.
    """
    if length % 2:
        raise InputError(f"Bidirectional stacking needs an even L, not {length}: half goes back.")
    forward = length // 2 + consecutive(length // 2)
    return np.concatenate([forward, length - forward])


def as_they_are(fields: Flow) -> Flow:
    """Every channel pair is the flow at its own pixel."""
    return fields


def along_trajectories(fields: Flow) -> Flow:
    """Channel pair k is the flow of step k where the first frame's pixel is by then.

    `fields` is `[L, H, W, 2]`. Between pixels the flow is bilinear (OpenCV rounds the place to
    1/32 pixel), and what has left the picture goes on with the flow at its border.
    """
    height, width = fields.shape[1:3]
    places = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    followed = np.empty_like(fields)
    for step, field in enumerate(fields):
        followed[step] = cv2.remap(
            field, places, NOTHING, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        places += followed[step]
    return followed


@dataclass(frozen=True)
class Stacking:
    """A way to stack.

    Attributes:
        pairs: L to the frames `[L, 2]` of a window that each field leads from and to.
        arrange: fields `[L, H, W, 2]` to those that are stacked, of the same shape.
    """

    pairs: Callable[[int], Pairs]
    arrange: Callable[[Flow], Flow]


STACKINGS = {
    "simple": Stacking(consecutive, as_they_are),
    "trajectory": Stacking(consecutive, along_trajectories),
    "bidirectional": Stacking(from_the_middle, as_they_are),
}


def pairs_of_window(stacking: str, length: int) -> Pairs:
    """Which frames of a window, counted from 0, each of its L fields leads from and to: `[L, 2]`.

    Raises:
        InputError: no such stacking, or an L that it cannot have.
    """
    if stacking not in STACKINGS:
        raise InputError(f"Stacking {stacking!r} is unknown; choose one of {', '.join(STACKINGS)}.")
    if length < 1:
        raise InputError(f"A stack of {length} fields is none: L must be at least 1.")
    return STACKINGS[stacking].pairs(length)


def windows(
    gray: NDArray[np.uint8],
    frames: NDArray[np.int64],
    method: str = "dis",
    stacking: str = "simple",
    size: tuple[int, int] | None = None,
) -> Iterator[Flow]:
    """The stacked fields of each window, float32 `[L, h, w, 2]`, in pixels of `size` per step.

    Args:
        gray: uint8 `[T, H, W]`.
        frames: `[N, L + 1]`, the frames of each window. Flow that two windows share is estimated
            once.
        method: see `flow.estimate`.
        stacking: `simple`, `trajectory`, or `bidirectional` (an even L).
        size: height and width that each field is shrunk to; those of the frames if None.

    Raises:
        InputError: what `flow.estimate` and `pairs_of_window` refuse; frames that are not there.
    """
    length = frames.shape[1] - 1
    pairs = frames[:, pairs_of_window(stacking, length)].reshape(-1, 2)
    if frames.size and frames.max() >= len(gray):
        raise InputError(
            f"A window of {length + 1} frames, up to number {frames.max()}, does not fit into a "
            f"clip of {len(gray)}; choose a smaller L."
        )
    unique, back = np.unique(pairs, axis=0, return_inverse=True)
    small = size or gray.shape[1:]
    # Shrunk one by one: the fields of a long clip at full size would fill the memory.
    fields = [flow.resize(field, small) for field in flow.between(gray, unique, method)]
    for of_window in back.reshape(-1, length):
        yield STACKINGS[stacking].arrange(np.stack([fields[number] for number in of_window]))


def as_channels(fields: NDArray) -> NDArray:
    """Fields `[L, H, W, 2]` as a network's input `[2L, H, W]`: u1 v1 u2 v2 …, as in [1]."""
    steps, height, width, _ = fields.shape
    return fields.transpose(0, 3, 1, 2).reshape(2 * steps, height, width)
