"""Notebooks are committed as sources: clean, valid, and all of one build."""

import ast
import inspect
import re
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from twostream_lib import course

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = ["profile", "videos", "splits", "split", "runs", "seed", "backbone", "weights"]
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))

# Without notebooks each test below would be skipped: this one fails then.
every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def code(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tags(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def test_the_ten_notebooks_are_there_and_numbered():
    assert [path.name[:3] for path in PATHS] == [f"{number:02d}_" for number in range(10)]


@every_notebook
def test_is_a_valid_notebook(path):
    nbformat.validate(read(path))


@every_notebook
def test_has_no_outputs_and_no_counts(path):
    assert [cell.id for cell in code(path) if cell.outputs or cell.execution_count] == []


@every_notebook
def test_has_no_state_left_by_tools(path):
    notebook = read(path)
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags", "jupyter", "editable", "cellView"}, cell.id


@every_notebook
def test_asks_for_the_kernel_that_everybody_has(path):
    assert read(path).metadata.kernelspec.name == "python3"


@every_notebook
def test_cell_ids_are_there_and_unique(path):
    notebook = read(path)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    ids = [cell.id for cell in notebook.cells]
    assert all(ids) and len(set(ids)) == len(ids)


@every_notebook
def test_has_one_parameters_cell_with_the_fixed_names(path):
    (cell,) = [cell for cell in code(path) if "parameters" in tags(cell)]
    assigned = [node for node in ast.parse(cell.source).body if isinstance(node, ast.Assign)]
    assert [node.targets[0].id for node in assigned] == NAMES
    assert all(isinstance(node.value, ast.Constant) for node in assigned)


@every_notebook
def test_defaults_are_those_of_the_library(path):
    (cell,) = [cell for cell in code(path) if "parameters" in tags(cell)]
    values: dict[str, object] = {}
    exec(cell.source, {}, values)
    of_library = inspect.signature(course.configure).parameters
    assert values == {name: of_library[name].default for name in NAMES}


def bootstrap(path: Path) -> str:
    """The source of the cell that finds or fetches the library."""
    cells = [cell.source for cell in code(path)]
    found = [i for i, source in enumerate(cells) if "bootstrap.prepare()" in source]
    assert found == [0], "the first code cell, and no other, sees to the library"
    return cells[0]


@every_notebook
def test_no_cell_installs_by_itself(path):
    """What is missing is brought by `bootstrap`, which leaves alone what is there."""
    assert not any(re.search(r"\bpip3?\b.*\binstall\b", cell.source) for cell in code(path))


@every_notebook
def test_all_bootstrap_cells_are_the_same(path):
    assert bootstrap(path) == bootstrap(PATHS[0])


@every_notebook
def test_code_parses_and_is_not_left_empty(path):
    for cell in code(path):
        assert cell.source.strip(), f"cell {cell.id} is empty"
        ast.parse(TransformerManager().transform_cell(cell.source))


@every_notebook
def test_opens_with_one_title(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    prose = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    outside_code = re.sub(r"```.*?```", "", prose, flags=re.DOTALL)
    assert len(re.findall(r"^# ", outside_code, flags=re.MULTILINE)) == 1


@every_notebook
def test_links_to_files_of_the_repository_lead_somewhere(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:href|src)="([^"]+)"', text)
    local = [target.split("#")[0] for target in targets if "://" not in target]
    missing = [target for target in local if target and not (NOTEBOOKS / target).exists()]
    assert missing == []


@every_notebook
def test_its_colab_badge_opens_itself(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    opened = re.findall(r"colab\.research\.google\.com/github/[\w./-]+/notebooks/([\w.]+)", text)
    assert opened == [path.name]


@every_notebook
def test_pictures_in_the_prose_have_alternative_texts(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    assert re.findall(r"!\[\s*\]\(", text) == []
    assert [tag for tag in re.findall(r"<img[^>]*>", text) if 'alt="' not in tag] == []


@every_notebook
def test_progress_bars_leave_no_widgets_behind(path):
    assert not any(
        "tqdm.auto" in cell.source or "tqdm.notebook" in cell.source for cell in code(path)
    )
