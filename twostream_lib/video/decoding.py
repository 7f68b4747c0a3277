"""A video file to frames: decode all or some of them, and probe what the file holds."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np

from twostream_lib.errors import InputError
from twostream_lib.video.planes import ToRgb, put_gray

# PyAV before 19 stops at tags that are not UTF-8 unless told to ignore them; 19 has no such option.
LENIENT: dict[str, Any] = (
    {} if int(av.__version__.split(".")[0]) >= 19 else {"metadata_errors": "ignore"}
)
# Frames a second that a clip can have; damaged headers claim anything.
SLOWEST, FASTEST = 0.1, 1000.0
_switch, _listeners = threading.Lock(), 0  # used by `_complaints`


def decode(path: str | os.PathLike[str], pick: Sequence[int] | None = None) -> np.ndarray:
    """The frames of a clip as uint8 RGB ``[T, H, W, 3]``.

    ``pick`` is a sorted sequence of frame indices; an index may be repeated. Only these frames are
    converted and returned, in that order, and decoding stops after the last of them. FFmpeg's
    swscale converts, by the clip's own range, matrix and layout: see ``planes.ToRgb``. Raises
    InputError when the file is missing, is no video, has no frames, is damaged, changes its frame
    size, or is shorter than ``pick`` asks for.
    """
    return _collect(path, _Shots(pick, ToRgb().put, channels=(3,)))[0]


def decode_gray(path: str | os.PathLike[str], pick: Sequence[int] | None = None) -> np.ndarray:
    """The luma of a clip as full-range uint8 ``[T, H, W]``.

    The values are the decoder's own Y plane: what ``ffmpeg -pix_fmt yuv420p`` writes first for each
    frame, stretched from 16-235 to 0-255 with rounding and clipping where the range is limited.
    ``pick`` and the errors are those of ``decode``.
    """
    return _collect(path, _Shots(pick, put_gray))[0]


def decode_both(
    path: str | os.PathLike[str], pick: Sequence[int] | None, pick_gray: Sequence[int] | None
) -> tuple[np.ndarray, np.ndarray]:
    """``decode(path, pick)`` and ``decode_gray(path, pick_gray)`` in one pass over the file."""
    shots = _Shots(pick, ToRgb().put, channels=(3,)), _Shots(pick_gray, put_gray)
    rgb, gray = _collect(path, *shots)
    return rgb, gray


def frames(path: str | os.PathLike[str]) -> Generator[av.VideoFrame, None, None]:
    """The decoded frames of a clip, one after the other, none of them converted.

    ``gray`` and ``planes`` convert those that are needed. So long clips fit into memory, and the
    other frames cost no conversion. The errors are those of ``decode``.
    """
    with closing(frames_and_stream(path)) as found:
        for frame, _ in found:
            yield frame


def gray(frame: av.VideoFrame) -> np.ndarray:
    """A frame of ``frames`` as ``decode_gray`` gives it, uint8 ``[H, W]``."""
    out = np.empty((frame.height, frame.width), np.uint8)
    put_gray(frame, out)
    return out


def probe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a clip holds, by decoding all of it: headers of real clips miscount their frames.

    Returns ``frames, fps, width, height, seconds, ok, why, damage``. No error is raised for a file
    that cannot be used: it gets ``ok=False``, one sentence in ``why``, and what was found before
    the error. ``damage`` describes what is wrong with a clip that can be used all the same: the
    decoder met errors, or the header promises another number of frames than there is.
    """
    found: dict[str, Any] = {"frames": 0, "fps": 0.0, "width": 0, "height": 0}
    why, promised = "", 0
    with _complaints() as heard:
        try:
            for frame, stream in frames_and_stream(path):
                found["frames"] += 1
                found["fps"] = float(stream.average_rate or stream.guessed_rate or 0)
                found["width"], found["height"] = frame.width, frame.height
                promised = stream.frames
        except InputError as error:
            why = str(error)
    seconds = found["frames"] / found["fps"] if found["fps"] else 0.0
    if not why and not SLOWEST <= found["fps"] <= FASTEST:
        why = f"{path} claims {found['fps']:.3g} frames a second: re-encode it at its true rate."
    damage = "" if why else _damage(heard, found["frames"], promised)
    return {**found, "seconds": seconds, "ok": not why, "why": why, "damage": damage}


