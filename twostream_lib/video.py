"""A video file to frames and back: decode, probe, write. The only module that touches PyAV.

Converting colours can cost more than decoding. So gray frames are the decoder's own Y plane, with
no conversion at all, and RGB frames are its three planes put through one OpenCV call, which rounds
where swscale cuts off. Frames in any other layout take the slower way through swscale.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange

from .errors import InputError

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
# PyAV before 19 stops at tags that are not UTF-8 unless told to ignore them; 19 has no such option.
LENIENT: dict[str, Any] = (
    {} if int(av.__version__.split(".")[0]) >= 19 else {"metadata_errors": "ignore"}
)
# Frames a second that a clip can have; damaged headers claim anything.
SLOWEST, FASTEST = 0.1, 1000.0
_switch, _listeners = threading.Lock(), 0  # see `_complaints`
QUALITY = 3  # MPEG-4 quantiser: 1 is the best, 31 the worst
LAMBDA = 118  # FFmpeg's FF_QP2LAMBDA
# What browsers play, the most widely played first: encoder, container, the encoder's options.
PLAYED: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("libx264", "mp4", {"preset": "veryfast", "crf": "20"}),
    ("libvpx-vp9", "webm", {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0"}),
)


def decode(path: str | os.PathLike[str], pick: Sequence[int] | None = None) -> np.ndarray:
    """The frames of a clip as uint8 RGB ``[T, H, W, 3]``.

    ``pick`` is a sorted sequence of frame indices, repeats allowed: then only those frames are
    converted and returned, in that order, and decoding stops after the last of them. Limited-range
    BT.601 (every clip of HMDB-51) is converted by OpenCV, with each chroma sample serving its 2x2
    pixels; any other range, matrix or layout by swscale. Raises InputError when the file is
    missing, is no video, has no frames, is damaged, changes its frame size, or is shorter than
    ``pick`` asks for.
    """
    return _collect(path, _Shots(pick, _rgb, channels=(3,)))[0]


def decode_gray(path: str | os.PathLike[str], pick: Sequence[int] | None = None) -> np.ndarray:
    """The luma of a clip as full-range uint8 ``[T, H, W]``.

    The values are the decoder's own Y plane: what ``ffmpeg -pix_fmt yuv420p`` writes first for each
    frame, stretched from 16-235 to 0-255 with rounding and clipping where the range is limited.
    ``pick`` and the errors are those of ``decode``.
    """
    return _collect(path, _Shots(pick, _gray))[0]


def decode_both(
    path: str | os.PathLike[str], pick: Sequence[int] | None, pick_gray: Sequence[int] | None
) -> tuple[np.ndarray, np.ndarray]:
    """``decode(path, pick)`` and ``decode_gray(path, pick_gray)`` in one pass over the file."""
    rgb, gray = _collect(path, _Shots(pick, _rgb, channels=(3,)), _Shots(pick_gray, _gray))
    return rgb, gray


def frames(path: str | os.PathLike[str]) -> Generator[av.VideoFrame, None, None]:
    """The decoded frames of a clip in turn, none of them converted: for ``gray`` and ``rgb_part``.

    Long clips fit into memory in this way, and what is not looked at costs no conversion. The
    errors are those of ``decode``.
    """
    with closing(_frames(path)) as found:
        for frame, _ in found:
            yield frame


def gray(frame: av.VideoFrame) -> np.ndarray:
    """A frame of ``frames`` as ``decode_gray`` gives it, uint8 ``[H, W]``."""
    out = np.empty((frame.height, frame.width), np.uint8)
    _gray(frame, out)
    return out


def rgb_part(frame: av.VideoFrame, top: int, left: int, out: np.ndarray) -> None:
    """A part of a frame of ``frames``, as ``decode`` gives it, into ``out``, uint8 ``[h, w, 3]``.

    The part starts at row ``top`` and column ``left``, both even because each chroma sample serves
    2x2 pixels, and only that part is converted.
    """
    if top % 2 or left % 2:
        raise InputError(f"A part of a frame cannot start at ({top}, {left}): both must be even.")
    _rgb_part(frame, top, left, out)


def probe(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a clip holds, by decoding all of it: headers of real clips miscount their frames.

    Returns ``frames, fps, width, height, seconds, ok, why, damage``. A file that cannot be used
    never raises: it gets ``ok=False``, one sentence in ``why``, and what was found before the
    error. A usable clip whose decoder had to mend something, or whose header promises another
    number of frames than there is, has words for it in ``damage``.
    """
    found: dict[str, Any] = {"frames": 0, "fps": 0.0, "width": 0, "height": 0}
    why, promised = "", 0
    with _complaints() as heard:
        try:
            for frame, stream in _frames(path):
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
        words.append(f"the decoder met {len(heard)} errors, the first: {heard[0]}")
    # One too many is normal: DivX often ends with an empty frame, which headers count.
    if promised and abs(promised - frames) > 1:
        words.append(f"its header promises {promised} frames, and {frames} are there")
    return "; ".join(words)


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """FFmpeg's error messages of this thread, complete when the block ends.

    PyAV drops them unless told not to, by a switch for the whole process: several threads may
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
    """The frames of one clip that are wanted in one form, one array ``[T, H, W, *channels]``."""

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
    with closing(_frames(path)) as frames:
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
    """Room for the frames that the header announces: it may be wrong, so within reason."""
    return min(max(stream.frames, 16), 512)


def _times(pick: Sequence[int]) -> Counter[int]:
    """How often each frame is picked."""
    indices = [int(index) for index in pick]
    if not indices or indices[0] < 0 or indices != sorted(indices):
        raise InputError("pick must be a sorted sequence of at least one frame index from 0 up.")
    return Counter(indices)


def _frames(path: str | os.PathLike[str]) -> Generator[tuple[av.VideoFrame, Any], None, None]:
    """Each frame with its stream, checked for what ``decode`` raises."""
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
    _check_is_file(path)
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


def _check_is_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path} is not a file: check the path.")


def _gray(frame: av.VideoFrame, out: np.ndarray) -> None:
    """Full-range luma into ``out``, uint8 [H, W]."""
    if frame.format.name not in LUMA_FIRST:
        out[:] = _through_swscale(frame, "gray")
        return
    luma = _rows(frame.planes[0])[:, : frame.width]
    if _is_full_range(frame):
        out[:] = luma
    else:
        cv2.transform(luma, STRETCH, dst=out)  # rounds and saturates


def _rgb(frame: av.VideoFrame, out: np.ndarray) -> None:
    """RGB into ``out``, uint8 [H, W, 3]."""
    _rgb_part(frame, 0, 0, out)


def _rgb_part(frame: av.VideoFrame, top: int, left: int, out: np.ndarray) -> None:
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
    i420[: bottom - top, : right - left] = _rows(frame.planes[0])[top:bottom, left:right]
    top, left, high, wide = top // 2, left // 2, high // 2, wide // 2
    chroma = i420[2 * high :].reshape(2, high, wide)
    for out, plane in zip(chroma, frame.planes[1:], strict=True):
        out[:] = _rows(plane)[top : top + high, left : left + wide]
    return i420


def _through_swscale(frame: av.VideoFrame, layout: str) -> np.ndarray:
    """The slow way, for every range, colour matrix and layout that FFmpeg knows."""
    if frame.format.is_rgb:
        return frame.to_ndarray(format=layout)
    # PyAV 14 minds range and matrix only where the two ranges given differ.
    source, target = (FULL, LIMITED) if _is_full_range(frame) else (LIMITED, FULL)
    return frame.to_ndarray(format=layout, src_color_range=source, dst_color_range=target)


def _is_full_range(frame: av.VideoFrame) -> bool:
    name = frame.format.name
    return frame.color_range == FULL or name == "gray" or name.startswith("yuvj")


def _rows(plane: Any) -> np.ndarray:
    """A plane as it lies in memory, uint8 [rows, line size]: padding follows each line."""
    size = plane.line_size
    rows = np.frombuffer(plane, np.uint8).reshape(-1, abs(size))
    return rows if size > 0 else rows[::-1]


def write(path: str | os.PathLike[str], frames: Iterable[np.ndarray], fps: float) -> None:
    """Write RGB frames as an MPEG-4 clip in an .avi file, yuv420p, in limited range.

    ``frames`` is uint8 ``[T, H, W, 3]`` or any iterable of uint8 ``[H, W, 3]``; ``fps`` is in
    frames a second. The same frames always give the same bytes. The file is written beside its
    place and renamed, so a clip that exists is whole. Raises InputError when there are no frames,
    when they are not uint8 RGB of one size, when ``fps`` is not above 0, and when
    the file cannot be written.
    """
    path = Path(path)
    if not fps > 0:
        raise InputError(f"{path} cannot be written: fps is {fps}, and must be above 0.")
    _put(path, _encode(path, frames, fps))


def for_browser(path: str | os.PathLike[str], folder: str | os.PathLike[str]) -> Path:
    """A silent copy of a clip that browsers play, in ``folder``: they know no MPEG-4 in .avi files.

    It is H.264 in an .mp4 file, or VP9 in a .webm file where PyAV came without libx264. It is made
    once: its name follows from the clip's path, size and time of change. Odd sizes are scaled to
    the next even ones. Raises InputError for what ``decode`` raises it for, for a clip that tells
    no frame rate, where PyAV has neither encoder, and when ``folder``, which must be there, cannot
    be written to.
    """
    path = Path(path)
    _check_is_file(path)
    there = [way for way in PLAYED if way[0] in av.codecs_available]
    if not there:
        raise InputError("This PyAV can write no video that browsers play: install PyAV's wheel.")
    codec, container, options = there[0]
    status = path.stat()
    facts = f"{path.absolute()}|{status.st_size}|{status.st_mtime_ns}|{codec}"
    word = hashlib.sha256(facts.encode()).hexdigest()[:16]
    copy = Path(folder) / f"{word}.{container}"
    if not copy.is_file():
        _put(copy, _recode(path, codec, container, options))
    return copy


def _recode(path: Path, codec: str, container: str, options: dict[str, str]) -> bytes:
    """The bytes of a clip in another coding, every frame at its place."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as target, closing(_frames(path)) as frames:
        for index, (frame, source) in enumerate(frames):
            if index == 0:
                rate = _rate(path, source)
                stream = _even_stream(target, codec, rate, options, frame)
            picture = frame.reformat(stream.width, stream.height, stream.pix_fmt)
            picture.pts, picture.time_base = index, 1 / rate
            picture.pict_type = 0  # the new coding chooses its own key frames
            target.mux(stream.encode(picture))
        target.mux(stream.encode())
    return buffer.getvalue()


