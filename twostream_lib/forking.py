"""One process imports what takes long to import, and others are forked from it.

Importing torch, scikit-learn and matplotlib takes seconds and some 300 MB in each process; forked,
a process has them after a tenth of a second, and all share one copy. It is the fork server of
Python's own `multiprocessing`: a process that has imported these packages and done nothing else, so
that there are no threads that a fork would cut off. It starts when it is first asked for, in the
environment of that time, and ends with the process that asked.
"""

import multiprocessing
import os
import sys
from contextlib import suppress
from multiprocessing.context import BaseContext
from threading import Thread

import psutil

# What takes long to import, and asks nothing of who imports it, as ipywidgets asks for the kernel,
# and seaborn for ipywidgets.
PACKAGES = (
    "torch",
    "torchvision",
    "accelerate",
    "pandas",
    "scipy.stats",
    "sklearn.model_selection",
    "matplotlib.pyplot",
    "cv2",
    "av",
    "ipykernel.kernelapp",
)


def context() -> BaseContext | None:
    """A context of `multiprocessing` whose processes have imported `PACKAGES`; None where a process
    that has imported torch is not sure to be sound once it is forked, as on macOS."""
    if sys.platform != "linux":
        return None
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(list(PACKAGES))
    return forked


def end_with_parent() -> None:
    """From now on this process ends when the one that asked for it does, however that ends."""
    parent = multiprocessing.parent_process()
    if parent is None:
        raise ValueError("This process was not started by multiprocessing.")
    Thread(target=_wait_and_end, args=(parent.pid,), daemon=True).start()


def _wait_and_end(parent: int) -> None:
    with suppress(psutil.NoSuchProcess):
        psutil.Process(parent).wait()
    os._exit(1)
