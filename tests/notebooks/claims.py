"""Claims: what a notebook's Markdown says of the quick run's numbers, and what must hold for it.

A module `claims_NN` has the claims of notebook NN, and the facts that they are about: plain numbers
from the files of a run folder. The facts of one quick run are recorded in `recorded/NN.json`, so
that a claim that contradicts them is found in seconds; the course test holds the same claims
against the run that it has just made.
"""

import importlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from twostream_lib.course import Run
from twostream_lib.experiments.truth import recorded as recorded_runs

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parents[1] / "notebooks"
Facts = dict[str, Any]


@dataclass(frozen=True)
class Claim:
    """Words of a Markdown cell, and what must hold for them.

    Attributes:
        cell: the id of the cell; its first two digits are the notebook's.
        quote: the words, exactly as they stand there (a line break counts as a space).
        holds: from the notebook's facts.
    """

    cell: str
    quote: str
    holds: Callable[[Facts], bool]

    @property
    def notebook(self) -> str:
        return self.cell[:2]

    def __str__(self) -> str:
        return f"{self.cell}: {self.quote}"


def notebooks_with_claims() -> list[str]:
    """The numbers of the notebooks that have a module of claims."""
    return sorted(path.stem[-2:] for path in HERE.glob("claims_[0-9][0-9].py"))


def claims_of(notebook: str) -> list[Claim]:
    """All claims of one notebook."""
    return importlib.import_module(f"tests.notebooks.claims_{notebook}").CLAIMS


def facts_of(notebook: str, run: Run) -> Facts:
    """What a run's files say, as JSON would give it back."""
    found = importlib.import_module(f"tests.notebooks.claims_{notebook}").facts(run)
    return json.loads(json.dumps(found))


def recorded(notebook: str) -> Facts:
    """The facts of the quick run that the notebooks' words were written about."""
    return json.loads((HERE / "recorded" / f"{notebook}.json").read_text(encoding="utf-8"))


def compared(question: str, first: str, second: str, *classes: str) -> dict[str, Any]:
    """What several runs say of two arms (`truth/recorded`), of some classes or of all."""
    return next(
        pair
        for pair in recorded_runs.question(question)["pairs"]
        if (pair["first"], pair["second"]) == (first, second) and tuple(pair["classes"]) == classes
    )


def markdown_cells(notebook: str) -> dict[str, nbformat.NotebookNode]:
    """The Markdown cells of a notebook by their ids."""
    return {cell.id: cell for cell in _cells(notebook) if cell.cell_type == "markdown"}


def code_cells(notebook: str) -> dict[str, str]:
    """The sources of a notebook's code cells by their ids."""
    return {cell.id: cell.source for cell in _cells(notebook) if cell.cell_type == "code"}


def _cells(notebook: str) -> list[nbformat.NotebookNode]:
    (path,) = NOTEBOOKS.glob(f"{notebook}_*.ipynb")
    return nbformat.read(path, as_version=nbformat.NO_CONVERT).cells


def parameters_of(run: Run) -> dict[str, Any]:
    """The names that the parameters cell of a notebook would define for a run."""
    names: dict[str, Any] = {"profile": run.name, "runs": str(run.folder)}
    names |= {"videos": "", "splits": "", "split": run.split, "seed": run.seed}
    return names | {"backbone": run.backbone, "weights": run.weights}


def play(notebook: str, cells: Sequence[str], names: dict[str, Any]) -> dict[str, Any]:
    """Run some cells of a notebook on these names; what they define is added."""
    sources = code_cells(notebook)
    for cell in cells:
        exec(sources[cell], names)
    return names


def plain(text: str) -> str:
    """Text with single spaces."""
    return re.sub(r"\s+", " ", text).strip()
