"""Exercises of notebook 06: averaging two streams, and testing whether one network is better."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import softmax
from scipy.stats import binomtest

from twostream_lib.exercises import Exercise, Lesson, attempt, differs, mistake, verdict

LESSON = Lesson(
    average=Exercise(
        hint="Subtract each row's largest logit before `np.exp`, divide by the row's sum, and only "
        "then take the mean of the two streams. `keepdims=True` keeps the shapes in step.",
        solution="""
def average(first, second):
    def probabilities(logits):
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    return (probabilities(first) + probabilities(second)) / 2
""",
    ),
    paired=Exercise(
        hint="`(right_first & ~right_second).sum()` counts the videos that only the first gets "
        "right. If neither network is better, each of those that only one gets right is a fair "
        "coin: scipy.stats.binomtest(heads, tosses).pvalue.",
        solution="""
from scipy.stats import binomtest


def paired(right_first, right_second):
    only_first = int((right_first & ~right_second).sum())
    only_second = int((right_second & ~right_first).sum())
    tosses = only_first + only_second
    p_value = binomtest(only_first, tosses).pvalue if tosses else 1.0
    return only_first, only_second, p_value
""",
    ),
)
hint, solution = LESSON.hint, LESSON.solution


def check_average(function: Callable) -> None:
    """Judge `function(first, second)`: logits float `[N, C]` twice to probabilities `[N, C]`."""
    first, second = np.random.default_rng(6).normal(0, 3, (2, 5, 4))
    with np.errstate(all="ignore"):
        found, problem = attempt(function, first, second)
        problem = problem or _wrong_average(found, first, second)
        problem = problem or _overflows(function, first, second)
    verdict(problem, "Each stream has one vote a video, shared out over the classes.")


def _wrong_average(found: Any, first: np.ndarray, second: np.ndarray) -> str:
    p, q = softmax(first, axis=1), softmax(second, axis=1)
    slips = {
        "You averaged the logits; turn them into probabilities first.": (first + second) / 2,
        "You averaged the logits and took the softmax afterwards; take it of each stream.": (
            softmax((first + second) / 2, axis=1)
        ),
        "Your rows add up to 2: take the mean of the two streams, not their sum.": p + q,
        "Your softmax runs down the videos; the classes are axis 1.": (
            (softmax(first, axis=0) + softmax(second, axis=0)) / 2
        ),
        "Your softmax runs over the whole array; each row (axis 1) is a video of its own.": (
            (softmax(first) + softmax(second)) / 2
        ),
    }
    return mistake(found, (p + q) / 2, slips)


def _overflows(function: Callable, first: np.ndarray, second: np.ndarray) -> str:
    """What is wrong when logits are large, as those of a very sure stream are."""
    found, problem = attempt(function, 1000 * first, second)
    expected = (softmax(1000 * first, axis=1) + softmax(second, axis=1)) / 2
    if not problem and differs(found, expected):
        problem = "Logits in the thousands overflow `exp`: subtract each row's largest logit first."
    return problem


def check_paired(function: Callable) -> None:
    """Judge `function(right_first, right_second)`: bool `[N]` twice → (only the first right, only
    the second right, two-sided p-value of McNemar's exact test)."""
    both, first_only, second_only, neither = 40, 9, 2, 9
    right_first = np.repeat([True, True, False, False], [both, first_only, second_only, neither])
    right_second = np.repeat([True, False, True, False], [both, first_only, second_only, neither])
    found, problem = attempt(function, right_first, right_second)
    problem = problem or _wrong_test(found, right_first, right_second, first_only, second_only)
    if not problem:
        same, problem = attempt(function, right_first, right_first)
        problem = problem and f"Two networks that are right on the same videos: {problem}"
        if not problem and differs(same, (0, 0, 1)):
            problem = "Two networks that are right on the same videos: the p-value should be 1."
    verdict(problem, "Videos that both get right, or both wrong, say nothing about which.")


def _wrong_test(
    found: Any, right_first: np.ndarray, right_second: np.ndarray, b: int, c: int
) -> str:
    tosses, p_value = b + c, binomtest(b, b + c).pvalue
    slips = {
        "You swapped the counts: the first is for the first network.": (c, b, p_value),
        "Your p-value asks whether the first is better; the question is whether either is "
        "(two-sided).": (b, c, binomtest(b, tosses, alternative="greater").pvalue),
        f"You tossed a coin for all {len(right_first)} videos; only the {tosses} on which one "
        "network alone is right decide.": (b, c, binomtest(b, len(right_first)).pvalue),
    }
    counts = found[:2] if isinstance(found, tuple) else None
    if not differs(counts, (right_first.sum(), right_second.sum())):
        return "You counted all that each network gets right; count those that it alone gets right."
    return mistake(found, (b, c, p_value), slips)
