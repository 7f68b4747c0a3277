"""How much memory this process and its children take together."""

from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import Any

import psutil


class PeakMemory:
    """Watches how much memory this process and its children (the kernels) take together.

    `largest_mb` is the largest sum seen, in MiB, looked at twice a second, see `used_mb`. To share
    pages out takes the system a hundredth of a second for each process, so it is asked for that
    only when what the processes have is more than ever.
    """

    def __init__(self) -> None:
        self.largest_mb = 0.0
        self._most = 0
        self._stop = Event()
        self._watcher = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._watcher.join()

    def _watch(self) -> None:
        while True:
            if (own := roughly_used()) > self._most:
                self._most = own
                self.largest_mb = max(self.largest_mb, used_mb())
            if self._stop.wait(0.5):
                return


def used_mb() -> float:
    """Memory of this process and all its children now, in MiB.

    A page that several processes share, as they do torch's code, is shared out among them. Where
    the system does not tell (it is Linux that does), it counts for each, which is an upper bound.
    """
    found = _of_each(lambda process: process.memory_full_info())
    return sum(getattr(memory, "pss", memory.rss) for memory in found) / 2**20


def roughly_used() -> int:
    """The same in bytes, as is told at once: what is shared counts where most of it is."""
    found = _of_each(lambda process: process.memory_info())
    shared = [getattr(memory, "shared", 0) for memory in found]
    return sum(memory.rss for memory in found) - sum(shared) + max(shared)


def _of_each(ask: Callable[[psutil.Process], Any]) -> list[Any]:
    here, found = psutil.Process(), []
    for process in (here, *here.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # it ended between the two looks
            found.append(ask(process))
    return found
