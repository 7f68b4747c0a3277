"""Averages of what the streams say (paper, III.D): plain, weighted, by class, over whole videos."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from twostream_lib.fusion.choosing import Rule, best_setting, require_choice
from twostream_lib.fusion.evaluation import correct
from twostream_lib.fusion.registry import enter
from twostream_lib.fusion.scores import (
    Scores,
    check_aligned,
    log_probabilities,
    per_video,
    with_logits,
)
from twostream_lib.training import devices

STEPS = 20  # a share of the weighted average is so many times a twentieth
# How strongly the weights of `per_class` are held to those of the product, the strongest first.
PULLS = (100.0, 10.0, 1.0, 0.1)


@enter("average")
def _average(streams: Sequence[Scores], seed: int) -> Rule:
    return average


def average(streams: Sequence[Scores], weights: Sequence[float] | None = None) -> Scores:
    """The mean of the streams' probabilities, as its logarithm (paper, III.D; [1]).

    `weights` (any numbers from 0 on, one a stream) make it a weighted mean.

    Raises:
        InputError: the scores speak of different windows.
    """
    check_aligned(streams)
    share = np.asarray(weights if weights else [1.0] * len(streams), dtype=np.float64)
    share /= share.sum()
    mean = sum(w * s.probabilities() for w, s in zip(share, streams, strict=True))
    network = "weighted" if weights else "average"
    return with_logits(streams, np.log(np.maximum(mean, 1e-12)), network)


def average_of_videos(streams: Sequence[Scores], network: str) -> Scores:
    """The mean of what any number of streams say of whole videos, one row a video.

    Each stream is averaged over its own windows first, see `of_videos`.
    """
    return replace(average(of_videos(streams)), network=network)


def of_videos(streams: Sequence[Scores]) -> list[Scores]:
    """What streams say of the videos that all of them know, one row a video: any fusion takes it.

    SG3I and flow cut other windows out of a video, so their windows cannot be paired. Those of a
    stream must all be of one protocol. Videos that are too short for one of the streams are left
    out.
    """
    videos = [per_video(stream) for stream in streams]
    common = set.intersection(*(set(scores.video) for scores in videos))
    kept = [scores.rows(np.isin(scores.video, list(common))) for scores in videos]
    return [replace(scores, window=0 * scores.window) for scores in kept]


# --- the product -----------------------------------------------------------------------------


@enter("product", "product of spatial and SG3I", learned=False)
def _product(streams: Sequence[Scores], seed: int) -> Rule:
    return product


def product(streams: Sequence[Scores]) -> Scores:
    """The product of the streams' probabilities, whose logarithm is the sum of theirs.

    It is Bayes' rule for streams that are independent given the class, where classes are equally
    frequent and each stream is as often right as it says.

    Raises:
        InputError: the scores speak of different windows.
    """
    check_aligned(streams)
    logs = [torch.from_numpy(scores.logits).log_softmax(1).numpy() for scores in streams]
    return with_logits(streams, np.sum(logs, axis=0), "product")


# --- weights ---------------------------------------------------------------------------------


@enter("weighted")
def weighted(streams: Sequence[Scores], seed: int) -> Rule:
    """The mean of the probabilities with the weights that are best on these scores.

    Weights are tried in steps of a twentieth; see `best_weight` for two streams. Among equals those
    are taken that are the most alike.
    """
    require_choice(streams)
    tried = [w for w in itertools.product(range(STEPS + 1), repeat=len(streams)) if sum(w) == STEPS]
    right = [_share_right(streams, np.array(weights) / STEPS) for weights in tried]
    ranked = sorted(zip(right, tried, strict=True), key=lambda one: (-one[0], np.var(one[1])))
    best = [weight / STEPS for weight in ranked[0][1]]
    return lambda asked: average(asked, best)


def best_weight(streams: Sequence[Scores]) -> tuple[float, np.ndarray, np.ndarray]:
    """The share of the first of two streams that gets most of these windows right.

    Returns the share, all 21 shares tried (0, 0.05, … 1), and the accuracy of each. Among equals
    the one closest to one half is taken.

    Raises:
        InputError: what `require_choice` raises it for, such as scores of test clips.
    """
    require_choice(streams)
    shares = np.linspace(0, 1, STEPS + 1)
    accuracy = np.array([_share_right(streams, np.array([w, 1 - w])) for w in shares])
    best = np.flatnonzero(accuracy == accuracy.max())
    return float(shares[best[np.abs(shares[best] - 0.5).argmin()]]), shares, accuracy


def _share_right(streams: Sequence[Scores], weights: np.ndarray) -> float:
    return float(correct(average(streams, weights.tolist())).mean())


# --- a weight for each class -----------------------------------------------------------------


@enter("per-class", "a weight for each class", learned=True)
def per_class(streams: Sequence[Scores], seed: int) -> Rule:
    """The product with a weight for each stream and class, see `class_weights`."""

    def learn(streams: Sequence[Scores], pull: float) -> Rule:
        weights = class_weights(streams, pull)
        return lambda asked: with_logits(asked, _with(weights, asked).numpy(), "per-class")

    return learn(streams, best_setting(PULLS, learn, streams, seed))


@devices.one_core()
def class_weights(streams: Sequence[Scores], pull: float) -> Tensor:
    """How much each stream is to be believed about each class, float32 `[streams, C]`.

    The weights of the logarithms of the probabilities that make the cross entropy of these scores
    smallest. They are held to 1, which is the product, by `pull` times the sum of their squared
    distances, over the number of windows.
    """
    require_choice(streams)
    logs, label = _logs(streams), torch.from_numpy(streams[0].label)
    weights = torch.ones(logs.shape[1:], requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        fit = functional.cross_entropy((weights * logs).sum(1), label)
        found = fit + pull * (weights - 1).square().sum() / len(label)
        found.backward()
        return found

    optimiser.step(loss)
    return weights.detach()


def _with(weights: Tensor, streams: Sequence[Scores]) -> Tensor:
    return (weights * _logs(streams)).sum(1)


def _logs(streams: Sequence[Scores]) -> Tensor:
    """The streams' log-probabilities, float32 `[N, streams, C]`."""
    return log_probabilities(streams).unflatten(1, (len(streams), -1))
