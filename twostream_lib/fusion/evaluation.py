"""How right the scores are, and how sure one can be of that.

Test protocols, never ranked against each other:

- `window`: the share of windows that are right (the paper's);
- `video-1`: one centre window a video;
- `video-10`: ten evenly spaced windows a video, probabilities averaged.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix
from statsmodels.stats.proportion import proportion_confint

from twostream_lib.errors import InputError
from twostream_lib.fusion.scores import Scores, per_video

PROTOCOLS = ("window", "video-1", "video-10")


@dataclass(frozen=True)
class Result:
    """An accuracy and what belongs to it: shares 0..1, a 95 % interval, and n things counted."""

    network: str
    protocol: str
    accuracy: float
    low: float
    high: float
    n: int


def evaluate(scores: Scores) -> list[Result]:
    """One result for each protocol that `scores` holds."""
    return [result(scores, protocol) for protocol in PROTOCOLS if protocol in scores.protocol]


def result(scores: Scores, protocol: str) -> Result:
    """The accuracy under one protocol, with its 95 % interval.

    Videos are taken to be independent: Wilson's interval. Windows of one video are not, so there
    the videos are drawn anew with replacement (cluster bootstrap, 2,000 draws).

    Raises:
        InputError: nothing was scored under this protocol.
    """
    chosen = scores.under(protocol)
    if not len(chosen):
        raise InputError(f"{scores.network} has no scores under {protocol}: choose another one.")
    if protocol != "window":
        return video_result(per_video(chosen))
    right = correct(chosen)
    interval = cluster_bootstrap(right, chosen.video)
    return Result(scores.network, protocol, float(right.mean()), *interval, len(right))


def video_result(scores: Scores) -> Result:
    """The accuracy of scores that have one row a video already, with Wilson's 95 % interval."""
    return share(scores.network, correct(scores), str(scores.protocol[0]))


def share(network: str, right: np.ndarray, protocol: str) -> Result:
    """The share of videos that are right (bool `[N]`), with Wilson's 95 % interval.

    Raises:
        InputError: there are none.
    """
    if not len(right):
        raise InputError(f"{network} has no video to be right about: score it on some first.")
    interval = wilson(int(right.sum()), len(right))
    return Result(network, protocol, float(right.mean()), *interval, len(right))


def wilson(right: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of the share of `right` among `n` independent things: low and high."""
    low, high = proportion_confint(right, n, method="wilson")
    return float(low), float(high)


def correct(scores: Scores) -> np.ndarray:
    """bool `[N]`: is the largest logit that of the label?"""
    return scores.logits.argmax(axis=1) == scores.label


def cluster_bootstrap(right: np.ndarray, cluster: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the share that is right (bool `[N]`), where only clusters (`[N]`, any
    names) are independent: low and high of 2,000 draws of whole clusters with replacement."""
    _, place = np.unique(cluster, return_inverse=True)
    hits, sizes = np.bincount(place, weights=right), np.bincount(place)
    draws = np.random.default_rng(0).integers(len(sizes), size=(2000, len(sizes)))
    means = hits[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


@dataclass(frozen=True)
class Comparison:
    """Two networks on the same videos: how often only the first, only the second is right, and
    the p-value of McNemar's exact test that neither is better."""

    first: str
    second: str
    only_first: int
    only_second: int
    p_value: float


def compare(first: Scores, second: Scores, protocol: str = "video-10") -> Comparison:
    """McNemar's exact test of two networks under one protocol that counts videos.

    The networks may have seen other windows of the videos, as an SG3I and a flow stream have.

    Raises:
        InputError: they were not scored on the same videos.
    """
    return compare_videos(*(per_video(scores.under(protocol)) for scores in (first, second)))


def compare_videos(first: Scores, second: Scores) -> Comparison:
    """The same test of scores that have one row a video already, whatever they were made from.

    Raises:
        InputError: the videos are not the same.
    """
    if not np.array_equal(first.video, second.video):
        raise InputError(
            f"The scores of {first.network} and {second.network} speak of different videos: "
            "score both on the same ones."
        )
    a, b = correct(first), correct(second)
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    p_value = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    return Comparison(first.network, second.network, only_a, only_b, float(p_value))


def confusion(scores: Scores, protocol: str = "video-10") -> np.ndarray:
    """int `[C, C]`: videos of class (row) that were taken for class (column)."""
    videos = per_video(scores.under(protocol))
    numbers = range(len(scores.classes))
    return confusion_matrix(videos.label, videos.logits.argmax(axis=1), labels=numbers)


def class_accuracy(scores: Scores, protocol: str = "video-10") -> np.ndarray:
    """float `[C]`: the share of each class's videos that are right; NaN for a class without any."""
    matrix = confusion(scores, protocol)
    with np.errstate(invalid="ignore"):
        return matrix.diagonal() / matrix.sum(axis=1)
