"""Figures of a training: loss and accuracy by epoch."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from twostream_lib.errors import InputError
from twostream_lib.figures.display import Picture
from twostream_lib.figures.style import BLUE, GRAY, STYLE, WIDTH, percent


@matplotlib.rc_context(STYLE)
def curves(
    history: Sequence[Mapping[str, float]],
    classes: int,
    watched: tuple[str, str] = ("validation", "the validation part"),
) -> Picture:
    """Loss and accuracy of each epoch, in training and on what is watched after it.

    Args:
        history: what `loop.fit` returns.
        classes: how many; guessing evenly costs ln(classes).
        watched: what that is, for the legend and for the title.

    Raises:
        InputError: there is no epoch.
    """
    if not history:
        raise InputError("The history has no epochs; train for one at least.")
    table = pd.DataFrame(list(history))
    figure = Picture(figsize=(WIDTH, 3.8))
    left, right = figure.beside(2)
    _curve_pair(left, table, "loss", 1, watched[0])
    _curve_pair(right, table, "accuracy", 100, watched[0])
    _guessing(left, np.log(classes), f"ln {classes} = {np.log(classes):.2f}")
    _guessing(right, 100 / classes, percent(1 / classes))
    left.set(xlabel="epoch", ylabel="cross-entropy loss (nats)", ylim=(0, None))
    right.set(xlabel="epoch", ylabel="accuracy (%)", ylim=(0, 101))
    right.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    last = table.iloc[-1]
    figure.suptitle(
        f"After epoch {last['epoch']:.0f}: {percent(last['train_accuracy'])} right in training, "
        f"{percent(last['valid_accuracy'])} on {watched[1]}"
    )
    first = table.iloc[0]
    losses = [
        f"{name} {first[column]:.2f} to {last[column]:.2f}"
        for name, column in (("training", "train_loss"), (watched[0], "valid_loss"))
    ]
    return figure.described(
        f"Loss and accuracy over {len(table)} epochs. Loss, first epoch to last: "
        f"{', '.join(losses)}; guessing costs {np.log(classes):.2f}"
    )


def _guessing(axes: Axes, height: float, words: str) -> None:
    """A dotted line at what guessing gives, with its number at the right end."""
    axes.axhline(height, color="0.4", linestyle=":")
    axes.annotate(
        f"guessing: {words}",
        (1, height),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        color="0.3",
    )


def _curve_pair(axes: Axes, table: pd.DataFrame, what: str, scale: float, watched: str) -> None:
    parts = [("train", "training", GRAY, "--"), ("valid", watched, BLUE, "-")]
    for part, name, colour, line in parts:
        values = table[f"{part}_{what}"] * scale
        axes.plot(table["epoch"], values, line, color=colour, label=name, linewidth=2)
        if len(table) <= 60:
            axes.plot(table["epoch"], values, ".", color=colour, markersize=7)
    axes.set_xlim(table["epoch"].min() - 0.5, table["epoch"].max() + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
    axes.grid(color="0.92")
