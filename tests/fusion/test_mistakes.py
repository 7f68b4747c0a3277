"""The commonest mistakes come first, and are told apart from those between twins."""

import numpy as np
import pandas as pd

from twostream_lib.fusion import mistakes

CLASSES = ["catch", "golf", "throw"]
MATRIX = pd.DataFrame([[1, 0, 3], [0, 1, 2], [1, 0, 0]], CLASSES, CLASSES)
TWINS = [("throw", "catch")]


def test_the_commonest_mistake_stands_first_and_says_whether_it_is_between_twins():
    table = mistakes.most_frequent(MATRIX, TWINS, rows=2)
    assert table.to_numpy().tolist() == [
        ["catch", "throw", 3, 4, "yes"],
        ["golf", "throw", 2, 3, "no"],
    ]


def test_every_mistake_and_no_right_answer_is_in_the_whole_table():
    table = mistakes.most_frequent(MATRIX, TWINS)
    assert table["videos"].tolist() == [3, 2, 1]
    assert table["motion twins"].tolist() == ["yes", "no", "yes"]


def test_where_no_twins_are_known_the_table_does_not_speak_of_them():
    assert list(mistakes.most_frequent(MATRIX)) == ["true class", "taken for", "videos", "of"]


def test_without_a_mistake_the_table_is_empty():
    right = pd.DataFrame(np.eye(3, dtype=int), CLASSES, CLASSES)
    assert mistakes.most_frequent(right, TWINS).empty


def test_mistakes_within_a_kind_are_told_from_those_that_leave_it():
    table = mistakes.by_kind(MATRIX, {"catch": "balls", "throw": "balls"})
    assert table.to_dict("index") == {
        "balls": {
            "classes": 2,
            "videos": 5,
            "right": 1,
            "taken for one of its kind": 4,
            "taken for another": 0,
        },
        # of which nobody knows the kind, so it has one of its own
        "golf": {
            "classes": 1,
            "videos": 3,
            "right": 1,
            "taken for one of its kind": 0,
            "taken for another": 2,
        },
    }


def test_where_no_kind_is_known_every_mistake_leaves_its_class():
    table = mistakes.by_kind(MATRIX, {})
    assert table["taken for one of its kind"].sum() == 0
    assert table["taken for another"].sum() == MATRIX.to_numpy().sum() - 2
