"""Stores lie with their run, but for runs on Drive and where somebody names another disk."""

from pathlib import Path

import pytest

from twostream_lib import disks


@pytest.fixture(autouse=True)
def nobody_asks(monkeypatch):
    monkeypatch.delenv(disks.SWITCH, raising=False)


def test_stores_lie_in_the_folder_of_their_run(tmp_path):
    assert disks.of_stores(tmp_path / "quick") == tmp_path / "quick" / "store"


def test_of_a_run_on_drive_they_lie_on_the_machine_itself():
    runs = Path("/content/drive/MyDrive/two-stream")
    found = disks.of_stores(runs / "hmdb51")
    assert found.parent == disks.BESIDE_DRIVE and disks.DRIVE not in found.parents
    assert found.name.startswith("hmdb51-")
    assert disks.of_stores(Path("/content/drivers/x")) == Path("/content/drivers/x/store")


def test_each_run_has_a_folder_of_its_own_on_the_disk_that_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv(disks.SWITCH, str(tmp_path / "fast"))
    found = {disks.of_stores(tmp_path / runs / "quick") for runs in ("mine", "yours")}
    assert len(found) == 2 and {place.parent for place in found} == {tmp_path / "fast"}
    assert disks.of_stores(tmp_path / "mine" / "quick") in found
