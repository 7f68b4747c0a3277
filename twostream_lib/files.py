"""Nothing is lost: a file is written beside its place, and renamed there in one step.

Its size tells whether it is still the one that was there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn


def size_of(path: str) -> int:
    """Bytes of a file, -1 where there is none: that is told when it is opened."""
    return os.path.getsize(path) if os.path.isfile(path) else -1


@contextmanager
def naming(place: Path) -> Iterator[None]:
    """In this block an error of the system that names no path is about `place`.

    A full disk, for one, is noticed when bytes are written, and there the system knows no path.
    """
    try:
        yield
    except OSError as error:
        if error.filename:
            raise
        _raise_about(place, error)


def _raise_about(place: Path, error: OSError) -> NoReturn:
    """Raise the error, which names `place` now; or one like it, where it cannot be changed.

    PyAV's errors are the system's as well, and let nobody change whom they name.
    """
    try:
        error.filename, error.filename2 = str(place), None
    except AttributeError:
        raise OSError(error.errno, error.strerror, str(place)) from error
    raise error


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A path beside `file` to write to, which takes its place when the block ends without an error.

    The folder is made if need be. After an error the old file is as it was, and what was written
    beside it is gone; an error of the system names `file`, not the path beside it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.part")
    try:
        with naming(file):
            yield beside
            os.replace(beside, file)
    except BaseException as error:
        # The first error says more: a name that is too long is so here, too.
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename == str(beside):
            _raise_about(file, error)
        raise


def write_text(file: Path, text: str) -> None:
    """Write a text file, UTF-8, in one step."""
    with replacing(file) as beside:
        beside.write_text(text, encoding="utf-8")
