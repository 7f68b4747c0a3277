"""A run that learns from some clips of another: its parts are the other's, less the rest."""

from dataclasses import fields, replace

import pandas as pd
import pytest

from twostream_lib import clips, course
from twostream_lib.course.run import Run
from twostream_lib.experiments.restricted import Restricted, fields_of


@pytest.fixture
def whole(moving_films, small_profile, tmp_path):
    return course.configure(videos=str(moving_films / "videos"), runs=str(tmp_path / "run"))


@pytest.fixture
def learned(whole):
    """All training clips but one of each fold."""
    used = whole.used_clips
    left_out = {min(whole.limits.of_fold(fold)) for fold in range(whole.settings.folds)}
    return frozenset(clips.names(used[used.tag == clips.TRAINING])) - left_out


@pytest.fixture
def part(whole, learned):
    place = whole.folder / "some"
    return Restricted(**fields_of(whole, place), whole=whole, learned=learned)


def test_it_takes_over_all_that_was_asked_of_the_run_but_the_folder(whole, tmp_path):
    settings = replace(whole.settings, trained_folds=1)
    taken = fields_of(whole, tmp_path / "some", settings=settings)
    assert set(taken) == {field.name for field in fields(Run)}
    differs = {name for name, value in taken.items() if value is not getattr(whole, name)}
    assert differs == {"folder", "settings"} and taken["settings"] is settings


@pytest.mark.parametrize("network", ["spatial", "temporal-flow"])
@pytest.mark.parametrize("name", ["train", "validation", "train+validation"])
def test_a_part_is_the_whole_runs_without_the_clips_that_are_left_out(
    whole, part, learned, network, name
):
    all_of, some = whole.part(network, name), part.part(network, name)
    pd.testing.assert_frame_equal(some.rows, all_of.rows[all_of.rows.video.isin(learned)])
    assert 0 < len(some) < len(all_of)
    assert (some.view, some.channels, some.classes) == (
        all_of.view,
        all_of.channels,
        all_of.classes,
    )
    assert some.store is all_of.store  # no clip is decoded once more


def test_the_test_part_is_whole_and_nothing_of_it_is_learned_from(whole, part):
    pd.testing.assert_frame_equal(
        part.part("spatial", "test").rows, whole.part("spatial", "test").rows
    )
    tested = set(part.part("spatial", "test").rows.video)
    everything = replace(part, learned=frozenset(clips.names(whole.used_clips)))
    for name in ("train", "validation", "train+validation"):
        assert not tested & set(everything.part("spatial", name).rows.video)


def test_folds_and_classes_are_those_of_the_whole_run(whole, part):
    assert part.classes == whole.classes and part.limits.folds == whole.limits.folds
    for fold in range(whole.settings.folds):
        held_out = set(part.part("spatial", "validation", fold=fold).rows.video)
        assert held_out <= whole.limits.of_fold(fold)
        assert not held_out & set(part.part("spatial", "train", fold=fold).rows.video)


def test_what_it_says_of_itself_names_the_clips_that_it_learned_from(whole, part, learned):
    used = part.used_clips
    assert set(clips.names(used[used.tag != clips.TEST])) == learned
    assert part.made_by["clips"] != whole.made_by["clips"]
    assert set(part.frames("spatial", None).names) == learned  # mode 1
    assert part.folder != whole.folder


def test_channels_that_are_asked_for_are_seen(whole, part):
    some, all_of = (run.part("spatial", "train", slice(1, 2)) for run in (part, whole))
    assert some[0][0].shape[0] == all_of[0][0].shape[0] == 1
