"""The plan has HMDB-51's names, sizes and habits, and keeps sources apart."""

import re

import numpy as np
import pytest

from twostream_lib.errors import InputError
from twostream_lib.stickhmdb.actions import ACTIONS, draw_source, draw_take
from twostream_lib.stickhmdb.casting import cast_clips

NAME = re.compile(r"(.+)_([hufl])_(cm|nm)_np([123])_(fr|ba|le|ri)_(goo|med|bad)_(\d+)\.avi")
SPLITS = ("tag1", "tag2", "tag3")


@pytest.fixture(scope="module")
def whole_plan():
    return cast_clips(seed=0)


def test_names_are_hmdb51s(whole_plan):
    assert whole_plan["file"].is_unique
    seen = []
    for row in whole_plan.itertuples():
        match = NAME.fullmatch(row.file)
        assert match and match[1] == f"{row.source}_{row.label}" and int(match[7]) == row.take
        source = draw_source(row.source_seed, ACTIONS[row.label].kind)
        take = draw_take(row.source_seed, row.take, source)
        drawn = (source.body, take.camera, str(take.people), source.view, take.quality)
        assert match.groups()[1:6] == drawn
        seen.append(drawn)
    bodies, cameras, people, views, qualities = map(set, zip(*seen, strict=True))
    assert bodies == {"h", "u", "f"} and cameras == {"cm", "nm"} and people == {"1", "2", "3"}
    assert views == {"fr", "ba", "le", "ri"} and qualities == {"goo", "med", "bad"}


def test_a_source_has_few_clips_of_a_class_and_is_sometimes_named_after_one(whole_plan):
    clips = whole_plan.groupby(["source", "label"]).size()
    assert clips.between(1, 4).all() and 0.3 < (clips == 1).mean() < 0.5
    named = [row.label in row.source for row in whole_plan.itertuples()]
    assert 0.05 < np.mean(named) < 0.4


def test_all_clips_of_a_source_are_of_one_class(whole_plan):
    assert (whole_plan.groupby("source")["label"].nunique() == 1).all()
    assert whole_plan.groupby("source")["source_seed"].nunique().max() == 1
    assert whole_plan.groupby("source_seed")["source"].nunique().max() == 1


def test_thirty_videos_a_class_are_tested_from_many_sources(whole_plan):
    for tag in SPLITS:
        tested = whole_plan[whole_plan[tag] == 2]
        assert (tested.groupby("label").size() == 30).all()
        assert (whole_plan[whole_plan[tag] == 1].groupby("label").size() == 36).all()
        assert (whole_plan[whole_plan[tag] == 1].groupby("label").size() == 36).all()
        assert tested.groupby("label")["source"].nunique().min() >= 11


@pytest.mark.parametrize("clips", [6, 7, 8, 9, 10, 11, 13, 20, 23, 24, 37, 80])
def test_shares_and_sources_of_the_splits(clips):
    rows = cast_clips(clips, seed=clips)
    for tag in SPLITS:
        counts = rows.groupby(["label", tag]).size().unstack(fill_value=0)
        assert (counts[2] == round(0.375 * clips)).all()
        assert counts[1].between(0.4 * clips - 1.5, round(0.45 * clips)).all()
        train, test = (set(rows["source"][rows[tag] == number]) for number in (1, 2))
        assert not train & test


def test_test_clips_have_siblings_as_often_as_in_hmdb51(whole_plan):
    for tag in SPLITS:
        unused = set(whole_plan["source"][whole_plan[tag] == 0])
        share = whole_plan["source"][whole_plan[tag] == 2].isin(unused).mean()
        assert 0.3 <= share <= 0.55


def test_splits_test_on_other_sources(whole_plan):
    tested = [set(whole_plan["source"][whole_plan[tag] == 2]) for tag in SPLITS]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert len(tested[one] & tested[other]) < 0.35 * len(tested[one])


def test_plan_follows_its_seed():
    assert cast_clips(6, 0).equals(cast_clips(6, 0))
    assert not cast_clips(6, 0)["file"].equals(cast_clips(6, 1)["file"])
    with pytest.raises(InputError, match="6 or more"):
        cast_clips(5)
