"""Which class is taken for which."""

from collections.abc import Sequence

import pandas as pd


def most_frequent(
    matrix: pd.DataFrame, twins: Sequence[tuple[str, str]] = (), rows: int = 5
) -> pd.DataFrame:
    """The commonest mistakes as a table to look at, from a confusion matrix (see
    `evaluation.confusion`) with class names as its index and columns.

    A row has the true class, the class it is taken for, and in how many videos of how many.
    Where `twins` are known, a column says whether the two are twins.
    """
    table = pd.DataFrame(
        [
            {"true class": true, "taken for": taken, "videos": videos, "of": row.sum()}
            for true, row in matrix.iterrows()
            for taken, videos in row.items()
            if videos and taken != true
        ],
        columns=["true class", "taken for", "videos", "of"],
    )
    table = table.sort_values("videos", ascending=False, kind="stable", ignore_index=True)
    if twins:
        known = [set(pair) for pair in twins]
        pairs = zip(table["true class"], table["taken for"], strict=True)
        table["twins"] = ["yes" if set(pair) in known else "no" for pair in pairs]
    return table.head(rows)
