"""Mistakes of a network as a figure: which class is taken for which."""

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd
from matplotlib.patches import Rectangle

from twostream_lib.figures.display import Picture
from twostream_lib.figures.results import confusion
from twostream_lib.figures.style import VERMILION


def mistakes(
    matrix: pd.DataFrame, order: Sequence[str], twins: Sequence[tuple[str, str]] = ()
) -> Picture:
    """A confusion matrix with its classes in `order`; the title counts the mistakes.

    matrix: how many videos of the true class (row) were taken for a class (column), both by name.
    twins: pairs of motion twins; where they are known, the title says how many of the mistakes take
    a class for its motion twin, and pairs that stand side by side are framed.
    """
    counts = matrix.loc[list(order), list(order)].to_numpy()
    title = f"{counts.sum() - counts.trace()} of {counts.sum()} videos are taken for another class"
    if twins:
        between = sum(matrix.at[a, b] + matrix.at[b, a] for a, b in twins)
        title += f", {between} of them for the motion twin"
    figure = confusion(counts, order, title)
    for place, pair in enumerate(pairwise(order)):
        if set(pair) in map(set, twins):
            frame = Rectangle((place, place), 2, 2, fill=False, edgecolor=VERMILION, linewidth=2.5)
            figure.axes[0].add_patch(frame)
    return figure
