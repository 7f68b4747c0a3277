"""Hold out clips by source: no source is on both sides, and every label is where that can be."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from twostream_lib.errors import InputError


def hold_out(table: pd.DataFrame, seed: int, fraction: float = 0.2) -> np.ndarray:
    """Which rows to hold out: bool ``[len(table)]``, whole sources, about ``fraction`` of all.

    The rows are dealt into 1 / ``fraction`` folds by source, balanced by label
    (StratifiedGroupKFold). One fold is held out: the one that leaves the fewest labels without a
    clip on one side, and among several such folds the one whose size is nearest to ``fraction``.
    Raises InputError when all clips come from one source or every label has only one clip.
    """
    if not 0 < fraction <= 0.5:
        raise InputError(f"fraction is {fraction}: hold out more than 0 and at most 0.5.")
    sources = table["source"].nunique()
    if sources < 2:
        raise InputError(
            f"The {len(table)} clips come from {sources} source, and a held-out part needs clips "
            "of another one: add clips cut from a second video."
        )
    largest = int(table["label"].value_counts().max())
    if largest < 2:
        raise InputError("Every label has one clip only: add clips, so that some can be held out.")
    labels = table["label"].to_numpy()
    count = max(2, min(round(1 / fraction), sources, largest))
    folds = _deal(labels, table["source"].to_numpy(), count, seed)
    return min(folds, key=lambda held: (_labels_missing(labels, held), abs(held.mean() - fraction)))


def _deal(labels: np.ndarray, sources: np.ndarray, folds: int, seed: int) -> list[np.ndarray]:
    """The rows dealt into folds by source: a bool mask for each fold that is not empty or full."""
    dealer = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A label may have fewer clips than there are folds: hold_out chooses its fold accordingly.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        dealt = [held for _, held in dealer.split(labels, labels, sources)]
    masks = [np.isin(np.arange(len(labels)), held) for held in dealt]
    return [mask for mask in masks if mask.any() and not mask.all()]


def _labels_missing(labels: np.ndarray, held: np.ndarray) -> int:
    """How many labels are missing on one side plus how many are missing on the other."""
    everything = set(labels)
    return 2 * len(everything) - len(set(labels[held])) - len(set(labels[~held]))
