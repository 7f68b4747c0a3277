"""How right the scores are, and how sure one can be of that.

Clips that were cut from one source are right or wrong together: same person, place and camera. So
what counts as independent is a source, not a clip and not a window.

Test protocols, never ranked against each other:

- `window`: the share of windows that are right;
- `video-1`: one centre window a video;
- `video-10`: ten evenly spaced windows a video, probabilities averaged;
- `25x10`: 25 evenly spaced windows a video, of each ten views, probabilities averaged ([1], see
  `ten_views`); no store has them, so it is scored when it is asked for.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t
from sklearn.metrics import confusion_matrix
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from twostream_lib.errors import InputError
from twostream_lib.fusion.scores import Scores, per_video

PROTOCOLS = ("window", "video-1", "video-10")  # by which every run is scored
ON_REQUEST = "25x10"
CERTAIN, POWER = 0.95, 0.8  # of intervals; of finding the smallest difference that can be found


@dataclass(frozen=True)
class Result:
    """An accuracy and what belongs to it: shares 0..1, a 95 % interval, n things counted, and from
    how many sources."""

    network: str
    protocol: str
    accuracy: float
    low: float
    high: float
    n: int
    sources: int


def evaluate(scores: Scores) -> list[Result]:
    """One result for each protocol that `scores` holds."""
    known = (*PROTOCOLS, ON_REQUEST)
    return [result(scores, protocol) for protocol in known if protocol in scores.protocol]


def result(scores: Scores, protocol: str) -> Result:
    """The accuracy under one protocol, with its 95 % interval over sources, see `interval`.

    Raises:
        InputError: nothing was scored under this protocol.
    """
    return share(_under(scores, protocol) if protocol == "window" else _videos(scores, protocol))


def _under(scores: Scores, protocol: str) -> Scores:
    chosen = scores.under(protocol)
    if not len(chosen):
        raise InputError(f"{scores.network} has no scores under {protocol}: choose another one.")
    return chosen


def _videos(scores: Scores, protocol: str) -> Scores:
    """One row a video, under this protocol."""
    return per_video(_under(scores, protocol))


def share(scores: Scores, protocol: str = "") -> Result:
    """The share of rows that are right, whatever they are of, with its 95 % interval over sources.

    Args:
        scores: of videos, one row each, or of windows.
        protocol: what the result is called; empty: by the protocol of the scores.

    Raises:
        InputError: there are none.
    """
    if not len(scores):
        raise InputError(f"{scores.network} has nothing to be right about: score it on some first.")
    name = protocol or str(scores.protocol[0])
    return counted(scores.network, name, correct(scores), scores.source)


def counted(network: str, protocol: str, right: np.ndarray, source: np.ndarray) -> Result:
    """The result of which things are right, bool `[N]`, and of their sources, `[N]`."""
    share, sources = float(np.mean(right)), len(np.unique(source))
    return Result(network, protocol, share, *interval(right, source), len(right), sources)


def wilson(right: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % interval of the share of `right` among `n` independent things: low and high."""
    low, high = proportion_confint(right, n, 1 - CERTAIN, method="wilson")
    return float(low), float(high)


