"""Clips set apart where there are few: as `holdout` does it, and without taking too much.

Somebody's own folder may have three clips of each action, all by one person. What can be held out
of it is then held out, every label keeps a clip to learn from, and nothing is an error.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from twostream_lib.clips.holdout import folds, hold_out
from twostream_lib.clips.table import TEST, TRAINING

NO_FOLD = -1  # of a clip that is always trained on


def spared_folds(table: pd.DataFrame, seed: int, count: int) -> np.ndarray:
    """The fold of each row, int ``[len(table)]``, see `folds`; `NO_FOLD` where none can be had.

    Whole sources, where that leaves two labels in the first fold; otherwise single clips, which
    then have siblings in other folds; no fold at all where that cannot be had either. A label whose
    clips would all be in one fold has none, so that there is always something to learn it from.
    """
    each_its_own = [f"clip {place:06}" for place in range(len(table))]
    for sources in (table["source"], each_its_own):
        found = _spared(table.assign(source=sources), seed, count)
        if table["label"][found == 0].nunique() > 1:
            return found
    return np.full(len(table), NO_FOLD)


def _spared(table: pd.DataFrame, seed: int, count: int) -> np.ndarray:
    labels = table["label"]
    if not _can_be_shared(table):
        return np.full(len(table), NO_FOLD)
    found = folds(table, seed, count)
    shared = pd.Series(found, table.index).groupby(labels).transform("nunique") > 1
    return np.where(shared, found, NO_FOLD)


def deal(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The table with tags where no split file has any: whole sources, about 30 % of them for tests.

    A label whose clips would all be tested on keeps them for training. Where no whole source can be
    spared, every clip has tag 1, and there is no test part.
    """
    return table.assign(tag=np.where(_tested(table, seed), TEST, TRAINING))


def _tested(table: pd.DataFrame, seed: int) -> np.ndarray:
    labels = table["label"]
    if not _can_be_shared(table):
        return np.zeros(len(table), bool)
    held = hold_out(table, seed, fraction=0.3)
    return held & labels.isin(labels[~held]).to_numpy()


def _can_be_shared(table: pd.DataFrame) -> bool:
    """Whether there are two sources, and two clips of some label."""
    return table["source"].nunique() > 1 and table["label"].value_counts().max() > 1