def _rate(path: Path, stream: Any) -> Fraction:
    """Frames a second of a clip."""
    rate = Fraction(stream.average_rate or stream.guessed_rate or 0)
    if not SLOWEST <= rate <= FASTEST:
        raise InputError(f"{path} tells no frame rate: re-encode it at its true rate.")
    return rate.limit_denominator(1001)


def _even_stream(
    container: Any, codec: str, rate: Fraction, options: dict[str, str], frame: av.VideoFrame
) -> Any:
    """A stream for frames like this one; players want even sizes and chroma for 2x2 pixels."""
    stream = container.add_stream(codec, rate=rate, options=options)
    stream.width = frame.width + frame.width % 2
    stream.height = frame.height + frame.height % 2
    stream.pix_fmt = "yuv420p"
    return stream


def _put(path: Path, data: bytes) -> None:
    """Write a file beside its place and rename it there, so that a file that exists is whole."""
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        if part.exists():
            part.unlink()
        raise InputError(
            f"{path} cannot be written ({error.strerror}): "
            "free some space or choose another folder."
        ) from error


def _encode(path: Path, frames: Iterable[np.ndarray], fps: float) -> bytes:
    """The bytes of an .avi file; ``path`` only names it in errors."""
    buffer, size = io.BytesIO(), None
    options = {"fflags": "+bitexact"}
    with av.open(buffer, "w", format="avi", container_options=options) as container:
        for picture in frames:
            if size is None:
                size = _checked_size(path, picture)
                stream = _mpeg4_stream(container, size, fps)
            elif picture.shape != (*size, 3):
                raise InputError(f"{path} cannot be written: its frames are not all {size} RGB.")
            container.mux(stream.encode(_to_yuv420p(picture)))
        if size is None:
            raise InputError(f"{path} cannot be written: there are no frames to write.")
        container.mux(stream.encode())
    return buffer.getvalue()


def _checked_size(path: Path, picture: np.ndarray) -> tuple[int, int]:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise InputError(
            f"{path} cannot be written: a frame must be uint8 [H, W, 3], "
            f"not {picture.dtype} {list(picture.shape)}."
        )
    return picture.shape[0], picture.shape[1]


def _mpeg4_stream(container: Any, size: tuple[int, int], fps: float) -> Any:
    stream = container.add_stream("mpeg4", rate=Fraction(fps).limit_denominator(1001))
    stream.height, stream.width = size
    stream.pix_fmt = "yuv420p"
    stream.thread_count = 1  # slices of several threads would change the bytes
    stream.options = {
        "flags": "+bitexact+qscale",
        "global_quality": str(QUALITY * LAMBDA),
        "g": "12",
    }
    return stream


def _to_yuv420p(picture: np.ndarray) -> av.VideoFrame:
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
        _rows(plane)[:, : values.shape[1]] = values
    return frame
