"""How much memory this process and its children take together."""

from threading import Event, Thread

import psutil


class PeakMemory:
    """Watches how much memory this process and its children (the kernels) take together.

    `largest_mb` is the largest sum seen, in MiB, looked at twice a second, see `used_mb`.
    """

    def __init__(self) -> None:
        self.largest_mb = 0.0
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
            self.largest_mb = max(self.largest_mb, used_mb())
            if self._stop.wait(0.5):
                return


def used_mb() -> float:
    """Memory of this process and all its children now, in MiB.

    A page that several processes share, as they do torch's code, is shared out among them. Where
    the system does not tell (it is Linux that does), it counts for each, which is an upper bound.
    """
    here = psutil.Process()
    total = 0
    for process in (here, *here.children(recursive=True)):
        try:
            memory = process.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
        except psutil.NoSuchProcess:  # it ended between the two looks
            continue
    return total / 2**20
