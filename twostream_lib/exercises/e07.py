"""Exercises of notebook 07: an interval that counts videos, and figures that may be ranked."""

import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from twostream_lib import exercises
from twostream_lib.exercises import attempt, differs, verdict

TOLERANCE = 0.12  # of an interval's width: draws are random, and 300 of them must do
FIELDS = ("data", "split", "train_tags", "protocol")
PAPER_ROW = {
    "network": "average",
    "data": "HMDB-51",
    "split": None,
    "train_tags": (0, 1),
    "protocol": "window",
    "accuracy": 0.5,
}

HINTS = {
    "window_interval": "Draw numbers of videos, as many as there are videos, with replacement. Add "
    "up the right windows of the drawn videos, and all their windows, and divide. Do it 1,000 "
    "times, and take the quantiles 0.025 and 0.975.",
    "may_be_ranked": "Go through the four fields that make a figure what it is. A value of None is "
    "not known, and what is not known is not the same.",
}
SOLUTIONS = {
    "window_interval": """
        def window_interval(right, video):
            _, place = np.unique(video, return_inverse=True)
            hits, sizes = np.bincount(place, weights=right), np.bincount(place)
            rng = np.random.default_rng(0)
            draws = rng.integers(len(sizes), size=(1000, len(sizes)))
            shares = hits[draws].sum(axis=1) / sizes[draws].sum(axis=1)
            return np.quantile(shares, 0.025), np.quantile(shares, 0.975)
        """,
    "may_be_ranked": """
        def may_be_ranked(a, b):
            fields = ("data", "split", "train_tags", "protocol")
            return all(a[field] is not None and a[field] == b[field] for field in fields)
        """,
}


def check_window_interval(window_interval: Callable) -> None:
    """Check `window_interval(right, video)`: bool `[N]` and names `[N]` → (low, high) of the 95 %
    interval of the share of right windows, videos drawn anew."""
    right, video = _clips()
    found, wrong = attempt(window_interval, right, video)
    wrong = wrong or _wrong_interval(found, right, video)
    good = "The videos were drawn at random, and their windows came along."
    verdict(not wrong, good, wrong)


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
    wanted = _ends(hits, sizes)
    if _alike((low, high), wanted):
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
    return (
        f"Yours is {low:.3f} to {high:.3f}; about {wanted[0]:.3f} to {wanted[1]:.3f} was expected."
    )


def _ends(hits: np.ndarray, sizes: np.ndarray, tail: float = 0.025) -> tuple[float, float]:
    """Bootstrap interval of hits / sizes, units drawn with replacement."""
    draws = np.random.default_rng(1).integers(len(sizes), size=(4000, len(sizes)))
    shares = hits[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    low, high = np.quantile(shares, [tail, 1 - tail])
    return float(low), float(high)


def _alike(found: tuple[float, float], wanted: tuple[float, float]) -> bool:
    """Whether two intervals agree in width and place."""
    width = wanted[1] - wanted[0]
    ends = np.abs(np.subtract(found, wanted)) / width
    return bool(ends.max() < TOLERANCE and abs((found[1] - found[0]) / width - 1) < TOLERANCE)


def check_may_be_ranked(may_be_ranked: Callable) -> None:
    """Check `may_be_ranked(a, b)`: two rows of a results table → whether their accuracies may be
    set against each other."""
    known = PAPER_ROW | {"split": 1}
    better = known | {"network": "svm", "accuracy": 0.6}
    cases: list[tuple[dict, dict, bool, str]] = [
        (known, better, True, "they differ in network and accuracy alone")
    ]
    cases += [
        (known, known | {"data": "StickHMDB"}, False, "they are of different clips (`data`)"),
        (known, known | {"split": 2}, False, "they are of different splits"),
        (known, known | {"train_tags": (1,)}, False, "they were trained on different tags"),
        (
            known,
            known | {"protocol": "video-10"},
            False,
            "they count different things (`protocol`)",
        ),
        (PAPER_ROW, known, False, "the split of one is not known (None)"),
        (
            PAPER_ROW,
            PAPER_ROW,
            False,
            "the split of neither is known: None is not the same as None",
        ),
    ]
    wrong = next(filter(None, (_wrong_answer(may_be_ranked, *case) for case in cases)), "")
    verdict(not wrong, "A figure without its protocol, split, tags and data is no figure.", wrong)


def _wrong_answer(may_be_ranked: Callable, a: dict, b: dict, wanted: bool, because: str) -> str:
    found, wrong = attempt(may_be_ranked, dict(a), dict(b))
    if wrong:
        return wrong
    if not isinstance(found, bool | np.bool_):
        return f"Return True or False, not {found!r}."
    if bool(found) == wanted:
        return ""
    return f"Two figures {'may' if wanted else 'may not'} be ranked when {because}."


def hint(name: str) -> None:
    """Display the hint of exercise `name`, folded away."""
    exercises.hint(HINTS[name])


def solution(name: str) -> None:
    """Display the solution of exercise `name`, folded away."""
    exercises.solution(textwrap.dedent(SOLUTIONS[name]))
