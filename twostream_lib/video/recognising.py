"""What a file is: a film, or something that lies beside films."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import av

from twostream_lib.video.opening import LENIENT, NO_FILM, film_of

FILM, PICTURE, SOUND, TEXT, OTHER = "film", "picture", "sound", "text", "other file"
# Files with these suffixes are films without a look into them: there may be thousands, and one that
# is broken is a broken film. A suffix that other files have as well (.ts, .gif) is not among them.
SUFFIXES = frozenset(
    {
        ".avi", ".mp4", ".mov", ".mkv", ".webm", ".m4v", ".3gp", ".3g2", ".wmv", ".asf", ".mpg",
        ".mpeg", ".mpe", ".m1v", ".m2v", ".mts", ".m2ts", ".m2t", ".vob", ".ogv", ".flv", ".f4v",
        ".mxf", ".dv", ".rm", ".rmvb", ".divx", ".qt", ".y4m", ".mjpeg", ".mjpg", ".mk3d", ".ivf",
    }
)  # fmt: skip
START = 4096  # bytes by which texts and photographs are known
# FFmpeg draws such texts as films of a terminal.
TERMINALS = frozenset({"tty", "bin", "xbin", "adf", "idf"})
TEXT_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
# Control characters that texts have: tab, the ends of lines and pages, and escape.
IN_TEXTS = frozenset(b"\t\n\v\f\r\x1b")


def kind(path: str | os.PathLike[str]) -> str:
    """What a file is: ``FILM``, ``PICTURE``, ``SOUND``, ``TEXT`` or ``OTHER``.

    A suffix of ``SUFFIXES`` tells a film. Any other file is judged by its content. Raises OSError
    when that cannot be read.
    """
    path = Path(path)
    return FILM if path.suffix.lower() in SUFFIXES else kind_by_content(path)


def kind_by_content(path: Path) -> str:
    """What a file is, whatever its name: a film when FFmpeg finds at least two pictures one after
    the other in it, other than the cover of a sound file.

    A still .gif is a picture, and a moving one is a film. A playlist is a text: the files that it
    names are not opened. Raises OSError when the file cannot be read.
    """
    with open(path, "rb") as file:
        start = file.read(START)
    if _is_text(start):
        return TEXT
    if _is_photograph(path, start):
        return PICTURE
    return _as_ffmpeg_sees_it(path)


def _is_text(start: bytes) -> bool:
    """Whether a file that begins like this is a text in Unicode."""
    if not start:
        return False
    if start.startswith(TEXT_MARKS):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # its last character may be cut
    except UnicodeDecodeError:
        return False
    return all(byte >= 32 or byte in IN_TEXTS for byte in start)


def _is_photograph(path: Path, start: bytes) -> bool:
    """Whether it is a JPEG or PNG picture: FFmpeg would decode all of it, which takes a while."""
    if path.suffix.lower() in (".jpg", ".jpeg", ".jpe", ".jfif"):
        return start.startswith(b"\xff\xd8\xff")
    return start.startswith(b"\x89PNG\r\n\x1a\n") and b"acTL" not in start  # acTL: it moves


def _as_ffmpeg_sees_it(path: Path) -> str:
    # A container may name other files and addresses. None is opened: this one is open already, and
    # there is no protocol of that name.
    options = {"protocol_whitelist": "none"}
    try:
        with (
            open(path, "rb") as file,
            av.open(file, container_options=options, **LENIENT) as container,
        ):
            return _kind_of(container)
    except (av.FFmpegError, OSError):
        return OTHER


def _kind_of(container: av.container.InputContainer) -> str:
    if container.format.name in TERMINALS:
        return TEXT
    if all(stream.disposition.value & NO_FILM for stream in container.streams.video):
        if container.streams.audio:
            return SOUND
        return PICTURE if container.streams.video else OTHER
    return _by_its_pictures(container, film_of(container))


def _by_its_pictures(container: av.container.InputContainer, stream: av.VideoStream) -> str:
    if stream.codec_context is None:  # a film in a coding that is not known here
        return FILM
    stream.thread_type = "NONE"
    count = 0
    try:
        for count, _ in enumerate(container.decode(stream), start=1):
            if count == 2:
                return FILM
    except av.FFmpegError:
        return FILM if count else OTHER
    return PICTURE if count else OTHER
