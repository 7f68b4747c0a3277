"""Figures of the failure laboratory. Each returns a Picture."""

from collections.abc import Sequence
from textwrap import fill

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from twostream_lib.experiments.flow_setups import bounds_of_softmax_loss
from twostream_lib.experiments.flow_trials import BETTER, MATTERED, NO_DIFFERENCE, Trial
from twostream_lib.figures.display import Picture, interval, rows_figure
from twostream_lib.figures.style import BLUE, GRAY, GREEN, STYLE, VERMILION, WIDTH, percent

COLUMNS = 5  # small pictures side by side
LOOKS = {MATTERED: ("o", VERMILION), NO_DIFFERENCE: ("D", GRAY), BETTER: ("^", GREEN)}


@matplotlib.rc_context(STYLE)
def loss_curves(trials: Sequence[Trial], working: Trial | None, title: str) -> Picture:
    """The training loss of each trial, one small picture each, beside that of the working one."""
    columns = min(COLUMNS, len(trials))
    rows = -(-len(trials) // columns)
    figure = Picture(figsize=(WIDTH, 2.3 * rows + 1.0))
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes, trial in zip(grid.flat, trials, strict=False):
        _losses(axes, trial, working)
        axes.set_title(fill(trial.name, 20), fontsize=10)
    for axes in grid.flat[len(trials) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("training loss (nats)")
    for axes in grid.flat[max(0, len(trials) - columns) : len(trials)]:
        axes.set_xlabel("epoch")
    handles, names = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    figure.suptitle(title)
    return figure.described(
        f"Training losses by epoch: {', '.join(trial.name for trial in trials)}"
    )


def _losses(axes: Axes, trial: Trial, working: Trial | None) -> None:
    classes = trial.classes
    if working is not None:
        _line(axes, working, GRAY, "--", "working")
    _line(axes, trial, VERMILION, "-", "with the switch" if working else "as in the paper")
    axes.axhline(np.log(classes), color="0.3", linestyle=":", label=f"guessing: ln {classes}")
    if trial.setup.softmax:
        low, high = bounds_of_softmax_loss(classes)
        axes.axhspan(low, high, color="0.92", zorder=0, label="all that two softmaxes leave")
    # A loss that runs away would press all others flat.
    axes.set_ylim(0, 1.25 * np.log(classes))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4, min_n_ticks=1))


def _line(axes: Axes, trial: Trial, colour: str, dash: str, name: str) -> None:
    epochs = [row["epoch"] for row in trial.history]
    losses = [row["train_loss"] for row in trial.history]
    axes.plot(epochs, losses, dash, marker=".", color=colour, label=name, linewidth=2)


@matplotlib.rc_context(STYLE)
def switch_accuracies(working: Trial, trials: Sequence[Trial], verdicts: pd.DataFrame) -> Picture:
    """Validation videos right with each switch (95 % interval), beside the working one and chance.

    verdicts: what `flow_trials.verdicts` says of them.
    """
    ordered = sorted(trials, key=lambda trial: trial.result.accuracy)
    rows = [*ordered, working]
    figure, axes = rows_figure(len(rows), 0.36)
    for place, trial in enumerate(rows):
        verdict = verdicts.verdict.get(trial.name)
        marker, colour = LOOKS[verdict] if verdict else ("s", BLUE)
        interval(axes, place, trial.result, colour, marker, line=colour)
        axes.text(104, place, f"{100 * trial.result.accuracy:.0f}", va="center", ha="right")
    chance = 100 / working.classes
    axes.axvline(chance, color="0.3", linestyle=":")
    axes.text(chance, len(rows) - 0.45, " guessing", va="bottom", color="0.3")
    axes.axvline(100 * working.result.accuracy, color=BLUE, linestyle="--", linewidth=1)
    axes.set_yticks(range(len(rows)), [trial.name for trial in rows])
    axes.set(xlabel=f"validation videos right (%), with 95 % interval; n = {working.result.n}")
    axes.set(ylabel="what was switched", xlim=(0, 104), ylim=(-0.6, len(rows) - 0.1))
    for name, (marker, colour) in LOOKS.items():
        if (verdicts.verdict == name).any():
            axes.plot([], [], marker, color=colour, markeredgecolor="0.2", label=name)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    counted = int((verdicts.verdict == MATTERED).sum())
    figure.suptitle(
        f"Changed alone, {counted} of {len(ordered)} things cost more than luck explains"
    )
    return figure.described(
        "Validation videos right with each switch set wrong, with 95 % intervals"
    )


@matplotlib.rc_context(STYLE)
def one_switch(trial: Trial, working: Trial) -> Picture:
    """One trial beside the working one: the training loss, and what is right in validation."""
    figure = Picture(figsize=(WIDTH, 3.4))
    left, right = figure.subplots(1, 2)
    _losses(left, trial, working)
    left.set(xlabel="epoch", ylabel="training loss (nats)")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    for place, (one, colour) in enumerate([(working, GRAY), (trial, VERMILION)]):
        interval(right, place, one.result, colour, line=colour)
    right.axvline(100 / trial.classes, color="0.3", linestyle=":")
    right.set_yticks([0, 1], ["working", "with the switch"])
    right.set(xlabel="validation videos right (%)", xlim=(0, 100), ylim=(-0.6, 1.6))
    words = f"{percent(trial.result.accuracy)} right, working {percent(working.result.accuracy)}"
    figure.suptitle(f"{trial.name}: {words}")
    return figure.described(
        "Training loss of both by epoch, and validation videos right with their intervals"
    )
