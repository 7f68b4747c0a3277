"""Parameters are checked, a folder serves one run, and a run has a folder of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from twostream_lib import course
from twostream_lib.course import configuration
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


@pytest.mark.parametrize(
    ("asked", "size", "advice"),
    [
        ({"backbone": "inception_v3"}, "72 × 96", "resnet18, or the profile colab, paper or paper"),
        ({"backbone": "alexnet"}, "36 × 48", "resnet18, or the profile colab, paper or paper"),
        ({"backbone": "vit_b_32"}, "72 × 96", r"such as resnet18\."),
        ({"backbone": "maxvit_t", "profile": "colab"}, "112 × 112", r"such as resnet18\."),
        ({"backbone": "vit_b_32", "weights": "imagenet"}, "160 × 200", r"such as resnet18\."),
    ],
)
def test_a_backbone_that_does_not_take_the_pictures_of_a_profile_is_refused(
    tmp_path, asked, size, advice
):
    sentence = f"^The backbone {asked['backbone']} takes no pictures of {size} pixels, .*{advice}"
    with pytest.raises(InputError, match=sentence):
        course.configure(runs=str(tmp_path / "run"), **asked)
    assert list(tmp_path.iterdir()) == []


def test_a_backbone_without_a_linear_layer_at_its_end_is_refused(tmp_path):
    with pytest.raises(InputError, match="squeezenet1_0 has no linear layer"):
        course.configure(runs=str(tmp_path / "run"), backbone="squeezenet1_0")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("profile", "backbone"),
    [
        *(("quick", name) for name in ("resnet18", "mobilenet_v2", "swin_t", "regnet_x_400mf")),
        ("colab", "inception_v3"),
        ("quick", "googlenet"),
    ],
)
def test_backbones_that_take_the_pictures_of_a_profile_may_be_asked_for(
    tmp_path, profile, backbone
):
    run = course.configure(profile, runs=str(tmp_path / "run"), backbone=backbone, weights="none")
    assert run.backbone == backbone


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


# --- folders that nobody named ----------------------------------------------------------------


@pytest.fixture
def at_home(tmp_path, monkeypatch):
    """A place of its own for all runs."""
    monkeypatch.setattr(configuration.parameters, "repository", lambda: tmp_path)
    return tmp_path


def films(folder):
    folder.mkdir(parents=True)
    return str(folder)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({}, "quick"),
        ({"profile": "colab"}, "colab"),
        ({"split": 2}, "quick-split2"),
        ({"seed": 7}, "quick-seed7"),
        ({"backbone": "resnet18"}, "quick-resnet18"),
        ({"backbone": "resnet8", "weights": "none", "split": 1}, "quick"),
        ({"split": 3, "seed": 1, "weights": "imagenet"}, "quick-split3-seed1-imagenet"),
    ],
)
def test_what_is_asked_for_names_the_folder(at_home, asked, name):
    assert course.configure(**asked).folder == at_home.resolve() / "runs" / name


def test_videos_begin_a_run_of_their_own_and_go_on_with_it(at_home):
    mine = films(at_home / "My films!")
    run = course.configure(videos=mine)
    assert run.folder.name == "quick-My_films_"
    (run.folder / "store").mkdir()
    assert course.configure(videos=mine).folder == run.folder
    assert course.configure().folder.name == "quick"


def test_a_folder_called_videos_goes_by_the_name_of_the_one_around_it(at_home):
    assert (
        course.configure(videos=films(at_home / "hmdb51" / "videos")).folder.name == "quick-hmdb51"
    )


def test_two_folders_of_one_name_are_two_runs(at_home):
    first, second = (films(at_home / place / "films") for place in "ab")
    folder = course.configure(videos=first).folder
    (folder / "store").mkdir()
    assert course.configure(videos=second).folder.name == "quick-films-2"
    assert course.configure(videos=first).folder == folder


def test_a_folder_that_was_named_is_taken_or_refused(tmp_path):
    named = tmp_path / "named"
    course.configure(runs=str(named))
    (named / "store").mkdir()
    with pytest.raises(InputError, match="choose another folder or name"):
        course.configure(runs=str(named), videos=films(tmp_path / "films"))


BEGIN = "import sys; from twostream_lib import course; course.configure(runs=sys.argv[1])"


@pytest.mark.slow
def test_several_that_begin_a_run_at_once_do_so_in_turn(tmp_path):
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", BEGIN, str(tmp_path / "run")], stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    assert [start.communicate()[1] for start in starts] == [""] * 3
    assert json.loads(Path(tmp_path / "run" / "run.json").read_text())["profile"] == "quick"
