"""A video file to its decoded frames: which of its streams is the film, and which side is up."""

from __future__ import annotations

import os
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av

from twostream_lib.errors import InputError, cause_of
from twostream_lib.video.upright import Turn, turn_of

# PyAV before 19 stops at tags that are not UTF-8 unless told to ignore them; 19 has no such option.
LENIENT: dict[str, Any] = (
    {} if int(av.__version__.split(".")[0]) >= 19 else {"metadata_errors": "ignore"}
)
# Streams that are a picture beside the film: FFmpeg's AV_DISPOSITION_ATTACHED_PIC (cover art),
# TIMED_THUMBNAILS and STILL_IMAGE.
NO_FILM = 0x400 | 0x800 | 0x100000


class Header(NamedTuple):
    """What a file says of its film, true or not; nothing of it needs the open file."""

    frames: int  # 0 where it does not say
    seconds: float | None  # to the end of the last frame
    rates: tuple[float, ...]  # frames a second, the surest first
    aspect: Fraction  # width of a pixel over its height
    curve: int  # FFmpeg's number of the transfer curve (AVCOL_TRC_*)


class Frame(NamedTuple):
    """A decoded frame; ``video.gray`` and ``planes`` make upright pictures of it."""

    image: av.VideoFrame  # as it is coded
    turn: Turn  # how it is shown
    header: Header  # of its film
    path: str | os.PathLike[str]  # of its file, for what is said of it

    @property
    def height(self) -> int:
        """Of the upright picture, pixels."""
        return self.image.width if self.turn.transposed else self.image.height

    @property
    def width(self) -> int:
        """Of the upright picture, pixels."""
        return self.image.height if self.turn.transposed else self.image.width


def frames(path: str | os.PathLike[str]) -> Generator[Frame, None, None]:
    """The decoded frames of a clip, one after the other, none of them converted.

    ``video.gray`` and ``planes`` convert those that are needed. So long clips fit into memory, and
    the other frames cost no conversion. The errors are those of ``decode``.
    """
    count, size, turn = 0, None, Turn()
    with _open(Path(path)) as container:
        stream = film_of(container)
        if stream is None:
            raise InputError(
                f"{path} has no film in it, only sound, text or a still: leave it out."
            )
        if stream.codec_context is None:
            raise InputError(
                f"{path} is coded in a way that is not known here: re-encode it or leave it out."
            )
        stream.thread_type = "NONE"  # clips are short and decoded side by side, one to a core
        stream.codec_context.options = {"flags": "+bitexact"}  # the same frames on every processor
        header = _header_of(container, stream)
        try:
            for image in container.decode(stream):
                if size is None:
                    turn = turn_of(image)
                elif size != (image.width, image.height):
                    raise InputError(
                        f"{path} changes its frame size after {count} frames: "
                        "cut it there or re-encode it at one size."
                    )
                size = (image.width, image.height)
                count += 1
                yield Frame(image, turn, header, path)
        except av.FFmpegError as error:
            raise InputError(
                f"{path} is damaged after {count} frames ({error.strerror}): "
                "fetch it again, or cut off its end."
            ) from error
    if not count:
        raise InputError(f"{path} holds no video frames: fetch it again or leave it out.")


def claimed_seconds(path: str | os.PathLike[str]) -> float:
    """The length that a film's header claims, seconds; 0.0 where it claims none.

    Nothing is decoded, so this is no more than a claim. Raises InputError for a missing file, or
    one that is no video.
    """
    with _open(Path(path)) as container:
        return (container.duration or 0) / av.time_base


def film_of(container: Any) -> Any:
    """The video stream that is the film, and not cover art or a track of thumbnails.

    It is the one with the most frames; where the container does not count them or two have as
    many, the largest picture; else the first. None if there is no film.
    """
    films = [one for one in container.streams.video if not one.disposition.value & NO_FILM]
    known = [film for film in films if film.codec_context is not None]
    if not known:
        return films[0] if films else None
    return max(known, key=lambda film: (film.frames, film.width * film.height))


def _header_of(container: Any, stream: Any) -> Header:
    rates = [float(rate) for rate in (stream.average_rate, stream.guessed_rate) if rate]
    seconds = None
    if "mov" in container.format.name.split(","):
        # Its frames include those that an edit list cuts off; its duration does not.
        seconds = float(stream.duration * stream.time_base) if stream.duration else None
    elif stream.frames and rates:
        # FFmpeg guesses the duration of a file that was cut short from what is left of it.
        seconds = stream.frames / rates[0]
    return Header(
        frames=stream.frames,
        seconds=seconds,
        rates=tuple(rates),
        aspect=Fraction(stream.sample_aspect_ratio or 1),
        curve=int(stream.codec_context.color_trc or 0),
    )


def check_is_file(path: Path) -> None:
    """Raise InputError unless there is a plain file that can be read."""
    try:
        if path.is_file():
            path.open("rb").close()
            return
    except OSError as error:
        raise InputError(f"{path} cannot be read: {cause_of(error, path)}.") from error
    raise InputError(f"{path} is not a file: check the path.")


def _open(path: Path) -> Any:
    """An open container."""
    check_is_file(path)
    try:
        # An absolute path is never taken for a protocol; HMDB-51 has a tag that is not UTF-8.
        # A playlist may name addresses: nothing but files is opened.
        options = {"protocol_whitelist": "file"}
        container = av.open(str(path.absolute()), container_options=options, **LENIENT)
    except (av.FFmpegError, OSError) as error:
        raise InputError(
            f"{path} cannot be opened as a video ({error.strerror}): "
            "fetch it again or leave it out."
        ) from error
    return container
