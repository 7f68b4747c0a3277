"""Exercises of notebook 07: an interval that counts videos, and figures that may be ranked."""

from collections.abc import Callable
from typing import Any

import numpy as np

from twostream_lib.exercises import Exercise, Lesson, attempt, differs, verdict

LESSON = Lesson(
    window_interval=Exercise(
        hint="Draw numbers of videos, as many as there are videos, with replacement. Add up the "
        "right windows of the drawn videos, and all their windows, and divide. Do it 1,000 times, "
        "and take the quantiles 0.025 and 0.975.",
        solution="""
def window_interval(right, video):
    _, place = np.unique(video, return_inverse=True)
    hits, sizes = np.bincount(place, weights=right), np.bincount(place)
    rng = np.random.default_rng(0)
    draws = rng.integers(len(sizes), size=(1000, len(sizes)))
    shares = hits[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    return np.quantile(shares, 0.025), np.quantile(shares, 0.975)
""",
    ),
    may_be_ranked=Exercise(
        hint="Go through the four fields that make a figure what it is. A value of None is not "
        "known, and what is not known is not the same.",
        solution="""
def may_be_ranked(a, b):
    fields = ("data", "split", "train_tags", "protocol")
    return all(a[field] is not None and a[field] == b[field] for field in fields)
""",
    ),
)
hint, solution = LESSON.hint, LESSON.solution

TOLERANCE = 0.12  # of an interval's width: draws are random, and 300 of them must do


def check_window_interval(function: Callable) -> None:
    """Judge `function(right, video)`: bool `[N]` and names `[N]` → (low, high) of the 95 %
    interval of the share of right windows, videos drawn anew."""
    right, video = _clips()
    found, problem = attempt(function, right, video)
    problem = problem or _wrong_interval(found, right, video)
    verdict(problem, "The videos were drawn at random, and their windows came along.")


def _clips() -> tuple[np.ndarray, np.ndarray]:
    """Windows of 90 videos: all of one video are right or all wrong, more often in long ones."""
    rng = np.random.default_rng(7)
    sizes = np.tile([4, 16], 45)
    right = rng.random(90) < np.where(sizes > 10, 0.75, 0.35)
    names = np.array([f"video_{i}.avi" for i in range(90)])
    return np.repeat(right, sizes), np.repeat(names, sizes)


def _wrong_interval(found: Any, right: np.ndarray, video: np.ndarray) -> str:
    if differs(found, (0, 0), tolerance=1e9):
        return "Return two numbers, the lower and the upper end."
    low, high = (float(end) for end in found)
    if high < low:
        return "Your lower end lies above the upper one: return (low, high)."
    if high > 1:
        return "Give shares between 0 and 1, not percent."
    _, place, sizes = np.unique(video, return_inverse=True, return_counts=True)
    hits = np.bincount(place, weights=right)
    expected = _ends(hits, sizes)
    if _alike((low, high), expected):
        return ""
    if _alike((low, high), _ends(right.astype(float), np.ones(len(right)))):
        return (
            "Your interval is too narrow, because you drew windows anew. The windows of one video "
            "come together: draw whole videos."
        )
    if _alike((low, high), _ends(hits / sizes, np.ones(len(sizes)))):
        return (
            "You averaged the videos' shares, so that a video of 4 windows counts as much as one "
            "of 16. Divide all right windows by all windows of a draw."
        )
    if _alike((low, high), _ends(hits, sizes, tail=0.05)):
        return "This is a 90 % interval: cut 2.5 % off at each end."
    low_end, high_end = expected
    return f"Yours is {low:.3f} to {high:.3f}; about {low_end:.3f} to {high_end:.3f} was expected."


def _ends(hits: np.ndarray, sizes: np.ndarray, tail: float = 0.025) -> tuple[float, float]:
    """Bootstrap interval of hits / sizes, units drawn with replacement."""
    draws = np.random.default_rng(1).integers(len(sizes), size=(4000, len(sizes)))
    shares = hits[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    low, high = np.quantile(shares, [tail, 1 - tail])
    return float(low), float(high)


def _alike(found: tuple[float, float], expected: tuple[float, float]) -> bool:
    """Whether two intervals agree in width and place."""
    width = expected[1] - expected[0]
    ends = np.abs(np.subtract(found, expected)) / width
    return bool(ends.max() < TOLERANCE and abs((found[1] - found[0]) / width - 1) < TOLERANCE)


# A row of a results table as the paper has it, and one of which everything is known.
PAPER_ROW: dict[str, Any] = {
    "network": "average",
    "data": "HMDB-51",
    "split": None,
    "train_tags": (0, 1),
    "protocol": "window",
    "accuracy": 0.5,
}
KNOWN_ROW = PAPER_ROW | {"split": 1}
BETTER_ROW = KNOWN_ROW | {"network": "svm", "accuracy": 0.6}
# Two rows, whether they may be ranked, and why.
CASES: list[tuple[dict, dict, bool, str]] = [
    (KNOWN_ROW, BETTER_ROW, True, "they differ in network and accuracy alone"),
    (
        KNOWN_ROW,
        KNOWN_ROW | {"data": "StickHMDB"},
        False,
        "they are of different clips (`data`)",
    ),
    (KNOWN_ROW, KNOWN_ROW | {"split": 2}, False, "they are of different splits"),
    (KNOWN_ROW, KNOWN_ROW | {"train_tags": (1,)}, False, "they were trained on different tags"),
    (
        KNOWN_ROW,
        KNOWN_ROW | {"protocol": "video-10"},
        False,
        "they count different things (`protocol`)",
    ),
    (PAPER_ROW, KNOWN_ROW, False, "the split of one is not known (None)"),
    (PAPER_ROW, PAPER_ROW, False, "the split of neither is known: None is not the same as None"),
]


def check_may_be_ranked(function: Callable) -> None:
    """Judge `function(a, b)`: two rows of a results table → whether their accuracies may be set
    against each other."""
    problem = next(filter(None, (_wrong_answer(function, *case) for case in CASES)), "")
    verdict(problem, "A figure without its protocol, split, tags and data is no figure.")


def _wrong_answer(function: Callable, a: dict, b: dict, expected: bool, because: str) -> str:
    found, problem = attempt(function, dict(a), dict(b))
    if problem:
        return problem
    if not isinstance(found, bool | np.bool_):
        return f"Return True or False, not {found!r}."
    if bool(found) == expected:
        return ""
    return f"Two figures {'may' if expected else 'may not'} be ranked when {because}."
