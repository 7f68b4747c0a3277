"""A decoded frame's planes to gray and RGB, and RGB to planes.

Converting colours can cost more than decoding. So gray frames are the decoder's own Y plane, only
stretched to the full range, and all RGB frames of a clip use one converter of swscale.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter

FULL = int(ColorRange.JPEG)
# Layouts whose first plane is 8-bit luma.
LUMA_FIRST = frozenset(
    {"gray", "nv12"} | {f"{yuv}{n}p" for yuv in ("yuv", "yuvj") for n in (420, 422, 444)}
)

# Limited-range luma, 16-235, to full range, 0-255: a 1x2 affine map, as OpenCV takes it.
STRETCH = np.array([[255 / 219, -16 * 255 / 219]])

# FFmpeg's numbers (AVCOL_SPC_*) of the colour spaces that are converted as BT.601: unspecified, as
# in old AVI files, BT.470 B/G and SMPTE 170M.
BT601 = frozenset({2, 5, 6})

# `rgb` converts this many pictures at once, as one tall picture that fits into the caches.
TOGETHER = 8

Planes = tuple[np.ndarray, np.ndarray, np.ndarray]

# RGB to limited-range BT.601 chroma (U, V), as a 2x4 affine map.
CHROMA = np.array(
    [[-0.148223, -0.290993, 0.439216, 128], [0.439216, -0.367788, -0.071427, 128]], np.float32
)


# By default PyAV 17 and later start threads for each frame that swscale converts. This costs more
# than it brings: clips are decoded side by side, one on each core.
ONE_THREAD: dict[str, Any] = {"threads": 1} if int(av.__version__.split(".")[0]) >= 17 else {}


def put_gray(frame: av.VideoFrame, out: np.ndarray) -> None:
    """Write a frame's luma, in full range, into ``out``, uint8 [H, W]."""
    if frame.format.name not in LUMA_FIRST:
        out[:] = frame.to_ndarray(format="gray", **_ranges(frame), **ONE_THREAD)
        return
    luma = plane_rows(frame.planes[0])[:, : frame.width]
    if _is_full_range(frame):
        out[:] = luma
    else:
        cv2.transform(luma, STRETCH, dst=out)  # rounds and saturates


class ToRgb:
    """The frames of a clip to RGB, by FFmpeg's swscale.

    Setting swscale up for a layout and a size takes longer than converting a frame, so it is done
    once. swscale rounds down: on real clips a value is one level of 255 below the exact one on
    average, and never more than three. Each chroma sample serves its 2x2 pixels; in frames of odd
    height it is blended with its neighbours. Every program that is built on FFmpeg does the same.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        """uint8 ``[H, W, 3]``, a view of memory that no other frame uses."""
        options = _ranges(frame) | ONE_THREAD
        rgb = self._reformatter.reformat(frame, format="rgb24", **options)
        rows = plane_rows(rgb.planes[0])[:, : 3 * rgb.width]
        return rows.reshape(rgb.height, rgb.width, 3)

    def put(self, frame: av.VideoFrame, out: np.ndarray) -> None:
        """Write the RGB into ``out``."""
        out[:] = self(frame)


def yuv(frame: av.VideoFrame, to_rgb: ToRgb) -> Planes:
    """A frame's luma, uint8 ``[H, W]``, and its chroma U and V, ``[H / 2, W / 2]`` rounded up.

    They are limited-range BT.601 and take half the bytes of RGB. Where a frame has this layout they
    are the decoder's own planes, not copied; otherwise they are made from the frame's RGB.
    """
    as_is = frame.format.name == "yuv420p" and frame.colorspace in BT601
    if not as_is or _is_full_range(frame):
        frame = to_yuv420p(to_rgb(frame))
    y, u, v = (plane_rows(plane)[:, : plane.width] for plane in frame.planes)
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
        out[first : first + TOGETHER] = to_rgb(frame).reshape(-1, height, width, 3)
    return out


def _ranges(frame: av.VideoFrame) -> dict[str, Any]:
    """The range of a frame's values and the range that is wanted, in PyAV's words."""
    if frame.format.is_rgb:
        return {}
    # PyAV 14 knows ranges by name only, and minds range and matrix only where the two differ.
    source, target = ("JPEG", "MPEG") if _is_full_range(frame) else ("MPEG", "JPEG")
    return {"src_color_range": source, "dst_color_range": target}


def _is_full_range(frame: av.VideoFrame) -> bool:
    name = frame.format.name
    return frame.color_range == FULL or name == "gray" or name.startswith("yuvj")


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
