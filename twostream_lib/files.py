"""Nothing is lost: a file is written beside its place, and renamed there in one step."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A path beside `file` to write to, which takes its place when the block ends without an error.

    The folder is made if need be. After an error the old file is as it was, and what was written
    beside it is gone.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.part")
    try:
        yield beside
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)


def write_text(file: Path, text: str) -> None:
    """Write a text file, UTF-8, in one step."""
    with replacing(file) as beside:
        beside.write_text(text, encoding="utf-8")
