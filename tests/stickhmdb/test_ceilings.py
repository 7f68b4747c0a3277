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
