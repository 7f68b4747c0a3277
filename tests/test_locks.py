"""One process at a time, and the second knows who is the first."""

import errno
import os
import subprocess
import sys
import time

import pytest

from twostream_lib import locks
from twostream_lib.errors import InputError

# Adds two lines to a file, with a pause between; the file `go` says that it has begun.
HOLD = """
import sys, time
from pathlib import Path
from twostream_lib import locks
place, number = Path(sys.argv[1]), sys.argv[2]
with locks.alone(place, f"writes {number}"):
    Path(f"{place}.go{number}").touch()
    for line in range(2):
        with open(place, "a") as out:
            out.write(number)
        time.sleep(0.7)
"""


def hold(place, number):
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place), str(number)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(file):
    give_up = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < give_up, f"{file} did not appear"
        time.sleep(0.02)


def test_the_second_of_two_waits_and_says_for_whom(tmp_path):
    place = tmp_path / "new" / "log"
    first = hold(place, 1)
    wait_for(place.with_name("log.go1"))
    second = hold(place, 2)
    assert first.communicate() == ("", "")
    printed, said = second.communicate()
    assert printed == ""  # it may be read as JSON
    assert said.startswith(f"Waiting for process {first.pid} on ") and "which writes 1" in said
    assert place.read_text() == "1122"
    assert not place.with_name("log.owner").exists()


def test_after_a_kill_the_place_is_free(tmp_path):
    place = tmp_path / "log"
    first = hold(place, 1)
    wait_for(place.with_name("log.go1"))
    first.kill()
    first.communicate()
    with locks.alone(place, "goes on", wait=False):
        assert f"process {os.getpid()} on " in place.with_name("log.owner").read_text()


def test_whoever_does_not_wait_is_told_who_has_it(tmp_path):
    with locks.alone(tmp_path / "log", "trains spatial"):
        said = f"log is in use by process {os.getpid()} on .*, which trains spatial since"
        with pytest.raises(InputError, match=said), locks.alone(tmp_path / "log", "x", wait=False):
            pass


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with (
        pytest.raises(InputError, match="cannot be written"),
        locks.alone(tmp_path / "file" / "log", "x"),
    ):
        pass


def test_an_owner_that_ends_just_now_is_another_process(tmp_path, capsys):
    with (
        locks.FileLock(tmp_path / "log.lock"),
        pytest.raises(InputError, match="in use by another process: wait"),
        locks.alone(tmp_path / "log", "x", wait=False),
    ):
        pass
    assert capsys.readouterr() == ("", "")


def test_the_lock_may_lie_elsewhere(tmp_path):
    place, lock = tmp_path / "set", tmp_path / "set" / ".hidden"
    with (
        locks.alone(place, "x", lock=lock),
        pytest.raises(InputError, match=f"{place} is in use by process {os.getpid()} "),
        locks.alone(place, "y", wait=False, lock=lock),
    ):
        pass
    left = {path.name for path in tmp_path.rglob("*")}
    assert left <= {"set", ".hidden.lock"}  # some versions of filelock take the lock away


def without_locks(monkeypatch, number):
    """From now on every disk answers so when it is asked for a lock."""
    fcntl = pytest.importorskip("fcntl", reason="these are the errors of Unix")

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.parametrize("number", sorted(locks.NO_LOCKS), ids=os.strerror)
def test_a_disk_without_locks_is_said_and_stops_nothing(tmp_path, monkeypatch, capsys, number):
    without_locks(monkeypatch, number)
    with locks.alone(tmp_path / "log", "x"):
        pass
    said = f"The disk of {tmp_path} knows no locks: start this once at a time.\n"
    assert capsys.readouterr() == ("", said)


def test_another_error_of_the_disk_is_told(tmp_path, monkeypatch):
    without_locks(monkeypatch, errno.EIO)
    with pytest.raises(InputError, match="makes errors"), locks.alone(tmp_path / "log", "x"):
        pass


def test_an_owner_that_cannot_be_written_keeps_no_lock(tmp_path):
    (tmp_path / "log.owner").mkdir()
    with (
        pytest.raises(InputError, match="where a file must be"),
        locks.alone(tmp_path / "log", "x"),
    ):
        pass
    (tmp_path / "log.owner").rmdir()
    with locks.alone(tmp_path / "log", "x", wait=False):
        pass
