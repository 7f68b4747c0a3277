"""Exercises of notebook 05: a mirrored stack of flow, and what two softmaxes leave of a loss."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from twostream_lib.exercises import (
    NOT_PREDICTED,
    Exercise,
    Lesson,
    are_numbers,
    attempt,
    mistake,
    verdict,
)

LESSON = Lesson(
    scaling=Exercise(
        hint="Each answer is a sum over the input channels. Count the terms of both sums: all "
        "terms are equal on average.",
        solution="""
# A sum of 10 equal terms in place of 3: 10 / 3 times as strong. With 20 channels 20 / 3 times.
predicted = {10: 10 / 3, 20: 20 / 3}
""",
    ),
    flip_stack=Exercise(
        hint="stack[..., ::-1] is the mirrored picture of every channel; copy it before you write "
        "into it. The channels of u are 0, 2, 4 and so on: mirrored[0::2]. Still is 128, and 128 + "
        "k has to become 128 - k, which is 256 minus the value. 256 is too large for uint8: make "
        "the channels wider with .astype(int), and uint8 again at the end.",
        solution="""
def flip_stack(stack):
    mirrored = stack[..., ::-1].astype(int)
    mirrored[0::2] = 256 - mirrored[0::2]
    return mirrored.astype(np.uint8)
""",
    ),
    loss_bounds=Exercise(
        hint="Write down the probabilities: 1 for one class and 0 for the others. Put them where "
        "the logits should be. The softmax of (1, 0, …, 0) gives e / (e + classes - 1) to the "
        "first, and 1 / (e + classes - 1) to each other one. The loss is minus the logarithm of "
        "what the right class gets.",
        solution="""
def loss_bounds(classes):
    largest = math.log(math.e + classes - 1)  # sure of a wrong class
    return largest - 1, largest  # sure of the right one: e times as likely
""",
    ),
)
hint, solution = LESSON.hint, LESSON.solution


def check_scaling(predicted: Mapping[int, float | None]) -> None:
    """Judge how many times as strong the answer of a first layer is predicted to be whose filters
    were repeated for so many channels, and not scaled."""
    verdict(_wrong_scaling(predicted), "A sum has as many terms as there are channels.")


def _wrong_scaling(predicted: Mapping[int, float | None]) -> str:
    if not isinstance(predicted, Mapping) or not {10, 20} <= set(predicted):
        return "Your prediction is a dict with a number for 10 and one for 20 channels."
    if predicted[10] is None or predicted[20] is None:
        return NOT_PREDICTED
    slips = {
        "That is what the scaling is for: without it, how many terms are added up?": (1, 1),
        "It is the other way round: more channels make the answer stronger.": (3 / 10, 3 / 20),
        "The layer for photographs adds up three channels, not one.": (10, 20),
        "Divide the numbers of terms; you have subtracted them.": (7, 17),
        "The terms are equal, so no part of them cancels: take no square root.": (
            math.sqrt(10 / 3),
            math.sqrt(20 / 3),
        ),
    }
    return mistake((predicted[10], predicted[20]), (10 / 3, 20 / 3), slips, 0.05)


def check_flip_stack(function: Callable) -> None:
    """Judge `function(stack)`: flow in 8 bits, uint8 [2L, H, W], to that of the mirrored film."""
    problem = ""
    for channels in (6, 10):
        stack = np.random.default_rng(0).integers(1, 256, (channels, 3, 4), dtype=np.uint8)
        given = stack.copy()
        found, stopped = attempt(function, given)
        problem = problem or stopped or _wrong_flip(found, stack)
        if not problem and not np.array_equal(given, stack):
            problem = "Your function changed the stack it was given: work on a copy."
    verdict(problem, "What went to the right goes to the left, and up stays up.")


def _negated(stack: np.ndarray, channels: slice, whole: int = 256) -> np.ndarray:
    wide = stack.astype(int)
    wide[channels] = whole - wide[channels]
    return wide


def _wrong_flip(found: object, stack: np.ndarray) -> str:
    mirrored, u, v = stack[..., ::-1], slice(0, None, 2), slice(1, None, 2)
    slips = {
        "The pictures are mirrored, and u still says what it said: negate it.": mirrored,
        "u is negated, but the columns are where they were: mirror them too.": _negated(stack, u),
        "You negated v: a mirror leaves up and down alone.": _negated(mirrored, v),
        "You negated u and v: a mirror leaves up and down alone.": _negated(mirrored, slice(None)),
        "Still is 128, and it became 127 with you: take the values from 256, not from 255.": (
            _negated(mirrored, u, 255)
        ),
        "You mirrored top and bottom: the columns are the last axis.": (
            _negated(stack[:, ::-1], u)
        ),
        "You negated the first half of the channels: u and v take turns, u1 v1 u2 v2.": (
            _negated(mirrored, slice(0, len(stack) // 2))
        ),
        "You negated three channels: u is every second one, however many there are.": (
            _negated(mirrored, slice(0, 6, 2))
        ),
    }
    problem = mistake(found, _negated(mirrored, u), slips)
    if not problem and np.asarray(found).dtype != np.uint8:
        problem = f"The values are right: make them uint8 again, not {np.asarray(found).dtype}."
    return problem


def check_loss_bounds(function: Callable) -> None:
    """Judge `function(classes)`: (least, largest) cross entropy in nats where a softmax's
    probabilities are taken for logits."""
    problem = ""
    for classes in (51, 12, 2):
        found, stopped = attempt(function, classes)
        problem = problem or stopped or _wrong_bounds(found, classes)
    low, high = math.log(math.e + 50) - 1, math.log(math.e + 50)
    good = f"With 51 classes it stays between {low:.2f} and {high:.2f}, and guessing costs 3.93."
    verdict(problem, good)


def _wrong_bounds(found: object, classes: int) -> str:
    if not are_numbers(found, 2):
        return "Give back two numbers: `return least, largest`."
    largest = math.log(math.e + classes - 1)
    slips = {
        "You gave the largest first: least, largest.": (largest, largest - 1),
        "Guessing costs ln(classes), but a network that is sure of a wrong class pays more.": (
            largest - 1,
            math.log(classes),
        ),
        "The least is not 0: a probability of 1, taken for a logit, is only e times as likely as "
        "the others.": (0, largest),
        "That is what logits may cost: here they are probabilities, between 0 and 1.": (
            0,
            math.inf,
        ),
        "The loss is minus the logarithm of the right class: mind the sign.": (
            -largest,
            1 - largest,
        ),
        "Beside the right class there are classes - 1 others.": (
            math.log(math.e + classes) - 1,
            math.log(math.e + classes),
        ),
    }
    problem = mistake(found, (largest - 1, largest), slips, 1e-4)
    return f"With {classes} classes: {problem}" if problem and problem not in slips else problem
