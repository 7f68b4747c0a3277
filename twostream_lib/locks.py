"""One process at a time: of two starts of one run, the second waits and says for whom."""

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from twostream_lib.errors import InputError, cause_of, shown


@contextmanager
def alone(place: Path, doing: str, wait: bool = True) -> Iterator[None]:
    """Work on a file or folder while no other process of the course works on it.

    The lock is a file `<place>.lock`, which the system opens again when its owner ends, even by a
    kill; `<place>.owner` says who that is.

    Args:
        place: what is worked on; it need not be there yet.
        doing: what the owner does, for the sentence of whoever comes second, such as
            "trains spatial".
        wait: wait for the other process, and say so; otherwise refuse.

    Raises:
        InputError: the folder cannot be written; or another process has `place`, and nobody waits.
    """
    lock, owner = FileLock(f"{place}.lock"), Path(f"{place}.owner")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _acquire(lock, owner, place, wait)
        owner.write_text(f"process {os.getpid()} on {platform.node()}, which {doing} {_now()}")
    except OSError as error:
        raise InputError(f"{place.parent} cannot be written: {cause_of(error, place)}.") from error
    try:
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _acquire(lock: FileLock, owner: Path, place: Path, wait: bool) -> None:
    try:
        lock.acquire(timeout=0)
    except NotImplementedError:  # as on some network disks
        said = f"The disk of {place.parent} knows no locks: start this run once at a time."
        print(shown(said))
    except Timeout as taken:
        whose = owner.read_text() if owner.is_file() else "another process"
        if not wait:
            raise InputError(
                f"{place} is in use by {whose}: wait until that has ended, or name another run."
            ) from taken
        print(shown(f"Waiting for {whose} ({place})."), flush=True)
        lock.acquire()


def _now() -> str:
    return f"since {time.strftime('%H:%M:%S')}"
