"""The ceilings follow from what one picture, or gray motion, tells of each class."""

import pandas as pd
import pytest

from twostream_lib import stickhmdb
from twostream_lib.errors import InputError


def test_ceilings_of_a_balanced_table():
    table = pd.DataFrame({"label": stickhmdb.CLASSES * 4, "tag": 2})
    expected = {"spatial": 8 / 12, "temporal": 8 / 12, "both": 1.0}
    assert stickhmdb.ceilings_of(table) == pytest.approx(expected)


def test_ceilings_follow_the_counts_of_the_test_clips():
    labels = ["sit"] * 3 + ["stand"] + ["drink"] * 2 + ["eat"] * 2
    table = pd.DataFrame({"label": [*labels, "golf"], "tag": [2] * len(labels) + [1]})
    expected = {"spatial": 7 / 8, "temporal": 6 / 8, "both": 1.0}
    assert stickhmdb.ceilings_of(table) == pytest.approx(expected)


@pytest.mark.parametrize("rows", [{"label": ["wave"], "tag": [2]}, {"label": ["sit"], "tag": [1]}])
def test_ceilings_of_other_clips_are_not_known(rows):
    with pytest.raises(InputError, match="not known"):
        stickhmdb.ceilings_of(pd.DataFrame(rows))


def test_the_evidence_of_a_clip_is_that_of_its_class():
    told = stickhmdb.evidence(["sit", "stand", "sit"])
    assert told.label.tolist() == ["sit", "stand", "sit"]
    assert told.iloc[0].equals(told.iloc[2])
    assert told.shows.nunique() == 1 and told.moves.nunique() == 2
    assert stickhmdb.evidence().label.tolist() == list(stickhmdb.ACTIONS)


def test_ceilings_in_words_name_each_share():
    words = stickhmdb.ceilings_in_words({"spatial": 0.5, "temporal": 0.625, "both": 1.0})
    assert "**one picture** gets **50.0%**" in words
    assert "**gray motion** **62.5%**" in words and "**both** **100.0%**" in words
    assert stickhmdb.ceilings_in_words({}).startswith("Nobody knows the ceilings")
