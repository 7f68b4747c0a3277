"""Parameters are checked, and a folder serves one run."""

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
