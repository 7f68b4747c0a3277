"""Results in words: the table of a notebook, and a result held against its ceiling."""

from dataclasses import replace

import numpy as np
import pytest

from tests.figures.samples import CEILINGS
from tests.fusion.samples import random_scores
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation
from twostream_lib.fusion.evaluation import Result
from twostream_lib.fusion.wording import (
    against_ceiling,
    both_intervals,
    comparisons,
    counted_by_class,
    in_words,
    results_table,
)


def result(right, n=100, protocol="video-10", network="spatial"):
    return Result(network, protocol, right / n, right / n - 0.09, right / n + 0.09, n, n)


def test_the_table_has_percent_and_says_what_was_counted():
    table = results_table([result(60), result(600, 1000, "window")])
    assert table.loc[("spatial", "video-10"), "right (%)"] == "60.0"
    assert table["n"].tolist() == ["100 videos", "1,000 windows"]
    assert table["95 % interval"].tolist() == ["51.0 to 69.0"] * 2


def test_the_smallest_class_says_of_how_many_videos_shares_are():
    given = random_scores(videos=40, windows=1)
    smallest = np.bincount(given.label)[np.unique(given.label)].min()
    said = f"right within the class (%), at least {smallest} videos each"
    assert counted_by_class(replace(given, protocol=np.full(40, "video-10"))) == said


def test_a_result_in_words_has_its_interval_and_what_was_counted():
    assert in_words(result(60)) == "60.0 % of 100 videos (95 % interval 51.0 to 69.0)"
    assert "of 1,000 windows" in in_words(result(600, 1000, "window"))


def test_the_naive_interval_stands_beside_the_one_over_sources():
    given = random_scores(videos=120, windows=1)
    given = replace(given, source=np.array([f"s{number // 12}" for number in range(120)]))
    given.logits[:] = 0
    given.logits[np.arange(120), (given.label + (np.arange(120) // 12 % 3 == 0)) % 4] = 1
    table = both_intervals(given)
    assert list(table.index) == ["over sources", "naive"]
    assert table["right (%)"].tolist() == ["60.0"] * 2
    assert table["independent"].tolist() == ["10 sources", "120 videos"]
    low, high = evaluation.wilson(72, 120)
    assert table.loc["naive", "95 % interval"] == f"{100 * low:.1f} to {100 * high:.1f}"
    widths = table["width (points)"].astype(float)
    assert widths["over sources"] > 2 * widths["naive"]


@pytest.mark.parametrize(
    ("right", "words"),
    [
        (40, "stays 20.0 points under it, and the 95 % interval does not reach"),
        (55, "interval reaches the ceiling"),
        (60, "interval reaches the ceiling"),
        (63, "3.0 points above it, as luck allows (the 95 % interval reaches down to it)"),
        (80, "20.0 points above it, more than luck allows"),
    ],
)
def test_a_result_is_held_against_its_ceiling(right, words):
    assert words in against_ceiling(result(right), CEILINGS)


def test_a_perfect_ceiling_cannot_be_passed():
    assert "reaches the ceiling" in against_ceiling(result(100, network="average"), CEILINGS)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (
            "temporal-flow",
            "The temporal-flow stream has 50.0 % of 100 videos right; its ceiling is 70",
        ),
        ("svm", "The svm fusion has 50.0 % of 100 videos right; its ceiling is 100.0 %"),
    ],
)
def test_each_network_has_its_own_ceiling(network, words):
    assert against_ceiling(result(50, network=network), CEILINGS).startswith(words)


def test_clips_whose_ceilings_nobody_knows_get_one_plain_sentence():
    words = against_ceiling(result(60), {})
    assert words.startswith("Nobody knows the ceiling") and words.count(".") == 1


def test_windows_have_no_place_under_a_ceiling():
    with pytest.raises(InputError, match="not independent"):
        against_ceiling(result(60, protocol="window"), CEILINGS)


def test_comparisons_are_one_family():
    pair = evaluation.Comparison("svm", "average", 12, 2, 0.02, 0.05, 0.01, 0.09, 0.055, 30)
    even = replace(pair, first="average", second="svm", p_value=0.5, smallest=np.nan)
    table = comparisons([pair, even])
    one, other = table.loc[("svm", "average")], table.loc[("average", "svm")]
    assert (one["points ahead"], one["95 % interval"]) == ("+5.0", "+1.0 to +9.0")
    assert (one["only first right"], one["only second right"]) == (12, 2)
    assert (one["p after Holm"], other["p after Holm"]) == ("0.04", "0.5")  # twice the smaller
    assert (one["smallest findable"], other["smallest findable"]) == ("5.5", "–")
