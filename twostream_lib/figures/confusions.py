"""Mistakes of a network as a figure: which class is taken for which."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import matplotlib
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.patches import Rectangle

from twostream_lib.figures.display import Picture, measuring
from twostream_lib.figures.style import STYLE, VERMILION, WIDTH, short

DARK = 0.7  # share of a row from which white is read better on the blue than black


@matplotlib.rc_context(STYLE)
def confusion(matrix: np.ndarray, classes: Sequence[str], title: str) -> Picture:
    """A confusion matrix, int [C, C] with true classes in rows, shaded by the share of the row.

    Up to 24 classes get their counts written into the cells.
    """
    counts = pd.DataFrame(matrix, index=list(classes), columns=list(classes))
    share = counts.div(counts.sum(axis=1).clip(lower=1), axis=0)
    small = len(classes) <= 24
    figure = Picture(figsize=(WIDTH, 6.8 if len(classes) <= 12 else 8.4))
    axes = figure.subplots()
    names = list(map(short, classes))
    with measuring():
        sns.heatmap(
            share,
            vmin=0,
            vmax=1,
            cmap="Blues",
            annot=counts.astype(str).where(counts > 0, "") if small else False,
            fmt="",
            annot_kws={"fontsize": 9},
            cbar_kws={"label": "share of the true class", "shrink": 0.6},
            square=True,
            xticklabels=names,
            yticklabels=names,
            ax=axes,
        )
    if small:
        for number, dark in zip(axes.texts, share.to_numpy().ravel() > DARK, strict=True):
            number.set_color("white" if dark else "black")
    axes.tick_params(labelsize=10 if small else 7.5)
    axes.set(xlabel="predicted class", ylabel="true class")
    figure.suptitle(title)
    return figure.described("Confusion matrix, true classes in rows")


def mistakes(
    matrix: pd.DataFrame, order: Sequence[str], kinds: Mapping[str, str] | None = None
) -> Picture:
    """A confusion matrix with its classes in `order`; the title counts the mistakes.

    matrix: how many videos of the true class (row) were taken for a class (column), both by name.
    kinds: of each class the kind, where it is known; the title then says how many of the mistakes
    lie outside their kind, and classes of one kind that stand side by side are framed.
    """
    counts = matrix.loc[list(order), list(order)]
    wrong = int(counts.to_numpy().sum() - counts.to_numpy().trace())
    if not kinds:
        title = f"{wrong} of {counts.to_numpy().sum()} videos are taken for another class"
        return confusion(counts.to_numpy(), order, title)
    within = counts.groupby(kinds).sum().T.groupby(kinds).sum().to_numpy()
    title = f"Of {wrong} mistakes, {within.sum() - within.trace()} lie outside their kind (framed)"
    figure = confusion(counts.to_numpy(), order, title)
    place = 0
    for _, alike in groupby(order, kinds.__getitem__):
        if (size := len(list(alike))) > 1:
            corner, look = (place, place), {"fill": False, "edgecolor": VERMILION}
            figure.axes[0].add_patch(Rectangle(corner, size, size, linewidth=2.5, **look))
        place += size
    return figure
