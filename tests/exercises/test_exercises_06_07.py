"""The exercises of notebooks 06 and 07: each check knows right, wrong and not done yet."""

import textwrap

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import binomtest

from twostream_lib.exercises import e06, e07

CHECKS = {
    "average": (e06, e06.check_average),
    "paired": (e06, e06.check_paired),
    "window_interval": (e07, e07.check_window_interval),
    "may_be_ranked": (e07, e07.check_may_be_ranked),
}
every_exercise = pytest.mark.parametrize("name", CHECKS)


@pytest.fixture
def said(capsys):
    """What a check prints about a function."""

    def check(name, function):
        CHECKS[name][1](function)
        return capsys.readouterr().out.strip()

    return check


def solved(name):
    """The function that the module shows as its solution."""
    space = {"np": np, "binomtest": binomtest}
    exec(textwrap.dedent(CHECKS[name][0].SOLUTIONS[name]), space)
    return space[name]


def stub(*_):
    raise NotImplementedError


@every_exercise
def test_the_solution_shown_is_right(name, said):
    assert said(name, solved(name)).startswith("Right.")


@every_exercise
def test_an_untouched_stub_is_not_done_and_stops_nothing(name, said):
    assert said(name, stub).startswith("Not done yet")


@every_exercise
@pytest.mark.parametrize("value", [None, "0.5", (), ([1, 2], [3], 4), np.zeros((2, 2)), np.nan])
def test_whatever_a_function_returns_the_check_answers(name, value, said):
    assert said(name, lambda *_: value).startswith("Not yet.")


@every_exercise
def test_an_error_in_the_function_is_named(name, said):
    assert "ZeroDivisionError" in said(name, lambda *_: 1 / 0)


@every_exercise
def test_hint_and_solution_are_shown_folded(name, capsys):
    module = CHECKS[name][0]
    module.hint(name)
    module.solution(name)
    printed = capsys.readouterr().out
    assert "Hint" in printed and f"def {name}" in printed


def bare_softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda a, b: (a + b) / 2, "averaged the logits; turn them"),
        (lambda a, b: softmax((a + b) / 2, axis=1), "took the softmax afterwards"),
        (lambda a, b: softmax(a, axis=1) + softmax(b, axis=1), "add up to 2"),
        (lambda a, b: (softmax(a, axis=0) + softmax(b, axis=0)) / 2, "runs down the videos"),
        (lambda a, b: (softmax(a) + softmax(b)) / 2, "over the whole array"),
        (lambda a, b: (bare_softmax(a) + bare_softmax(b)) / 2, "overflow"),
        (lambda a, b: softmax(a, axis=1), "values are wrong"),
    ],
)
def test_a_wrong_average_is_told_what_is_wrong(function, words, said):
    assert words in said("average", function)


def counted(a, b):
    return int((a & ~b).sum()), int((b & ~a).sum())


def one_sided(a, b):
    first, second = counted(a, b)
    return first, second, binomtest(first, first + second, alternative="greater").pvalue


def over_all(a, b):
    first, second = counted(a, b)
    return first, second, binomtest(first, len(a)).pvalue


def without_ties(a, b):
    first, second = counted(a, b)
    return first, second, binomtest(first, first + second).pvalue


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (one_sided, "two-sided"),
        (over_all, "only the 11 on which one"),
        (lambda a, b: (*counted(b, a), e06_p_value(a, b)), "swapped"),
        (lambda a, b: (a.sum(), b.sum(), 0.5), "that it alone gets right"),
        (without_ties, "right on the same videos"),
        (lambda a, b: counted(a, b), "The shape should be [3]"),
    ],
)
def test_a_wrong_test_is_told_what_is_wrong(function, words, said):
    assert words in said("paired", function)


def e06_p_value(a, b):
    return solved("paired")(a, b)[2]


def of_windows(right, video):
    draws = np.random.default_rng(0).integers(len(right), size=(300, len(right)))
    return tuple(np.quantile(right[draws].mean(axis=1), [0.025, 0.975]))


def of_shares(right, video):
    _, place = np.unique(video, return_inverse=True)
    shares = np.bincount(place, weights=right) / np.bincount(place)
    return of_windows(shares, None)


def ninety(right, video):
    low, high = solved("window_interval")(right, video)
    middle, half = (low + high) / 2, (high - low) / 2 * 1.645 / 1.96
    return middle - half, middle + half


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (of_windows, "draw whole videos"),
        (of_shares, "averaged the videos' shares"),
        (ninety, "90 % interval"),
        (lambda *given: solved("window_interval")(*given)[::-1], "lies above"),
        (lambda *given: np.multiply(solved("window_interval")(*given), 100), "not percent"),
        (lambda *_: (0.0, 0.1), "was expected"),
    ],
)
def test_a_wrong_interval_is_told_what_is_wrong(function, words, said):
    assert words in said("window_interval", function)


def same(*fields):
    return lambda a, b: all(a[field] == b[field] for field in fields)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (same("data", "split", "train_tags"), "count different things"),
        (same("protocol"), "different clips"),
        (same("data", "split", "protocol"), "different tags"),
        (same("data", "train_tags", "protocol"), "different splits"),
        (same("data", "split", "train_tags", "protocol"), "None is not the same as None"),
        (same("network", "data"), "may be ranked when they differ in network"),
    ],
)
def test_a_wrong_ranking_is_told_what_is_wrong(function, words, said):
    assert words in said("may_be_ranked", function)
