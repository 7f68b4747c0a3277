"""Nothing is lost: a file is written beside its place, and renamed there in one step.

Its size tells whether it is still the one that was there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


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
        error.filename = error.filename or str(place)
        raise


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
        if isinstance(error, OSError) and error.filename == str(beside):
            error.filename, error.filename2 = str(file), None
        with suppress(
            OSError
        ):  # the first error says more: a name that is too long is so here, too
            beside.unlink(missing_ok=True)
        raise


def write_text(file: Path, text: str) -> None:
    """Write a text file, UTF-8, in one step."""
    with replacing(file) as beside:
        beside.write_text(text, encoding="utf-8")
