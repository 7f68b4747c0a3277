"""Figures of results: what the networks got right. Each returns a Picture."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
import pandas as pd
import seaborn as sns

from twostream_lib import networks
from twostream_lib.errors import InputError
from twostream_lib.figures.display import Picture, interval, rows_figure
from twostream_lib.figures.style import STYLE, WIDTH, held, percent

if TYPE_CHECKING:  # drawing needs no torch, which `fusion` brings along
    from twostream_lib.fusion.evaluation import Result

NARROW = 28  # signs of a legend's line where there is half the room
PROTOCOL_WORDS = {
    "window": "windows",
    "video-1": "videos, by 1 window each",
    "video-10": "videos, by 10 windows each",
    "25x10": "videos, by 25 × 10 views each",
}


@matplotlib.rc_context(STYLE)
def accuracies(
    results: Sequence["Result"],
    ceilings: Mapping[str, float] | None = None,
    title: str | None = None,
    bar: str = "",
) -> Picture:
    """Accuracies of networks under one protocol, with their 95 % intervals.

    ceilings: see `Run.ceilings`; that of each network is drawn as a bar across its row, and `bar`
    says what it is, where it is not a ceiling of all classes.
    Raises InputError for results of several protocols: those cannot be ranked.
    """
    protocols = {result.protocol for result in results}
    if len(protocols) != 1:
        found = ", ".join(sorted(protocols)) or "none"
        raise InputError(f"One figure shows one protocol, not {found}; filter the results first.")
    figure, axes = rows_figure(len(results), 0.42)
    for place, result in enumerate(reversed(results)):
        network = networks.get(result.network)
        interval(axes, place, result, network.colour, network.marker)
        # on white, as the mark of a ceiling may run behind it
        white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        at, words = (100 * result.accuracy, place), f"{100 * result.accuracy:.1f}"
        axes.annotate(words, at, (0, 9), textcoords="offset points", ha="center", bbox=white)
        best = networks.ceiling(result.network, ceilings or {})
        if best is not None:
            # above the markers, which may lie just on it, and under the numbers
            axes.vlines(100 * best, place - 0.36, place + 0.3, color="black", lw=2.5, zorder=2.5)
    if ceilings:
        label = bar or _ceiling_words(results)
        label = fill(label, NARROW) if figure.is_narrow else label
        axes.plot([], [], color="black", linewidth=2.5, label=label)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
    axes.set_yticks(range(len(results)), [result.network for result in reversed(results)])
    what = PROTOCOL_WORDS[protocols.pop()]
    axes.set(
        xlabel=f"test {what}, right (%), with 95 % interval; {_counts(results)}",
        xlim=(0, 104),
        ylabel="network",
    )
    axes.set_ylim(-0.6, len(results) - 0.4)
    figure.suptitle(title or _highest(results))
    return figure.described(
        "Accuracies with their 95 % intervals: "
        + ", ".join(f"{r.network} {100 * r.accuracy:.1f} %" for r in results)
    )


def _ceiling_words(results: Iterable["Result"]) -> str:
    """What a ceiling is of: scores tell a fusion less than both views together would."""
    if all(networks.get(result.network).view for result in results):
        return "ceiling: the best one can do with this view"
    return "ceiling: the best with this view; of a fusion, with its views seen together"


def _highest(results: Sequence["Result"]) -> str:
    """Who is highest, and of how many others that is not shown."""
    best = max(result.accuracy for result in results)
    names = [result.network for result in results if result.accuracy == best]
    others = [(result.low, result.high) for result in results if result.accuracy < best]
    if len(results) == 1:
        low, high = (100 * end for end in (results[0].low, results[0].high))
        return f"{names[0]}: {percent(best)} (95 % interval {low:.0f} to {high:.0f})"
    who = names[0] if len(names) == 1 else f"{len(names)} of {len(results)} alike"
    return f"Highest: {who}, {percent(best)}" + (f"; {held(best, others)}" if others else "")


def _counts(results: Iterable["Result"]) -> str:
    """Such as "n = 240", or "n = 494 to 622" where a flow stack is longer than some clips."""
    counts = [result.n for result in results]
    least, most = min(counts), max(counts)
    return f"n = {least:,}" + (f" to {most:,}" if most > least else "")


@matplotlib.rc_context(STYLE)
def by_number(
    results: Mapping[str, Mapping[float, "Result"]], xlabel: str, what: str, title: str
) -> Picture:
    """Accuracies against a number above 0 that was varied, on a log axis; a line a network.

    results: for each network's name the result at each number. Upright bars are 95 % intervals.
    what: the things that are counted, such as "validation videos".
    """
    figure = Picture(figsize=(WIDTH, 3.6))
    axes = figure.subplots()
    for place, (name, line) in enumerate(results.items()):
        network = networks.get(name)
        aside = 1.03 ** (place - (len(results) - 1) / 2)  # so that no interval hides another
        table = 100 * pd.DataFrame([(r.low, r.accuracy, r.high) for r in line.values()], line)
        bars = [table[1] - table[0], table[2] - table[1]]
        axes.errorbar(
            aside * table.index,
            table[1],
            bars,
            fmt=f"{network.marker}-",
            color=network.colour,
            capsize=4,
            label=name,
        )
    axes.set_xscale("log")
    numbers = sorted({number for line in results.values() for number in line})
    axes.set_xticks(numbers, [f"{number:.2g}" for number in numbers])
    axes.set_xticks([], minor=True)
    counted = _counts(result for line in results.values() for result in line.values())
    axes.set(xlabel=xlabel, ylabel=f"{what} right (%)\nwith 95 % interval; {counted}")
    axes.set_ylim(0, 101)
    axes.grid(axis="y", color="0.92")
    if len(results) > 1:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(results))
    figure.suptitle(title)
    said = [
        f"{name}: " + ", ".join(f"{n:.2g}: {percent(r.accuracy)}" for n, r in line.items())
        for name, line in results.items()
    ]
    return figure.described(
        f"{what.capitalize()} right against {xlabel}, with 95 % intervals. {'. '.join(said)}"
    )


@matplotlib.rc_context(STYLE)
def agreement(
    first: np.ndarray, second: np.ndarray, names: tuple[str, str], of: str = "videos"
) -> Picture:
    """Where two networks are right: bool [N] each, on the same N videos, or what `of` says."""
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    counts = np.array([[(first == a) & (second == b) for b in (1, 0)] for a in (1, 0)]).sum(axis=-1)
    words = [[f"{n:,}\n{percent(n / max(len(first), 1))}" for n in row] for row in counts]
    figure = Picture(figsize=(WIDTH, 3.9))
    axes = figure.subplots()
    sns.heatmap(
        counts,
        vmin=0,
        vmax=max(2.2 * counts.max(), 1),
        cmap="Blues",
        annot=words,
        fmt="",
        annot_kws={"fontsize": 13, "color": "black"},
        cbar=False,
        xticklabels=[f"{names[1]} right", f"{names[1]} wrong"],
        yticklabels=[f"{names[0]} right", f"{names[0]} wrong"],
        ax=axes,
    )
    axes.tick_params(length=0)
    axes.tick_params(axis="y", rotation=0)
    axes.set_xlabel(f"{of}, n = {len(first):,}")
    either, better = (first | second).mean(), max(first.mean(), second.mean())
    figure.suptitle(
        f"At least one is right in {percent(either)}; alone, no more than {percent(better)}"
    )
    (both, one), (other, neither) = counts
    return figure.described(
        f"How many {names[0]} and {names[1]} have right, as a table of four: both {both:,}, "
        f"{names[0]} alone {one:,}, {names[1]} alone {other:,}, neither {neither:,}"
    )
