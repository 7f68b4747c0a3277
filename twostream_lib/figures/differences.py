"""All differences between networks at once, and which of them are real."""

import matplotlib
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.patches import Rectangle

from twostream_lib.figures.display import Picture
from twostream_lib.figures.style import BLUE, STYLE, WIDTH

DARK = 20  # points from which white is read better on the blue than black


@matplotlib.rc_context(STYLE)
def differences(pairs: pd.DataFrame, order: list[str]) -> Picture:
    """By how many points the network of a row is ahead of that of a column; real ones are filled.

    pairs: `fusion.pairs.all_pairs`, the better network first in each row. order: the networks, the
    best first, so that all that is ahead stands above the diagonal.
    """
    place = {name: number for number, name in enumerate(order)}
    points = np.full((len(order), len(order)), np.nan)
    real = np.zeros_like(points, bool)
    for pair in pairs.itertuples():
        row, column = sorted((place[pair.first], place[pair.second]))
        points[row, column] = abs(100 * pair.difference)
        real[row, column] = pair.real
    shown = pd.DataFrame(np.where(real, points, 0), order, order)
    words = pd.DataFrame(points, order, order).map("{:.1f}".format)
    figure = Picture(figsize=(WIDTH, max(2.8, 1.9 + 0.36 * len(order))))
    axes = figure.subplots()
    sns.heatmap(
        shown,
        mask=np.isnan(points),
        vmin=0,
        vmax=max(20, 1.3 * np.nanmax(points)),
        cmap=sns.light_palette(BLUE, as_cmap=True),
        annot=words,
        fmt="",
        annot_kws={"fontsize": 9},
        cbar=False,
        linewidths=1,
        ax=axes,
    )
    filled = real[~np.isnan(points)]
    for number, yes in zip(axes.texts, filled, strict=True):
        strong = yes and float(number.get_text()) > DARK
        number.set_color("white" if strong else "black" if yes else "0.5")
        number.set_fontweight("bold" if yes else "normal")
    for row, column in np.argwhere(real):
        axes.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor="0.2", linewidth=1))
    axes.set(xlabel="… than this network", ylabel="… better, in points …")
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(axis="x", rotation=90)
    axes.tick_params(length=0)
    figure.suptitle(f"{int(real.sum())} of {len(pairs)} differences are real (filled, bold)")
    worst = [f"{p.first} over {p.second} by {100 * p.difference:.1f}" for p in pairs.itertuples()]
    return figure.described(
        "Points between each pair of networks. The clearest: " + ", ".join(worst[:3])
    )
