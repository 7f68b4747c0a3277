"""Results in words and as a table, each accuracy with its interval and what was counted."""

from collections.abc import Mapping, Sequence

import pandas as pd

from twostream_lib import networks
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation
from twostream_lib.fusion.evaluation import Comparison, Result
from twostream_lib.fusion.pairs import table_of
from twostream_lib.fusion.scores import Scores


def in_words(result: Result) -> str:
    """Such as `67.3 % of 168 videos (95 % interval 59.8 to 73.9)`."""
    low, high = 100 * result.low, 100 * result.high
    counted = f"{100 * result.accuracy:.1f} % of {_counted(result)}"
    return f"{counted} (95 % interval {low:.1f} to {high:.1f})"


def _counted(result: Result) -> str:
    return f"{result.n:,} {'windows' if result.protocol == 'window' else 'videos'}"


def counted_by_class(scores: Scores) -> str:
    """What shares within each class are of, for an axis: at least so many videos, in the smallest
    class that has some."""
    each = evaluation.confusion(scores).sum(axis=1)
    return f"right within the class (%), at least {each[each > 0].min()} videos each"


def results_table(results: Sequence[Result]) -> pd.DataFrame:
    """Accuracies in percent with what belongs to each, as a table to look at."""
    return pd.DataFrame(
        [
            {
                "network": result.network,
                "protocol": result.protocol,
                "right (%)": f"{100 * result.accuracy:.1f}",
                "95 % interval": f"{100 * result.low:.1f} to {100 * result.high:.1f}",
                "n": _counted(result),
            }
            for result in results
        ]
    ).set_index(["network", "protocol"])


def both_intervals(scores: Scores) -> pd.DataFrame:
    """The interval over sources beside the naive one, which takes each video for independent, of
    the accuracy under `video-10`, as a table to look at. Everything else in this course has the
    first alone.

    Raises:
        InputError: nothing was scored under this protocol.
    """
    found = evaluation.result(scores, "video-10")
    naive = evaluation.wilson(found.accuracy * found.n, found.n)
    rows = {
        "over sources": (found.low, found.high, f"{found.sources:,} sources"),
        "naive": (*naive, _counted(found)),
    }
    return pd.DataFrame(
        {
            name: {
                "right (%)": f"{100 * found.accuracy:.1f}",
                "95 % interval": f"{100 * low:.1f} to {100 * high:.1f}",
                "width (points)": f"{100 * (high - low):.1f}",
                "independent": independent,
            }
            for name, (low, high, independent) in rows.items()
        }
    ).T


def comparisons(pairs: Sequence[Comparison]) -> pd.DataFrame:
    """Differences between pairs of networks, as a table to look at: in points, with their 95 %
    intervals over sources and the smallest that could have been found.

    The pairs are one family: McNemar's p-values are corrected for all of them together (Holm).
    """
    return pd.DataFrame(
        [
            {
                "first": pair.first,
                "second": pair.second,
                "points ahead": f"{100 * pair.difference:+.1f}",
                "95 % interval": f"{100 * pair.low:+.1f} to {100 * pair.high:+.1f}",
                "smallest findable": f"{100 * pair.smallest:.1f}".replace("nan", "–"),
                "only first right": pair.only_first,
                "only second right": pair.only_second,
                "p after Holm": f"{pair.holm:.2g}",
            }
            for pair in table_of(pairs).itertuples()
        ]
    ).set_index(["first", "second"])


def against_ceiling(result: Result, ceilings: Mapping[str, float]) -> str:
    """How a result stands to the best that its network can reach, in a few sentences.

    What luck allows is told by the interval, which counts sources: videos of one source are right
    and wrong together.

    Args:
        result: of videos.
        ceilings: of the clips, see `Run.ceilings`; empty where nobody knows them.

    Raises:
        InputError: a result that counts windows; those of one video are not independent.
    """
    if result.protocol == "window":
        raise InputError(
            "Windows of one video are not independent: hold the result of videos against a ceiling."
        )
    ceiling = networks.ceiling(result.network, ceilings)
    if ceiling is None:
        return "Nobody knows the ceiling of these clips: only drawn ones come with their recipe."
    kind = "stream" if networks.get(result.network).view else "fusion"
    gap = 100 * (result.accuracy - ceiling)
    words = (
        f"The {result.network} {kind} has {100 * result.accuracy:.1f} % of {result.n} videos "
        f"right; its ceiling is {100 * ceiling:.1f} %."
    )
    if gap > 0:
        lucky = result.low <= ceiling
        verdict = "as luck allows" if lucky else "more than luck allows: look for a leak"
        reaches = "reaches down to it" if lucky else "does not"
        return (
            f"{words} That is {gap:.1f} points above it, {verdict} (the 95 % interval {reaches})."
        )
    if result.high >= ceiling:
        return f"{words} The 95 % interval reaches the ceiling: the gap may be bad luck alone."
    return f"{words} It stays {-gap:.1f} points under it, and the 95 % interval does not reach it."
