"""Stacked Grayscale 3-channel Image (SG3I): motion drawn as colour.

Three gray frames of a clip become the three channels of one image (Kim and Won 2020; the paper,
section III.C). What stands still has three equal channels and stays gray. What moves leaves a
coloured trace, one colour for each moment. A network that was trained on photographs can read it.

An SG3I shows where brightness changed, and in which order. So it does not show motion without a
change of brightness, such as one hue over another of the same luma, or motion within a plain
surface. And a change without motion, such as a lamp that is switched on, looks like motion. How
far something went can be seen only while its traces still touch.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from twostream_lib.errors import InputError

CHANGED = 24  # gray levels between two frames that are more than noise and compression


def sg3i(gray: np.ndarray, start: int, gap: int) -> np.ndarray:
    """The SG3I of frames ``start``, ``start + gap`` and ``start + 2 * gap``.

    ``gray`` is uint8 ``[T, H, W]``; the result is uint8 ``[H, W, 3]`` with the earliest frame in
    channel 0. Raises InputError when the clip does not reach that far, ``gap`` is below 1, or
    ``gray`` is something else.
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


def gap_frames(seconds: float, fps: float) -> int:
    """The gap in frames that is nearest to a gap in seconds, at least 1.

    The paper's mode 2 has 6 frames a second: 1/6 s; 0 s gives consecutive frames. Raises InputError
    for a negative time, and for a frame rate that is not above 0.
    """
    if not (seconds >= 0 and 0 < fps < np.inf and seconds * fps < np.inf):
        raise InputError(
            f"A gap of {seconds} s at {fps} frames a second is no number of frames; "
            "give a time from 0 up, and the clip's own frame rate."
        )
    return max(1, int(seconds * fps + 0.5))


def stack(gray3: np.ndarray) -> np.ndarray:
    """Three gray frames, uint8 ``[3, H, W]``, as one image, uint8 ``[H, W, 3]``."""
    _check(gray3)
    return np.ascontiguousarray(np.moveaxis(gray3, 0, -1))


def stack_many(frames: Sequence[np.ndarray]) -> np.ndarray:
    """The SG3I of many windows, uint8 ``[N, H, W, 3]``.

    ``frames`` are their first, second and third gray frames, each uint8 ``[N, H, W]``.
    """
    height, width = frames[0].shape[1:]
    tall = [of_all.reshape(-1, width) for of_all in frames]
    return cv2.merge(tall).reshape(-1, height, width, 3)


def colourfulness(image: np.ndarray) -> np.ndarray:
    """The largest minus the smallest channel of each pixel, uint8 ``[H, W, 3]`` to ``[H, W]``.

    0 is gray: the brightness has not changed. Above `CHANGED` it is a trace of change.
    """
    return np.ptp(image, axis=-1)


def difference(gray3: np.ndarray) -> np.ndarray:
    """What changed between three gray frames, without the still scene.

    The channels are the changes from the first to the second frame, from the second to the third,
    and from the first to the third. Each is 128 plus half of the difference, so what stands still
    is 128. The idea is that of TSN's stacked RGB differences (Wang et al. 2016, section 3.2). uint8
    ``[3, H, W]`` to ``[H, W, 3]``.
    """
    _check(gray3)
    first, second, third = gray3.astype(np.int16)
    steps = [second - first, third - second, third - first]
    return (128 + np.stack(steps, -1) // 2).astype(np.uint8)


def history(gray3: np.ndarray) -> np.ndarray:
    """Where something changed, the brighter the later: a motion history of two steps.

    A pixel is 255 where the last step changed it by more than `CHANGED`, 127 where only the step
    before did, and else 0; the three channels are equal. The idea is the motion-history image of
    Bobick and Davis (2001, section 3.2). uint8 ``[3, H, W]`` to ``[H, W, 3]``.
    """
    _check(gray3)
    before, last = np.abs(np.diff(gray3.astype(np.int16), axis=0)) > CHANGED
    ages = np.where(last, 255, np.where(before, 127, 0)).astype(np.uint8)
    return np.repeat(ages[..., None], 3, -1)


# Ways to make one image, uint8 [H, W, 3], of three gray frames, uint8 [3, H, W].
VARIANTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sg3i": stack,
    "difference": difference,
    "history": history,
}


def _check(gray3: np.ndarray) -> None:
    if gray3.ndim != 3 or len(gray3) != 3:
        raise InputError(f"an SG3I is made of [3, H, W] gray frames, not {list(gray3.shape)}.")
