"""The best accuracy that is possible on StickHMDB for a stream, by what it can see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from twostream_lib.errors import InputError
from twostream_lib.stickhmdb.actions import ACTIONS


def evidence(labels: Iterable[str] = tuple(ACTIONS)) -> pd.DataFrame:
    """What tells the classes apart: a row for each of ``labels``, which are StickHMDB's.

    The columns are ``label``; ``shows``, what one picture tells; and ``moves``, what gray motion
    tells.
    """
    return pd.DataFrame(
        [(label, ACTIONS[label].shows, ACTIONS[label].moves) for label in labels],
        columns=["label", "shows", "moves"],
    )


def ceilings_of(table: pd.DataFrame) -> dict[str, float]:
    """The best accuracies that are possible on a table's test clips, as fractions from 0 to 1.

    ``table`` has the columns ``label`` and ``tag``; rows with tag 2 count. ``spatial`` is the
    accuracy of somebody who knows of each clip only what one picture shows, and names the
    commonest class that shows it. ``temporal`` is the same for gray motion, and ``both`` for the
    two together. In StickHMDB's splits the twins of a test clip are test clips too, and differ
    from it only by what the encoder rounds. So knowing the film by heart does not help there.
    Raises InputError when there is no test clip or a label is not StickHMDB's.
    """
    labels = table.loc[table["tag"] == 2, "label"]
    strange = sorted(set(labels) - set(ACTIONS))
    if strange or labels.empty:
        wrong = f"{strange[0]} is not one of its classes" if strange else "there are no test clips"
        raise InputError(f"StickHMDB's ceilings are not known for this table, because {wrong}.")
    told = evidence(labels)
    views = {"spatial": ["shows"], "temporal": ["moves"], "both": ["shows", "moves"]}
    return {view: bayes_accuracy(told, known) for view, known in views.items()}


def bayes_accuracy(told: pd.DataFrame, known: list[str]) -> float:
    """The share of rows that are right when rows with the same ``known`` get their commonest label.

    ``told`` has the columns of ``known`` and the column ``label``. This is Bayes' classifier where
    the shares of the labels are known exactly.
    """
    counts = told.groupby([*known, "label"]).size()
    return float(counts.groupby(level=known).max().sum() / len(told))


def ceilings_in_words(ceilings: Mapping[str, float]) -> str:
    """What ``ceilings_of`` found, as a sentence in Markdown; empty if no ceilings are known."""
    if not ceilings:
        return "Nobody knows the ceilings of these clips: real films come without their recipe."
    return (
        f"A perfect reader of **one picture** gets **{ceilings['spatial']:.1%}** of the test clips "
        f"right, of **gray motion** **{ceilings['temporal']:.1%}**, and of **both** "
        f"**{ceilings['both']:.1%}**."
    )
