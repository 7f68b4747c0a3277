"""How sure a stream says it is, made to fit how often it is right (Guo et al. 2017)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch.nn import functional

from twostream_lib.fusion import averages
from twostream_lib.fusion.choosing import Rule, require_choice
from twostream_lib.fusion.registry import Learn, enter
from twostream_lib.fusion.scores import Scores

BOUNDS = (0.05, 20.0)  # of a temperature


def temperature(scores: Scores) -> float:
    """The number by which all logits are divided so that these scores are as likely as can be.

    Above 1: the stream is surer of itself than it is right. No answer changes by it, but a stream
    that says less loudly what it is not sure of has less of a say in an average.

    Raises:
        InputError: what `require_choice` raises it for, such as scores of test clips or in-fold
            ones.
    """
    require_choice([scores])
    logits, label = torch.from_numpy(scores.logits), torch.from_numpy(scores.label)

    def loss(logarithm: float) -> float:
        return float(functional.cross_entropy(logits / np.exp(logarithm), label))

    found = minimize_scalar(loss, bounds=np.log(BOUNDS), method="bounded")
    return float(np.exp(found.x))


def at(scores: Scores, temperature: float) -> Scores:
    """The same scores with their logits divided by a temperature."""
    return replace(scores, logits=(scores.logits / temperature).astype(np.float32))


def calibrated(learn: Learn, name: str) -> Learn:
    """Any fusion, of streams that are first brought to the temperatures which fit the scores that
    it learns from. `name` is that of what it makes."""

    def learn_calibrated(streams: Sequence[Scores], seed: int) -> Rule:
        require_choice(streams)
        temperatures = [temperature(scores) for scores in streams]

        def fitted(streams: Sequence[Scores]) -> list[Scores]:
            return [at(scores, t) for scores, t in zip(streams, temperatures, strict=True)]

        rule = learn(fitted(streams), seed)
        return lambda asked: replace(rule(fitted(asked)), network=name)

    return learn_calibrated


@enter("average-calibrated", "average of spatial and SG3I at fitted temperatures")
def average_calibrated(streams: Sequence[Scores], seed: int) -> Rule:
    """The average of streams at their temperatures: who is too sure of itself has less of a say."""
    averaged = calibrated(lambda streams, seed: averages.average, "average-calibrated")
    return averaged(streams, seed)
