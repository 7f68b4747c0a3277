"""A decoded frame's planes to gray and RGB, and RGB to planes.

Converting colours can cost more than decoding. So gray frames are the decoder's own Y plane, with
no conversion at all, and RGB frames are its three planes put through one OpenCV call, which rounds
where swscale cuts off. Frames in any other layout take the slower way through swscale.
"""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange

FULL, LIMITED = int(ColorRange.JPEG), int(ColorRange.MPEG)
# Layouts whose first plane is 8-bit luma.
LUMA_FIRST = frozenset(
    {"gray", "nv12"} | {f"{yuv}{n}p" for yuv in ("yuv", "yuvj") for n in (420, 422, 444)}
)
# FFmpeg's numbers (AVCOL_SPC_*) for what is converted as BT.601: unspecified, as old AVI files
# say, BT.470 B/G and SMPTE 170M.
BT601 = frozenset({2, 5, 6})

# Limited-range luma, 16-235, to full range, 0-255: a 1x2 affine map, as OpenCV takes it.
STRETCH = np.array([[255 / 219, -16 * 255 / 219]])

# RGB to limited-range BT.601 chroma (U, V), as a 2x4 affine map.
CHROMA = np.array(
    [[-0.148223, -0.290993, 0.439216, 128], [0.439216, -0.367788, -0.071427, 128]], np.float32
)


# PyAV 17 and later start threads for every single frame that swscale converts unless told not to:
# that costs more than it brings, and clips are decoded side by side, one to a core.
ONE_THREAD: dict[str, Any] = {"threads": 1} if int(av.__version__.split(".")[0]) >= 17 else {}


def put_gray(frame: av.VideoFrame, out: np.ndarray) -> None:
    """Full-range luma into ``out``, uint8 [H, W]."""
    if frame.format.name not in LUMA_FIRST:
        out[:] = _through_swscale(frame, "gray")
        return
    luma = plane_rows(frame.planes[0])[:, : frame.width]
    if _is_full_range(frame):
        out[:] = luma
    else:
        cv2.transform(luma, STRETCH, dst=out)  # rounds and saturates


def put_rgb(frame: av.VideoFrame, out: np.ndarray) -> None:
    """RGB into ``out``, uint8 [H, W, 3]."""
    put_rgb_part(frame, 0, 0, out)


def put_rgb_part(frame: av.VideoFrame, top: int, left: int, out: np.ndarray) -> None:
    """The RGB that starts at row ``top`` and column ``left``, both even, into ``out``."""
    height, width = out.shape[:2]
    limited = frame.format.name == "yuv420p" and not _is_full_range(frame)
    if not (limited and frame.colorspace in BT601):
        whole = _through_swscale(frame, "rgb24")
        out[:] = whole[top : top + height, left : left + width]
        return
    i420 = _i420(frame, top, left, height + height % 2, width + width % 2)
    if height % 2 or width % 2:
        out[:] = cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420)[:height, :width]
    else:
        cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420, dst=out)


def _i420(frame: av.VideoFrame, top: int, left: int, high: int, wide: int) -> np.ndarray:
    """Part of the three planes as OpenCV wants them: uint8 [high * 3 / 2, wide], all four even."""
    i420 = np.empty((high * 3 // 2, wide), np.uint8)
    # The row and column beyond an odd size keep arbitrary luma: they touch no other pixel.
    bottom, right = min(top + high, frame.height), min(left + wide, frame.width)
    i420[: bottom - top, : right - left] = plane_rows(frame.planes[0])[top:bottom, left:right]
    top, left, high, wide = top // 2, left // 2, high // 2, wide // 2
    chroma = i420[2 * high :].reshape(2, high, wide)
    for out, plane in zip(chroma, frame.planes[1:], strict=True):
        out[:] = plane_rows(plane)[top : top + high, left : left + wide]
    return i420


def _through_swscale(frame: av.VideoFrame, layout: str) -> np.ndarray:
    """The slow way, for every range, colour matrix and layout that FFmpeg knows."""
    if frame.format.is_rgb:
        return frame.to_ndarray(format=layout, **ONE_THREAD)
    # PyAV 14 minds range and matrix only where the two ranges given differ.
    source, target = (FULL, LIMITED) if _is_full_range(frame) else (LIMITED, FULL)
    ranges: dict[str, Any] = {"src_color_range": source, "dst_color_range": target}
    return frame.to_ndarray(format=layout, **ranges, **ONE_THREAD)


def _is_full_range(frame: av.VideoFrame) -> bool:
    name = frame.format.name
    return frame.color_range == FULL or name == "gray" or name.startswith("yuvj")


def plane_rows(plane: Any) -> np.ndarray:
    """A plane as it lies in memory, uint8 [rows, line size]: padding follows each line."""
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
