"""Every field of a profile changes what its run does."""

from dataclasses import fields, replace

import pytest

from tests.conftest import SMALL
from twostream_lib import course
from twostream_lib.course import calibration, folds, metrics, runner
from twostream_lib.data.plan import Plan
from twostream_lib.training import profiles
from twostream_lib.training.profiles import PROFILES, Profile

TAGS = {name: profile.train_tags for name, profile in PROFILES.items()}
QUICK = replace(PROFILES["quick"], **SMALL, dense_plan=Plan("gray", (12, 16), 12.5, 0.5, 4))


def folds_scored(run):
    """The folds whose networks are trained beside the first one."""
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folds, "_scored", lambda *_: None)
        patch.setattr(folds, "side_by_side", lambda _, arguments, __: asked.extend(arguments) or [])
        patch.setattr(folds.scores, "together", lambda parts: None)
        with pytest.raises(ValueError, match="unpack"):  # nothing was scored
            folds.out_of_fold(run, "spatial", None)
    return [fold for _, _, fold in asked]


def seconds_a_cell(run):
    """What papermill is told of how long a cell may take."""
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "papermill.execute_notebook", lambda *_, **more: told.append(more["execution_timeout"])
        )
        patch.setattr(calibration, "rounds", lambda _: [])
        (run.folder / "copies").mkdir()
        notebooks = runner.choose("00")
        runner.execute_all(notebooks, run.folder / "copies", run, metrics.Outcome())
    return told


# Of each field another value, and where it is seen.
OTHER = {
    "mode": ("mode 1", lambda run: type(run.learned_from("spatial", 0))),
    "backbone": ("shufflenet_v2_x0_5", lambda run: list(run.new_stream("spatial").state_dict())),
    "weights": ("imagenet", lambda run: (run.weights, run.made_by["weights"])),
    "plan": (Plan("images", (12, 16)), lambda run: run.images.array.shape),
    "flow_plan": (
        Plan("flow", (16, 20), method="dis-ultrafast", length=2),
        lambda run: (
            run.flow.array.shape,
            next(run.new_stream("temporal-flow").parameters()).shape,
        ),
    ),
    "dense_plan": (Plan("gray", (12, 16), 12.5, 0.5, 5), lambda run: run.dense.array.shape),
    "train_tags": (
        (0, 1),
        lambda run: sorted(set(run.part("spatial", "train+validation").rows.source)),
    ),
    "recipes": (
        QUICK.recipes | {"spatial": "plain-tune"},
        lambda run: run.recipe("spatial"),
    ),
    "folds": (2, lambda run: sorted(set(run.limits.folds.values()))),
    "trained_folds": (2, folds_scored),
    "minutes": (7, seconds_a_cell),
    "flow_seen_at": ((48, 64), lambda run: run.new_stream("temporal-flow").normalise.size),
}


@pytest.fixture
def configured(moving_films, tmp_path, monkeypatch):
    """The run that a profile makes of films of which the first of each class has tag 0."""
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    splits = tmp_path / "splits"
    splits.mkdir()
    for file in (moving_films / "splits").iterdir():
        text = file.read_text()
        (splits / file.name).write_text(
            "\n".join([text.splitlines()[0][:-1] + "0", *text.splitlines()[1:]])
        )

    def configure(settings, name):
        monkeypatch.setitem(profiles.PROFILES, "quick", settings)
        videos, runs = moving_films / "videos", tmp_path / name
        return course.configure(videos=str(videos), splits=str(splits), runs=str(runs))

    return configure


def test_every_field_is_looked_at():
    assert {field.name for field in fields(Profile)} == {*OTHER}


@pytest.mark.parametrize("name", list(OTHER))
def test_a_field_changes_what_is_made(configured, name):
    value, seen = OTHER[name]
    before = seen(configured(QUICK, "one"))
    assert seen(configured(replace(QUICK, **{name: value}), "other")) != before


def test_clips_with_tag_0_are_trained_on_where_the_profile_says_so_and_nowhere_else(configured):
    tags = {
        tags: set(configured(replace(QUICK, train_tags=tags), str(tags)).used_clips.tag)
        for tags in ((1,), (0, 1))
    }
    assert tags == {(1,): {1, 2}, (0, 1): {0, 1, 2}}
    # The paper's training has them (II.A); everybody else's, and so the course's own, has not.
    assert TAGS == {"quick": (1,), "colab": (1,), "paper": (0, 1), "paper-mode1": (0, 1)}
