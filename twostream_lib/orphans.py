"""Processes that end with the one that started them, instead of going on for nobody."""

import multiprocessing
import os
import time
from contextlib import suppress
from functools import cache
from threading import Thread

import psutil


@cache
def end_with_parent() -> None:
    """From now on this process ends about a second after the one that asked for it did, however
    that came to an end.

    Raises:
        ValueError: no other Python asked for this process, by `multiprocessing` or joblib.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        raise ValueError("No other Python asked for this process, which has nobody to end with.")
    Thread(target=_wait_and_end, args=(parent.pid,), daemon=True).start()


def _wait_and_end(parent: int) -> None:
    with suppress(psutil.NoSuchProcess):
        asked = psutil.Process(parent)
        # One that was killed, and that nobody has buried yet, is still in the system's list.
        while asked.is_running() and asked.status() != psutil.STATUS_ZOMBIE:
            time.sleep(1)
    os._exit(1)
