"""Read ahead: while a device computes one batch, the next ones are read and brought to it."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
DEPTH = 2  # items that may wait: one to be taken at once, one more to outlast a slow read
_END = object()


class Ahead(Generic[T]):
    """The items of an iterator, in order, read by a thread of its own before they are asked for.

    Use it in a `with` statement: the thread ends with it, wherever the loop was left. What goes
    wrong in the thread is raised where the item is asked for.

    The first item is read by whoever makes this object: data that start processes of their own do
    so then, and a process is not forked while another thread computes.

    Args:
        items: what is read.
        idle: says whether the device has nothing left to do. Waiting counts only then; None: a
            device that has always finished when an item is asked for, as a CPU has.

    `waited` is how many seconds the device has waited for items, the first one not counted.
    """

    def __init__(self, items: Iterator[T], idle: Callable[[], bool] | None = None) -> None:
        self.waited = 0.0
        self._idle = idle or (lambda: True)
        self._items, self._stop = items, threading.Event()
        self._queue: queue.Queue = queue.Queue(DEPTH)
        self._first = next(items, _END)
        self._thread = threading.Thread(target=self._read, name="read ahead", daemon=True)

    def __enter__(self) -> "Ahead[T]":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        close = getattr(self._items, "close", None)  # a generator: it ends its processes
        if close:
            close()

    def __iter__(self) -> Iterator[T]:
        item = self._first
        while item is not _END:
            yield item  # type: ignore[misc]
            start = time.perf_counter()
            item, error = self._queue.get()
            if error is not None:
                raise error
            if item is not _END and self._idle():
                self.waited += time.perf_counter() - start

    def _read(self) -> None:
        try:
            for item in self._items:
                if not self._put((item, None)):
                    return
            self._put((_END, None))
        except BaseException as error:  # raised again where the item is asked for
            self._put((_END, error))

    def _put(self, found: tuple) -> bool:
        """Put this into the queue, unless nobody will ask for it any more."""
        while not self._stop.is_set():
            try:
                self._queue.put(found, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False