def interval(right: np.ndarray, source: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the share that is right, where only sources are independent.

    Wilson's, of as many independent things as tell as much (Rao & Scott 1992): n over the design
    effect, which is how many times larger the variance between sources makes that of the mean; and
    fewer where few sources are to tell that variance (Korn & Graubard 1998). On simulated sources
    it holds the true share 89 to 98 times in 100, most often 92 to 96; the quantiles of sources
    drawn anew with replacement do 61 to 95 times, least where nearly all are right, and Wilson's
    interval of n 63 to 91 times.

    Args:
        right: bool `[N]`, not empty.
        source: `[N]`, any names. Where each has one row, only the correction for few remains.
    """
    _, place = np.unique(source, return_inverse=True)
    hits, sizes = np.bincount(place, weights=right), np.bincount(place)
    mean, count, n = float(np.mean(right)), len(sizes), len(right)
    if count == 1:
        return 0.0, 1.0  # one source says nothing of others
    if mean in (0, 1):  # how alike the videos of a source are is not to be seen: it counts once
        return wilson(mean * count, count)
    variance = count / (count - 1) * float(((hits - mean * sizes) ** 2).sum()) / n**2
    alike = min(n, mean * (1 - mean) / variance) if variance else n
    few = norm.ppf((1 + CERTAIN) / 2) / t.ppf((1 + CERTAIN) / 2, count - 1)
    return wilson(mean * alike * few**2, alike * few**2)


def correct(scores: Scores) -> np.ndarray:
    """bool `[N]`: is the largest logit that of the label?"""
    return scores.logits.argmax(axis=1) == scores.label


def _drawn_means(values: np.ndarray, source: np.ndarray) -> np.ndarray:
    """The mean of `values` `[N]` in each of 2,000 draws of whole sources with replacement."""
    _, place = np.unique(source, return_inverse=True)
    sums, sizes = np.bincount(place, weights=values), np.bincount(place)
    draws = np.random.default_rng(0).integers(len(sizes), size=(2000, len(sizes)))
    return sums[draws].sum(axis=1) / sizes[draws].sum(axis=1)


@dataclass(frozen=True)
class Comparison:
    """Two networks on the same videos.

    Attributes:
        only_first, only_second: how many videos only the one or only the other has right.
        p_value: of McNemar's exact test that neither is better, which counts videos.
        difference: accuracy of the first less that of the second, -1..1, with a 95 % interval from
            `low` to `high`: 2,000 draws of the videos' sources with replacement, see `ends_of`.
        smallest: the smallest difference that as many sources would show as one in four of five
            such tests, above 1 where they would show none; NaN where nothing tells it: the
            difference is zero in each source.
        sources: how many.
    """

    first: str
    second: str
    only_first: int
    only_second: int
    p_value: float
    difference: float
    low: float
    high: float
    smallest: float
    sources: int


def compare(first: Scores, second: Scores, protocol: str = "video-10") -> Comparison:
    """Two networks under one protocol, video by video.

    The networks may have seen other windows of the videos, as an SG3I and a flow stream have.

    Raises:
        InputError: they were not scored on the same videos, or one not under this protocol.
    """
    return compare_videos(*(_videos(scores, protocol) for scores in (first, second)))


def compare_videos(first: Scores, second: Scores) -> Comparison:
    """The same of scores that have one row a video already, whatever they were made from.

    Raises:
        InputError: the videos, or the protocols, are not the same.
    """
    if not np.array_equal(first.video, second.video):
        raise InputError(
            f"The scores of {first.network} and {second.network} speak of different videos: "
            "score both on the same ones."
        )
    if set(first.protocol) != set(second.protocol):
        raise InputError(
            f"{first.network} is of protocol {first.protocol[0]}, and {second.network} of "
            f"{second.protocol[0]}: figures of unlike protocols are not ranked."
        )
    a, b = correct(first), correct(second)
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    tested = mcnemar([[0, only_a], [only_b, 0]], exact=True)
    low, high, smallest = _difference_of(a, b, first.source)
    return Comparison(
        first.network,
        second.network,
        only_a,
        only_b,
        float(tested.pvalue),
        float(a.mean() - b.mean()),
        low,
        high,
        smallest,
        len(np.unique(first.source)),
    )


def _difference_of(a: np.ndarray, b: np.ndarray, source: np.ndarray) -> tuple[float, float, float]:
    """`low`, `high` and `smallest` of a `Comparison`, of what either has right, bool `[N]`."""
    ahead = a.astype(float) - b
    parts = np.bincount(np.unique(source, return_inverse=True)[1], weights=ahead) / len(ahead)
    if len(parts) < 2 or not parts.any():
        # All that is known is in how many sources they may differ.
        most = interval(a != b, source)[1]
        return -most, most, math.nan
    means = _drawn_means(ahead, source)
    certain, power = norm.ppf((1 + CERTAIN) / 2), norm.ppf(POWER)
    half = max(widening(len(parts)) * certain * float(means.std()), to_one_side(parts))
    return *ends_of(means, parts), float(half * (1 + power / certain))


def ends_of(means: np.ndarray, parts: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of a difference, from its means in draws of whole sources.

    It has their quantiles, see `widening`, and reaches as far as luck does, see `to_one_side`.
    Where two networks were equally good, and each source by chance the one's or the other's, zero
    was left out at most 7 times in 100, most often 3 to 6; by the quantiles alone half of the times
    with two sources, 24 times with three and 10 with six.

    Args:
        means: of the draws, `[draws]`.
        parts: what each source adds to the difference, `[sources]`, two or more.
    """
    mean, wider, least = float(parts.sum()), widening(len(parts)), to_one_side(parts)
    low, high = np.quantile(means, [(1 - CERTAIN) / 2, (1 + CERTAIN) / 2])
    below, above = (max(wider * side, least) for side in (mean - low, high - mean))
    return max(float(mean - below), -1.0), min(float(mean + above), 1.0)


def widening(sources: int) -> float:
    """How many times wider quantiles of draws of so many sources have to be, two or more.

    Draws spread by n - 1 over n too little, and the fewer the sources, the less is known of their
    spread (Student's t). Of 300 sources it is 1.006.
    """
    few = t.ppf((1 + CERTAIN) / 2, sources - 1) / norm.ppf((1 + CERTAIN) / 2)
    return float(few * math.sqrt(sources / (sources - 1)))


def to_one_side(parts: np.ndarray) -> float:
    """How far from a difference its interval has to reach at least, however alike sources are.

    Sources that all fall to one side may do so by luck, five of them once in sixteen times. So as
    many others as may have gone unseen (Clopper & Pearson 1934) may fall as far to the other side.
    This tells of few sources, or of some that hardly differ: of fewer than six it always holds
    zero.

    Args:
        parts: what each source adds to the difference, `[sources]`.
    """
    unseen = float(proportion_confint(0, len(parts), 1 - CERTAIN, method="beta")[1])
    size = math.sqrt(len(parts) * float((parts**2).sum()))  # of a source's difference
    return unseen * (abs(float(parts.sum())) + size)


def confusion(scores: Scores, protocol: str = "video-10") -> np.ndarray:
    """int `[C, C]`: videos of class (row) that were taken for class (column).

    Raises:
        InputError: nothing was scored under this protocol.
    """
    videos = _videos(scores, protocol)
    numbers = range(len(scores.classes))
    return confusion_matrix(videos.label, videos.logits.argmax(axis=1), labels=numbers)


def class_accuracy(scores: Scores, protocol: str = "video-10") -> np.ndarray:
    """float `[C]`: the share of each class's videos that are right; NaN for a class without any.

    Raises:
        InputError: nothing was scored under this protocol.
    """
    matrix = confusion(scores, protocol)
    with np.errstate(invalid="ignore"):
        return matrix.diagonal() / matrix.sum(axis=1)
