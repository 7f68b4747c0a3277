"""What the notebooks say of the quick run is what its numbers say."""

import re

import pytest

from tests.notebooks.claims import (
    claims_of,
    markdown_cells,
    notebooks_with_claims,
    plain,
    recorded,
)

NOTEBOOKS = notebooks_with_claims()
# Digits of names and of places in the course say nothing about a run.
NO_CLAIMS = re.compile(
    r"^#+ \d+\.|\b(notebook|section)s? \d+(( and| to|,|-) \d+)*|SG3I|HMDB-51|ResNet-50|CNN-M-2048",
    re.I,
)
CLAIMS = [claim for notebook in NOTEBOOKS for claim in claims_of(notebook)]


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_the_notebook_says_so(claim):
    cell = markdown_cells(claim.notebook).get(claim.cell)
    assert cell is not None, f"there is no Markdown cell {claim.cell}"
    assert plain(claim.quote) in plain(cell.source), f"{claim.cell} has other words"
    assert "claims" in cell.metadata.get("tags", []), f"tag {claim.cell} with `claims`"


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_the_recorded_run_bears_it_out(claim):
    assert claim.holds(recorded(claim.notebook)), f"{claim}: the numbers contradict it"


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_no_number_of_a_cell_with_claims_is_unguarded(notebook):
    for name, cell in markdown_cells(notebook).items():
        if "claims" not in cell.metadata.get("tags", []):
            assert "quick run" not in cell.source or name.endswith("-title"), (
                f"{name} speaks of the quick run: tag it with `claims`, and guard what it says"
            )
            continue
        quotes = [plain(claim.quote) for claim in claims_of(notebook) if claim.cell == name]
        assert quotes, f"{name} is tagged with `claims` and has none"
        left = plain(cell.source)
        for quote in quotes:
            left = left.replace(quote, "")
        left = NO_CLAIMS.sub("", left)
        assert not re.search(r"\d", left), f"{name} has a number that no claim guards: {left}"
