"""The record that the notebooks speak of: `make truth` measures it anew and writes the file.

Its figures are in `recorded.json` and nowhere else.
"""

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from twostream_lib import records
from twostream_lib.errors import InputError
from twostream_lib.experiments.truth import words

FILE = Path(__file__).with_name("recorded.json")


@cache
def record() -> dict[str, Any]:
    """What was measured, see `measuring.measure`.

    Raises:
        InputError: the file is damaged.
    """
    return records.read(FILE, "put the repository's file back.")


def question(name: str) -> dict[str, Any]:
    """What was found of one question, see `measuring.summary`.

    Raises:
        InputError: there is no such question.
    """
    found = record()["questions"]
    if name not in found:
        raise InputError(f"No question is called '{name}': choose one of {', '.join(found)}.")
    return found[name]


def measured() -> str:
    """When and on what it was measured."""
    return words.measured(record())


def arms(name: str) -> pd.DataFrame:
    """The arms of a question as a table to look at."""
    return words.arms_table(question(name))


def pairs(name: str) -> pd.DataFrame:
    """The pairs of a question as a table to look at."""
    return words.pairs_table(question(name))
