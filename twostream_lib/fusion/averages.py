"""Averages of what the streams say (paper, III.D): plain, weighted, and over whole videos."""

from dataclasses import replace

import numpy as np

from twostream_lib.errors import InputError
from twostream_lib.fusion.evaluation import correct
from twostream_lib.fusion.scores import Scores, check_aligned, per_video, with_logits


def average(streams: list[Scores], weights: list[float] | None = None) -> Scores:
    """The mean of the streams' probabilities, as its logarithm (paper, III.D; [1]).

    `weights` (any positive numbers, one a stream) make it a weighted mean.

    Raises:
        InputError: the scores speak of different windows.
    """
    check_aligned(streams)
    share = np.asarray(weights if weights else [1.0] * len(streams), dtype=np.float64)
    share /= share.sum()
    mean = sum(w * s.probabilities() for w, s in zip(share, streams, strict=True))
    network = "weighted" if weights else "average"
    return with_logits(streams, np.log(np.maximum(mean, 1e-12)), network)


def average_of_videos(streams: list[Scores], network: str) -> Scores:
    """The mean of what any number of streams say of whole videos, one row a video.

    SG3I and flow cut other windows out of a video, so their windows cannot be paired. Each stream
    is averaged over its own windows first, which must all be of one protocol. Videos that are too
    short for one of the streams are left out.
    """
    videos = [per_video(stream) for stream in streams]
    common = set.intersection(*(set(scores.video) for scores in videos))
    kept = [scores.rows(np.isin(scores.video, list(common))) for scores in videos]
    return replace(
        average([replace(scores, window=0 * scores.window) for scores in kept]), network=network
    )


def best_weight(streams: list[Scores]) -> tuple[float, np.ndarray, np.ndarray]:
    """The share of the first of two streams that gets most validation windows right.

    Returns the share, all 21 shares tried (0, 0.05, … 1), and the accuracy of each. Among equals
    the one closest to one half is taken.

    Raises:
        InputError: scores of test clips, on which nothing is chosen.
    """
    if any(scores.part == "test" for scores in streams):
        raise InputError("A weight is chosen on the validation part, never on test clips.")
    shares = np.linspace(0, 1, 21)
    fused = [average(streams, [max(w, 1e-9), max(1 - w, 1e-9)]) for w in shares]
    accuracy = np.array([correct(scores).mean() for scores in fused])
    best = np.flatnonzero(accuracy == accuracy.max())
    return float(shares[best[np.abs(shares[best] - 0.5).argmin()]]), shares, accuracy
