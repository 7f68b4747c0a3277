"""Films as phones, browsers, cameras and converters make them, written with PyAV."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


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
PAUSED = [*np.arange(0, 1, 1 / 30), *np.arange(3, 4, 1 / 30)]
