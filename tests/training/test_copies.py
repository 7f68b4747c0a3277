"""Checkpoints of a run on a slow disk: nobody waits for it, and what lies there is always whole."""

import threading

import pytest
import torch

from tests.training.small import FLIPS, RECIPE, blobs, small_net, stopped_after
from twostream_lib import disks
from twostream_lib.errors import InputError
from twostream_lib.training import checkpoints, loop
from twostream_lib.training.copies import Copies


@pytest.fixture
def slow(tmp_path, monkeypatch):
    """The folder of a training on a disk that is slow: the near one is in `tmp_path / near`."""
    monkeypatch.setenv(disks.SWITCH, str(tmp_path / "near"))
    return tmp_path / "far" / "spatial"


def fit(net, folder):
    return loop.fit(net, blobs(), blobs(), RECIPE, folder, augment=FLIPS)


def test_what_lies_on_the_slow_disk_is_what_would_lie_there_without_the_near_one(
    slow, tmp_path, monkeypatch
):
    fit(copied := small_net(), slow)
    monkeypatch.delenv(disks.SWITCH)
    fit(straight := small_net(), tmp_path / "straight")
    names = {"last.pt", "history.json"}
    assert {file.name for file in slow.iterdir()} == names
    assert {file.name for file in (tmp_path / "straight").iterdir()} == names
    assert not any((tmp_path / "near").iterdir())  # it is not a second place to keep things
    there = torch.load(slow / "last.pt", weights_only=True)["net"]
    for name, value in straight.state_dict().items():
        assert torch.equal(there[name], value) and torch.equal(copied.state_dict()[name], value)


def test_a_copy_that_takes_long_holds_up_no_training_and_the_last_one_is_copied(slow, monkeypatch):
    copy, copied, trained = checkpoints.copy, [], threading.Event()

    def slowly(source, folder, writing):
        if not copied:
            assert trained.wait(60)  # the first copy ends after the last epoch
        copy(source, folder, writing)
        copied.append(len(checkpoints.read_history(folder)))

    save = checkpoints.save

    def save_and_tell(state, folder):
        save(state, folder)
        if len(state.history) == RECIPE.epochs:
            trained.set()

    monkeypatch.setattr(checkpoints, "copy", slowly)
    monkeypatch.setattr(checkpoints, "save", save_and_tell)
    fit(small_net(), slow)
    assert copied[-1] == RECIPE.epochs and len(copied) <= 2


def test_a_training_that_is_stopped_goes_on_from_the_slow_disk_alone(slow, monkeypatch, tmp_path):
    with stopped_after(2):
        fit(small_net(), slow)
    # Another machine has another disk near it.
    monkeypatch.setenv(disks.SWITCH, str(tmp_path / "another"))
    history = fit(resumed := small_net(), slow)
    assert len(history) == RECIPE.epochs
    monkeypatch.delenv(disks.SWITCH)
    fit(straight := small_net(), tmp_path / "straight")
    for a, b in zip(straight.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_a_slow_disk_that_is_full_is_said_and_what_was_copied_is_kept(slow, monkeypatch, capsys):
    copy, copies = checkpoints.copy, []

    def fail_at_the_second(source, folder, writing):
        copies.append(folder)
        if len(copies) > 1:
            raise OSError(28, "No space left on device", str(folder))
        copy(source, folder, writing)

    monkeypatch.setattr(checkpoints, "copy", fail_at_the_second)
    with pytest.raises(InputError, match=r"cannot be written to .*disk .*is full.*is kept"):
        fit(small_net(), slow)
    assert len(checkpoints.read_history(slow)) >= 1
    checkpoints.load(small_net(), slow)


def test_a_process_that_wrote_nothing_leaves_the_near_disk_as_it_is(slow, tmp_path):
    """As the other processes of a training do, while the first one still copies."""
    with Copies(slow, "spatial") as first:
        first.near.mkdir(parents=True)
        (first.near / "last.pt").write_text("being copied")
        with Copies(slow, "spatial"):
            pass
        assert (first.near / "last.pt").read_text() == "being copied"
