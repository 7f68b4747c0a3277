"""Stacked Grayscale 3-channel Image (SG3I): motion drawn as colour.

Three gray frames of a clip become the three channels of one image (Kim and Won 2020; the paper,
section III.C). What stands still has three equal channels and stays gray; what moves leaves a
coloured trace, one colour for each moment. A network that was trained on photographs can read it.
"""

import numpy as np

from .errors import InputError


def sg3i(gray: np.ndarray, start: int, gap: int) -> np.ndarray:
    """The SG3I of frames ``start``, ``start + gap`` and ``start + 2 * gap``.

    ``gray`` is uint8 ``[T, H, W]``; the result is uint8 ``[H, W, 3]`` with the earliest frame in
    channel 0. Raises InputError when the clip does not reach that far or ``gap`` is below 1.
    """
    last = start + 2 * gap
    if start < 0 or gap < 1:
        raise InputError(f"start is {start} and gap {gap}: start from 0 up and gap from 1 up.")
    if last >= len(gray):
        raise InputError(
            f"the clip has {len(gray)} frames and an SG3I from frame {start} with gap {gap} "
            f"needs {last + 1}: take an earlier start or a smaller gap."
        )
    return stack(gray[start : last + 1 : gap])


def stack(gray3: np.ndarray) -> np.ndarray:
    """Three gray frames, uint8 ``[3, H, W]``, as one image, uint8 ``[H, W, 3]``."""
    if gray3.ndim != 3 or len(gray3) != 3:
        raise InputError(f"an SG3I is made of [3, H, W] gray frames, not {list(gray3.shape)}.")
    return np.ascontiguousarray(np.moveaxis(gray3, 0, -1))
