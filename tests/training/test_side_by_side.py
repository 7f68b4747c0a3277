"""Trainings beside each other: the same results in the same order, on the cores that there are."""

import os
import time

import pytest
import torch

from twostream_lib.training import side_by_side as module
from twostream_lib.training.side_by_side import side_by_side


def tell(number, delay):
    """Slower ones come first, so that they are not the first to be done."""
    torch.rand(300, 300) @ torch.rand(300, delay)
    return number, os.getpid(), torch.get_num_threads()


def test_results_keep_the_order_and_each_core_has_its_own_training(monkeypatch):
    monkeypatch.setattr(module.joblib, "cpu_count", lambda: 4)
    monkeypatch.setattr(module, "best_device", lambda: torch.device("cpu"))
    told = side_by_side(tell, [(0, 3000), (1, 3)], "a test")
    assert [number for number, _, _ in told] == [0, 1]
    assert os.getpid() not in {process for _, process, _ in told}
    assert {threads for _, _, threads in told} == {2}  # four cores for two trainings


def test_on_a_gpu_they_run_one_after_the_other_in_this_process(monkeypatch):
    monkeypatch.setattr(module, "best_device", lambda: torch.device("cuda"))
    told = side_by_side(tell, [(0, 3), (1, 3)], "a test")
    assert {process for _, process, _ in told} == {os.getpid()}


def test_nothing_to_do_is_an_empty_list():
    assert side_by_side(tell, [], "a test") == []


def fail_at_once_or_go_on(number):
    if number == 0:
        raise ValueError(f"training {number}")
    time.sleep(120)


@pytest.mark.slow
def test_the_error_of_a_training_is_raised_and_the_others_are_ended():
    start = time.monotonic()
    with pytest.raises(ValueError, match="training 0"):
        side_by_side(fail_at_once_or_go_on, [(0,), (1,)], "a test")
    assert time.monotonic() - start < 100
