"""Trainings beside each other: the same results in the same order, on the cores that there are."""

import itertools
import os
import subprocess
import sys
import time
from functools import partial

import pytest
import torch

from tests.processes import is_gone
from twostream_lib.training import side_by_side as module
from twostream_lib.training.side_by_side import one_to_each, side_by_side, visible_gpus


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
    monkeypatch.setattr(module, "visible_gpus", lambda: ["0"])
    told = side_by_side(tell, [(0, 3), (1, 3)], "a test")
    assert {process for _, process, _ in told} == {os.getpid()}


def test_where_a_launcher_has_started_each_process_all_of_them_share_each_training(monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(module, "visible_gpus", lambda: ["0", "1"])
    told = side_by_side(tell, [(0, 3), (1, 3)], "a test")
    assert [number for number, _, _ in told] == [0, 1]
    assert {process for _, process, _ in told} == {os.getpid()}


def tell_of_two(number):
    """Itself one of several side by side, it starts several."""
    return os.getpid(), [process for _, process, _ in side_by_side(tell, [(0, 3), (1, 3)], "inner")]


def test_one_of_several_runs_its_own_one_after_the_other(monkeypatch):
    """Or each core would have as many trainings as there are cores."""
    monkeypatch.setattr(module.joblib, "cpu_count", lambda: 2)
    monkeypatch.setattr(module, "best_device", lambda: torch.device("cpu"))
    told = side_by_side(tell_of_two, [(0,), (1,)], "a test")
    assert all(inner == [process] * 2 for process, inner in told)
    assert os.getpid() not in {process for process, _ in told}


@pytest.mark.slow
def test_one_of_several_on_gpus_does_not_share_its_own(monkeypatch):
    monkeypatch.setattr(module, "visible_gpus", lambda: ["0", "1"])
    told = side_by_side(tell_of_two, [(0,), (1,)], "a test")
    assert all(inner == [process] * 2 for process, inner in told)


def seen(number, folder):
    """Which GPU a process of this training sees, from when to when it was busy, and who it is.

    Number 0 takes longer than all the others together.
    """
    start = time.monotonic()
    (folder / str(number)).touch()
    while number == 0 and len(list(folder.iterdir())) < 5:
        assert time.monotonic() < start + 100
        time.sleep(0.05)
    return number, os.environ[module.VISIBLE], start, time.monotonic(), os.getpid()


@pytest.mark.slow
def test_of_several_gpus_each_has_one_training_at_a_time(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "visible_gpus", lambda: ["3", "GPU-5b"])
    told = side_by_side(seen, [(number, tmp_path) for number in range(5)], "a test")
    assert [number for number, *_ in told] == [0, 1, 2, 3, 4]
    by_gpu = {gpu: [row for row in told if row[1] == gpu] for gpu in ("3", "GPU-5b")}
    assert sorted(map(len, by_gpu.values())) == [1, 4]  # nobody waits for the slow one
    for rows in by_gpu.values():
        rows.sort(key=lambda row: row[2])
        assert len({process for *_, process in rows}) == 1
        assert all(one[3] <= after[2] for one, after in itertools.pairwise(rows))


def test_this_process_sees_the_gpus_that_it_was_given(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.delenv(module.VISIBLE, raising=False)
    assert visible_gpus() == ["0", "1"]
    monkeypatch.setenv(module.VISIBLE, "4,7")
    assert visible_gpus() == ["4", "7"]


def test_nothing_to_do_is_an_empty_list():
    assert side_by_side(tell, [], "a test") == []


GO_ON = """
import os, sys, time
from twostream_lib.training import side_by_side as module

def go_on(folder):
    open(f"{folder}/{os.getpid()}", "w").close()
    time.sleep(1000)

if __name__ == "__main__":
    module.joblib.cpu_count = lambda: 2
    if sys.argv[2]:
        module.visible_gpus = lambda: sys.argv[2].split(",")
    module.side_by_side(go_on, [(sys.argv[1],)] * 2, "a test")
"""


@pytest.mark.slow
@pytest.mark.parametrize("gpus", ["", "0,1"])
def test_trainings_end_with_a_process_that_is_killed(tmp_path, gpus):
    (tmp_path / "trainings").mkdir()
    script = tmp_path / "script.py"
    script.write_text(GO_ON)
    parent = subprocess.Popen([sys.executable, script, tmp_path / "trainings", gpus])
    try:
        end = time.monotonic() + 100
        while len(found := list((tmp_path / "trainings").iterdir())) < 2:
            assert time.monotonic() < end and parent.poll() is None
            time.sleep(0.1)
    finally:
        parent.kill()
        parent.wait()
    assert all(is_gone(int(file.name)) for file in found)


def fail_at_once_or_go_on(number):
    if number == 0:
        raise ValueError(f"training {number}")
    time.sleep(120)


@pytest.mark.slow
def test_the_error_of_a_training_on_one_of_several_gpus_ends_the_others():
    start = time.monotonic()
    tasks = [partial(fail_at_once_or_go_on, number) for number in range(3)]
    with pytest.raises(ValueError, match="training 0"):
        list(one_to_each(tasks, [{}, {}]))
    assert time.monotonic() - start < 100


@pytest.mark.slow
def test_the_error_of_a_training_is_raised_and_the_others_are_ended():
    start = time.monotonic()
    with pytest.raises(ValueError, match="training 0"):
        side_by_side(fail_at_once_or_go_on, [(0,), (1,)], "a test")
    assert time.monotonic() - start < 100
