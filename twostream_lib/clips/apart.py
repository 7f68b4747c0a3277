"""Clips set apart where there are few: as `hold_out` does it, and without taking too much.

Somebody's own folder may have three clips of each action, all by one person. What can be held out
of it is then held out, every label keeps a clip to learn from, and nothing is an error.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from twostream_lib.clips.holdout import HELD_OUT, hold_out
from twostream_lib.clips.table import TEST, TRAINING


def set_apart(table: pd.DataFrame, seed: int, fraction: float = HELD_OUT) -> np.ndarray:
    """Which rows to set apart: bool ``[len(table)]``, about ``fraction`` of all.

    Whole sources, where that leaves two labels on either side; otherwise single clips, which then
    have siblings on the other side; no row at all where that cannot be had either.
    """
    each_its_own = [f"clip {place:06}" for place in range(len(table))]
    for sources in (table["source"], each_its_own):
        held = _kept(table.assign(source=sources), seed, fraction)
        if table["label"][held].nunique() > 1:
            return held
    return np.zeros(len(table), bool)


def deal(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The table with tags where no split file has any: whole sources, about 30 % of them for tests.

    A label whose clips would all be tested on keeps them for training. Where no whole source can be
    spared, every clip has tag 1, and there is no test part.
    """
    return table.assign(tag=np.where(_kept(table, seed, fraction=0.3), TEST, TRAINING))


def _kept(table: pd.DataFrame, seed: int, fraction: float) -> np.ndarray:
    """`hold_out` of whole sources, less the labels that would be left without a clip."""
    labels = table["label"]
    if table["source"].nunique() < 2 or labels.value_counts().max() < 2:
        return np.zeros(len(table), bool)
    held = hold_out(table, seed, fraction)
    return held & labels.isin(labels[~held]).to_numpy()
