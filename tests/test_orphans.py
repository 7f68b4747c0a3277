"""Processes end with the one that asked for them."""

import multiprocessing
import subprocess
import sys
import time

import pytest

from tests.processes import is_gone
from twostream_lib import orphans

# Its child goes on for a long time, if nothing ends it.
PARENT = """
import multiprocessing, time
from twostream_lib import orphans

def child():
    orphans.end_with_parent()
    time.sleep(1000)

if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=child)
    process.start()
    print(process.pid, flush=True)
    time.sleep(1000)
"""


@pytest.mark.slow
def test_a_child_ends_with_a_parent_that_was_killed_even_before_that_is_buried(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        time.sleep(2)
        parent.kill()
        assert is_gone(child)


def test_a_process_that_nobody_asked_for_has_nobody_to_end_with():
    assert multiprocessing.parent_process() is None
    with pytest.raises(ValueError, match="nobody to end with"):
        orphans.end_with_parent()
