"""Mistakes of a network as a figure: which class is taken for which."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import pandas as pd
from matplotlib.patches import Rectangle

from twostream_lib.figures.display import Picture
from twostream_lib.figures.results import confusion
from twostream_lib.figures.style import VERMILION


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
