"""The same bits every time, on a GPU as well: slower, and only where it is asked for.

A CPU adds up in the same order every time, a GPU in whichever is the fastest, so that the last
digits of a training differ from one start to the next. `TWOSTREAM_DETERMINISTIC=1` has torch take
the ways that do not. Where it knows none, it warns and names the operation. What that costs, `bench
train` tells when it is run with the variable and without.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from twostream_lib.errors import InputError

SWITCH = "TWOSTREAM_DETERMINISTIC"  # an environment variable: 1, or empty
# What cuBLAS needs for it, and reads but once: before anything is multiplied on a GPU.
CUBLAS, ROOM = "CUBLAS_WORKSPACE_CONFIG", ":4096:8"
if os.environ.get(SWITCH) == "1":
    os.environ.setdefault(CUBLAS, ROOM)


def is_asked() -> bool:
    """Whether trainings and scorings are to give the same bits every time.

    Raises:
        InputError: the variable is neither 1 nor empty.
    """
    asked = os.environ.get(SWITCH, "")
    if asked not in ("", "1"):
        raise InputError(f"{SWITCH} is {asked!r}: set it to 1, or unset it.")
    return asked == "1"


@contextmanager
def as_asked() -> Iterator[None]:
    """In this block torch computes as `is_asked` says; afterwards as before."""
    if not is_asked():
        yield
        return
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode("warn")
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)
