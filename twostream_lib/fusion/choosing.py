"""Choosing a setting of a fusion by clips that it did not learn from: sources held out in turn."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from twostream_lib.errors import InputError
from twostream_lib.fusion.evaluation import correct
from twostream_lib.fusion.scores import IN_FOLD, OUT_OF_FOLD, TEST, Scores, check_aligned

FOLDS = 3
# Of which parts nothing is learned or chosen, each in words.
REFUSED = {
    TEST: "test clips",
    IN_FOLD: "in-fold ones, in which a stream looks better than it is (`on_purpose` takes them)",
}
Rule = Callable[[Sequence[Scores]], Scores]  # makes scores of those of the streams
Setting = TypeVar("Setting")


def require_choice(streams: Sequence[Scores]) -> None:
    """Raise InputError unless something may be learned or chosen from these scores.

    They must speak of the same windows, of at least one, and neither of test clips nor of clips
    that the streams have learned from; see `on_purpose`.
    """
    check_aligned(streams)
    for part, words in REFUSED.items():
        if any(scores.part == part for scores in streams):
            raise InputError(f"A fusion learns from {OUT_OF_FOLD} scores, never from {words}.")
    if not len(streams[0]):
        raise InputError("There are no scores that a fusion could learn from: score a part first.")


def on_purpose(streams: Sequence[Scores]) -> list[Scores]:
    """In-fold scores from which something may be learned all the same, as the paper did it: to see
    what becomes of it. What they say is unchanged.

    Raises:
        InputError: some are not in-fold.
    """
    if odd := sorted({scores.part for scores in streams} - {IN_FOLD}):
        raise InputError(f"Only {IN_FOLD} scores are taken on purpose, and some are of {odd[0]}.")
    return [replace(scores, part=f"{IN_FOLD}, on purpose") for scores in streams]


def best_setting(
    settings: Sequence[Setting],
    learn: Callable[[Sequence[Scores], Setting], Rule],
    streams: Sequence[Scores],
    seed: int = 0,
) -> Setting:
    """The setting whose fusion is right most often about sources that it did not learn from: by the
    mean over folds.

    Args:
        settings: to choose from. Among equals the first is taken; so it is where there is nothing
            to hold out, as with a single source, or with one row of each class.
        learn: makes a fusion of scores and a setting.
        streams: of one part, the same windows each.
        seed: of the folds, see `folds`.
    """
    require_choice(streams)
    if len(settings) == 1:
        return settings[0]
    right = held_out_accuracies(settings, learn, streams, seed)
    return settings[int(right.sum(axis=0).argmax())] if len(right) else settings[0]


def held_out_accuracies(
    settings: Sequence[Setting],
    learn: Callable[[Sequence[Scores], Setting], Rule],
    streams: Sequence[Scores],
    seed: int,
) -> np.ndarray:
    """How often a fusion with each of the settings is right about sources that it did not learn
    from: shares 0..1, float `[folds, settings]`; no fold where there is nothing to hold out."""
    found = []
    for learned, held_out in folds(streams, seed):
        from_these, of_those = ([s.rows(rows) for s in streams] for rows in (learned, held_out))
        rules = (learn(from_these, setting) for setting in settings)
        found.append([correct(rule(of_those)).mean() for rule in rules])
    return np.array(found)


def folds(streams: Sequence[Scores], seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows to learn from and rows to judge on, int each, so that each source is judged once.

    Sources are dealt out, and their classes with them as evenly as may be. Folds that would have
    one class to learn from are left out.
    """
    label, source = streams[0].label, streams[0].source
    # Some class must have as many rows as there are folds.
    count = min(FOLDS, len(np.unique(source)), int(np.bincount(label).max()))
    if count < 2:
        return []
    dealt = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    pairs = dealt.split(label, label, source)
    return [pair for pair in pairs if len(np.unique(label[pair[0]])) > 1]
