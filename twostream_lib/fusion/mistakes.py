"""Which class is taken for which."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def most_frequent(
    matrix: pd.DataFrame, twins: Sequence[tuple[str, str]] = (), rows: int = 5
) -> pd.DataFrame:
    """The commonest mistakes as a table to look at, from a confusion matrix (see
    `evaluation.confusion`) with class names as its index and columns.

    A row has the true class, the class it is taken for, and in how many videos of how many.
    Where motion `twins` are known, a column says whether the two are such a pair.
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
        table["motion twins"] = ["yes" if set(pair) in known else "no" for pair in pairs]
    return table.head(rows)


def by_kind(matrix: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """How many mistakes stay within a kind of classes, as a table to look at; a row a kind.

    Classes of one kind look alike to whoever made the mistakes: between them it can but guess. The
    other mistakes are its own.

    Args:
        matrix: see `most_frequent`.
        kinds: the kind of each class, by name; a class without one is a kind of its own.
    """
    kind = pd.Series([kinds.get(label, label) for label in matrix.index], matrix.index)
    tested = matrix.sum(axis=1).groupby(kind, sort=False).sum()
    right = pd.Series(np.diag(matrix), matrix.index).groupby(kind, sort=False).sum()
    same = pd.DataFrame(matrix.to_numpy() * np.equal.outer(*[kind.to_numpy()] * 2), matrix.index)
    within = same.sum(axis=1).groupby(kind, sort=False).sum()
    columns = {
        "classes": kind.value_counts(sort=False),
        "videos": tested,
        "right": right,
        "taken for one of its kind": within - right,
        "taken for another": tested - within,
    }
    return pd.DataFrame(columns).sort_values("classes", ascending=False, kind="stable")
