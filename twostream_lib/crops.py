"""Which part of a frame becomes a sample of mode 1, and how it is drawn (paper, III.A)."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import cv2
import numpy as np

from twostream_lib import video

Image = np.ndarray
# Draws the part of a frame, or of three, that starts at a row and a column.
See = Callable[[int, int, Image], None]


def crop_of(frame: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """How large a part of a frame becomes a sample of `size`; each is (height, width), pixels.

    A frame that is up to a third larger than the sample is cut as it is: HMDB-51's clips, 240
    pixels high, need no scaling for 224. Of any other frame a part is scaled that has 7/8 of the
    largest one of its shape, as 224 pixels are usually cut from 256 for ImageNet networks.
    """
    times = min(frame[0] / size[0], frame[1] / size[1])
    if 1 <= times <= 4 / 3:
        return size
    return max(1, round(size[0] * times * 7 / 8)), max(1, round(size[1] * times * 7 / 8))


def colour(frames: Iterator) -> Iterator[tuple[tuple[int, int], See]]:
    """Each frame's shape, and a function that draws a part of it."""
    for frame in frames:
        yield (frame.height, frame.width), partial(video.rgb_part, frame)


def three_gray(frames: Iterator) -> Iterator[tuple[tuple[int, int], See]]:
    """The same for each three consecutive frames in gray, the earliest in channel 0."""
    last: deque[Image] = deque(maxlen=3)
    for frame in frames:
        last.append(video.gray(frame))
        if len(last) == 3:
            yield last[0].shape, partial(_stack, tuple(last))


def _stack(grays: Sequence[Image], top: int, left: int, out: Image) -> None:
    height, width = out.shape[:2]
    cv2.merge([gray[top : top + height, left : left + width] for gray in grays], dst=out)


def draw(see: See, part: tuple[int, int], top: int, left: int, flipped: bool, out: Image) -> None:
    """One sample into `out`, uint8 `[h, w, 3]`: a part of a frame, scaled and perhaps mirrored."""
    height, width = out.shape[:2]
    if part == (height, width):
        see(top, left, out)
    else:
        image = np.empty((*part, 3), np.uint8)
        see(top, left, image)
        how = cv2.INTER_AREA if part[0] > height else cv2.INTER_LINEAR
        cv2.resize(image, (width, height), dst=out, interpolation=how)
    if flipped:
        cv2.flip(out, 1, dst=out)
