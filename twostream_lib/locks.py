"""One process at a time: of two that want one place, the second waits and says for whom."""

import errno
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from twostream_lib.errors import InputError, cause_of, shown

# What disks without locks answer, as some in the network do.
NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


@contextmanager
def alone(place: Path, doing: str, wait: bool = True, lock: Path | None = None) -> Iterator[None]:
    """Work on a file or folder while no other process of the course works on it.

    The lock is a file `<lock>.lock`, which the system opens again when its owner ends, even by a
    kill; `<lock>.owner` says who that is. A person is told on stderr: stdout may be read as JSON.

    Args:
        place: what is worked on; it need not be there yet.
        doing: what the owner does, for the sentence of whoever comes second, such as
            "trains spatial".
        wait: wait for the other process, and say so; otherwise refuse.
        lock: where the two files lie, without their suffixes; None: beside `place`.

    Raises:
        InputError: the folder cannot be written; or another process has `place`, and nobody waits.
    """
    lock = lock or place
    # On a disk without locks filelock would let a file stand for one, which a kill leaves behind.
    file, owner = FileLock(f"{lock}.lock", fallback_to_soft=False), Path(f"{lock}.owner")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        _acquire(file, owner, place, wait)
        owner.write_text(f"process {os.getpid()} on {platform.node()}, which {doing} {_now()}")
    except OSError as error:
        file.release()  # it may have been the owner that could not be written
        raise InputError(f"{lock.parent} cannot be written: {cause_of(error, lock)}.") from error
    try:
        yield
    finally:
        owner.unlink(missing_ok=True)
        file.release()


def _acquire(file: FileLock, owner: Path, place: Path, wait: bool) -> None:
    try:
        file.acquire(timeout=0)
    except Timeout as taken:
        whose = _read(owner) or "another process"
        if not wait:
            raise InputError(
                f"{place} is in use by {whose}: wait until that has ended, or choose another "
                "folder."
            ) from taken
        _say(f"Waiting for {whose} ({place}).")
        file.acquire()
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        _say(f"The disk of {place.parent} knows no locks: start this once at a time.")


def _read(owner: Path) -> str:
    """Who has the place; nothing where that one has not said so yet, or has just ended."""
    try:
        return owner.read_text()
    except FileNotFoundError:
        return ""


def _say(sentence: str) -> None:
    print(shown(sentence), file=sys.stderr, flush=True)


def _now() -> str:
    return f"since {time.strftime('%H:%M:%S')}"
