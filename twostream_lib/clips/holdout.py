"""Hold out clips by source: no source is on both sides, and every label is where that can be."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pandas as pd

from twostream_lib.errors import InputError

HELD_OUT = 0.2  # the share of the training clips that is validated on
FEW_SOURCES = 100  # of so many, all pairs are tried: 5,000


def hold_out(table: pd.DataFrame, seed: int, fraction: float = HELD_OUT) -> np.ndarray:
    """Which rows to hold out: bool ``[len(table)]``, whole sources, about ``fraction`` of a label.

    The sources are shuffled by ``seed``. One after the other is held out if that brings the numbers
    of held-out clips nearer to ``fraction`` of each label. Where a label then has no clip on one of
    the two sides, single sources (and pairs, where sources are few) change sides as long as that
    mends it; to have clips to train on comes first.

    The same sources are held out on every machine, whatever the order of the rows. The shuffling is
    by SHA-256 of seed and name: random numbers and folds of other packages may be others in their
    next version. ``fraction`` counts to three decimals. Raises InputError when all clips come from
    one source or every label has only one clip.
    """
    if not 0 < fraction <= 0.5:
        raise InputError(f"fraction is {fraction}: hold out more than 0 and at most 0.5.")
    names, source_of = np.unique(table["source"].to_numpy(str), return_inverse=True)
    labels, label_of = np.unique(table["label"].to_numpy(str), return_inverse=True)
    if len(names) < 2:
        raise InputError(
            f"The {len(table)} clips come from {len(names)} source, and a held-out part needs "
            "clips of another one: add clips cut from a second video."
        )
    if np.bincount(label_of).max() < 2:
        raise InputError("Every label has one clip only: add clips, so that some can be held out.")
    clips = np.zeros((len(names), len(labels)), np.int64)
    np.add.at(clips, (source_of, label_of), 1)
    shuffled = sorted(range(len(names)), key=lambda source: _digest(seed, str(names[source])))
    held = np.zeros(len(names), bool)
    held[shuffled] = _choose(clips[shuffled], round(1000 * fraction))
    return held[source_of]


def _digest(seed: int, source: str) -> bytes:
    # A file name that is no UTF-8 has surrogates in it.
    return sha256(f"{seed} {source}".encode(errors="surrogatepass")).digest()


def _choose(clips: np.ndarray, thousandths: int) -> np.ndarray:
    """Which sources to hold out: bool ``[sources]``, by their clips, int ``[sources, labels]``."""
    held, total = np.zeros(len(clips), bool), clips.sum(0)
    now = np.zeros_like(total)
    for source, own in enumerate(clips):
        *_, distance = _flaws(np.stack([now, now + own]), total, thousandths)
        if distance[1] < distance[0]:
            held[source], now = True, now + own
    # A change moves one source to the other side, or another one as well.
    few = len(clips) <= FEW_SOURCES
    one, other = np.triu_indices(len(clips)) if few else 2 * (np.arange(len(clips)),)
    is_pair = (one != other)[:, None]
    while True:
        moves = np.where(held, -1, 1)[:, None] * clips
        choices = np.concatenate([now[None], now + moves[one] + is_pair * moves[other]])
        flaws = _flaws(choices, total, thousandths)
        best = int(np.lexsort(flaws[::-1])[0])
        if all(flaw[best] == flaw[0] for flaw in flaws[:-1]):
            return held
        moved = list({one[best - 1], other[best - 1]})
        held[moved], now = ~held[moved], choices[best]


def _flaws(held: np.ndarray, total: np.ndarray, thousandths: int) -> list[np.ndarray]:
    """What is wrong with holding out so many clips of each label, the gravest first, int ``[N]``.

    That nothing is held out; how many labels have no clip left to train on; how many have none
    held out; and how far the numbers are off, squared and added up. All are whole numbers, so that
    no rounding decides.

    Args:
        held: ``N`` choices, int ``[N, labels]``.
        total: all clips of each label, int ``[labels]``.
        thousandths: the share of them that should be held out.
    """
    return [
        (~held.any(1)).astype(int),
        (held == total).sum(1),
        (held == 0).sum(1),
        ((1000 * held - thousandths * total) ** 2).sum(1),
    ]
