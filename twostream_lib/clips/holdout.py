"""Hold out clips by source: no source is on both sides, and every label is where that can be.

Once, as `hold_out` does it, or in turn: `folds` are dealt so that each clip is held out once.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pandas as pd

from twostream_lib.clips.folders import PATTERN_FILE
from twostream_lib.errors import InputError

FEW_SOURCES = 100  # of so many, all pairs are tried: 5,000


def hold_out(table: pd.DataFrame, seed: int, fraction: float) -> np.ndarray:
    """Which rows to hold out: bool ``[len(table)]``, whole sources, about ``fraction`` of a label.

    The sources are shuffled by ``seed``. One after the other is held out if that brings the numbers
    of held-out clips nearer to ``fraction`` of each label. Where a label then has no clip on one of
    the two sides, single sources (and pairs, where sources are few) change sides as long as that
    mends it; to have clips to train on comes first.

    The same sources are held out on every machine, whatever the order of the rows. The shuffling is
    by SHA-256 of seed and name: random numbers and folds of other packages may be others in their
    next version. ``fraction`` counts to three decimals. Raises InputError when it is not above 0
    and at most 0.5, when all clips come from one source, or every label has only one clip.
    """
    if not 0 < fraction <= 0.5:
        raise InputError(f"fraction is {fraction}: hold out more than 0 and at most 0.5.")
    source_of, clips = _by_source(table, seed)
    if len(clips) < 2:
        raise InputError(
            f"The {len(table)} clips come from {len(clips)} source, and a held-out part needs "
            "clips of another one: add clips cut from a second video, or, if there are more videos "
            "than the names of the files tell, write a regular expression with a group named "
            f"source into {PATTERN_FILE} beside the class folders."
        )
    if clips.sum(0).max() < 2:
        raise InputError("Every label has one clip only: add clips, so that some can be held out.")
    return _choose(clips, round(1000 * fraction))[source_of]


def folds(table: pd.DataFrame, seed: int, count: int) -> np.ndarray:
    """The fold of each row, int ``[len(table)]``, from 0 to ``count - 1``: whole sources.

    Fold 0 is what `hold_out` takes of all clips where one ``count``-th is asked for, fold 1 what it
    takes of the rest, and so on. Where a label is then missing in a fold, single sources change
    folds as long as that mends it. Clips of fewer sources than ``count`` give fewer folds.

    The same rows have the same folds on every machine, see `hold_out`.

    Raises:
        InputError: ``count`` is less than 2; or what `hold_out` raises it for.
    """
    if count < 2:
        raise InputError(f"{count} folds were asked for: to hold out each in turn takes 2 or more.")
    first = hold_out(table, seed, 1 / count)
    source_of, clips = _by_source(table, seed)
    fold = np.ones(len(clips), int)
    fold[source_of[first]] = 0
    for number in range(1, count - 1):
        rest = np.flatnonzero(fold == number)
        if len(rest) > 1:
            fold[rest[~_choose(clips[rest], round(1000 / (count - number)))]] = number + 1
    return _mended(fold, clips, min(count, len(clips)))[source_of]


def _by_source(table: pd.DataFrame, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The place of each row's source among the sources that ``seed`` has shuffled, int
    ``[len(table)]``, and how many clips of each label they have, int ``[sources, labels]``."""
    names, source_of = np.unique(table["source"].to_numpy(str), return_inverse=True)
    labels, label_of = np.unique(table["label"].to_numpy(str), return_inverse=True)
    shuffled = sorted(range(len(names)), key=lambda place: _digest(seed, str(names[place])))
    source_of = np.argsort(shuffled)[source_of]
    clips = np.zeros((len(names), len(labels)), np.int64)
    np.add.at(clips, (source_of, label_of), 1)
    return source_of, clips


def _mended(fold: np.ndarray, clips: np.ndarray, count: int) -> np.ndarray:
    """The folds, int ``[sources]``, changed while the move of one source brings a label into more
    of them; of the best moves that one is made which leaves the folds the most alike."""
    fold = fold.copy()
    while True:
        now = np.zeros((count, clips.shape[1]), np.int64)
        np.add.at(now, fold, clips)
        wanted = np.flatnonzero(clips[:, (now == 0).any(0)].any(1))
        place, target = np.indices((len(wanted), count)).reshape(2, -1)
        source, move = wanted[place], np.arange(len(place))
        moved = np.repeat(now[None], len(move), axis=0)
        moved[move, fold[source]] -= clips[source]
        moved[move, target] += clips[source]
        missing = (moved == 0).sum((1, 2))
        if not len(move) or missing.min() == (now == 0).sum():
            return fold
        best = np.lexsort([(moved**2).sum((1, 2)), missing])[0]
        fold[source[best]] = target[best]


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
