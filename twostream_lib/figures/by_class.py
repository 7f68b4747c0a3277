"""Figures with a row for each class, and in it a dot for each network."""

import matplotlib
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from twostream_lib import networks
from twostream_lib.figures.display import Picture, rows_figure
from twostream_lib.figures.style import STYLE, short


@matplotlib.rc_context(STYLE)
def per_class(accuracies: pd.DataFrame, counted: str = "right within the class (%)") -> Picture:
    """Accuracies (0..1) of each class (rows, named) by network (columns), by the last.

    counted: what the shares are of, and of how many, for the axis.
    """
    table = accuracies.sort_values(accuracies.columns[-1], kind="stable")[::-1] * 100
    figure, axes = _dots(table)
    axes.set(xlabel=counted, xlim=(-3, 103))
    figure.suptitle(_per_class_title(table))
    return figure.described(f"Accuracy within each class (%). {_said(table, '.0f')}")


@matplotlib.rc_context(STYLE)
def class_weights(weights: pd.DataFrame) -> Picture:
    """How much each stream (columns) is believed about each class (rows, named); 1: as in the
    product. See `fusion.averages.class_weights`."""
    first, *others = weights
    lead = weights[first] - weights[others].max(axis=1)
    table = weights.loc[lead.sort_values(ascending=False, kind="stable").index]
    figure, axes = _dots(table)
    axes.axvline(1, color="0.4", linestyle=":", zorder=0)
    axes.set(xlabel="weight of what the stream says of the class (1: as in the product)")
    figure.suptitle(
        f"{first} is believed more about {int((lead > 0).sum())} of {len(table)} classes"
    )
    return figure.described(f"Weight of each stream for each class. {_said(table, '.2f')}")


def _said(table: pd.DataFrame, digits: str) -> str:
    return "; ".join(
        f"{label}: " + ", ".join(f"{name} {value:{digits}}" for name, value in row.items())
        for label, row in table.iterrows()
    )


def _dots(table: pd.DataFrame) -> tuple[Picture, Axes]:
    """A row for each class (index), in it a dot for each network (columns)."""
    known = [networks.get(name) for name in table]
    figure, axes = rows_figure(len(table), 0.34)
    axes.hlines(table.index, table.min(axis=1), table.max(axis=1), color="0.75", linewidth=2)
    sns.pointplot(
        table.melt(ignore_index=False, var_name="network").reset_index(names="class"),
        x="value",
        y="class",
        hue="network",
        palette=[network.colour for network in known],
        markers=[network.marker for network in known],
        dodge=0.4,  # side by side within the row, so that equal accuracies do not hide each other
        linestyle="none",
        errorbar=None,
        markersize=6.5,
        markeredgecolor="0.2",
        markeredgewidth=0.6,
        ax=axes,
    )
    axes.set(ylabel="class")
    axes.set_yticks(range(len(table)), map(short, table.index))
    axes.set_ylim(len(table) - 0.4, -0.6)
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1)}
    sns.move_legend(axes, **place, ncols=len(table.columns), title=None)
    return figure, axes


def _per_class_title(table: pd.DataFrame) -> str:
    best = table.max(axis=1)
    alone = table.eq(best, axis=0).sum(axis=1) == 1
    wins = table[alone].idxmax(axis=1).value_counts(sort=False)
    words = [f"{name} in {wins[name]}" for name in table if name in wins]
    tied = len(table) - int(alone.sum())
    ties = f"; {tied} {'are ties' if tied > 1 else 'is a tie'}" if tied else ""
    return f"Ahead of all others, of {len(table)} classes: {', '.join(words) or 'none'}{ties}"
