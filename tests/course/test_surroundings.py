"""What a run is made on."""

from importlib import metadata

import joblib
import pytest

from twostream_lib import bootstrap
from twostream_lib.course import executing, surroundings


def test_every_package_that_the_course_requires_has_its_version():
    found = surroundings.packages()
    known = {name for name in bootstrap.requirements() if bootstrap.versions(name)}
    assert set(found) == known and len(known) > 20
    assert found["torch"] == metadata.version("torch")


def test_threads_are_those_that_are_asked_for_and_else_as_many_as_cores(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert surroundings.describe()["threads"] == 3
    monkeypatch.delenv("OMP_NUM_THREADS")
    told = surroundings.describe()
    assert told["threads"] == told["cores"] == joblib.cpu_count() and told["machine"]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [("2,1", 2), (" 3 ", 3), ("", 5), ("x", 5), ("0", 5), ("-2", 5), ("1.5", 5), (",2", 5)],
)
def test_what_openmp_would_not_take_asks_for_as_many_threads_as_cores(said, wanted, monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 5)
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert surroundings.describe()["threads"] == wanted
    assert executing.kernel_environment()["OMP_NUM_THREADS"] == str(wanted)


def test_a_file_in_two_folders_counts_once(tmp_path):
    (tmp_path / "run" / "store").mkdir(parents=True)
    (tmp_path / "run" / "a").write_bytes(b"12345")
    (tmp_path / "run" / "store" / "b").write_bytes(b"123")
    (tmp_path / "run" / "link").symlink_to(tmp_path / "run" / "a")
    assert surroundings.size([tmp_path / "run", tmp_path / "run" / "store"]) == 8
    assert surroundings.size([tmp_path / "gone"]) == 0
