"""Names from outside in the notebooks' own outputs: they are text, whatever signs they have."""

import ast
import re
import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from tests.pages import Page, render
from twostream_lib import clips, course, fusion
from twostream_lib.course import executing, runner
from twostream_lib.fusion.scores import PARTS, Scores
from twostream_lib.training import checkpoints
from twostream_lib.video import encoding

PATHS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
LABELS = ["<probe>$a$ & *probe*", "probe $b_1$ `c` {d}", r"~~probe~~ \\(e\\) #1"]
SET = "_probe_ <probe>$f$"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Notebook 07, executed on clips whose classes and folder have such names."""
    folder = tmp_path_factory.mktemp("names")
    videos = folder / SET / "videos"
    frames = np.random.default_rng(0).integers(256, size=(30, 48, 64, 3), dtype=np.uint8)
    encoding.write(folder / "film.avi", frames, 30)
    for label in LABELS:
        (videos / label).mkdir(parents=True)
        for number in range(10):
            shutil.copy(folder / "film.avi", videos / label / f"s{number}_film.avi")
    run = course.configure(videos=str(videos), runs=str(folder / "run"))
    tested = run.used_clips[run.used_clips.tag == clips.TEST]
    names, count = np.array(clips.names(tested)), len(tested)
    label = tested.label.map(run.classes.index).to_numpy()
    said = []
    for seed, network in enumerate(("spatial", "temporal-sg3i")):
        noise = np.random.default_rng(seed).normal(size=(count, len(run.classes)))
        sure = noise + 0.3 * np.eye(len(run.classes))[label]  # so the average is right more often
        logits = np.repeat(sure.astype(np.float32), 3, axis=0)
        protocols = np.tile(["window", "video-1", "video-10"], count)
        rows = (np.repeat(names, 3), np.zeros(3 * count, int), np.repeat(label, 3), protocols)
        said.append(Scores(network, logits, *rows, tuple(run.classes), "test"))
        both = {part: replace(said[-1], part=part) for part in PARTS}
        run.save_scores(network, both)
        untrained = checkpoints.TrainingState(run.new_stream(network), {})
        checkpoints.save(untrained, run.tested_checkpoint(network))
    run.save_scores("average", {"test": fusion.average(said)})
    copy = folder / "07_results.ipynb"
    executing.execute(PATHS[7], copy, runner.parameters(run), 120)
    return nbformat.read(copy, as_version=4)


def pages(notebook):
    """What JupyterLab shows as a page, from each cell's outputs."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/markdown" in data:
                yield cell.id, Page(render(data["text/markdown"]))
            elif "text/html" in data:
                yield cell.id, Page(data["text/html"])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*(split files|tell no source)")
def test_classes_and_data_sets_are_text_in_every_output(results):
    met = ""
    for cell, page in pages(results):
        assert "probe" not in page.elements, cell
        emphasised = [
            words for tag in ("em", "code", "del", "a") for words in page.words.get(tag, [])
        ]
        assert not any("probe" in words for words in emphasised), cell
        assert "$" not in page.formulas, cell
        met += "".join(words for found in page.words.values() for words in found)
    assert SET in met and any(label in met for label in LABELS)


# What holds a name from outside, in the notebooks' code.
OUTSIDE = re.compile(
    r"\brun\.(dataset|weights|folder|videos|classes)\b|\.used_weights\b|(?<![.\w])setting\b"
)


def names_in_markdown(path):
    """The parts of f-strings, in cells that show Markdown, which hold names from outside."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code" or not re.search(r"\b(Markdown|say)\(", cell.source):
            continue
        tree = ast.parse(TransformerManager().transform_cell(cell.source))
        elsewhere = {
            part
            for call in ast.walk(tree)
            if isinstance(call, ast.Call | ast.Assign)
            and re.match(r"figures\.|print\(|markup\.show_table|setting = ", ast.unparse(call))
            for part in ast.walk(call)
        }
        for part in ast.walk(tree):
            if isinstance(part, ast.FormattedValue) and part not in elsewhere:
                words = ast.unparse(part.value)
                if OUTSIDE.search(words) and "len(run.classes)" not in words:
                    yield cell.id, words


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_names_are_made_text_before_they_go_into_markdown(path):
    raw = [found for found in names_in_markdown(path) if not found[1].startswith("markup.")]
    assert raw == []


def test_the_search_finds_names_that_go_into_markdown(tmp_path):
    sources = [
        'Markdown(f"{run.dataset} and {markup.text(run.dataset)}")',
        'print(f"{run.dataset}")',
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "one.ipynb")
    found = [words for _, words in names_in_markdown(tmp_path / "one.ipynb")]
    assert found == ["run.dataset", "markup.text(run.dataset)"]
