"""Films played backwards: does a stream read time, or only how much moves, and where?

The experiment needs no training. A trained stream is asked about windows, and then about the same
windows with their frames in the opposite order.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from torch import Tensor, nn

from twostream_lib.data.datasets import WindowDataset
from twostream_lib.fusion import evaluation, scores
from twostream_lib.fusion.evaluation import Result
from twostream_lib.fusion.scores import Scores

FORWARDS, BACKWARDS = "forwards", "backwards"
FILMED, REVERSE, ANOTHER = "the filmed motion", "its reverse", "another"


class PlayedBackwards(nn.Module):
    """A stream of SG3I that is shown the last frame of each window first."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        """Logits `[N, C]` of images uint8 `[N, 3, H, W]`, whose channels are moments."""
        logits: Tensor = self.net(images.flip(1))
        return logits


def both_ways(net: nn.Module, data: WindowDataset) -> dict[str, Scores]:
    """What a stream says of windows that it has not learned, `FORWARDS`, and `BACKWARDS`."""
    nets = {FORWARDS: net, BACKWARDS: PlayedBackwards(net)}
    return {way: scores.predict(way, each, data, scores.OUT_OF_FOLD) for way, each in nets.items()}


def changed(said: Mapping[str, Scores]) -> Result:
    """The share of windows of which the stream says another class backwards than forwards."""
    forwards, backwards = (said[way].logits.argmax(1) for way in (FORWARDS, BACKWARDS))
    source = said[FORWARDS].source
    return evaluation.counted("the answer changes", "window", forwards != backwards, source)


def named(said: Scores, twins: Sequence[tuple[str, str]]) -> dict[str, Result]:
    """How often the answers name the filmed motion, its reverse, or another class.

    Counted are the windows of classes of which each is the other played backwards; where there are
    none, nothing is found.

    Args:
        said: of windows. twins: such pairs, by name.
    """
    classes = list(said.classes)
    reverse = {a: b for pair in twins for a, b in (pair, pair[::-1])}
    numbers = {classes.index(a): classes.index(b) for a, b in reverse.items() if a in classes}
    some = said.rows(np.isin(said.label, list(numbers)))
    if not len(some):
        return {}
    answer = some.logits.argmax(1)
    filmed = answer == some.label
    turned = answer == np.array([numbers[label] for label in some.label])
    found = {FILMED: filmed, REVERSE: turned, ANOTHER: ~filmed & ~turned}
    return {
        what: evaluation.counted(what, "window", which, some.source)
        for what, which in found.items()
    }


def answers(said: Mapping[str, Scores]) -> pd.DataFrame:
    """How often both ways are right, and how often the answer changes, as a table to look at:
    shares of the windows in percent with their 95 % intervals over sources."""
    found = {f"right, {way}": evaluation.share(one) for way, one in said.items()}
    found["another answer than forwards"] = changed(said)
    return pd.DataFrame(_columns([*found.values()]), index=[*found])


def directions(said: Mapping[str, Scores], twins: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """What `named` finds of each way of playing, as a table to look at, as `answers` has them. It
    has no row where there are no twins."""
    found = [(way, one) for way, of_way in said.items() for one in named(of_way, twins).values()]
    names = {
        "played": [way for way, _ in found],
        "the answer names": [one.network for _, one in found],
    }
    return pd.DataFrame(names | _columns([one for _, one in found])).set_index([*names])


def _columns(found: Sequence[Result]) -> dict[str, list[str]]:
    return {
        "windows (%)": [f"{100 * one.accuracy:.1f}" for one in found],
        "95 % interval": [f"{100 * one.low:.1f} to {100 * one.high:.1f}" for one in found],
        "of": [f"{one.n:,} windows, {one.sources:,} sources" for one in found],
    }
