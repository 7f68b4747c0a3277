"""On how many cores OpenCV computes."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2


@contextmanager
def one_opencv_thread() -> Iterator[None]:
    """OpenCV's threads end, and come back afterwards: a process that is forked meanwhile is sound.

    A forked process has OpenCV's thread pool without its threads, and waits for them for ever.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
