"""A run found and opened by its folder alone."""

import json
import os
import shutil

import pytest

from twostream_lib import course
from twostream_lib.course import finished
from twostream_lib.errors import InputError

GOOD = {
    "profile": "quick",
    "videos": "StickHMDB",
    "splits": "",
    "split": 1,
    "seed": 0,
    "backbone": "resnet8",
    "weights": "none",
}


def test_the_newest_is_the_one_that_was_finished_last(tmp_path):
    for number, name in enumerate(["second", "first", "third"]):
        (tmp_path / name).mkdir()
        for file in ("run.json", "metrics.json"):
            (tmp_path / name / file).write_text("{}")
        os.utime(tmp_path / name / "metrics.json", (number, number))
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "run.json").write_text("{}")
    (tmp_path / "no run").mkdir()
    (tmp_path / "no run" / "metrics.json").write_text("{}")
    assert finished.newest(tmp_path) == tmp_path / "third"
    os.utime(tmp_path / "first" / "metrics.json", (9, 9))
    assert finished.newest(tmp_path) == tmp_path / "first"


@pytest.mark.parametrize("runs", ["", "nowhere"])
def test_where_none_is_finished_a_sentence_says_what_to_do(tmp_path, runs):
    with pytest.raises(InputError, match=r"no finished run in .*: run the course first, or name"):
        finished.newest(tmp_path / runs)


def test_a_run_is_opened_as_it_was_configured_though_its_clips_are_gone(tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "weights.pth").touch()
    asked = {"videos": str(tmp_path / "videos"), "split": 2, "seed": 7}
    made = course.configure(
        **asked, runs=str(tmp_path / "run"), weights=str(tmp_path / "weights.pth")
    )
    shutil.rmtree(tmp_path / "videos")
    (tmp_path / "weights.pth").unlink()
    before = sorted(tmp_path.rglob("*"))
    assert finished.open_run(tmp_path / "run") == made
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"There is no run in .*: give the folder of a run"):
        finished.open_run(tmp_path)


def test_a_run_json_that_was_changed_is_refused(tmp_path):
    course.configure(runs=str(tmp_path))
    file = tmp_path / "run.json"
    file.write_text(file.read_text().replace('"seed": 0', '"seed": 1'))
    with pytest.raises(InputError, match="is no longer what was written"):
        finished.open_run(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "no json",
        '"text"',
        "\xff",
        json.dumps(GOOD | {"profile": "fast"}),
        json.dumps(GOOD | {"profile": ["quick"]}),
        json.dumps(GOOD | {"seed": "0"}),
        json.dumps(GOOD | {"split": 4}),
        json.dumps(GOOD | {"videos": 3}),
        json.dumps(GOOD | {"weights": None}),
        json.dumps(GOOD | {"backbone": 8}),
        json.dumps({name: value for name, value in GOOD.items() if name != "backbone"}),
    ],
)
def test_a_run_json_that_says_nothing_is_refused(tmp_path, text):
    (tmp_path / "run.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(
        InputError,
        match=r"run.json (does not say what|is no|holds no).* give the folder of another run",
    ):
        finished.open_run(tmp_path)
