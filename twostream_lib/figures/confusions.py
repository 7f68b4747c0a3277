"""Mistakes of a network as a figure: which class is taken for which."""

from collections.abc import Sequence

import pandas as pd

from twostream_lib.figures.display import Picture
from twostream_lib.figures.results import confusion


def mistakes(
    matrix: pd.DataFrame, order: Sequence[str], twins: Sequence[tuple[str, str]] = ()
) -> Picture:
    """A confusion matrix with its classes in `order`; the title counts the mistakes.

    matrix: how many videos of the true class (row) were taken for a class (column), both by name.
    twins: pairs of classes; where they are known, the title says how many of the mistakes take a
    class for its twin.
    """
    counts = matrix.loc[list(order), list(order)].to_numpy()
    title = f"{counts.sum() - counts.trace()} of {counts.sum()} videos are taken for another class"
    if twins:
        between = sum(matrix.at[a, b] + matrix.at[b, a] for a, b in twins)
        title += f", {between} of them for the twin"
    return confusion(counts, order, title)
