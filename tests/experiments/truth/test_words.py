"""A record in words: what is shown, what is not, and which promises were kept."""

import pytest

from tests.experiments.truth.samples import found, pair, record
from twostream_lib.experiments.truth import words


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.01, 0.2, words.AHEAD),
        (-0.2, -0.01, words.BEHIND),
        (-0.1, 0.1, words.NOT_SHOWN),
        (0.0, 0.1, words.NOT_SHOWN),  # zero is not left out
        (-0.1, 0.0, words.NOT_SHOWN),
        (0.0, 0.0, words.NOT_SHOWN),
    ],
)
def test_a_difference_is_shown_where_its_interval_leaves_out_zero(low, high, verdict):
    one = pair((low + high) / 2, low, high)
    assert words.verdict(one) == verdict
    assert words.promise(one) == ""
    kept = {words.AHEAD: "kept", words.BEHIND: "broken", words.NOT_SHOWN: "not shown"}
    assert words.promise(one | {"promised": True}) == kept[verdict]


def test_an_arm_behind_is_ahead_when_the_pair_is_turned_round():
    one = pair(0.05, 0.01, 0.09)
    turned = pair(-0.05, -0.09, -0.01)
    assert {words.verdict(one), words.verdict(turned)} == {words.AHEAD, words.BEHIND}


@pytest.mark.parametrize(
    ("classes", "end"),
    [
        ((), ""),
        (("smoke",), " (smoke)"),
        (("throw", "catch"), " (throw, catch)"),
        (("a", "b", "c"), " (a, b, c)"),
        (("a", "b", "c", "d"), " (4 classes)"),
    ],
)
def test_a_pair_says_of_which_classes_it_is(classes, end):
    assert words.pair_words(pair(0, 0, 0, classes=classes)) == f"joint over svm{end}"


def test_shares_are_percent_and_differences_points():
    assert words.percent(found(0.562, 0.51, 0.6134)) == "56.2 (51.0 to 61.3)"
    assert words.points(found(0.042, 0.01, 0.075)) == "+4.2 (1.0 to 7.5)"
    assert words.points(found(-0.1, -0.2, 0.05)) == "-10.0 (-20.0 to 5.0)"
    assert words.points(found(-0.0004, -0.04, -0.0002)) == "+0.0 (-4.0 to 0.0)"


def test_tables_have_a_row_for_each_arm_and_pair():
    asked = record()["questions"]["joint"]
    arms, pairs = words.arms_table(asked), words.pairs_table(asked)
    assert arms.index.tolist() == ["joint", "svm"]
    assert arms.loc["joint"].tolist() == ["60.0 (55.0 to 65.0)", "60.0, 60.0", "1,200", "310"]
    assert pairs.index.tolist() == ["joint over svm (throw, catch)", "joint over svm"]
    assert pairs["verdict"].tolist() == ["ahead", "not shown"]
    assert pairs["promised"].tolist() == ["kept", "not shown"]
    assert pairs["points ahead"].tolist() == ["+10.0 (4.2 to 15.8)", "-0.4 (-2.0 to 1.2)"]


def test_a_question_without_pairs_is_an_empty_table():
    table = words.pairs_table(record()["questions"]["joint"] | {"pairs": []})
    assert len(table) == 0 and "verdict" in table


def test_when_and_on_what_it_was_measured():
    sentence = words.measured(record())
    for part in ("2026-01-02", "commit abc1234", "cpu with 2 cores", "59 minutes", "2 runs on"):
        assert part in sentence
    assert "StickHMDB (seeds 0, 2; splits 1, 3), resnet8 from random weights" in sentence
    assert "commit unknown" in words.measured(record(git=None))
    assert "resnet50 from imagenet" in words.measured(
        record(backbone="resnet50", weights="imagenet")
    )