def _damage(heard: list[str], frames: int, promised: int) -> str:
    """What is wrong with a clip that can be decoded all the same."""
    words = []
    if heard:
        met = "an error" if len(heard) == 1 else f"{len(heard)} errors, the first"
        words.append(f"the decoder met {met}: {heard[0]}")
    # One too many is normal: DivX often ends with an empty frame, which headers count.
    if promised and abs(promised - frames) > 1:
        words.append(f"its header promises {promised} frames, and {frames} are there")
    return "; ".join(words)


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """FFmpeg's error messages of this thread, complete when the block ends.

    PyAV drops them unless a switch is set, which is one for the whole process. Several threads may
    probe at once, so the last one to leave puts it back.
    """
    global _listeners
    heard: list[str] = []
    with _switch:
        _listeners += 1
        av.logging.set_level(av.logging.ERROR)
        av.logging.set_skip_repeated(False)  # two clips may say the same
    try:
        with av.logging.Capture() as said:
            yield heard
    finally:
        heard += [message.strip() for _, _, message in said]
        with _switch:
            _listeners -= 1
            if not _listeners:
                av.logging.set_level(None)


class _Shots:
    """The wanted frames of one clip in one form, as an array ``[T, H, W, *channels]``."""

    def __init__(
        self,
        pick: Sequence[int] | None,
        convert: Callable[[av.VideoFrame, np.ndarray], None],
        channels: tuple[int, ...] = (),
    ) -> None:
        self.times = None if pick is None else _times(pick)
        self.room = None if pick is None else len(pick)
        self.convert, self.channels, self.filled = convert, channels, 0

    def see(self, index: int, frame: av.VideoFrame, stream: Any) -> None:
        """Convert the clip's next frame straight into the array, if it is wanted."""
        if index == 0:
            room = _likely_count(stream) if self.room is None else self.room
            self.array = np.empty((room, frame.height, frame.width, *self.channels), np.uint8)
        repeats = 1 if self.times is None else self.times.pop(index, 0)
        if not repeats:
            return
        if self.filled == len(self.array):  # the header promised too few
            self.array = np.concatenate([self.array, np.empty_like(self.array)])
        first = self.filled
        self.filled += repeats
        self.convert(frame, self.array[first])
        self.array[first + 1 : self.filled] = self.array[first]

    @property
    def complete(self) -> bool:
        return self.times is not None and not self.times


def _collect(path: str | os.PathLike[str], *wanted: _Shots) -> list[np.ndarray]:
    """One pass over a clip, for one or several forms of its frames."""
    with closing(frames_and_stream(path)) as frames:
        for index, (frame, stream) in enumerate(frames):
            for shots in wanted:
                shots.see(index, frame, stream)
            if all(shots.complete for shots in wanted):
                break
    missing = [max(shots.times) for shots in wanted if shots.times]
    if missing:
        raise InputError(
            f"{path} has {index + 1} frames, so there is no frame {max(missing)}: "
            "pick frames that are there."
        )
    return [shots.array[: shots.filled] for shots in wanted]


def _likely_count(stream: Any) -> int:
    """How many frames the header promises, within reason, because it may be wrong."""
    return min(max(stream.frames, 16), 512)


def _times(pick: Sequence[int]) -> Counter[int]:
    """How often each frame is picked."""
    indices = [int(index) for index in pick]
    if not indices or indices[0] < 0 or indices != sorted(indices):
        raise InputError("pick must be a sorted sequence of at least one frame index from 0 up.")
    return Counter(indices)


def frames_and_stream(
    path: str | os.PathLike[str],
) -> Generator[tuple[av.VideoFrame, Any], None, None]:
    """Each frame with its stream; raises what ``decode`` raises."""
    count, size = 0, None
    with _open(Path(path)) as container:
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise InputError(
                f"{path} is coded in a way that is not known here: re-encode it or leave it out."
            )
        stream.thread_type = "NONE"  # clips are short and decoded side by side, one to a core
        stream.codec_context.options = {"flags": "+bitexact"}  # the same frames on every processor
        try:
            for frame in container.decode(stream):
                if size not in (None, (frame.width, frame.height)):
                    raise InputError(
                        f"{path} changes its frame size after {count} frames: "
                        "cut it there or re-encode it at one size."
                    )
                size = (frame.width, frame.height)
                count += 1
                yield frame, stream
        except av.FFmpegError as error:
            raise InputError(
                f"{path} is damaged after {count} frames ({error.strerror}): "
                "fetch it again, or cut off its end."
            ) from error
    if not count:
        raise InputError(f"{path} holds no video frames: fetch it again or leave it out.")


def _open(path: Path) -> Any:
    """An open container that has a video stream."""
    check_is_file(path)
    try:
        # An absolute path is never taken for a protocol; HMDB-51 has a tag that is not UTF-8.
        container = av.open(str(path.absolute()), **LENIENT)
    except (av.FFmpegError, OSError) as error:
        raise InputError(
            f"{path} cannot be opened as a video ({error.strerror}): "
            "fetch it again or leave it out."
        ) from error
    if not container.streams.video:
        container.close()
        raise InputError(f"{path} has no picture in it, only sound or text: leave it out.")
    return container


def check_is_file(path: Path) -> None:
    """Raise InputError unless there is a plain file."""
    if not path.is_file():
        raise InputError(f"{path} is not a file: check the path.")
