"""Exercises of notebook 07: an interval that counts videos, and figures that may be ranked."""

from collections.abc import Callable
from typing import Any

import numpy as np

from twostream_lib.exercises import Exercise, Lesson, are_numbers, attempt, differs, verdict

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

SETS = 12  # of clips, which an interval is asked of: over them, the luck of the draws averages out
TOLERANCE = 0.1  # of the width: with 200 draws, more than four standard deviations of the mean


def check_window_interval(function: Callable) -> None:
    """Judge `function(right, video)`: bool `[N]` and names `[N]` → (low, high) of the 95 %
    interval of the share of right windows, videos drawn anew."""
    sets, found, problem = [_clips(number) for number in range(SETS)], [], ""
    for right, video in sets:
        ends, stopped = attempt(function, right.copy(), video.copy())
        problem = problem or stopped or _no_interval(ends)
        if problem:
            break
        found.append([float(end) for end in ends])
    problem = problem or _wrong_where_all_are_right(function) or _wrong_intervals(found, sets)
    verdict(problem, "The videos were drawn at random, and their windows came along.")


def _clips(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows of 60 to 81 videos, in any order: few or many of a video are right, and long videos
    have more windows right."""
    rng = np.random.default_rng(number)
    sizes = np.tile([1, 2, 40], 20 + number)
    shares = rng.choice([0.0, 0.1, 0.9, 1.0], len(sizes)) * np.where(sizes > 10, 1, 0.6)
    video = np.repeat([f"video_{i}.avi" for i in range(len(sizes))], sizes)
    right = rng.random(len(video)) < np.repeat(shares, sizes)
    order = rng.permutation(len(video))
    return right[order], video[order]


def _no_interval(found: Any) -> str:
    if not are_numbers(found, 2):
        return "Return two numbers, the lower and the upper end."
    low, high = (float(end) for end in found)
    if not np.isfinite([low, high]).all():
        return f"Return two numbers, the lower and the upper end, not {low} and {high}."
    if high < low:
        return "Your lower end lies above the upper one: return (low, high)."
    if high > 1.5:
        return "Give shares between 0 and 1, not percent."
    return ""


def _wrong_where_all_are_right(function: Callable) -> str:
    """What is wrong with an interval of windows that are all right: each draw of them is."""
    _, video = _clips(0)
    found, problem = attempt(function, np.ones(len(video), bool), video)
    if problem or not differs(found, (1, 1), tolerance=1e-3):
        return problem
    if are_numbers(found, 2) and not np.isfinite(np.asarray(found, float)).all():
        return (
            "Where every window is right, all draws are alike: both ends should be 1, and yours "
            'are not finite. (scipy\'s bootstrap has method="percentile" for it.)'
        )
    return (
        "Where every window is right, each draw of videos is right as well, so that both ends are "
        f"1; yours are {float(found[0]):.3f} and {float(found[1]):.3f}. A formula, such as "
        "Wilson's, takes videos or windows for coins: draw videos."
    )


def _wrong_intervals(found: list, sets: list[tuple[np.ndarray, np.ndarray]]) -> str:
    counted = [_hits_and_sizes(right, video) for right, video in sets]
    expected = [_ends(hits, sizes) for hits, sizes in counted]
    if _alike(found, expected):
        return ""
    slips = {
        "Your interval is too narrow, because it takes the windows for independent. The windows of "
        "one video come together: draw whole videos.": [
            _ends(right.astype(float), np.ones(len(right))) for right, _ in sets
        ],
        "Your interval is too narrow, because it takes each video for one coin, and videos differ "
        "in length: draw videos, with all their windows.": [
            _of_coins(right.mean(), len(sizes))
            for (right, _), (_, sizes) in zip(sets, counted, strict=True)
        ],
        "You averaged the videos' shares, so that a video of 2 windows counts as much as one of "
        "40. Divide all right windows by all windows of a draw.": [
            _ends(hits / sizes, np.ones(len(sizes))) for hits, sizes in counted
        ],
        "This is about as wide as a 90 % interval: cut 2.5 % off at each end, and count a video "
        "twice that was drawn twice (np.isin counts it once).": [
            _ends(hits, sizes, tail=0.05) for hits, sizes in counted
        ],
        "This is about as wide as a 99 % interval: cut 2.5 % off at each end, and draw as many "
        "videos as there are.": [_ends(hits, sizes, tail=0.005) for hits, sizes in counted],
    }
    made = next((words for words, slip in slips.items() if _alike(found, slip)), "")
    (low, high), (low_end, high_end) = np.mean(found, axis=0), np.mean(expected, axis=0)
    return made or (
        f"Over {SETS} sets of clips, yours is {low:.3f} to {high:.3f} on average; about "
        f"{low_end:.3f} to {high_end:.3f} was expected."
    )


def _hits_and_sizes(right: np.ndarray, video: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many windows of each video are right, and how many it has."""
    _, place, sizes = np.unique(video, return_inverse=True, return_counts=True)
    return np.bincount(place, weights=right), sizes


def _ends(hits: np.ndarray, sizes: np.ndarray, tail: float = 0.025) -> tuple[float, float]:
    """Bootstrap interval of hits / sizes, units drawn with replacement."""
    draws = np.random.default_rng(1).integers(len(sizes), size=(4000, len(sizes)))
    shares = hits[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    low, high = np.quantile(shares, [tail, 1 - tail])
    return float(low), float(high)


def _of_coins(share: float, count: int) -> tuple[float, float]:
    """The normal interval of so many independent tosses."""
    half = 1.96 * np.sqrt(share * (1 - share) / count)
    return share - half, share + half


def _alike(found: list, expected: list) -> bool:
    """Whether the intervals of several sets agree in width and place, on average over them.

    One interval of a few hundred draws tells 95 % and 90 % badly apart; their mean tells it well.
    """
    widths = np.diff(expected, axis=1)
    off = ((np.array(found) - expected) / widths).mean(axis=0)
    return bool(np.abs([*off, off[1] - off[0]]).max() < TOLERANCE)


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
    (KNOWN_ROW, KNOWN_ROW | {"accuracy": 0.6}, True, "they are of one network, trained twice"),
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
    *(
        (row, row, False, f"the `{field}` of neither is known: None is not the same as None")
        for field in ("data", "train_tags", "protocol")
        for row in (KNOWN_ROW | {field: None},)
    ),
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
