"""Whether processes end when they should."""

import os
import signal
import time
from contextlib import suppress

import psutil


def is_gone(process, seconds=20):
    """Whether this process ends before so many seconds are over; it is ended in any case."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.1)
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    return False
