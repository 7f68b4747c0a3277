"""Exercises of notebook 06: averaging two streams, and testing whether one network is better."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import softmax
from scipy.stats import binomtest, chi2

from twostream_lib.exercises import (
    Exercise,
    Lesson,
    are_numbers,
    attempt,
    differs,
    mistake,
    verdict,
)

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
        found, problem = attempt(function, first.copy(), second.copy())
        problem = problem or _wrong_average(found, first, second)
        problem = problem or _overflows(function, 1000 * first, second)
        problem = problem or _overflows(function, first, 1000 * second)
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
        "That is the mean of logarithms, made a probability: average the probabilities.": (
            np.sqrt(p * q)
        ),
        "That is the product, made a probability: add the probabilities up.": (
            p * q / (p * q).sum(axis=1, keepdims=True)
        ),
        "That is the first stream alone.": p,
        "That is the second stream alone.": q,
    }
    return mistake(found, (p + q) / 2, slips)


def _overflows(function: Callable, first: np.ndarray, second: np.ndarray) -> str:
    """What is wrong when logits are large, as those of a very sure stream are."""
    found, problem = attempt(function, first.copy(), second.copy())
    expected = (softmax(first, axis=1) + softmax(second, axis=1)) / 2
    if not problem and differs(found, expected):
        problem = (
            "Logits in the thousands overflow `exp`: subtract each row's own largest logit first, "
            "in both streams."
        )
    return problem


# Videos that both networks have right, the first alone, the second alone, and neither.
VIDEOS = [(40, 9, 2, 9), (20, 3, 8, 4), (5, 3, 3, 1), (40, 0, 0, 20)]


def check_paired(function: Callable) -> None:
    """Judge `function(right_first, right_second)`: bool `[N]` twice → (only the first right, only
    the second right, two-sided p-value of McNemar's exact test)."""
    problem = ""
    for counts in VIDEOS:
        right_first = np.repeat([True, True, False, False], counts)
        right_second = np.repeat([True, False, True, False], counts)
        found, stopped = attempt(function, right_first.copy(), right_second.copy())
        wrong = stopped or _wrong_test(found, right_first, right_second)
        problem = problem or (wrong and f"{_told(counts)}{wrong}" if counts != VIDEOS[0] else wrong)
    verdict(problem, "Videos that both get right, or both wrong, say nothing about which.")


def _told(counts: tuple[int, int, int, int]) -> str:
    _, b, c, _ = counts
    if b == c == 0:
        return "Two networks that are right on the same videos: "
    return f"Where the first alone has {b} videos right and the second alone {c}: "


def _wrong_test(found: Any, right_first: np.ndarray, right_second: np.ndarray) -> str:
    b, c = (int(one.sum()) for one in (right_first & ~right_second, right_second & ~right_first))
    tosses = b + c
    if tosses == 0:
        return differs(found, (0, 0, 1)) and "both counts are 0, and the p-value should be 1."
    p_value = binomtest(b, tosses).pvalue
    better, worse = (binomtest(b, tosses, alternative=side).pvalue for side in ("greater", "less"))
    slips = {
        "You swapped the counts: the first is for the first network.": (c, b, p_value),
        "Your p-value asks whether the first is better; the question is whether either is "
        "(two-sided).": (b, c, better),
        "Your p-value asks whether the first is worse; the question is whether either is better "
        "(two-sided).": (b, c, worse),
        "You doubled the chance of one side, and it came out above 1, or for the wrong side: take "
        "the rarer side, and 1 at most.": (b, c, max(2 * better, 2 * worse)),
        f"You tossed a coin for all {len(right_first)} videos; only the {tosses} on which one "
        "network alone is right decide.": (b, c, binomtest(b, len(right_first)).pvalue),
        "That is the approximation by chi-square: with few tosses, take the exact binomial test.": (
            (b, c, chi2.sf((b - c) ** 2 / tosses, 1))
        ),
        "That is the approximation by chi-square, corrected: take the exact binomial test.": (
            (b, c, chi2.sf((abs(b - c) - 1) ** 2 / tosses, 1))
        ),
    }
    sums = (right_first.sum(), right_second.sum())
    if are_numbers(found, 3) and not differs(found[:2], sums):
        return "You counted all that each network gets right; count those that it alone gets right."
    return mistake(found, (b, c, p_value), slips)
