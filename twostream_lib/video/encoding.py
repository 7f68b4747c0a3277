"""Frames to a video file: the clips that the library draws, and copies that browsers play."""

from __future__ import annotations

import hashlib
import io
import math
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np

from twostream_lib.errors import InputError, cause_of
from twostream_lib.files import replacing
from twostream_lib.video import opening
from twostream_lib.video.decoding import shrink
from twostream_lib.video.opening import Frame, check_is_file
from twostream_lib.video.planes import ToRgb, to_yuv420p
from twostream_lib.video.probing import beginning
from twostream_lib.video.timing import FASTEST, SLOWEST

QUALITY = 3  # MPEG-4 quantiser: 1 is the best, 31 the worst
LAMBDA = 118  # FFmpeg's FF_QP2LAMBDA
TICKS = Fraction(90_000)  # a second has so many, in the times of a copy for browsers
HIGHEST = 640  # pixels of its longer side
LONGEST = 30  # seconds of a clip that are copied
# FFmpeg's numbers of how `to_yuv420p` codes colours: BT.601 (AVCOL_SPC_*) in limited range.
SMPTE_170M, LIMITED = 6, 1
MADE_AS = "upright, BT.601"  # copies that were made in another way are not shown
# What browsers play, the most widely played first: encoder, container, the encoder's options.
PLAYED: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("libx264", "mp4", {"preset": "veryfast", "crf": "20"}),
    ("libvpx-vp9", "webm", {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0"}),
)


def write(path: str | os.PathLike[str], frames: Iterable[np.ndarray], fps: float) -> None:
    """Write RGB frames as an MPEG-4 clip in an .avi file, yuv420p, in limited range.

    ``frames`` is uint8 ``[T, H, W, 3]`` or any iterable of uint8 ``[H, W, 3]``; ``fps`` is in
    frames a second. The same frames always give the same bytes. The file is written beside its
    place and renamed, so a clip that exists is whole. Raises InputError when there are no frames,
    when they are not uint8 RGB of one size, when ``fps`` is not above 0, when MPEG-4 has no such
    size or rate, and when the file cannot be written.
    """
    path = Path(path)
    if not fps > 0:
        raise InputError(f"{path} cannot be written: fps is {fps}, and must be above 0.")
    try:
        data = _encode(path, frames, fps)
    except av.FFmpegError as error:
        raise _unwritten(path, error) from error
    with _writing(path) as beside:
        beside.write_bytes(data)


def for_browser(path: str | os.PathLike[str], folder: str | os.PathLike[str]) -> Path:
    """A silent copy of a clip for browsers, in ``folder``: they do not play MPEG-4 in .avi files.

    It is H.264 in an .mp4 file, or VP9 in a .webm file where PyAV came without libx264: upright,
    in the colours that ``decode`` gives, each frame at its time, at most 640 pixels high or wide,
    and of a long clip the first 30 seconds. It is made once: its name follows from the clip's path,
    size and time of change. Odd sizes are scaled to the next even ones. Raises InputError for what
    ``decode`` raises it for, for a clip that tells no frame rate, where PyAV has neither encoder,
    and when ``folder`` cannot be written to.
    """
    path = Path(path)
    check_is_file(path)
    there = [way for way in PLAYED if way[0] in av.codecs_available]
    if not there:
        raise InputError("This PyAV can write no video that browsers play: install PyAV's wheel.")
    codec, container, options = there[0]
    status = path.stat()
    facts = f"{path.absolute()}|{status.st_size}|{status.st_mtime_ns}|{codec}|{MADE_AS}"
    word = hashlib.sha256(facts.encode()).hexdigest()[:16]
    copy = Path(folder) / f"{word}.{container}"
    if not copy.is_file():
        with _writing(copy) as beside:
            _recode(path, beside, codec, container, options)
    return copy


def _recode(path: Path, copy: Path, codec: str, container: str, options: dict[str, str]) -> None:
    """A clip in another coding, with the same frames at the same times: to a tick, see `TICKS`."""
    count, when = beginning(path, LONGEST)
    if not SLOWEST <= when.fps <= FASTEST:
        raise InputError(f"{path} tells no frame rate: re-encode it at its true rate.")
    fps, to_rgb, last = Fraction(when.fps).limit_denominator(1001), ToRgb(), -1
    with (
        av.open(str(copy), "w", format=container) as target,
        closing(opening.frames(path)) as source,
    ):
        for index, frame in enumerate(islice(source, count)):
            if index == 0:
                stream = _even_stream(target, codec, fps, options, frame)
            image = to_yuv420p(shrink(to_rgb(frame), (stream.height, stream.width)))
            image.colorspace, image.color_range = SMPTE_170M, LIMITED
            if when.times is None:
                image.pts, image.time_base = index, 1 / fps
            else:
                # Frames may share a time, and encoders take no two of one.
                last = max(round(when.times[index] * TICKS), last + 1)
                image.pts, image.time_base = last, 1 / TICKS
            target.mux(stream.encode(image))
        target.mux(stream.encode())


def _even_stream(
    container: Any, codec: str, fps: Fraction, options: dict[str, str], frame: Frame
) -> Any:
    """A stream for frames like this one, with even sides and yuv420p: players ask for both.

    It says by which matrix and in which range its colours are coded: players would guess.
    """
    stream = container.add_stream(codec, rate=fps, options=options)
    by = min(1.0, HIGHEST / max(frame.height, frame.width))
    stream.width, stream.height = (
        2 * math.ceil(round(side * by) / 2) for side in (frame.width, frame.height)
    )
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = 1 / TICKS
    stream.codec_context.colorspace, stream.codec_context.color_range = SMPTE_170M, LIMITED
    return stream


@contextmanager
def _writing(path: Path) -> Iterator[Path]:
    """A place beside a clip's own, so that a clip that exists is whole."""
    try:
        with replacing(path) as beside:
            yield beside
    except (OSError, av.FFmpegError) as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError | av.FFmpegError) -> InputError:
    """Why a clip cannot be written. Not all of PyAV's errors are the system's, but like them they
    have a number and words."""
    if not isinstance(error, OSError):
        error = OSError(error.errno, error.strerror, str(path))
    return InputError(f"{path} cannot be written: {cause_of(error, path)}.")


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
            container.mux(stream.encode(to_yuv420p(picture)))
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
