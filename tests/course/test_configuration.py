"""Parameters are checked, and a folder serves one run."""

import json

import pytest

from twostream_lib import course
from twostream_lib.errors import InputError


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"profile": "fast"}, r"'fast' is unknown: choose one of quick, colab, paper, paper-mode1"),
        ({"backbone": "resnet49"}, r"'resnet49' is unknown: choose one of .*resnet50"),
    ],
)
def test_a_wrong_value_is_refused_and_leaves_no_folder(tmp_path, wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        course.configure(runs=str(tmp_path / "run"), **wrong)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_is_refused():
    with pytest.raises(TypeError, match="learning_rate"):
        course.configure(learning_rate=0.1)


def test_empty_values_are_the_profiles(tmp_path):
    run = course.configure(runs=str(tmp_path / "run"))
    assert (run.backbone, run.weights) == (run.settings.backbone, run.settings.weights)


@pytest.mark.parametrize("change", [{"split": 2}, {"seed": 1}, {"backbone": "resnet18"}])
def test_a_folder_serves_one_run_only(tmp_path, change):
    folder = str(tmp_path / "run")
    assert course.configure(runs=folder) == course.configure(runs=folder)
    (tmp_path / "run" / "store").mkdir()  # as soon as something was made in it
    with pytest.raises(InputError, match=f"holds a run with {next(iter(change))} = "):
        course.configure(runs=folder, **change)


def test_a_start_that_made_nothing_leaves_the_folder_free(tmp_path):
    (tmp_path / "empty").mkdir()
    folder = str(tmp_path / "run")
    failed = course.configure(runs=folder, videos=str(tmp_path / "empty"))
    with pytest.raises(InputError, match="has no clips"):
        _ = failed.table
    assert course.configure(runs=folder, split=2).split == 2


def test_splits_without_videos_are_refused(tmp_path):
    """They would be those of the drawn clips, which have their own."""
    (tmp_path / "splits").mkdir()
    with pytest.raises(InputError, match="given without videos"):
        course.configure(runs=str(tmp_path / "run"), splits=str(tmp_path / "splits"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("made", ["clips.csv", "store", "scores", "report.html", "notebooks"])
def test_things_of_which_nobody_knows_whose_they_are_are_left_alone(tmp_path, made):
    (tmp_path / made).mkdir()
    with pytest.raises(InputError, match=f"has {made} and no run.json"):
        course.configure(runs=str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [made]


def test_a_folder_with_other_things_can_hold_a_run(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert course.configure(runs=str(tmp_path)).folder == tmp_path
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("theirs", ["", "{", "[1, 2]", '{"name": "my own run", "scripts": {}}'])
def test_a_run_json_that_is_damaged_or_somebody_elses_is_left_alone(tmp_path, theirs):
    (tmp_path / "run.json").write_text(theirs)
    with pytest.raises(InputError, match=r"run.json .*: choose another run folder"):
        course.configure(runs=str(tmp_path))
    assert (tmp_path / "run.json").read_text() == theirs


def test_a_seed_that_was_changed_in_the_folder_is_noticed(tmp_path):
    """The weights there are of the old seed."""
    course.configure(runs=str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    file = tmp_path / "run.json"
    file.write_text(file.read_text().replace('"seed": 0', '"seed": 1'))
    with pytest.raises(InputError, match="no longer what was written"):
        course.configure(runs=str(tmp_path), seed=1)


def test_a_run_json_of_an_older_version_is_read(tmp_path):
    run = course.configure(runs=str(tmp_path))
    file = tmp_path / "run.json"
    content = json.loads(file.read_text())
    del content["checksum"]
    file.write_text(json.dumps(content))
    assert course.configure(runs=str(tmp_path)) == run
