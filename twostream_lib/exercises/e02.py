"""Exercises of notebook 02: an SG3I, the flow of a mirrored video, and how far a flow is off."""

from collections.abc import Callable

import numpy as np

from twostream_lib import exercises, flow, sg3i
from twostream_lib.stickhmdb import known_motion


def check_sg3i(student: Callable) -> None:
    """Check `student(gray, start, gap)`: uint8 [H, W, 3], channel 0 the earliest frame."""
    gray = np.random.default_rng(0).integers(0, 256, (12, 6, 8), np.uint8)
    problem = ""
    for start, gap in [(0, 1), (2, 3), (1, 5)]:
        got, problem = exercises.attempt(student, gray.copy(), start, gap)
        problem = problem or _sg3i_problem(got, gray, start, gap)
        if problem:
            break
    good = "Your SG3I is the library's, to the last pixel."
    exercises.verdict(not problem, good, problem)


def _sg3i_problem(got: object, gray: np.ndarray, start: int, gap: int) -> str:
    expected = sg3i.sg3i(gray, start, gap)
    problem = exercises.differs(got, expected)
    if not problem:
        is_uint8 = np.asarray(got).dtype == np.uint8
        return "" if is_uint8 else f"It should stay uint8, and is {np.asarray(got).dtype}."
    slips = {
        "The channels come last: [H, W, 3]. Yours come first.": np.moveaxis(expected, -1, 0),
        "Channel 0 is the earliest frame. Yours is the latest.": expected[..., ::-1],
        "Your frames follow each other; take them `gap` apart.": sg3i.sg3i(gray, start, 1),
        "You begin at frame 0; begin at `start`.": sg3i.sg3i(gray, 0, gap),
    }
    return next((words for words, slip in slips.items() if _same(got, slip)), problem)


def _same(got: object, expected: np.ndarray) -> bool:
    return not exercises.differs(got, expected)


def hint_sg3i() -> None:
    """A hint, folded away."""
    exercises.hint(
        "gray[start], gray[start + gap] and gray[start + 2 * gap] are the three frames, each "
        "[H, W]. np.stack puts arrays side by side along a new axis; you want the last one."
    )


def solution_sg3i() -> None:
    """The solution, folded away."""
    exercises.solution(SG3I)


SG3I = """
def my_sg3i(gray, start, gap):
    return np.stack([gray[start], gray[start + gap], gray[start + 2 * gap]], axis=-1)
"""


def check_flip(student: Callable) -> None:
    """Check `student(field)`: the flow [H, W, 2] of the mirrored video."""
    field = np.random.default_rng(1).normal(0, 3, (5, 7, 2)).astype(np.float32)
    given = field.copy()
    got, problem = exercises.attempt(student, given)
    problem = problem or _flip_problem(got, field)
    if not problem and not np.array_equal(given, field):
        problem = "The result is right, but you changed the field you were given: copy it first."
    good = "Mirrored in place, and in meaning: what went right now goes left."
    exercises.verdict(not problem, good, problem)


def _flip_problem(got: object, field: np.ndarray) -> str:
    problem = exercises.differs(got, flow.flip(field))
    mirrored, negated = field[:, ::-1], field * np.array([-1, 1], np.float32)
    slips = {
        "You mirrored the picture, but u still points the old way.": mirrored,
        "You negated u, but the pixels are still in their old places.": negated,
        "A mirror swaps left and right, so only u changes its sign; v stays.": -mirrored,
        "You negated v (channel 1); left and right is u (channel 0).": mirrored * [1, -1],
        "You turned it upside down: columns are axis 1, rows are axis 0.": negated[::-1],
        "Nothing has changed.": field,
    }
    return next((words for words, slip in slips.items() if _same(got, slip)), problem)


def hint_flip() -> None:
    """A hint, folded away."""
    exercises.hint(
        "Two things change. Each arrow goes to the mirrored column: field[:, ::-1]. And each arrow "
        "itself is mirrored: what moved to the right (u > 0) moves to the left. Copy before you "
        "change a sign."
    )


def solution_flip() -> None:
    """The solution, folded away."""
    exercises.solution(FLIP)


FLIP = """
def my_flip(field):
    mirrored = field[:, ::-1].copy()
    mirrored[..., 0] = -mirrored[..., 0]
    return mirrored
"""


def check_error(student: Callable) -> None:
    """Check `student(found, truth, known)`: the end-point error of a flow, in pixels."""
    rng = np.random.default_rng(2)
    truth = rng.normal(0, 3, (6, 8, 2)).astype(np.float32)
    found = truth + rng.normal(0, 1, truth.shape).astype(np.float32)
    known = rng.random((6, 8)) < 0.7
    got, problem = exercises.attempt(student, found.copy(), truth.copy(), known.copy())
    problem = problem or _error_problem(got, found, truth, known)
    good = "The mean distance between the ends of the arrows, where the truth is known."
    exercises.verdict(not problem, good, problem)


def _error_problem(got: object, found: np.ndarray, truth: np.ndarray, known: np.ndarray) -> str:
    off = (found - truth).astype(float)
    problem = exercises.differs(got, known_motion.end_point_error(found, truth, known), 1e-5)
    distance = np.linalg.norm(off, axis=-1)
    slips = {
        "You averaged over all pixels: take those where the truth is known.": distance.mean(),
        "That is the mean of |u| and |v| errors; take the length of each pixel's difference.": (
            np.abs(off)[known].mean()
        ),
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
    }
    near = (words for words, slip in slips.items() if not exercises.differs(got, slip, 1e-5))
    return next(near, problem) if problem else ""


def hint_error() -> None:
    """A hint, folded away."""
    exercises.hint(
        "found - truth is one arrow for each pixel, [H, W, 2]. np.linalg.norm with axis=-1 gives "
        "the lengths, [H, W]. A bool array picks pixels: lengths[known]. Then the mean."
    )


def solution_error() -> None:
    """The solution, folded away."""
    exercises.solution(ERROR)


ERROR = """
def my_error(found, truth, known):
    lengths = np.linalg.norm(found - truth, axis=-1)
    return lengths[known].mean()
"""
