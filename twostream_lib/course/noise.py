"""How far a figure moves from one seed to the next, and so how far it may move without a reason.

A few runs with other seeds say little about the spread of one figure, and much about that of all
figures together. So each spread is drawn towards the common one, the more the less it knows itself
(Smyth 2004, "Linear models and empirical Bayes methods"). Figures of one run rise and fall
together, so their common spread knows less than their number says: it has as many degrees of
freedom as their correlations leave (Satterthwaite 1946).
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, polygamma
from scipy.stats import t

from twostream_lib.errors import InputError
from twostream_lib.fusion.evaluation import POWER

FEWEST = 3  # runs: two have one difference, of which nothing follows
FALSE_ALARMS = 0.005  # the share of runs, no worse than the baseline, that are called worse
SMALLEST = 1e-5  # of the median variance: figures that did not move are taken to have that one

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Spread:
    """The standard deviation of a figure from one run to the next, and how well it is known."""

    sd: float
    df: float


def spreads(values: Mapping[Name, Sequence[float]]) -> dict[Name, Spread]:
    """The spread of each figure, from the same runs.

    Args:
        values: of each figure, one number a run, in the order of the runs.

    Raises:
        InputError: fewer runs than `FEWEST`.
    """
    if not values:
        return {}
    table = np.array(list(values.values()), float)
    runs = table.shape[1]
    if runs < FEWEST:
        raise InputError(
            f"Noise is to be known from {runs} runs: give at least {FEWEST}, alike but for the "
            "seed."
        )
    own = table.var(axis=1, ddof=1)
    common, weight = _common(own, runs - 1)
    known = min(weight + runs - 1, _degrees_of_freedom(table))
    if math.isinf(weight):
        variances = np.full(len(own), common)
    else:
        variances = (weight * common + (runs - 1) * own) / (weight + runs - 1)
    return {
        name: Spread(float(np.sqrt(variance)), float(max(known, runs - 1)))
        for name, variance in zip(values, variances, strict=True)
    }


def _common(own: np.ndarray, df: int) -> tuple[float, float]:
    """The variance that all share, and with how many degrees of freedom it counts beside the own
    `df` of each: endless where they differ by no more than chance. Smyth's section 6.2."""
    if len(own) == 1 or not own.any():
        return float(own.mean()), 0.0
    logs = np.log(np.maximum(own, SMALLEST * np.median(own[own > 0])))
    logs -= digamma(df / 2) - np.log(df / 2)
    beyond_chance = float(logs.var(ddof=1) - polygamma(1, df / 2))
    # Under 1e-4 the weight is 20,000 and more: as good as endless.
    if beyond_chance <= 1e-4:
        return float(own.mean()), math.inf
    half = brentq(lambda x: float(polygamma(1, x)) - beyond_chance, 1e-6, 1e6)
    return float(np.exp(logs.mean() + digamma(half) - np.log(half))), 2 * half


def _degrees_of_freedom(table: np.ndarray) -> float:
    """Of the mean of the variances of correlated figures, `[figures, runs]`.

    A correlation of r in few runs looks larger than it is; r² is corrected for it.
    """
    df = table.shape[1] - 1
    moving = table[np.ptp(table, axis=1) > 0]
    if len(moving) < 2:
        return df
    squares = np.corrcoef(moving) ** 2
    others = ((df * squares - 1) / (df - 1))[~np.eye(len(moving), dtype=bool)]
    alike = len(moving) + max(float(others.sum()), 0.0)
    return float(df * len(moving) ** 2 / min(alike, len(moving) ** 2))


def tolerance(
    spread: Spread, figures: int, runs: tuple[int, int] = (1, 1), wider: float = 1.0
) -> float:
    """How far a figure may move between two sides before it is taken for more than noise.

    Of many figures that are looked at together, any one goes farther in `FALSE_ALARMS` of the cases
    at most (Bonferroni), in each of the two directions.

    Args:
        spread: of one run.
        figures: how many are looked at together.
        runs: how many runs each side is the mean of.
        wider: a factor, for a spread that was measured elsewhere.
    """
    quantile = float(t.ppf(1 - FALSE_ALARMS / figures, spread.df))
    return quantile * wider * _of_a_difference(spread, runs)


def visible(
    spread: Spread, figures: int, runs: tuple[int, int] = (1, 1), wider: float = 1.0
) -> float:
    """The smallest loss that goes beyond `tolerance` in `POWER` of the cases."""
    beyond = float(t.ppf(POWER, spread.df)) * wider * _of_a_difference(spread, runs)
    return tolerance(spread, figures, runs, wider) + beyond


def _of_a_difference(spread: Spread, runs: tuple[int, int]) -> float:
    return spread.sd * math.sqrt(1 / runs[0] + 1 / runs[1])
