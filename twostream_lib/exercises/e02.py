"""Exercises of notebook 02: an SG3I, the flow of a mirrored video, and how far a flow is off."""

from collections.abc import Callable

import numpy as np

from twostream_lib import flow
from twostream_lib.exercises import Exercise, Lesson, attempt, mistake, verdict
from twostream_lib.sg3i import sg3i
from twostream_lib.stickhmdb import known_motion

LESSON = Lesson(
    sg3i=Exercise(
        hint="gray[start], gray[start + gap] and gray[start + 2 * gap] are the three frames, each "
        "[H, W]. np.stack puts arrays side by side along a new axis; you want the last one.",
        solution="""
def my_sg3i(gray, start, gap):
    return np.stack([gray[start], gray[start + gap], gray[start + 2 * gap]], axis=-1)
""",
    ),
    flip=Exercise(
        hint="Two things change. Each arrow goes to the mirrored column: field[:, ::-1]. And each "
        "arrow itself is mirrored: what moved to the right (u > 0) moves to the left. Copy before "
        "you change a sign.",
        solution="""
def my_flip(field):
    mirrored = field[:, ::-1].copy()
    mirrored[..., 0] = -mirrored[..., 0]
    return mirrored
""",
    ),
    error=Exercise(
        hint="found - truth is one arrow for each pixel, [H, W, 2]. np.linalg.norm with axis=-1 "
        "gives the lengths, [H, W]. A bool array picks pixels: lengths[known]. Then the mean.",
        solution="""
def my_error(found, truth, known):
    lengths = np.linalg.norm(found - truth, axis=-1)
    return lengths[known].mean()
""",
    ),
)
hint, solution = LESSON.hint, LESSON.solution


def check_sg3i(function: Callable) -> None:
    """Judge `function(gray, start, gap)`: uint8 [H, W, 3], channel 0 the earliest frame."""
    gray = np.random.default_rng(0).integers(0, 256, (12, 6, 8), np.uint8)
    problem = ""
    for start, gap in [(0, 1), (2, 3), (1, 5)]:
        found, problem = attempt(function, gray.copy(), start, gap)
        problem = problem or _wrong_sg3i(found, gray, start, gap)
        if problem:
            break
    verdict(problem, "Your SG3I is the library's, to the last pixel.")


def _wrong_sg3i(found: object, gray: np.ndarray, start: int, gap: int) -> str:
    expected = sg3i(gray, start, gap)
    slips = {
        "The channels come last: [H, W, 3]. Yours come first.": np.moveaxis(expected, -1, 0),
        "Channel 0 is the earliest frame. Yours is the latest.": expected[..., ::-1],
        "Your frames follow each other; take them `gap` apart.": sg3i(gray, start, 1),
        "You begin at frame 0; begin at `start`.": sg3i(gray, 0, gap),
    }
    problem = mistake(found, expected, slips)
    if not problem and np.asarray(found).dtype != np.uint8:
        problem = f"It should stay uint8, and is {np.asarray(found).dtype}."
    return problem


def check_flip(function: Callable) -> None:
    """Judge `function(field)`: the flow [H, W, 2] of the mirrored video."""
    field = np.random.default_rng(1).normal(0, 3, (5, 7, 2)).astype(np.float32)
    given = field.copy()
    found, problem = attempt(function, given)
    problem = problem or _wrong_flip(found, field)
    if not problem and not np.array_equal(given, field):
        problem = "The result is right, but you changed the field you were given: copy it first."
    verdict(problem, "Mirrored in place, and in meaning: what went right now goes left.")


def _wrong_flip(found: object, field: np.ndarray) -> str:
    mirrored, negated = field[:, ::-1], field * np.array([-1, 1], np.float32)
    slips = {
        "You mirrored the picture, but u still points the old way.": mirrored,
        "You negated u, but the pixels are still in their old places.": negated,
        "A mirror swaps left and right, so only u changes its sign; v stays.": -mirrored,
        "You negated v (channel 1); left and right is u (channel 0).": mirrored * [1, -1],
        "You turned it upside down: columns are axis 1, rows are axis 0.": negated[::-1],
        "Nothing has changed.": field,
    }
    return mistake(found, flow.flip(field), slips)


def check_error(function: Callable) -> None:
    """Judge `function(found, truth, known)`: the end-point error of a flow, in pixels."""
    rng = np.random.default_rng(2)
    truth = rng.normal(0, 3, (6, 8, 2)).astype(np.float32)
    flow_found = truth + rng.normal(0, 1, truth.shape).astype(np.float32)
    known = rng.random((6, 8)) < 0.7
    error, problem = attempt(function, flow_found.copy(), truth.copy(), known.copy())
    problem = problem or _wrong_error(error, flow_found, truth, known)
    verdict(problem, "The mean distance between the ends of the arrows, where the truth is known.")


def _wrong_error(error: object, found: np.ndarray, truth: np.ndarray, known: np.ndarray) -> str:
    off = (found - truth).astype(float)
    distance = np.linalg.norm(off, axis=-1)
    slips = {
        "You averaged over all pixels: take those where the truth is known.": distance.mean(),
        "That is the mean of |u| and |v| errors; take the length of each pixel's difference.": (
            np.abs(off)[known].mean()
        ),
        "You added |u| and |v|; an arrow's length is the root of the sum of their squares.": (
            np.abs(off).sum(axis=-1)[known].mean()
        ),
        "You divided by all pixels: divide by the number of known ones.": (distance * known).mean(),
        "These are squared lengths: take the square root, pixel by pixel.": (
            (distance**2)[known].mean()
        ),
        "Take the square root of each pixel's length before the mean, not of the mean.": (
            np.sqrt((distance**2)[known].mean())
        ),
        "You compared the lengths of the arrows; their directions count as well.": (
            np.abs(np.linalg.norm(found, axis=-1) - np.linalg.norm(truth, axis=-1))[known].mean()
        ),
        "You added up the distances: divide by the number of known pixels.": distance[known].sum(),
        "You give one number for each pixel: take their mean.": distance[known],
        "That is one length of all differences together: with axis=-1 each pixel has its own.": (
            np.linalg.norm(off[known])
        ),
    }
    return mistake(error, known_motion.end_point_error(found, truth, known), slips, 1e-5)
