"""The exercise of notebook 00: a thirteenth class, and which ceilings it lets fall."""

from collections.abc import Mapping

import pandas as pd

from twostream_lib import stickhmdb
from twostream_lib.exercises import Exercise, Lesson, verdict

VIEWS = {"spatial": ["shows"], "temporal": ["moves"], "both": ["shows", "moves"]}

LESSON = Lesson(
    bow=Exercise(
        hint="A ceiling is the number of groups that a reader can tell apart, divided by the "
        "number of classes, if all classes are equally frequent. Count the rows of the table, and "
        "its columns.",
        solution="""
# `bow` falls into the cell of `sit`. No row, no column and no cell is new, but there is one class
# more: all three ceilings fall. Nobody can tell bow from sit, not even with both streams.
# Only the spatial ceiling falls if the row is old and the column is new, for example:
bow = {"label": "bow", "shows": "figure and stool", "moves": "body leans forward"}
# The temporal ceiling even rises a little: this class has a column of its own.
""",
    ),
)
hint, solution = LESSON.hint, LESSON.solution

# Which ceilings fall → why.
SLIPS = {
    ("spatial", "temporal", "both"): "Its cell is taken: another class shows and moves just so.",
    ("spatial", "temporal"): "Its cell is free, but another class moves like that: the temporal "
    "ceiling falls as well.",
    ("temporal",): "Its picture is new and its motion is not, so the temporal ceiling falls: you "
    "want it the other way round.",
    (): "Its picture and its motion are both new, so that no ceiling falls.",
}


def check_bow(bow: Mapping[str, str]) -> None:
    """Judge a class that comes to the twelve, as what one picture `shows` and how it `moves`: only
    the spatial ceiling should fall."""
    good = "Its picture is one of another class, and its motion is new."
    verdict(_wrong_class(bow), good)


def _wrong_class(bow: Mapping[str, str]) -> str:
    words = [bow.get(key) for key in ("shows", "moves")] if isinstance(bow, Mapping) else [None]
    if not all(isinstance(word, str) and word.strip() for word in words):
        return "The new class is a dict with words for `shows` and for `moves`."
    # The same words in other capitals or with other spaces are no new picture or motion.
    words = [" ".join(str(word).split()).casefold() for word in words]
    rows = [
        (action.shows.casefold(), action.moves.casefold(), label)
        for label, action in stickhmdb.ACTIONS.items()
    ]
    told = pd.DataFrame(rows, columns=["shows", "moves", "label"])
    with_bow = pd.concat([told, pd.DataFrame([(*words, "bow")], columns=told.columns)])
    fallen = tuple(
        view
        for view, known in VIEWS.items()
        if stickhmdb.bayes_accuracy(with_bow, known) < stickhmdb.bayes_accuracy(told, known)
    )
    return "" if fallen == ("spatial",) else SLIPS[fallen]
