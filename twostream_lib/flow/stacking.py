"""What a flow stream is fed: a window of L + 1 frames gives L fields, stacked to 2L channels.

This is the simple stacking of [1] (Simonyan & Zisserman 2014, section 3.1): the fields of a window
one after the other, each as it is.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from twostream_lib.errors import InputError
from twostream_lib.flow import fields
from twostream_lib.flow.estimators import Flow


def windows(
    gray: NDArray[np.uint8],
    frames: NDArray[np.int64],
    method: str = "dis",
    size: tuple[int, int] | None = None,
) -> Iterator[Flow]:
    """The fields of each window, from each frame to the next: float32 `[L, h, w, 2]`.

    They are in pixels of `size` per step. A field that two windows share is estimated once.

    Args:
        gray: uint8 `[T, H, W]`.
        frames: `[N, L + 1]`, the frames of each window.
        method: see `flow.estimate`.
        size: height and width that each field is shrunk to; those of the frames if None.

    Raises:
        InputError: what `flow.estimate` refuses; frames that are not there; an L below 1.
    """
    length = frames.shape[1] - 1
    check_length(length)
    if frames.size and frames.max() >= len(gray):
        raise InputError(
            f"A window of {length + 1} frames, up to number {frames.max()}, does not fit into a "
            f"clip of {len(gray)}; choose a smaller L."
        )
    pairs = frames[:, np.arange(length)[:, None] + np.arange(2)].reshape(-1, 2)
    unique, back = np.unique(pairs, axis=0, return_inverse=True)
    small = size or gray.shape[1:]
    # Shrunk one by one: the fields of a long clip at full size would fill the memory.
    found = [fields.resize(field, small) for field in fields.between(gray, unique, method)]
    for of_window in back.reshape(-1, length):
        yield np.stack([found[number] for number in of_window])


def check_length(length: int) -> None:
    """Raise InputError unless a stack can have this number of fields."""
    if length < 1:
        raise InputError(f"A stack of {length} fields is none: L must be at least 1.")


def as_channels(stack: NDArray) -> NDArray:
    """Fields `[L, H, W, 2]` as a network's input `[2L, H, W]`: u1 v1 u2 v2 …, as in [1]."""
    steps, height, width, _ = stack.shape
    return stack.transpose(0, 3, 1, 2).reshape(2 * steps, height, width)
