"""What a run is made on."""

from importlib import metadata

import joblib

from twostream_lib import bootstrap
from twostream_lib.course import surroundings


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


def test_a_file_in_two_folders_counts_once(tmp_path):
    (tmp_path / "run" / "store").mkdir(parents=True)
    (tmp_path / "run" / "a").write_bytes(b"12345")
    (tmp_path / "run" / "store" / "b").write_bytes(b"123")
    (tmp_path / "run" / "link").symlink_to(tmp_path / "run" / "a")
    assert surroundings.size([tmp_path / "run", tmp_path / "run" / "store"]) == 8
    assert surroundings.size([tmp_path / "gone"]) == 0
