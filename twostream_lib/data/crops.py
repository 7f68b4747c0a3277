"""Which crop of a frame becomes a sample of mode 1, and how it is made one (paper, III.A)."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from twostream_lib import sg3i, video
from twostream_lib.video import planes
from twostream_lib.video.planes import Planes

Image = np.ndarray


def crop_of(frame: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """How large the crop is that becomes a sample of `size`; all are (height, width), pixels.

    From a frame that is up to a third larger than the sample, the crop is as large as the sample:
    HMDB-51's clips, 240 pixels high, need no scaling for 224. Of any other frame, the crop has 7/8
    of the height and width of the largest one of its shape, and is scaled. In the same way, 224
    pixels are usually cut from 256 for ImageNet networks. Heights and widths are even, because
    chroma is there for 2x2 pixels.
    """
    times = min(frame[0] / size[0], frame[1] / size[1])
    if 1 <= times <= 4 / 3:
        return size
    height, width = (max(2, 2 * round(side * times * 7 / 16)) for side in size)
    return height, width


def colour(frames: Iterator) -> Iterator[tuple[tuple[int, int], Planes]]:
    """Of each frame its height and width, and its luma and chroma."""
    to_rgb = planes.ToRgb()
    for frame in frames:
        yield (frame.height, frame.width), planes.yuv(frame, to_rgb)


def three_gray(frames: Iterator) -> Iterator[tuple[tuple[int, int], Planes]]:
    """Of each three consecutive frames the height and width, and the three in gray, the earliest
    first."""
    last: deque[Image] = deque(maxlen=3)
    for frame in frames:
        last.append(video.gray(frame))
        if len(last) == 3:
            yield last[0].shape[:2], (last[0], last[1], last[2])


def put(
    plane: Image,
    shrink: int,
    crop: tuple[int, int],
    top: int,
    left: int,
    flipped: bool,
    out: Image,
) -> None:
    """Put a crop of a plane into `out`, both uint8 and 2-D: scaled if need be, perhaps mirrored.

    Args:
        plane: one of a frame's planes. It is `shrink` times smaller than the frame.
        crop: height and width of the crop, in pixels of the frame, as are `top` and `left`.
        flipped: whether it is mirrored.
        out: the sample's plane.
    """
    top, left = top // shrink, left // shrink
    cut = plane[top : top + crop[0] // shrink, left : left + crop[1] // shrink]
    if cut.shape != out.shape:
        how = cv2.INTER_AREA if cut.shape[0] > out.shape[0] else cv2.INTER_LINEAR
        cut = cv2.resize(cut, out.shape[::-1], interpolation=how)
    if flipped:
        cv2.flip(cut, 1, dst=out)
    else:
        out[:] = cut


def sg3i_of(grays: Sequence[Image], which: np.ndarray) -> Image:
    """The SG3I of some of many samples: three times `[N, H, W]`, to `[which, H, W, 3]`."""
    return sg3i.stack_many([gray[which] for gray in grays])


class SampleKind(NamedTuple):
    """What a sample of mode 1 is made of, and the three planes of it that wait in the buffer."""

    frames: int  # it takes so many
    planes: Callable[[Iterator], Iterator[tuple[tuple[int, int], Planes]]]  # of a clip's frames
    shrink: tuple[int, int, int]  # how much smaller than the sample each plane is
    pictures: Callable[[Sequence[Image], np.ndarray], Image]  # of some samples, from their planes


FRAME_VIEWS = {
    "rgb": SampleKind(1, colour, (1, 2, 2), planes.rgb),
    "sg3i": SampleKind(3, three_gray, (1, 1, 1), sg3i_of),
}
