"""Figures of the failure laboratory, and of the grid of gaps. Each returns a Picture."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from twostream_lib.experiments import gaps
from twostream_lib.experiments.flow_setups import bounds_of_softmax_loss, control_of
from twostream_lib.experiments.flow_trials import BETTER, MATTERED, NO_DIFFERENCE, Trial
from twostream_lib.experiments.truth import words
from twostream_lib.figures.display import Picture, interval, rows_figure
from twostream_lib.figures.style import BLUE, GRAY, GREEN, STYLE, VERMILION, WIDTH, percent
from twostream_lib.fusion.evaluation import Result
from twostream_lib.training.profiles import PROFILES

COLUMNS = 5  # small pictures side by side
ARM = re.compile(r"gap of (\d+)(?:, (.*))?")  # how the truth run's question `gaps` calls its arms
LOOKS = {MATTERED: ("o", VERMILION), NO_DIFFERENCE: ("D", GRAY), BETTER: ("^", GREEN)}


@matplotlib.rc_context(STYLE)
def loss_curves(trials: Mapping[str, Trial], names: Sequence[str]) -> Picture:
    """The training loss of each of these setups, one small picture each, beside its control's.

    The axis counts steps: of larger batches an epoch has fewer.

    trials: by name; all of `names` and their controls.
    """
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    figure = Picture(figsize=(WIDTH, 2.3 * rows + 1.0))
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes, name in zip(grid.flat, names, strict=False):
        _losses(axes, trials, name)
        axes.set_title(fill(name, 20), fontsize=10)
    for axes in grid.flat[len(names) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("training loss (nats)")
    for axes in grid.flat[max(0, len(names) - columns) : len(names)]:
        axes.set_xlabel("steps")
    known = dict(zip(*reversed(grid.flat[0].get_legend_handles_labels()), strict=True))
    for axes in grid.flat[: len(names)]:
        known |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(known.values(), known, loc="outside lower center", ncols=len(known))
    last = {name: trial.history[-1]["train_loss"] for name, trial in trials.items()}
    worst = max(names, key=lambda name: last[name])
    title = f"'{worst}' ends with the largest training loss, {last[worst]:.2f}"
    if len(names) == 1:
        control = last[control_of(worst)]
        title = (
            f"'{worst}' ends with a training loss of {last[worst]:.2f}, its control {control:.2f}"
        )
    figure.suptitle(title)
    said = ", ".join(f"{name} {last[name]:.2f}" for name in names)
    return figure.described(f"Training loss by step, beside the control's. Last values: {said}")


def _losses(axes: Axes, trials: Mapping[str, Trial], name: str) -> None:
    trial, control = trials[name], trials[control_of(name)]
    _line(axes, control, GRAY, "--", "control")
    _line(axes, trial, VERMILION, "-", "set wrong")
    axes.axhline(np.log(trial.classes), color="0.3", linestyle=":", label="guessing")
    if trial.setup.softmax:
        low, high = bounds_of_softmax_loss(trial.classes)
        axes.axhspan(low, high, color="0.92", zorder=0, label="all that two softmaxes leave")
    # A loss that runs away would press all others flat.
    axes.set_ylim(0, 1.25 * np.log(trial.classes))
    axes.set_xlim(left=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4, min_n_ticks=1))


def _line(axes: Axes, trial: Trial, colour: str, dash: str, name: str) -> None:
    steps = np.linspace(0, trial.steps, len(trial.history) + 1)[1:]  # at the end of each epoch
    losses = [row["train_loss"] for row in trial.history]
    axes.plot(steps, losses, dash, marker=".", color=colour, label=name, linewidth=2)


@matplotlib.rc_context(STYLE)
def accuracies(trials: Mapping[str, Trial], verdicts: pd.DataFrame) -> Picture:
    """Validation videos right with each setup (95 % interval), beside its control and chance.

    trials: by name. verdicts: what `flow_trials.verdicts` says of some of them.
    """
    names = sorted(verdicts.index, key=lambda name: trials[name].result.accuracy)
    rows = [
        _Row(name, trials[name].result, trials[control_of(name)].result, verdicts.verdict[name])
        for name in names
    ]
    one = trials[names[0]]
    counted = f"n = {one.result.n} of {one.result.sources} sources"
    return _beside_controls(
        rows,
        1 / one.classes,
        f"validation videos right (%), with 95 % interval; {counted}",
        f"{_lost(rows)} of {len(rows)} cost more than luck explains",
    )


@matplotlib.rc_context(STYLE)
def over_runs(question: Mapping[str, Any], chance: float) -> Picture:
    """The same of a record of several runs: the mean of each setup over runs, with its interval.

    question: of the failures, see `truth.recorded.question`. chance: what guessing gives, 0..1.
    """
    # Each interval stands by itself, so no title may say that luck is excluded.
    means = {words.AHEAD: MATTERED, words.BEHIND: BETTER, words.NOT_SHOWN: NO_DIFFERENCE}
    results = {
        name: Result(name, "", arm["mean"], arm["low"], arm["high"], arm["n"], arm["sources"])
        for name, arm in question["arms"].items()
    }
    rows = []
    for pair in reversed(question["pairs"]):
        control, name = pair["first"], pair["second"]
        rows.append(_Row(name, results[name], results[control], means[words.verdict(pair)]))
    named = {
        MATTERED: "interval of the loss above zero",
        BETTER: "that interval below zero",
        NO_DIFFERENCE: "it holds zero",
    }
    arm = next(iter(question["arms"].values()))
    counted = f"{len(arm['by_run'])} runs, n = {arm['n']:,}"
    return _beside_controls(
        rows,
        chance,
        f"validation videos right (%), mean and 95 % interval; {counted}",
        f"For {_lost(rows)} of {len(rows)} the interval of the loss is above zero",
        named,
    )


@dataclass(frozen=True)
class _Row:
    name: str
    result: Result
    control: Result
    verdict: str


def _lost(rows: Sequence[_Row]) -> int:
    return sum(row.verdict == MATTERED for row in rows)


def _beside_controls(
    rows: Sequence[_Row],
    chance: float,
    xlabel: str,
    title: str,
    named: Mapping[str, str] | None = None,
) -> Picture:
    """A row for each setup, from below: its result, and a bar at that of its control.

    named: what each verdict is called, where it is not called so.
    """
    figure, axes = rows_figure(len(rows), 0.36)
    for place, row in enumerate(rows):
        marker, colour = LOOKS[row.verdict]
        control = 100 * row.control.accuracy
        axes.plot(control, place, "|", color=BLUE, markersize=16, markeredgewidth=3)
        interval(axes, place, row.result, colour, marker, line=colour)
        axes.text(104, place, f"{100 * row.result.accuracy:.0f}", va="center", ha="right")
    axes.axvline(100 * chance, color="0.3", linestyle=":")
    axes.text(100 * chance, len(rows) - 0.45, " guessing", va="bottom", color="0.3")
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.set(xlabel=xlabel, ylabel="setup", xlim=(0, 104), ylim=(-0.6, len(rows) - 0.1))
    for name, (marker, colour) in LOOKS.items():
        if any(row.verdict == name for row in rows):
            label = (named or {}).get(name, name)
            axes.plot([], [], marker, color=colour, markeredgecolor="0.2", label=label)
    axes.plot([], [], "|", color=BLUE, markersize=12, markeredgewidth=3, label="control")
    figure.legend(loc="outside lower center", ncols=2)
    figure.suptitle(title)
    said = ", ".join(
        f"{row.name} {100 * row.result.accuracy:.0f} ({100 * row.control.accuracy:.0f})"
        for row in rows
    )
    return figure.described(
        f"Validation videos right (%) by each setup, and by its control: {said}; guessing gives "
        f"{100 * chance:.0f}"
    )


@matplotlib.rc_context(STYLE)
def one_setup(trials: Mapping[str, Trial], name: str) -> Picture:
    """One setup beside its control: the training loss, and what is right in validation."""
    trial, control = trials[name], trials[control_of(name)]
    figure = Picture(figsize=(WIDTH, 3.4))
    left, right = figure.subplots(1, 2)
    _losses(left, trials, name)
    left.set(xlabel="steps", ylabel="training loss (nats)")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    for place, (one, colour) in enumerate([(control, GRAY), (trial, VERMILION)]):
        interval(right, place, one.result, colour, line=colour)
    right.axvline(100 / trial.classes, color="0.3", linestyle=":")
    right.set_yticks([0, 1], [fill(control.name, 24), fill(name, 24)])
    right.set(xlabel="validation videos right (%)", xlim=(0, 100), ylim=(-0.6, 1.6))
    both = [percent(one.result.accuracy) for one in (trial, control)]
    figure.suptitle(f"{name}: {both[0]} right, {control.name} {both[1]}")
    return figure.described(
        "Training loss of both by step, and validation videos right with their intervals"
    )


def _middle_over_ends(lines: Mapping[str, Mapping[float, Mapping[str, Any]]]) -> str:
    """What the means of all lines of `gap_grid` say of the smallest and of the largest gap."""
    means = [[found["mean"] for _, found in sorted(line.items())] for line in lines.values()]
    if all(max(one[0], one[-1]) < min(one[1:-1], default=0) for one in means):
        return "on average, both ends are worse than the middle"
    return "held-out videos right, by the gap"


@matplotlib.rc_context(STYLE)
def gap_grid(arms: Mapping[str, Mapping[str, Any]]) -> Picture:
    """What the truth run found of gaps: videos right by the gap, a line for each number of windows.

    arms: of its question `gaps`, see `truth.recorded.question`: shares with 95 % intervals.
    """
    plan = PROFILES["quick"].dense_plan  # the truth run's
    lines: dict[str, dict[float, Mapping[str, Any]]] = {}
    for name, found in arms.items():
        if arm := ARM.fullmatch(name):
            line = lines.setdefault(arm[2] or "all windows", {})
            line[gaps.seconds(plan, int(arm[1]))] = found
    figure = Picture(figsize=(WIDTH, 3.8))
    axes = figure.subplots()
    looks = zip(("o-", "s--", "D:"), (BLUE, VERMILION, GRAY), strict=True)
    for (name, line), (marks, colour) in zip(lines.items(), looks, strict=False):
        low, mean, high = (
            100 * np.array([found[part] for found in line.values()])
            for part in ("low", "mean", "high")
        )
        bars = [mean - low, high - mean]
        aside = 1.025 ** list(lines).index(name)  # so that no interval hides another
        places = [aside * number for number in line]
        axes.errorbar(places, mean, bars, fmt=marks, color=colour, capsize=4, label=name)
    axes.set_xscale("log")
    seconds = sorted({number for line in lines.values() for number in line})
    axes.set_xticks(seconds, [f"{number:.2g}" for number in seconds])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="seconds from one frame to the next")
    counts = sorted({found["n"] for found in arms.values()})
    counted = " to ".join(f"{count:,}" for count in dict.fromkeys((counts[0], counts[-1])))
    axes.set(ylabel=f"held-out videos right (%)\nwith 95 % interval; n = {counted}")
    axes.grid(axis="y", color="0.92")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(lines))
    figure.suptitle(f"Several runs: {_middle_over_ends(lines)}")
    said = [
        f"{name}: " + ", ".join(f"{s:.2g} s: {100 * a['mean']:.0f} %" for s, a in line.items())
        for name, line in lines.items()
    ]
    return figure.described(
        f"A line for each number of windows, with 95 % intervals. {'. '.join(said)}"
    )
