"""The figure of mistakes keeps the classes in the order it is given, and counts the twins'."""

import pytest

from tests.fusion.test_mistakes import CLASSES, MATRIX, TWINS
from twostream_lib import figures
from twostream_lib.figures import confusions


@pytest.mark.parametrize("order", [CLASSES, ["throw", "catch", "golf"]])
def test_rows_and_columns_follow_the_order(order, monkeypatch):
    drawn = []
    monkeypatch.setattr(confusions, "confusion", lambda *given: drawn.append(given))
    figures.mistakes(MATRIX, order)
    counts, classes, _ = drawn[0]
    assert counts.tolist() == [[MATRIX.at[true, taken] for taken in order] for true in order]
    assert classes == order


def test_the_title_counts_mistakes_and_those_between_twins():
    title = figures.mistakes(MATRIX, CLASSES, TWINS).get_suptitle()
    assert title == "6 of 8 videos are taken for another class, 4 of them for the motion twin"
    title = figures.mistakes(MATRIX, CLASSES).get_suptitle()
    assert title == "6 of 8 videos are taken for another class"


def test_twins_that_stand_side_by_side_are_framed():
    order = [*TWINS[0], *[name for name in CLASSES if name not in TWINS[0]]]
    frames = figures.mistakes(MATRIX, order, TWINS[:1]).axes[0].patches
    assert [(*frame.get_xy(), frame.get_width(), frame.get_height()) for frame in frames] == [
        (0, 0, 2, 2)
    ]
    apart = [TWINS[0][0], *[name for name in CLASSES if name not in TWINS[0]], TWINS[0][1]]
    assert not figures.mistakes(MATRIX, apart, TWINS[:1]).axes[0].patches
