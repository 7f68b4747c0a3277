"""The memory of a process and its children."""

import subprocess
import sys

import pytest

WATCHED = """
import time
import numpy as np
from twostream_lib.course.memory import PeakMemory, used_mb

with PeakMemory() as memory:
    before = used_mb()
    block = np.ones(100 * 2**17)  # 100 MiB
    time.sleep(0.8)
    del block
print(memory.largest_mb - before)
"""


@pytest.mark.slow
def test_peak_memory_sees_what_was_taken_for_a_while():
    # In a process of its own: workers of other tests end when they like, and count until then.
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], capture_output=True, text=True, check=True, timeout=60
    )
    assert 80 < float(done.stdout) < 200
