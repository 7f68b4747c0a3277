"""Figures of fusing: how sure streams are, which weight is best, how much to learn from."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
import pandas as pd
from sklearn.calibration import calibration_curve

from twostream_lib import networks
from twostream_lib.figures.display import Picture
from twostream_lib.figures.style import STYLE, VERMILION, WIDTH, held, percent

if TYPE_CHECKING:  # drawing needs no torch, which `fusion` brings along
    from twostream_lib.fusion.scores import Scores

# Of the kinds of scores, in their order.
LOOKS = (("o:", VERMILION), ("o-", "0.25"), ("s--", "0.55"))


@matplotlib.rc_context(STYLE)
def sureness(kinds: Mapping[str, Sequence["Scores"]], bins: int = 8) -> Picture:
    """As often right as they say? A panel for each stream, in it a line for each kind of scores.

    kinds: for the name of each kind the scores of all streams, in one order. Each dot stands for
    as many windows: they are sorted by the probability of the predicted class. The title has, of
    the kind that is most off and of the one that is least, how far off its worst stream is, as the
    mean of what it says beside that of how often it is right.
    """
    streams = next(iter(kinds.values()))
    figure = Picture(figsize=(WIDTH, 4.6))
    panels = figure.subplots(1, len(streams), squeeze=False)[0]
    for place, axes in enumerate(panels):
        network = networks.get(streams[place].network)
        axes.plot([0, 100], [0, 100], color="0.6", linewidth=1, label="as right as it says")
        for (look, colour), (kind, scores) in zip(LOOKS, kinds.items(), strict=False):
            said = scores[place].probabilities()
            hit = said.argmax(axis=1) == scores[place].label
            right, says = calibration_curve(hit, said.max(axis=1), n_bins=bins, strategy="quantile")
            axes.plot(100 * says, 100 * right, look, color=colour, label=kind, clip_on=False)
        axes.set(xlabel="says: probability of the predicted class (%)", ylabel="right (%)")
        axes.set(xlim=(0, 100), ylim=(0, 102))
        axes.set_title(f"{network.name}, n = {len(streams[place]):,}")
        axes.grid(color="0.93")
    drawn, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(drawn, names, loc="outside lower center", ncols=len(names))
    off = {kind: max(map(_off, scores)) for kind, scores in kinds.items()}
    worst, best = max(off, key=off.__getitem__), min(off, key=off.__getitem__)
    title = f"On average streams are off by at most {100 * off[worst]:.0f} points {worst}"
    if best != worst:
        title += f", and {100 * off[best]:.0f} {best}"
    figure.suptitle(title)
    words = "; ".join(
        f"{of.network} {kind} says {percent(_says(of))}, has {percent(_right(of))} right"
        for kind, scores in kinds.items()
        for of in scores
    )
    return figure.described(
        f"How often streams are right by how sure they say they are. On average {words}"
    )


def _off(scores: "Scores") -> float:
    """How far what a stream says is from how often it is right, on average, as a share."""
    return abs(_says(scores) - _right(scores))


def _says(scores: "Scores") -> float:
    """How sure a stream says it is, on average, 0..1."""
    return float(scores.probabilities().max(axis=1).mean())


def _right(scores: "Scores") -> float:
    return float((scores.logits.argmax(axis=1) == scores.label).mean())


@matplotlib.rc_context(STYLE)
def learning_curve(table: pd.DataFrame) -> Picture:
    """How right fusions are about clips that they did not learn from, by how many they learned.

    table: see `experiments.fusenets.learning_curve`. Upright bars are 95 % intervals over sources.
    Where it is empty, the title says why.
    """
    if table.empty:
        figure = Picture(figsize=(WIDTH, 0.6))
        figure.suptitle("No curve: these scores are of one source, and none can be held out")
        return figure.described("An empty picture")
    names = list(dict.fromkeys(table.fusion))
    figure = Picture(figsize=(WIDTH, 4.4))
    axes = figure.subplots()
    for place, name in enumerate(names):
        line, network = table[table.fusion == name], networks.get(name)
        beside = line.clips * (1 + 0.02 * (place - (len(names) - 1) / 2))  # bars side by side
        bars = [100 * (line.accuracy - line.low), 100 * (line.high - line.accuracy)]
        axes.errorbar(
            beside,
            100 * line.accuracy,
            bars,
            fmt=f"{network.marker}-",
            color=network.colour,
            markeredgecolor="0.2",
            elinewidth=0.8,
            label=name,
        )
    axes.set_xscale("log")
    ticks = sorted(set(table.clips))
    axes.set_xticks(ticks, [f"{clips:,.0f}" for clips in ticks])
    axes.set_xticks([], minor=True)
    n, sources = table.n.max(), table["n sources"].max()
    axes.set(xlabel="clips that the fusion learned from")
    axes.set(ylabel=f"others of these clips right (%),\nn = {n:,} of {sources:,} sources")
    axes.grid(axis="y", color="0.92")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    last = table[table.clips == table.clips.max()]
    best = last.loc[last.accuracy.idxmax()]
    others = last.drop(best.name)
    where = held(best.accuracy, zip(others.low, others.high, strict=True))
    title = f"With most to learn from, {best.fusion} is highest, {percent(best.accuracy)}; {where}"
    figure.suptitle(title)
    said = "; ".join(
        f"{name}: "
        + ", ".join(
            f"{clips:,.0f} clips {percent(right)}"
            for clips, right in zip(line.clips, line.accuracy, strict=True)
        )
        for name, line in table.groupby("fusion", sort=False)
    )
    return figure.described(f"Accuracy by how many clips a fusion learned from. {said}")


@matplotlib.rc_context(STYLE)
def weights(
    shares: np.ndarray,
    accuracy: np.ndarray,
    names: tuple[str, str],
    n: int,
    chosen: float | None = None,
    part: str = "out-of-fold",
) -> Picture:
    """Accuracy (0..1) of the weighted average, by the first stream's share (0..1) in it.

    Both come from `fusion.best_weight`, of `n` windows; `chosen` is a share to mark, `part` says
    what was scored.
    """
    figure = Picture(figsize=(WIDTH, 3.8))
    axes = figure.subplots()
    colour = networks.get("weighted").colour
    axes.plot(100 * shares, 100 * accuracy, ".-", color=colour, linewidth=2)
    best = shares[accuracy == accuracy.max()]
    axes.set(xlabel=f"share of {names[0]} in the average (%); the rest is {names[1]}")
    axes.set(ylabel=f"{part} windows right (%),\nn = {n:,}")
    axes.grid(color="0.92")
    if chosen is not None:
        height = float(np.interp(chosen, shares, accuracy))
        axes.plot(100 * chosen, 100 * height, "o", color=VERMILION, markersize=12)
        axes.axvline(100 * chosen, color=VERMILION, linestyle=":")
        figure.suptitle(f"With {percent(chosen)} of {names[0]}: {100 * height:.1f} % right")
    else:
        span = percent(best[0]) + (f" to {percent(best[-1])}" if len(best) > 1 else "")
        figure.suptitle(f"Best with {span} of {names[0]}: {100 * accuracy.max():.1f} % right")
    said = ", ".join(
        f"{percent(of_first)}: {100 * right:.1f} %"
        for of_first, right in zip(shares[::4], accuracy[::4], strict=True)
    )
    return figure.described(f"Accuracy of the average by the share of {names[0]}. {said}")
