"""The networks of a finished run, ready to be asked: its streams, and what was fused of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
import torch
from torch import nn

from twostream_lib import fusion, networks
from twostream_lib.course.run import Run
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation, familiar, score_files, scores
from twostream_lib.fusion.choosing import Rule
from twostream_lib.fusion.fusenet import HIDDEN
from twostream_lib.fusion.scores import Scores
from twostream_lib.models.stream import StreamNet
from twostream_lib.training import checkpoints
from twostream_lib.training.devices import best_device

PAIR = ("spatial", "temporal-sg3i")  # what the course fuses; both are fed the same windows
Fuse = Rule  # from the window scores of the pair to those of a fusion
Made = TypeVar("Made")


@dataclass(frozen=True)
class Stream:
    """A trained stream, and the scores by which fusions and thresholds are chosen.

    `out_of_fold` has no rows where the run has no such scores.
    """

    net: nn.Module
    out_of_fold: Scores

    @property
    def classes(self) -> tuple[str, ...]:
        """What it can answer."""
        return self.out_of_fold.classes


@dataclass(frozen=True)
class Judges:
    """What a run can be asked.

    Attributes:
        run: whose networks these are.
        streams: the trained streams, by name.
        fusions: the fusions of `PAIR`, by name; empty where a stream of it is missing.
        judge: whose answer counts: the average, or a stream where there is none.
        rule: which films look like what the run has seen; None where too few training videos
            are answered rightly out of fold to tell.
        left_out: the networks that cannot be asked, each with the reason.
    """

    run: Run
    streams: Mapping[str, Stream]
    fusions: Mapping[str, Fuse]
    judge: str
    rule: familiar.Rule | None
    left_out: dict[str, str]

    @property
    def classes(self) -> tuple[str, ...]:
        """What these networks can answer."""
        return next(iter(self.streams.values())).classes

    @property
    def heard(self) -> tuple[str, ...]:
        """The streams behind the judge: the rule listens to them alone."""
        return PAIR if self.judge == "average" else (self.judge,)

    def by_plan(self) -> dict[Plan, list[str]]:
        """The streams by what their windows are made of."""
        plans: dict[Plan, list[str]] = {}
        for name in self.streams:
            plans.setdefault(self.run.plan_of(name), []).append(name)
        return plans


def load(run: Run) -> Judges:
    """The networks that a run folder holds; what is missing or damaged there is left out.

    A stream is there if it has been scored and has a checkpoint. A fusion is there if it has been
    scored: it is made once more, as notebook 06 makes it, from the streams' out-of-fold scores.

    Raises:
        InputError: no stream can be asked; the sentence has the reasons.
    """
    names = [name for name in networks.names() if networks.get(name).view]
    streams, no_stream = _made(names, lambda name: _stream(run, name))
    for name in _of_other_classes(streams):
        del streams[name]
        no_stream[name] = f"The {name} stream answers with other classes: train it anew."
    if not streams:
        raise InputError(
            f"No stream of the run in {run.folder} can be asked. {' '.join(no_stream.values())}"
        )
    pair = [streams[name] for name in PAIR if name in streams]
    if len(pair) < len(PAIR):
        judge = next(iter(streams))
        return Judges(run, streams, {}, judge, _rule([streams[judge]]), no_stream)
    # The average needs nothing but the streams.
    known = [name for name in networks.names() if name in fusion.FUSIONS]
    there = [name for name in known if name == "average" or run.scores_file(name).is_file()]
    fusions, no_fusion = _made(there, lambda name: _fuse(name, run, pair))
    return Judges(run, streams, fusions, "average", _rule(pair), no_stream | no_fusion)


def _rule(heard: list[Stream]) -> familiar.Rule | None:
    """The rule that the out-of-fold scores of these streams give, where the run has any."""
    try:
        return familiar.choose([stream.out_of_fold for stream in heard])
    except InputError:  # there are too few
        return None


def rule_table(judges: Judges) -> pd.DataFrame:
    """How a run's rule was chosen, and how often it is wrong about the run's test videos, as a
    table to look at. All of these are of classes that the run has seen."""
    rule = judges.rule
    if rule is None:
        few = f"none: fewer than {familiar.FEWEST} training videos are answered rightly out of fold"
        return _column({"rule": few})
    rows: dict[str, object] = {
        "least familiarity": f"{rule.threshold:.2f}",
        "chosen on training videos, out of fold": rule.videos,
    }
    parts = [score_files.load(judges.run.scores_file(name)) for name in judges.heard]
    if all("test" in part for part in parts):
        test = [part["test"].under("window") for part in parts]
        unknown = ~rule.knows(familiar.familiarity(test))
        low, high = evaluation.interval(unknown, scores.per_video(test[0]).source)
        rows["test videos"] = len(unknown)
        rows["of these not known"] = int(unknown.sum())
        rows["of these not known (%)"] = f"{100 * unknown.mean():.1f}"
        rows["95 % interval"] = f"{100 * low:.1f} to {100 * high:.1f}"
    return _column(rows)


def _column(rows: Mapping[str, object]) -> pd.DataFrame:
    return pd.DataFrame({"": rows})


def _made(
    names: Iterable[str], make: Callable[[str], Made]
) -> tuple[dict[str, Made], dict[str, str]]:
    """What can be made, by name, and why the rest cannot."""
    made, why = {}, {}
    for name in names:
        try:
            made[name] = make(name)
        except InputError as error:
            why[name] = str(error)
    return made, why


# --- streams ---------------------------------------------------------------------------------


def _stream(run: Run, name: str) -> Stream:
    """A stream with the weights by which the run tests it."""
    parts = score_files.load(run.scores_file(name))
    some = next(iter(parts.values()))
    net = tested(run, name, len(some.classes))
    return Stream(net, parts.get(scores.OUT_OF_FOLD, some.rows(np.arange(0))))


def tested(run: Run, name: str, classes: int) -> StreamNet:
    """A stream for so many classes with the weights by which the run tests it, on its device.

    Raises:
        InputError: there is no checkpoint that fits.
    """
    net = run.stream(name, classes, weights="none")
    checkpoints.load(net, run.tested_checkpoint(name))
    # As it was scored: another layout in memory adds up in another order.
    return net.to(best_device()).to(memory_format=torch.channels_last)


def _of_other_classes(streams: Mapping[str, Stream]) -> list[str]:
    """The streams whose classes are not those of the first."""
    classes = [stream.classes for stream in streams.values()]
    return [name for name, stream in streams.items() if stream.classes != classes[0]]


# --- fusions ---------------------------------------------------------------------------------


def _learned(name: str, run: Run, pair: list[Stream]) -> Fuse:
    if not networks.get(name).learned:
        return fusion.FUSIONS[name]([], run.seed)
    return fusion.FUSIONS[name](_out_of_fold(pair), run.seed)


def _fusenet(name: str, run: Run, pair: list[Stream]) -> Fuse:
    """As it was trained in notebook 06."""
    net = fusion.FuseNet(len(pair[0].classes), HIDDEN[name])
    checkpoints.load(net, run.checkpoint(name))
    return lambda said: fusion.apply_fusenet(net, said, name)


def _fuse(name: str, run: Run, pair: list[Stream]) -> Fuse:
    return (_fusenet if name in HIDDEN else _learned)(name, run, pair)


def _out_of_fold(pair: list[Stream]) -> list[Scores]:
    """The out-of-fold scores of both streams.

    Raises:
        InputError: there are none.
    """
    found = [stream.out_of_fold for stream in pair]
    if not all(map(len, found)):
        raise InputError("The run has no out-of-fold scores to make this fusion by.")
    return found
