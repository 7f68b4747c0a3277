"""Forked processes have what takes long to import, and share it."""

import multiprocessing
import sys

import psutil
import pytest

from twostream_lib import forking

forks = pytest.mark.skipif(not forking.context(), reason="processes are not forked here")


def tell(pipe):
    """Which packages are here, and how much of this process's memory is its own, in MiB."""
    there = [name for name in forking.PACKAGES if name in sys.modules]
    pipe.send((there, psutil.Process().memory_full_info().uss / 2**20))


@forks
def test_a_process_has_the_packages_and_hardly_any_memory_of_its_own():
    forked = forking.context()
    here, there = forked.Pipe()
    process = forked.Process(target=tell, args=(there,))
    process.start()
    packages, own = here.recv()
    process.join()
    assert packages == list(forking.PACKAGES)
    assert own < 150  # to import torch alone takes more


def test_elsewhere_nothing_is_forked(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert forking.context() is None


def test_a_process_that_nobody_started_has_nobody_to_end_with():
    assert multiprocessing.parent_process() is None
    with pytest.raises(ValueError, match="not started"):
        forking.end_with_parent()
