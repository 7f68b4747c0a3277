"""Films as phones, browsers, cameras and converters make them, written with PyAV."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from twostream_lib.video.planes import SINCE_17


def write_at(
    path: Path,
    pictures: Sequence[np.ndarray],
    seconds: Sequence[float],
    codec: str = "mpeg4",
    layout: str = "yuv420p",
    rate: int = 30,
) -> Path:
    """A film that shows each RGB picture at its time."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = layout
        stream.codec_context.time_base = Fraction(1, 1000)
        for picture, second in zip(pictures, seconds, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=layout)
            frame.pts, frame.time_base = round(second * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def stamped(path: Path, pictures: Sequence[np.ndarray], seconds: Sequence[float]) -> Path:
    """A film of JPEG pictures in Matroska, each at its time, which several may share."""
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("mjpeg", rate=30)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuvj420p"
        for number, (picture, second) in enumerate(zip(pictures, seconds, strict=True)):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuvj420p")
            frame.pts = number  # the encoder takes no two of one time
            for packet in stream.encode(frame):
                packet.pts = packet.dts = round(second * 1000)
                packet.time_base, packet.stream = Fraction(1, 1000), stream
                container.mux(packet)
    return path


# What red and blue count in luma, by FFmpeg's number of the matrix (AVCOL_SPC_*): BT.709, BT.601,
# BT.2020.
LUMA = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def coded(
    path: Path,
    picture: np.ndarray,
    matrix: int,
    full: bool = False,
    tagged: int | None = None,
    count: int = 5,
) -> Path:
    """A film of ``count`` times one RGB picture, without loss: by the matrix's formula, yuv444p.

    It says that it is coded by this matrix, or by the one that it is ``tagged`` with.
    """
    (red, blue), tag = LUMA[matrix], matrix if tagged is None else tagged
    black, luma, chroma = (0, 255, 255) if full else (16, 219, 224)
    r, g, b = np.moveaxis(picture / 255, -1, 0)
    y = red * r + (1 - red - blue) * g + blue * b
    u, v = (b - y) / (2 - 2 * blue), (r - y) / (2 - 2 * red)
    planes = np.rint([black + luma * y, 128 + chroma * u, 128 + chroma * v]).clip(0, 255)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt, of_stream = "yuv444p", stream.codec_context
        of_stream.colorspace, of_stream.color_range = tag, 2 if full else 1
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(planes.astype(np.uint8), "yuv444p")
            frame.colorspace, frame.color_range = tag, 2 if full else 1
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def without_conversion(path: Path) -> Path:
    """A film of five frames, 64x48, in a layout that swscale writes and does not read; .nut."""
    if not SINCE_17:
        pytest.skip("before PyAV 17 what swscale cannot convert ends the process")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb4"
        for number in range(5):
            frame = av.VideoFrame(64, 48, "rgb4")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def bars(height: int = 48) -> np.ndarray:
    """A picture of six plain colours side by side, 32 pixels each, uint8 ``[height, 192, 3]``."""
    colours = [(200, 30, 60), (20, 180, 90), (50, 70, 220), (255, 255, 255), (0, 0, 0)]
    row = np.array([*colours, (128, 128, 128)], np.uint8).repeat(32, axis=0)
    return np.broadcast_to(row, (height, *row.shape)).copy()


def bar_at(seconds: Sequence[float], speed: float = 50.0, width: int = 320) -> list[np.ndarray]:
    """Pictures of a white bar whose left edge is ``speed`` times the second, in pixels."""
    pictures = []
    for second in seconds:
        picture = np.full((64, width, 3), 20, np.uint8)
        left = round(second * speed)
        picture[:, left : left + 12] = 235
        pictures.append(picture)
    return pictures


def left_of_bar(gray: np.ndarray) -> np.ndarray:
    """The left edge of the bar in each gray frame ``[T, H, W]``, in pixels."""
    return (gray.mean(axis=1) > 128).argmax(axis=1)


def turned(path: Path, source: Path, matrix: Sequence[int]) -> Path:
    """A copy of an .mp4 film with another display matrix: a, b, c, d, each -1, 0 or 1."""
    data = bytearray(source.read_bytes())
    box = data.index(b"tkhd")
    place = box + 4 + 40  # version 0: matrix after 40 bytes of header, times and volume
    a, b, c, d = (number << 16 for number in matrix)
    numbers = [a, b, 0, c, d, 0, 0, 0, 1 << 30]
    data[place : place + 36] = b"".join(n.to_bytes(4, "big", signed=True) for n in numbers)
    path.write_bytes(data)
    return path


PHONE = [*np.arange(0, 1, 1 / 30), *np.arange(1, 2, 1 / 15), *np.arange(2, 3, 1 / 30)]
TWICE = list(np.arange(0, 3, 0.1).repeat(2))  # each frame has the time of another one
PAUSED = [*np.arange(0, 1, 1 / 30), *np.arange(3, 4, 1 / 30)]
