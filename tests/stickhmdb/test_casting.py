"""The plan has HMDB-51's names and shares, and keeps twins together and sources apart."""

import re

import numpy as np
import pytest

from twostream_lib import stickhmdb
from twostream_lib.errors import InputError
from twostream_lib.stickhmdb.actions import ACTIONS, draw_source, draw_take
from twostream_lib.stickhmdb.casting import cast_clips

NAME = re.compile(r"(.+)_([hufl])_(cm|nm)_np([123])_(fr|ba|le|ri)_(goo|med|bad)_(\d+)\.avi")
SPLITS = ("tag1", "tag2", "tag3")


@pytest.fixture(scope="module")
def whole_plan():
    return cast_clips(60, seed=0)


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
    assert whole_plan.groupby(["source", "label"]).size().between(2, 4).all()
    named = [row.label in row.source for row in whole_plan.itertuples()]
    assert 0.05 < np.mean(named) < 0.4


@pytest.mark.parametrize("pair", [*stickhmdb.MOTION_TWINS, *stickhmdb.APPEARANCE_TWINS])
def test_each_clip_has_its_twin_in_the_same_part_of_each_split(whole_plan, pair):
    """So a reader to whom twins are equal is wrong of one for each that it has right."""
    drawn_by = ["source_seed", "take", "source", *SPLITS]
    one, other = (whole_plan[whole_plan["label"] == label][drawn_by] for label in pair)
    assert one.reset_index(drop=True).equals(other.reset_index(drop=True))


def test_classes_that_are_no_twins_share_no_source(whole_plan):
    kinds = whole_plan["label"].map(lambda label: ACTIONS[label].kind)
    assert (kinds.groupby(whole_plan["source"]).nunique() == 1).all()


@pytest.mark.parametrize("clips", [6, 7, 8, 9, 10, 11, 13, 20, 23, 24, 37, 60])
def test_shares_and_sources_of_the_splits(clips):
    rows = cast_clips(clips, seed=clips)
    for tag in SPLITS:
        counts = rows.groupby(["label", tag]).size().unstack(fill_value=0)
        assert (counts[1] == round(0.53 * clips)).all() and (counts[2] == round(0.23 * clips)).all()
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
        assert len(tested[one] & tested[other]) < 0.1 * len(tested[one])


def test_plan_follows_its_seed():
    assert cast_clips(6, 0).equals(cast_clips(6, 0))
    assert not cast_clips(6, 0)["file"].equals(cast_clips(6, 1)["file"])
    with pytest.raises(InputError, match="6 or more"):
        cast_clips(5)
