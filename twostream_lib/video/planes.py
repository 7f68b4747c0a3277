"""A decoded frame's planes to gray and RGB, and RGB to planes.

Converting colours can cost more than decoding. So gray frames are the decoder's own Y plane, only
stretched to the full range, and all RGB frames of a clip use one converter of swscale. Pictures are
turned as they are shown, see ``upright``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter

from twostream_lib.errors import InputError
from twostream_lib.video.opening import Frame
from twostream_lib.video.upright import AS_CODED

FULL = int(ColorRange.JPEG)
# Layouts whose first plane is 8-bit luma.
LUMA_FIRST = frozenset(
    {"gray", "nv12", "nv16", "nv21", "nv24"}
    | {f"{yuv}{n}p" for yuv in ("yuv", "yuvj", "yuva") for n in (420, 422, 444)}
)
# Layouts whose first plane is luma of more bits, in 16 each, and the number of these bits. Those of
# `p010` and its like lie at the upper end.
DEEP_LUMA = {
    name: bits
    for bits in (9, 10, 12, 14, 16)
    for name in (
        f"gray{bits}le",
        *(f"{yuv}{n}p{bits}le" for yuv in ("yuv", "yuva") for n in (420, 422, 444)),
    )
} | {f"p{n}{bits}le": 16 for n in (0, 2, 4) for bits in (10, 12, 16)}

# Limited-range luma, 16-235, to full range, 0-255: a 1x2 affine map, as OpenCV takes it.
STRETCH = np.array([[255 / 219, -16 * 255 / 219]])

# FFmpeg's numbers (AVCOL_SPC_*) of the colour spaces that are converted as BT.601: unspecified, as
# in old AVI files, BT.470 B/G and SMPTE 170M.
BT601 = frozenset({2, 5, 6})

# Those that swscale converts, which are RGB, BT.709, FCC, SMPTE 240M and BT.2020 as well, and what
# others are called; each of these is taken for the nearest that it converts.
CONVERTED = BT601 | {0, 1, 4, 7, 9}
RARE = {
    8: ("as YCgCo", "BT.709"),
    10: ("as BT.2020 of constant luminance", "BT.2020"),
    11: ("as SMPTE 2085", "BT.2020"),
    12: ("by a matrix of its primaries", "BT.2020"),
    13: ("by a matrix of its primaries, of constant luminance", "BT.2020"),
    14: ("as ICtCp", "BT.2020"),
    15: ("as IPT-C2", "BT.2020"),
    16: ("as YCgCo-R", "BT.709"),
    17: ("as YCgCo-R", "BT.709"),
}
NUMBERS = {"BT.601": 6, "BT.709": 1, "BT.2020": 9}

# `rgb` converts this many pictures at once, as one tall picture that fits into the caches.
TOGETHER = 8

Planes = tuple[np.ndarray, np.ndarray, np.ndarray]

# RGB to limited-range BT.601 chroma (U, V), as a 2x4 affine map.
CHROMA = np.array(
    [[-0.148223, -0.290993, 0.439216, 128], [0.439216, -0.367788, -0.071427, 128]], np.float32
)


# By default PyAV 17 and later start threads for each frame that swscale converts. This costs more
# than it brings: clips are decoded side by side, one on each core.
# Before that, what swscale cannot convert ends the process, and raises no error.
SINCE_17 = int(av.__version__.split(".")[0]) >= 17
ONE_THREAD: dict[str, Any] = {"threads": 1} if SINCE_17 else {}


def put_gray(frame: Frame, out: np.ndarray) -> None:
    """Write a frame's luma, upright and in full range, into ``out``, uint8 [H, W]."""
    image = frame.image
    luma, bits = _luma(image)
    if luma is None:
        with _converting(frame):
            gray = image.to_ndarray(format="gray", **_ranges(image), **ONE_THREAD)
        out[:] = frame.turn(gray)
        return
    luma = frame.turn(luma)
    if bits > 8:
        scale, black = (1, 0) if _is_full_range(image) else (255 / 219, 16)
        levels = (luma.astype(np.float32) / 2 ** (bits - 8) - black) * scale
        out[:] = np.rint(levels).clip(0, 255)
    elif _is_full_range(image):
        out[:] = luma
    elif frame.turn == AS_CODED:
        cv2.transform(luma, STRETCH, dst=out)  # rounds and saturates
    else:
        out[:] = cv2.transform(np.ascontiguousarray(luma), STRETCH)


def _luma(image: av.VideoFrame) -> tuple[np.ndarray | None, int]:
    """The luma plane as it is coded, uint8 or uint16 [H, W], and its bits; None where none is."""
    name = image.format.name
    if name in LUMA_FIRST:
        return plane_rows(image.planes[0])[:, : image.width], 8
    if name in DEEP_LUMA:
        return plane_rows(image.planes[0]).view("<u2")[:, : image.width], DEEP_LUMA[name]
    return None, 8


