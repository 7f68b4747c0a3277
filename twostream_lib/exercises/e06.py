"""Exercises of notebook 06: averaging two streams, and testing whether one network is better."""

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import softmax
from scipy.stats import binomtest

from twostream_lib import exercises
from twostream_lib.exercises import attempt, differs, verdict

Mistakes = Sequence[tuple[Any, str]]

HINTS = {
    "average": "Subtract each row's largest logit before `np.exp`, divide by the row's sum, and "
    "only then take the mean of the two streams. `keepdims=True` keeps the shapes in step.",
    "paired": "`(right_first & ~right_second).sum()` counts the videos that only the first gets "
    "right. If neither network is better, each of those that only one gets right is a fair coin: "
    "scipy.stats.binomtest(heads, tosses).pvalue.",
}
SOLUTIONS = {
    "average": """
        def average(first, second):
            def probabilities(logits):
                powers = np.exp(logits - logits.max(axis=1, keepdims=True))
                return powers / powers.sum(axis=1, keepdims=True)

            return (probabilities(first) + probabilities(second)) / 2
        """,
    "paired": """
        from scipy.stats import binomtest


        def paired(right_first, right_second):
            only_first = int((right_first & ~right_second).sum())
            only_second = int((right_second & ~right_first).sum())
            tosses = only_first + only_second
            p_value = binomtest(only_first, tosses).pvalue if tosses else 1.0
            return only_first, only_second, p_value
        """,
}


def check_average(average: Callable) -> None:
    """Check `average(first, second)`: logits float `[N, C]` twice → mean probabilities `[N, C]`."""
    first, second = np.random.default_rng(6).normal(0, 3, (2, 5, 4))
    with np.errstate(all="ignore"):
        found, wrong = attempt(average, first, second)
        wrong = wrong or _wrong_average(found, first, second) or _overflows(average, first, second)
    verdict(not wrong, "Each stream has one vote a video, shared out over the classes.", wrong)


def _wrong_average(found: Any, first: np.ndarray, second: np.ndarray) -> str:
    p, q = softmax(first, axis=1), softmax(second, axis=1)
    mistakes = [
        ((first + second) / 2, "You averaged the logits; turn them into probabilities first."),
        (
            softmax((first + second) / 2, axis=1),
            "You averaged the logits and took the softmax afterwards; take it of each stream.",
        ),
        (p + q, "Your rows add up to 2: take the mean of the two streams, not their sum."),
        (
            (softmax(first, axis=0) + softmax(second, axis=0)) / 2,
            "Your softmax runs down the videos; the classes are axis 1.",
        ),
        (
            (softmax(first) + softmax(second)) / 2,
            "Your softmax runs over the whole array; each row (axis 1) is a video of its own.",
        ),
    ]
    return named(found, mistakes) or differs(found, (p + q) / 2)


def _overflows(average: Callable, first: np.ndarray, second: np.ndarray) -> str:
    """What is wrong when logits are large, as those of a very sure stream are."""
    found, wrong = attempt(average, 1000 * first, second)
    wanted = (softmax(1000 * first, axis=1) + softmax(second, axis=1)) / 2
    if not wrong and differs(found, wanted):
        wrong = "Logits in the thousands overflow `exp`: subtract each row's largest logit first."
    return wrong


def check_paired(paired: Callable) -> None:
    """Check `paired(right_first, right_second)`: bool `[N]` twice → (only the first right, only
    the second right, two-sided p-value of McNemar's exact test)."""
    both, first_only, second_only, neither = 40, 9, 2, 9
    right_first = np.repeat([True, True, False, False], [both, first_only, second_only, neither])
    right_second = np.repeat([True, False, True, False], [both, first_only, second_only, neither])
    found, wrong = attempt(paired, right_first, right_second)
    wrong = wrong or _wrong_test(found, right_first, right_second, first_only, second_only)
    if not wrong:
        same, wrong = attempt(paired, right_first, right_first)
        wrong = wrong and f"Two networks that are right on the same videos: {wrong}"
        if not wrong and differs(same, (0, 0, 1)):
            wrong = "Two networks that are right on the same videos: the p-value should be 1."
    verdict(not wrong, "Videos that both get right, or both wrong, say nothing about which.", wrong)


def _wrong_test(
    found: Any, right_first: np.ndarray, right_second: np.ndarray, b: int, c: int
) -> str:
    tosses, wanted = b + c, binomtest(b, b + c).pvalue
    mistakes = [
        ((c, b, wanted), "You swapped the counts: the first is for the first network."),
        (
            (b, c, binomtest(b, tosses, alternative="greater").pvalue),
            "Your p-value asks whether the first is better; the question is whether either is "
            "(two-sided).",
        ),
        (
            (b, c, binomtest(b, len(right_first)).pvalue),
            f"You tossed a coin for all {len(right_first)} videos; only the {tosses} on which one "
            "network alone is right decide.",
        ),
    ]
    counts = found[:2] if isinstance(found, tuple) else None
    if not differs(counts, (right_first.sum(), right_second.sum())):
        return "You counted all that each network gets right; count those that it alone gets right."
    return named(found, mistakes) or differs(found, (b, c, wanted))


def named(found: Any, mistakes: Mistakes) -> str:
    """The words of the mistake whose value `found` equals; empty if it is none of them."""
    return next((words for value, words in mistakes if not differs(found, value)), "")


def hint(name: str) -> None:
    """Display the hint of exercise `name`, folded away."""
    exercises.hint(HINTS[name])


def solution(name: str) -> None:
    """Display the solution of exercise `name`, folded away."""
    exercises.solution(textwrap.dedent(SOLUTIONS[name]))
