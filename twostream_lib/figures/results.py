"""Figures of results: what the networks got right. Each returns a Picture."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from twostream_lib.errors import InputError
from twostream_lib.figures.display import Picture, rows_figure
from twostream_lib.figures.style import (
    BLUE,
    GRAY,
    NETWORK_COLOURS,
    STYLE,
    VERMILION,
    WIDTH,
    percent,
)
from twostream_lib.fusion.evaluation import Result

PROTOCOL_WORDS = {
    "window": "windows",
    "video-1": "videos, by 1 window each",
    "video-10": "videos, by 10 windows each",
    "25x10": "videos, by 25 × 10 views each",
}


@matplotlib.rc_context(STYLE)
def confusion(matrix: np.ndarray, classes: Sequence[str], title: str) -> Picture:
    """A confusion matrix, int [C, C] with true classes in rows, shaded by the share of the row.

    Up to 20 classes get their counts written into the cells.
    """
    matrix = np.asarray(matrix)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    small = len(classes) <= 20
    figure = Picture(figsize=(WIDTH, 6.8 if small else 8.4))
    axes = figure.subplots()
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    size = 10 if small else 7.5
    axes.set_xticks(range(len(classes)), classes, rotation=90, fontsize=size)
    axes.set_yticks(range(len(classes)), classes, fontsize=size)
    axes.set(xlabel="predicted class", ylabel="true class")
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.6)
    if small:
        for row, column in np.argwhere(matrix):
            colour = "white" if share[row, column] > 0.6 else "black"
            text = str(matrix[row, column])
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)
    figure.suptitle(title)
    return figure.described("Confusion matrix, true classes in rows")


@matplotlib.rc_context(STYLE)
def per_class(accuracies: pd.DataFrame) -> Picture:
    """Accuracies (0..1) of each class (rows, named) by network (columns), by the last."""
    table = accuracies.sort_values(accuracies.columns[-1], kind="stable") * 100
    figure, axes = rows_figure(len(table), 0.34)
    places = np.arange(len(table))
    axes.hlines(places, table.min(axis=1), table.max(axis=1), color="0.75", linewidth=2, zorder=1)
    # Side by side within the row, so that equal accuracies do not hide each other.
    heights = np.linspace(0.2, -0.2, len(table.columns))
    for network, marker, height in zip(table, "osDv^P", heights, strict=False):
        axes.scatter(
            table[network],
            places + height,
            s=45,
            marker=marker,
            color=NETWORK_COLOURS[network],
            edgecolor="0.2",
            linewidth=0.6,
            label=network,
            zorder=2,
        )
    axes.set_yticks(places, table.index)
    axes.set(xlabel="accuracy within the class (%)", ylabel="class", xlim=(-3, 103))
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(table.columns))
    figure.suptitle(_per_class_title(table))
    return figure.described(f"Accuracy within each class of {', '.join(map(str, table.columns))}")


def _per_class_title(table: pd.DataFrame) -> str:
    best = table.max(axis=1)
    alone = [(table[n] == best) & (table.drop(columns=n).max(axis=1) < best) for n in table]
    words = [f"{name} in {int(wins.sum())}" for name, wins in zip(table, alone, strict=True)]
    return f"Best alone, of {len(table)} classes: {', '.join(words)}"


@matplotlib.rc_context(STYLE)
def accuracies(
    results: Sequence[Result], ceilings: Mapping[str, float] | None = None, title: str | None = None
) -> Picture:
    """Accuracies of networks under one protocol, with their 95 % intervals.

    ceilings: shares that can be reached at best from appearance ("spatial"), from motion
    ("temporal") and from both; drawn as a bar across each network's row.
    Raises InputError for results of several protocols: those cannot be ranked.
    """
    protocols = {result.protocol for result in results}
    if len(protocols) != 1:
        found = ", ".join(sorted(protocols)) or "none"
        raise InputError(f"One figure shows one protocol, not {found}; filter the results first.")
    figure, axes = rows_figure(len(results), 0.42)
    for place, result in enumerate(reversed(results)):
        _interval(axes, place, result)
        if ceilings:
            ceiling = 100 * ceilings[_ceiling_of(result.network)]
            axes.plot([ceiling] * 2, [place - 0.36, place + 0.3], color="black", linewidth=2.5)
    if ceilings:
        axes.plot([], [], color="black", linewidth=2.5, label="ceiling: the best one can do")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
    axes.set_yticks(range(len(results)), [result.network for result in reversed(results)])
    what, n = PROTOCOL_WORDS[protocols.pop()], results[0].n
    axes.set(
        xlabel=f"test {what}, right (%), with 95 % interval; n = {n:,}",
        xlim=(0, 104),
        ylabel="network",
    )
    axes.set_ylim(-0.6, len(results) - 0.4)
    best = max(results, key=lambda result: result.accuracy)
    names = [result.network for result in results if result.accuracy == best.accuracy]
    who = names[0] if len(names) == 1 else f"{len(names)} of {len(results)} alike"
    figure.suptitle(title or f"Highest: {who}, {_interval_words(best)}")
    return figure.described(
        "Accuracies with their 95 % intervals: "
        + ", ".join(f"{r.network} {percent(r.accuracy)}" for r in results)
    )


def _interval_words(result: Result) -> str:
    low, high = 100 * result.low, 100 * result.high
    return f"{percent(result.accuracy)} (95 % interval {low:.0f} to {high:.0f})"


def _interval(axes: Axes, place: int, result: Result) -> None:
    colour = NETWORK_COLOURS[result.network]
    low, middle, high = (100 * v for v in (result.low, result.accuracy, result.high))
    axes.plot([low, high], [place] * 2, "|-", color="0.35", linewidth=2, markersize=9)
    axes.plot(middle, place, "o", color=colour, markersize=10, markeredgecolor="0.2")
    # on white, as the mark of a ceiling may run behind it
    white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    axes.annotate(
        f"{middle:.1f}",
        (middle, place),
        (0, 9),
        textcoords="offset points",
        ha="center",
        bbox=white,
    )


@matplotlib.rc_context(STYLE)
def by_number(
    results: Mapping[str, Mapping[float, Result]], xlabel: str, what: str, title: str
) -> Picture:
    """Accuracies against a number above 0 that was varied, on a log axis; a line each for the rest.

    results: for each line's name (a network's has its colour) the result at each number. Upright
    bars are 95 % intervals. what: the things that are counted, such as "validation videos".
    """
    figure = Picture(figsize=(WIDTH, 3.6))
    axes = figure.subplots()
    for name, line in results.items():
        xs = np.array(list(line))
        low, middle, high = (
            100 * np.array([getattr(result, end) for result in line.values()])
            for end in ("low", "accuracy", "high")
        )
        bars = np.stack([middle - low, high - middle])
        colour = NETWORK_COLOURS.get(name, BLUE)
        axes.errorbar(xs, middle, bars, fmt="o-", color=colour, capsize=4, label=name)
    axes.set_xscale("log")
    numbers = sorted({number for line in results.values() for number in line})
    axes.set_xticks(numbers, [f"{number:.2g}" for number in numbers])
    axes.set_xticks([], minor=True)
    n = next(iter(next(iter(results.values())).values())).n
    axes.set(xlabel=xlabel, ylabel=f"{what} right (%)\nwith 95 % interval; n = {n:,}")
    axes.set_ylim(0, 101)
    axes.grid(axis="y", color="0.92")
    if len(results) > 1:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(results))
    figure.suptitle(title)
    return figure.described(f"{what.capitalize()} right against {xlabel}, with 95 % intervals")


def _ceiling_of(network: str) -> str:
    kind = network.split("-")[0]
    return kind if kind in ("spatial", "temporal") else "both"


@matplotlib.rc_context(STYLE)
def agreement(first: np.ndarray, second: np.ndarray, names: tuple[str, str]) -> Picture:
    """Where two networks are right: bool [N] each, on the same N videos or windows."""
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    counts = np.array([[(first == a) & (second == b) for b in (1, 0)] for a in (1, 0)]).sum(axis=-1)
    figure = Picture(figsize=(WIDTH, 3.9))
    axes = figure.subplots()
    axes.imshow(counts, cmap="Blues", vmin=0, vmax=max(2.2 * counts.max(), 1), aspect=0.4)
    for (row, column), count in np.ndenumerate(counts):
        text = f"{count:,}\n{percent(count / max(len(first), 1))}"
        axes.text(column, row, text, ha="center", va="center", fontsize=13)
    axes.set_xticks([0, 1], [f"{names[1]} right", f"{names[1]} wrong"])
    axes.set_yticks([0, 1], [f"{names[0]} right", f"{names[0]} wrong"])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    either, better = (first | second).mean(), max(first.mean(), second.mean())
    figure.suptitle(
        f"At least one is right in {percent(either)}; alone, no more than {percent(better)}"
    )
    return figure.described(
        f"Where {names[0]} and {names[1]} are right and wrong, as a table of four"
    )


@matplotlib.rc_context(STYLE)
def reliability(confidence: np.ndarray, correct: np.ndarray, bins: int = 10) -> Picture:
    """Is a network as often right as it says? Confidence 0..1 [N] against correct, bool [N]."""
    confidence, correct = np.asarray(confidence, float), np.asarray(correct, bool)
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    there = counts > 0
    says = np.bincount(place, confidence, bins)[there] / counts[there]
    right = np.bincount(place, correct, bins)[there] / counts[there]
    figure = Picture(figsize=(WIDTH, 4.8))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.plot([0, 100], [0, 100], color="0.5", linestyle="--", label="as right as it says")
    above.plot(100 * says, 100 * right, "o-", color=BLUE, clip_on=False, label="measured")
    above.set(ylabel="right (%)", xlim=(0, 100), ylim=(0, 102))
    above.legend(loc="upper left")
    below.bar((np.arange(bins) + 0.5) * 100 / bins, counts, width=90 / bins, color=GRAY)
    below.set(xlabel="confidence: probability of the predicted class (%)", ylabel="how many")
    mean, share = confidence.mean(), correct.mean()
    words = f"Says {percent(mean)} on average, is right in {percent(share)}"
    figure.suptitle(words + _verdict(mean, share))
    return figure.described("How often a network is right, by how sure it says it is")


def _verdict(says: float, right: float) -> str:
    if abs(says - right) < 0.02:
        return ": well calibrated"
    return ": over-confident" if says > right else ": under-confident"


@matplotlib.rc_context(STYLE)
def weights(
    shares: np.ndarray, accuracy: np.ndarray, names: tuple[str, str], chosen: float | None = None
) -> Picture:
    """Accuracy (0..1) of the weighted average, by the first stream's share (0..1) in it.

    Both come from `fusion.best_weight`; `chosen` is a share to mark.
    """
    figure = Picture(figsize=(WIDTH, 3.8))
    axes = figure.subplots()
    axes.plot(100 * shares, 100 * accuracy, ".-", color=NETWORK_COLOURS["weighted"], linewidth=2)
    best = shares[accuracy == accuracy.max()]
    axes.set(xlabel=f"share of {names[0]} in the average (%); the rest is {names[1]}")
    axes.set(ylabel="validation windows right (%)")
    axes.grid(color="0.92")
    if chosen is not None:
        height = float(np.interp(chosen, shares, accuracy))
        axes.plot(100 * chosen, 100 * height, "o", color=VERMILION, markersize=12)
        axes.axvline(100 * chosen, color=VERMILION, linestyle=":")
        figure.suptitle(f"With {percent(chosen)} of {names[0]}: {100 * height:.1f} % right")
    else:
        span = percent(best[0]) + (f" to {percent(best[-1])}" if len(best) > 1 else "")
        figure.suptitle(f"Best with {span} of {names[0]}: {100 * accuracy.max():.1f} % right")
    return figure.described(f"Accuracy of the average by the share of {names[0]}")