class ToRgb:
    """The frames of a clip to RGB, by FFmpeg's swscale.

    Setting swscale up for a layout and a size takes longer than converting a frame, so it is done
    once. swscale rounds down: on real clips a value is one level of 255 below the exact one on
    average, and never more than three. Each chroma sample serves its 2x2 pixels; in frames of odd
    height it is blended with its neighbours. Every program that is built on FFmpeg does the same.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def __call__(self, frame: Frame) -> np.ndarray:
        """uint8 ``[H, W, 3]``, upright, a view of memory that no other frame uses.

        Raises InputError where swscale cannot convert the frame's layout.
        """
        with _converting(frame):
            rgb = self.as_coded(frame.image)
        return frame.turn(rgb)

    def as_coded(self, image: av.VideoFrame) -> np.ndarray:
        """The same as the picture is coded, whichever side is up."""
        options = _ranges(image) | ONE_THREAD
        rgb = self._reformatter.reformat(image, format="rgb24", **options)
        rows = plane_rows(rgb.planes[0])[:, : 3 * rgb.width]
        return rows.reshape(rgb.height, rgb.width, 3)

    def put(self, frame: Frame, out: np.ndarray) -> None:
        """Write the RGB into ``out``."""
        out[:] = self(frame)


def yuv(frame: Frame, to_rgb: ToRgb) -> Planes:
    """A frame's luma, uint8 ``[H, W]``, and its chroma U and V, ``[H / 2, W / 2]`` rounded up.

    They are upright, in limited-range BT.601, and take half the bytes of RGB. Where a frame has
    this layout they are the decoder's own planes, not copied; otherwise they are made from the
    frame's RGB.
    """
    image, turn = frame.image, frame.turn
    as_is = image.format.name == "yuv420p" and image.colorspace in BT601
    # An odd side that is turned round would begin with half of a chroma sample.
    whole = turn == AS_CODED or not (image.width % 2 or image.height % 2)
    if not as_is or not whole or _is_full_range(image):
        image, turn = to_yuv420p(to_rgb(frame)), AS_CODED
    y, u, v = (turn(plane_rows(plane)[:, : plane.width]) for plane in image.planes)
    return y, u, v


def rgb(planes: Sequence[np.ndarray], which: np.ndarray) -> np.ndarray:
    """RGB of some of many frames, uint8 ``[len(which), H, W, 3]``, as ``ToRgb`` makes it.

    ``planes`` are Y, U and V of all frames, each ``[N, …]`` as ``yuv`` gives them, with even sides.
    """
    height, width = planes[0].shape[1:]
    out, to_rgb = np.empty((len(which), height, width, 3), np.uint8), ToRgb()
    for first in range(0, len(which), TOGETHER):
        some = which[first : first + TOGETHER]
        tall = np.concatenate([plane[some].reshape(-1, width) for plane in planes])
        frame = av.VideoFrame.from_numpy_buffer(tall, "yuv420p")
        out[first : first + TOGETHER] = to_rgb.as_coded(frame).reshape(-1, height, width, 3)
    return out


def rare_colours(image: av.VideoFrame) -> tuple[str, str] | None:
    """How the colours of a frame are coded, and what they are taken for; None where they are what
    they are taken for."""
    has_chroma = len(image.format.components) > 2 and not image.format.is_rgb
    if not has_chroma or image.colorspace in CONVERTED:
        return None
    unknown = f"by an unknown matrix ({int(image.colorspace)})"
    return RARE.get(image.colorspace, (unknown, "BT.601"))


@contextmanager
def _converting(frame: Frame) -> Iterator[None]:
    """In this block swscale converts the frame, which says of its matrix what it is taken for."""
    told = frame.image.colorspace
    if rare := rare_colours(frame.image):
        frame.image.colorspace = NUMBERS[rare[1]]
    try:
        yield
    except MemoryError:  # which PyAV's error for it is, too
        raise
    except av.FFmpegError as error:
        raise InputError(
            f"{frame.path} has frames in a layout that cannot be converted "
            f"({frame.image.format.name}): re-encode it or leave it out."
        ) from error
    finally:
        frame.image.colorspace = told


def _ranges(frame: av.VideoFrame) -> dict[str, Any]:
    """The range of a frame's values and the range that is wanted, in PyAV's words."""
    if frame.format.is_rgb:
        return {}
    # PyAV 14 knows ranges by name only, and minds range and matrix only where the two differ.
    source, target = ("JPEG", "MPEG") if _is_full_range(frame) else ("MPEG", "JPEG")
    return {"src_color_range": source, "dst_color_range": target}


def _is_full_range(frame: av.VideoFrame) -> bool:
    name = frame.format.name
    return frame.color_range == FULL or name.startswith(("gray", "yuvj"))


def plane_rows(plane: Any) -> np.ndarray:
    """A plane as it lies in memory, uint8 [rows, line size]; each line ends with padding."""
    size = plane.line_size
    rows = np.frombuffer(plane, np.uint8).reshape(-1, abs(size))
    return rows if size > 0 else rows[::-1]


def to_yuv420p(picture: np.ndarray) -> av.VideoFrame:
    """One RGB frame as limited-range BT.601; each chroma sample is the mean of its 2x2 pixels."""
    height, width = picture.shape[:2]
    even = picture
    if height % 2 or width % 2:
        even = cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    luma = cv2.cvtColor(even, cv2.COLOR_RGB2YUV_I420)[:height, :width]
    half = cv2.resize(even, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    chroma = cv2.transform(half, CHROMA)
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, values in zip(frame.planes, (luma, chroma[..., 0], chroma[..., 1]), strict=True):
        plane_rows(plane)[:, : values.shape[1]] = values
    return frame
