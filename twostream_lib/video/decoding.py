"""A video file to frames: all of them, or those that are picked, as arrays."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing

import cv2
import numpy as np

from twostream_lib.errors import InputError
from twostream_lib.video.opening import Frame, frames
from twostream_lib.video.planes import ToRgb, put_gray

# Of the frames that are asked for: height and width, or the most pixels of the longer side.
Size = tuple[int, int] | int | None
LARGEST = 2**32  # bytes of one array of frames; more would fill the memory of small machines


def decode(
    path: str | os.PathLike[str],
    pick: Sequence[int] | None = None,
    size: Size = None,
) -> np.ndarray:
    """The frames of a clip, upright, as uint8 RGB ``[T, H, W, 3]``.

    ``pick`` is a sorted sequence of frame indices; an index may be repeated. Only these frames are
    converted and returned, in that order, and decoding stops after the last of them. ``size`` is a
    height and width that each frame is squeezed into as it comes (see ``shrink``), or the most
    pixels that its longer side may have: so a long clip of large frames fits into memory.

    FFmpeg's swscale converts, by the clip's own range, matrix and layout: see ``planes.ToRgb``.
    Raises InputError when the file is missing, is no video, has no frames, is damaged, changes its
    frame size, has a layout that cannot be converted, is shorter than ``pick`` asks for, or makes
    an array of more than 4 GiB.
    """
    return _collect(path, _Shots(pick, ToRgb().put, size, channels=(3,)))[0]


def decode_gray(
    path: str | os.PathLike[str],
    pick: Sequence[int] | None = None,
    size: Size = None,
) -> np.ndarray:
    """The luma of a clip, upright, as full-range uint8 ``[T, H, W]``.

    The values are the decoder's own Y plane: what ``ffmpeg -pix_fmt yuv420p`` writes first for each
    frame, stretched from 16-235 to 0-255 with rounding and clipping where the range is limited.
    ``pick``, ``size`` and the errors are those of ``decode``.
    """
    return _collect(path, _Shots(pick, put_gray, size))[0]


def decode_both(
    path: str | os.PathLike[str],
    pick: Sequence[int] | None,
    pick_gray: Sequence[int] | None,
    size: Size = None,
) -> tuple[np.ndarray, np.ndarray]:
    """``decode(path, pick)`` and ``decode_gray(path, pick_gray)`` in one pass over the file."""
    shots = _Shots(pick, ToRgb().put, size, channels=(3,)), _Shots(pick_gray, put_gray, size)
    rgb, gray = _collect(path, *shots)
    return rgb, gray


def gray(frame: Frame) -> np.ndarray:
    """A frame of ``frames`` as ``decode_gray`` gives it, uint8 ``[H, W]``."""
    out = np.empty((frame.height, frame.width), np.uint8)
    put_gray(frame, out)
    return out


def picked(
    path: str | os.PathLike[str], pick: Sequence[int]
) -> Generator[tuple[int, Frame], None, None]:
    """The frames that are picked, each with its index and none of them converted.

    ``pick`` and the errors are those of ``decode``.
    """
    wanted, index = _times(pick), -1
    last = max(wanted)
    with closing(frames(path)) as found:
        for index, frame in enumerate(found):
            if index in wanted:
                yield index, frame
            if index == last:
                return
    raise _too_short(path, index + 1, last)


def shrink(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8 ``[H, W]`` or ``[H, W, 3]`` squeezed into ``size`` (height, width).

    Each pixel is a mean over its area.
    """
    return cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)


def _shown_size(frame: Frame, size: Size) -> tuple[int, int]:
    """The height and width that a frame of a clip is given."""
    if isinstance(size, tuple):
        return size
    if size is None:
        return frame.height, frame.width
    by = min(1.0, size / max(frame.height, frame.width))
    return max(1, round(frame.height * by)), max(1, round(frame.width * by))


class _Shots:
    """The wanted frames of one clip in one form, as an array ``[T, H, W, *channels]``."""

    def __init__(
        self,
        pick: Sequence[int] | None,
        convert: Callable[[Frame, np.ndarray], None],
        size: Size = None,
        channels: tuple[int, ...] = (),
    ) -> None:
        self.times = None if pick is None else _times(pick)
        self.room = None if pick is None else len(pick)
        self.convert, self.size, self.channels, self.filled = convert, size, channels, 0

    def see(self, index: int, frame: Frame) -> None:
        """Convert the clip's next frame into the array, if it is wanted."""
        if index == 0:
            size = _shown_size(frame, self.size)
            each = math.prod(size) * math.prod(self.channels)
            room = self.room or _likely_count(frame.header.frames, each)
            self.array = self._empty(room, size)
        repeats = 1 if self.times is None else self.times.pop(index, 0)
        if not repeats:
            return
        if self.filled == len(self.array):  # the header promised too few
            more = self._empty(2 * self.filled, self.array.shape[1:3])
            more[: self.filled] = self.array
            self.array = more
        first = self.filled
        self.filled += repeats
        self._put(frame, self.array[first])
        self.array[first + 1 : self.filled] = self.array[first]

    def _put(self, frame: Frame, out: np.ndarray) -> None:
        if out.shape[:2] == (frame.height, frame.width):
            self.convert(frame, out)
            return
        whole = np.empty((frame.height, frame.width, *self.channels), np.uint8)
        self.convert(frame, whole)
        out[:] = shrink(whole, out.shape[:2])

    def _empty(self, count: int, size: tuple[int, ...]) -> np.ndarray:
        shape = (count, *size, *self.channels)
        if math.prod(shape) > LARGEST:
            raise InputError(
                f"{count} frames of {size[1]} x {size[0]} pixels are more than "
                f"{LARGEST / 2**30:.0f} GiB: pick some of them, or give a smaller size."
            )
        return np.empty(shape, np.uint8)

    @property
    def complete(self) -> bool:
        return self.times is not None and not self.times


def _collect(path: str | os.PathLike[str], *wanted: _Shots) -> list[np.ndarray]:
    """One pass over a clip, for one or several forms of its frames."""
    with closing(frames(path)) as found:
        for index, frame in enumerate(found):
            for shots in wanted:
                shots.see(index, frame)
            if all(shots.complete for shots in wanted):
                break
    missing = [max(shots.times) for shots in wanted if shots.times]
    if missing:
        raise _too_short(path, index + 1, max(missing))
    return [shots.array[: shots.filled] for shots in wanted]


def _too_short(path: str | os.PathLike[str], count: int, asked: int) -> InputError:
    return InputError(
        f"{path} has {count} frames, so there is no frame {asked}: pick frames that are there."
    )


def _likely_count(promised: int, bytes_each: int) -> int:
    """How many frames the header promises, within reason, because it may be wrong."""
    return max(1, min(max(promised, 16), 512, LARGEST // bytes_each))


def _times(pick: Sequence[int]) -> Counter[int]:
    """How often each frame is picked."""
    indices = [int(index) for index in pick]
    if not indices or indices[0] < 0 or indices != sorted(indices):
        raise InputError("pick must be a sorted sequence of at least one frame index from 0 up.")
    return Counter(indices)
