"""Exercises of notebook 01: windows of mode 2, and test clips that leak."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from twostream_lib import sampling
from twostream_lib.exercises import Exercise, Lesson, attempt, differs, verdict

LESSON = Lesson(
    windows=Exercise(
        hint="Work in two steps. First the samples: sample k is frame k * fps / sample_fps, "
        "rounded. Then the windows: numbers of samples 0, 1, 2, then the same plus `sample_fps`, "
        "as many as are whole. np.arange makes both; starts[:, None] + np.arange(3) makes all "
        "windows at once.",
        solution="""
def windows(frames, fps, sample_fps=6, length=3, step=1):
    count = int(frames * sample_fps / fps) + 1
    samples = np.floor(np.arange(count) * fps / sample_fps + 0.5).astype(int)
    samples = samples[samples < frames]
    starts = np.arange(0, len(samples) - length + 1, sample_fps * step)
    return samples[starts[:, None] + np.arange(length)]
""",
    ),
    leaking=Exercise(
        hint="Make a set of (label, source) pairs of the training clips: zip(part.label, "
        "part.source). Then keep the test clips whose pair is in it. table.tag.isin(tags) finds "
        "the training clips.",
        solution="""
def leaking(table, tags):
    trained, test = table[table.tag.isin(tags)], table[table.tag == 2]
    known = set(zip(trained.label, trained.source))
    return [clip.path for clip in test.itertuples() if (clip.label, clip.source) in known]
""",
    ),
)
hint, solution = LESSON.hint, LESSON.solution

# Frames and frames a second: whole seconds, a ragged end, other rates, seconds that begin between
# two frames, just long enough for a window, and too short for one.
CLIPS = [
    *((90, 30.0), (75, 30.0), (60, 24.0), (100, 25.0), (41, 29.97), (160, 14.3)),
    *((10, 30.0), (11, 30.0)),
]


def check_windows(function: Callable) -> None:
    """Judge `function(frames, fps)`: int [N, 3], 6 samples a second, a window each second."""
    problem = ""
    for frames, fps in CLIPS:
        found, problem = attempt(function, frames, fps)
        problem = problem or _wrong_windows(found, frames, fps)
        if problem:
            break
    good = f"Your windows are those of sampling.mode2 on {len(CLIPS)} clips, a short one included."
    verdict(problem, good)


def _wrong_windows(found: object, frames: int, fps: float) -> str:
    expected = sampling.mode2(frames, fps)
    difference = differs(found, expected)
    if not difference and not np.issubdtype(np.asarray(found).dtype, np.integer) and len(expected):
        return "Your frame numbers are right, and no integers: make them so with .astype(int)."
    if not difference:
        return ""
    why = _why(found, expected, frames, difference)
    return f"A clip of {frames} frames at {fps:g} a second: {why}"


def _why(found: object, expected: np.ndarray, frames: int, difference: str) -> str:
    """The likeliest slip behind a wrong answer, or the plain difference."""
    rows = _as_windows(found)
    if rows is None:
        short = " It is too short for one window: return an array of shape [0, 3]."
        return difference + (short if len(expected) == 0 else "")
    if len(rows) and rows.max() >= frames:
        return f"there is no frame {rows.max()}; the last is {frames - 1}. Leave such windows out."
    if len(rows) and len(expected) and (np.diff(rows[0]) == 1).all():
        return (
            "your windows have consecutive frames. Resample first: at 6 samples a second, the "
            f"first window has frames {expected[0].tolist()}."
        )
    if len(rows) == len(expected) and abs(rows - expected).max() == 1:
        return (
            "some frames are one off. Sample k is frame k * fps / sample_fps, rounded to the "
            "nearest one, and k counts on from the beginning of the clip."
        )
    if len(rows) != len(expected):
        starts = expected[:, 0].tolist()
        return f"there should be {len(expected)} windows, from frames {starts}; yours: {len(rows)}."
    return difference


def _as_windows(found: object) -> np.ndarray | None:
    """The answer as int [N, 3], or None if it is nothing of the kind."""
    try:
        rows = np.asarray(found, int)
    except (TypeError, ValueError):
        return None
    return rows if rows.ndim == 2 and rows.shape[1] == 3 else None


# Name, label, source, tag: which test clips (tag 2) leak is written into their names.
TABLE = [
    ("film_train", "run", "film", 1),
    ("film_test_leaks", "run", "film", 2),
    ("show_unused", "run", "show", 0),
    ("show_test_leaks_with_tag_0", "run", "show", 2),
    ("concert_train", "jump", "concert", 1),
    ("film_test_of_another_action", "jump", "film", 2),
    ("film_test_of_an_untrained_action", "swim", "film", 2),
    ("match_test_of_another_source", "run", "match", 2),
    ("film_train_too", "run", "film", 1),
    ("news_test", "jump", "news", 2),
    ("news_test_too", "jump", "news", 2),
]
LEAKING = {
    (1,): {"film_test_leaks"},
    (0, 1): {"film_test_leaks", "show_test_leaks_with_tag_0"},
}


# Test clips that do not leak → what is overlooked where they are taken for leaks.
NO_LEAK = {
    "match_test_of_another_source": "A clip of another source is no sibling: compare the source as "
    "well as the label.",
    "film_test_of_an_untrained_action": "A clip of another action is no sibling: compare the label "
    "as well as the source.",
    "film_test_of_another_action": "A clip does not leak if its label and its source are trained "
    "on in different clips: look for one training clip that has both, so compare the pair.",
    "show_test_leaks_with_tag_0": "Its sibling has tag 0, and leaks only where 0 is in `tags`.",
}


def small_table() -> pd.DataFrame:
    """A clip table of three actions and five sources, with the columns that leaks show in."""
    return pd.DataFrame(TABLE, columns=["path", "label", "source", "tag"])


def check_leaking(function: Callable) -> None:
    """Judge `function(table, tags)`: paths of test clips with a training clip of their label and
    source."""
    problem = ""
    for tags in LEAKING:
        found, problem = attempt(function, small_table(), tags)
        problem = problem or _wrong_leaks(found, tags)
        if problem:
            break
    verdict(problem, "You found every leaking clip, and no other.")


def _wrong_leaks(found: object, tags: tuple[int, ...]) -> str:
    try:
        given = list(found)  # type: ignore[call-overload]
        paths = set(given)
    except TypeError:
        paths = None
    if paths is None or not paths <= {name for name, *_ in TABLE}:
        return f"Return the paths of the clips, as a list or a set, not {type(found).__name__}."
    extra, missed = paths - LEAKING[tags], LEAKING[tags] - paths
    if extra & {name for name, *_, tag in TABLE if tag != 2}:
        return "You return training clips too: only test clips (tag 2) can leak."
    if extra & {"news_test", "news_test_too"} and "match_test_of_another_source" not in extra:
        return "Two test clips of one source are no leak: one of the two must be trained on."
    for name, why in NO_LEAK.items():
        if name in extra:
            return why
    if missed:
        return f"With tags {tags}, you missed: {', '.join(sorted(missed))}. Which tags count?"
    if len(given) > len(paths):
        return "You return a clip once for each of its siblings: return each path once."
    return ""
