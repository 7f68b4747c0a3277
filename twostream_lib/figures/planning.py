"""Pictures of plans: how long a whole run takes, part by part."""

import matplotlib
import pandas as pd
from matplotlib.axes import Axes

from twostream_lib.figures.display import Picture
from twostream_lib.figures.style import PALETTE, STYLE, WIDTH


@matplotlib.rc_context(STYLE)
def hours_by_part(hours: pd.DataFrame, what: str) -> Picture:
    """Stacked bars of hours, a bar for each machine: the first in a panel of its own.

    The first machine may be many times as slow as all others, which could not be seen beside it.

    hours: rows are kinds of parts, columns machines. what: the run that takes them.
    """
    first, *others = hours.columns
    figure = Picture(figsize=(WIDTH, 0.36 * len(hours.columns) + 2.6))
    above, below = figure.subplots(2, 1, height_ratios=[1.4, len(others) + 0.4])
    _stacked(above, hours[[first]])
    _stacked(below, hours[others])
    figure.legend(*above.get_legend_handles_labels(), loc="outside lower center", ncols=len(hours))
    above.set(xlabel="hours", ylabel="here")
    below.set(xlabel="hours", ylabel="a machine with")
    total = hours.sum()
    fastest = total[others].idxmin()
    figure.suptitle(
        f"Estimated: {what} takes {_rounded(total[first])} hours on {first}, "
        f"{_rounded(total[fastest])} with {fastest}"
    )
    words = [
        f"{machine} {_rounded(total[machine])} in all ("
        + ", ".join(f"{part} {_rounded(value)}" for part, value in hours[machine].items())
        + ")"
        for machine in hours
    ]
    return figure.described(f"Stacked bars of hours. {'; '.join(words)}")


def _stacked(axes: Axes, hours: pd.DataFrame) -> None:
    total = hours.sum()
    left = 0 * total
    for colour, (part, values) in zip(PALETTE, hours.iterrows(), strict=False):
        axes.barh(range(len(values)), values, left=left, color=colour, label=part)
        left = left + values
    for place, value in enumerate(total):
        axes.text(value, place, f" {_rounded(value)}", va="center")
    axes.set_yticks(range(len(total)), list(total.index))
    axes.set(xlim=(0, 1.12 * total.max()), ylim=(len(total) - 0.4, -0.6))
    axes.xaxis.set_major_formatter("{x:,.7g}")
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)


def _rounded(value: float) -> str:
    """Two digits, or all that are before the point."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
