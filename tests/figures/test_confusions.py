"""The figure of mistakes keeps the order that it is given, and counts those that leave a kind."""

import numpy as np
import pytest

from tests.fusion.test_mistakes import CLASSES, MATRIX
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


KINDS = {"throw": "balls", "catch": "balls", "golf": "clubs"}


def test_the_title_counts_mistakes_and_those_that_leave_their_kind():
    title = figures.mistakes(MATRIX, CLASSES, KINDS).get_suptitle()
    assert title == "Of 6 mistakes, 2 lie outside their kind (framed)"
    title = figures.mistakes(MATRIX, CLASSES).get_suptitle()
    assert title == "6 of 8 videos are taken for another class"


def test_classes_of_a_kind_that_stand_side_by_side_are_framed():
    frames = figures.mistakes(MATRIX, ["golf", "throw", "catch"], KINDS).axes[0].patches
    assert [(*frame.get_xy(), frame.get_width(), frame.get_height()) for frame in frames] == [
        (1, 1, 2, 2)
    ]
    assert not figures.mistakes(MATRIX, ["throw", "golf", "catch"], KINDS).axes[0].patches
    assert not figures.mistakes(MATRIX, CLASSES).axes[0].patches


def test_a_confusion_has_its_counts_in_the_cells_and_shares_as_shades():
    matrix = np.array([[3, 1], [0, 5]])
    axes = figures.confusion(matrix, ["sit", "wave"], "a title").axes[0]
    assert axes.collections[0].get_array().tolist() == [[0.75, 0.25], [0, 1]]
    assert [text.get_text() for text in axes.texts] == ["3", "1", "", "5"]
    assert [text.get_color() for text in axes.texts] == ["white", "black", "black", "white"]


def test_counts_on_middling_blue_are_black():
    matrix = np.array([[6, 4], [3, 7]])
    axes = figures.confusion(matrix, ["sit", "wave"], "a title").axes[0]
    assert {text.get_color() for text in axes.texts} == {"black"}
