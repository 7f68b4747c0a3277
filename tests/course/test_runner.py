"""The runner, on small notebooks of the tests' own."""

import json
import os
import subprocess
import sys
import time

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from twostream_lib.course import metrics, runner
from twostream_lib.course.runner import NotebookFailed
from twostream_lib.errors import InputError
from twostream_lib.video import encoding

PARAMETERS = """profile = "quick"
videos = ""
splits = ""
split = 1
runs = ""
seed = 0
backbone = ""
weights = \"\""""
CONFIGURE = """from twostream_lib import course
run = course.configure(profile, videos, splits, split, runs, seed, backbone, weights)"""
REPORT_PARAMETERS = """import json, pathlib
values = dict(profile=profile, videos=videos, splits=splits, split=split, runs=runs,
              seed=seed, backbone=backbone, weights=weights)
(pathlib.Path(runs) / "values.json").write_text(json.dumps(values))"""


@pytest.fixture
def notebooks(tmp_path, monkeypatch):
    """Puts notebooks of given cells into a folder that the runner takes for the course's."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.setattr(runner, "NOTEBOOKS", folder)

    def write(name, *sources):
        parameters = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
        cells = [new_markdown_cell("# A lesson"), parameters, *map(new_code_cell, sources)]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / name)

    return write


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Two classes of two sources, one clip each, and a file that is no video."""
    folder = tmp_path_factory.mktemp("clips")
    frames = np.random.default_rng(0).integers(256, size=(30, 48, 64, 3), dtype=np.uint8)
    for label in ("run", "wave"):
        for source, tag in (("ann", 1), ("bob", 2)):
            clip = folder / "videos" / label / f"{source}_{label}.avi"
            clip.parent.mkdir(parents=True, exist_ok=True)
            encoding.write(clip, frames, fps=25)
            with open(split_file(folder, label), "a") as lines:
                lines.write(f"{clip.name} {tag} \n")
    (folder / "videos" / "wave" / "eve_wave.avi").write_bytes(b"no video at all")
    return folder


def split_file(folder, label):
    (folder / "splits").mkdir(exist_ok=True)
    return folder / "splits" / f"{label}_test_split1.txt"


def go(tmp_path, clips, **asked):
    places = {"videos": str(clips / "videos"), "splits": str(clips / "splits")}
    return runner.run(**({"runs": str(tmp_path / "runs")} | places | asked))


def copy_of(tmp_path, name, run="quick"):
    return nbformat.read(tmp_path / "runs" / run / "notebooks" / name, as_version=4)


# --- what is run -----------------------------------------------------------------------------


def test_notebooks_run_in_order_and_are_measured(tmp_path, notebooks, videos):
    log = "import time\nwith open(runs + '/log', 'a') as out:\n    out.write('{}')"
    notebooks("01_second.ipynb", log.format("second "), "time.sleep(0.5)")
    notebooks("00_first.ipynb", log.format("first "))
    found = go(tmp_path, videos, name="mine", seed=3)
    folder = tmp_path / "runs" / "mine"
    assert (folder / "log").read_text() == "first second "
    assert metrics.read(folder) == found
    assert list(found["run"]["notebooks"]) == ["00_first", "01_second"]
    assert found["run"]["notebooks"]["01_second"] > 0.5
    assert found["run"]["peak_memory_mb"] > 50
    assert (found["run"]["name"], found["run"]["seed"]) == ("mine", 3)
    assert "00_first" in (folder / "report.html").read_text()


def test_only_runs_what_was_asked_for(tmp_path, notebooks, videos):
    for number in ("00", "01", "02"):
        notebooks(f"{number}_lesson.ipynb", "1 + 1")
    found = go(tmp_path, videos, only="2, 00")
    assert list(found["run"]["notebooks"]) == ["00_lesson", "02_lesson"]


def test_every_parameter_reaches_the_notebook(tmp_path, notebooks, videos):
    notebooks("00_lesson.ipynb", REPORT_PARAMETERS)
    go(tmp_path, videos, seed=7, backbone="resnet18", weights="none")
    values = json.loads((tmp_path / "runs" / "quick" / "values.json").read_text())
    assert values == {
        "profile": "quick",
        "videos": str(videos / "videos"),
        "splits": str(videos / "splits"),
        "split": 1,
        "runs": str(tmp_path / "runs" / "quick"),
        "seed": 7,
        "backbone": "resnet18",
        "weights": "none",
    }


@pytest.mark.slow
def test_clips_set_aside_are_counted_and_listed_with_their_reason(tmp_path, notebooks, videos):
    notebooks("00_lesson.ipynb", CONFIGURE, "run.table;")
    found = go(tmp_path, videos)
    wanted = {"videos": 4, "classes": 2, "set_aside": 1, "train_tags": [1], "ceilings": {}}
    assert wanted.items() <= found["data"].items()
    page = (tmp_path / "runs" / "quick" / "report.html").read_text()
    assert "eve_wave.avi" in page


def test_widget_state_is_not_kept_and_figures_are_drawn_inline(
    tmp_path, notebooks, videos, monkeypatch
):
    monkeypatch.setenv("MPLBACKEND", "pdf")
    notebooks(
        "00_lesson.ipynb",
        "import ipywidgets\nipywidgets.IntSlider(3)",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    )
    go(tmp_path, videos)
    copy = copy_of(tmp_path, "00_lesson.ipynb")
    assert "widgets" not in copy.metadata
    assert "image/png" in copy.cells[-1].outputs[-1].data
    assert os.environ["MPLBACKEND"] == "pdf"


def test_a_folder_with_braces_in_its_name_is_a_folder(tmp_path, notebooks, videos):
    notebooks("00_lesson.ipynb", "1 + 1")
    go(tmp_path / "{seed}", videos)
    assert (tmp_path / "{seed}" / "runs" / "quick" / "notebooks" / "00_lesson.ipynb").is_file()


# --- what goes wrong -------------------------------------------------------------------------


def test_a_failing_notebook_names_itself_its_cell_and_its_error(tmp_path, notebooks, videos):
    notebooks("00_good.ipynb", "1 + 1")
    notebooks("01_bad.ipynb", "shown = 'before'\nprint(shown)", "# why\n1 / 0", "print('after')")
    notebooks("02_never.ipynb", "1 + 1")
    with pytest.raises(NotebookFailed) as error:
        go(tmp_path, videos)
    folder = tmp_path / "runs" / "quick"
    for part in ("01_bad", "# why", "ZeroDivisionError: division by zero.", "01_bad.ipynb"):
        assert part in str(error.value)
    assert "\n" not in str(error.value)
    outputs = [
        o for cell in copy_of(tmp_path, "01_bad.ipynb").cells for o in cell.get("outputs", [])
    ]
    assert [output.output_type for output in outputs] == ["stream", "error"]
    assert not (folder / "notebooks" / "02_never.ipynb").exists()
    assert not (folder / "metrics.json").exists()


def test_the_cell_is_named_by_its_number_in_the_copy(tmp_path, notebooks, videos):
    notebooks("00_bad.ipynb", "1 + 1", "undefined")
    with pytest.raises(NotebookFailed, match=r"cell \[(\d+)\] \(undefined\)") as error:
        go(tmp_path, videos)
    (failed,) = [
        cell
        for cell in copy_of(tmp_path, "00_bad.ipynb").cells
        if any(output.output_type == "error" for output in cell.get("outputs", []))
    ]
    assert f"cell [{failed.execution_count}]" in str(error.value)


@pytest.mark.slow
def test_a_cell_that_takes_too_long_is_stopped_and_named(tmp_path, notebooks):
    notebooks("00_slow.ipynb", "import time\ntime.sleep(60)")
    start = time.monotonic()
    with pytest.raises(NotebookFailed, match=r"00_slow failed in cell \[3\].*took longer"):
        runner.execute(runner.NOTEBOOKS / "00_slow.ipynb", tmp_path / "copy.ipynb", {"seed": 0}, 2)
    assert time.monotonic() - start < 30
    assert (tmp_path / "copy.ipynb").is_file()


def test_a_kernel_that_dies_is_named(tmp_path, notebooks, videos):
    notebooks("00_dies.ipynb", "import os\nos._exit(1)")
    with pytest.raises(NotebookFailed, match=r"00_dies failed in cell .*kernel died"):
        go(tmp_path, videos)


def test_a_kernel_that_does_not_come_up_is_told(tmp_path, notebooks, monkeypatch):
    def no_kernel(_, copy, **__):
        nbformat.write(nbformat.read(runner.NOTEBOOKS / "00_lesson.ipynb", 4), copy)
        raise RuntimeError("Kernel didn't respond in 300 seconds")

    notebooks("00_lesson.ipynb", "1 + 1")
    monkeypatch.setattr(runner.papermill, "execute_notebook", no_kernel)
    with pytest.raises(NotebookFailed, match="in no cell yet: Kernel didn't respond"):
        runner.execute(runner.NOTEBOOKS / "00_lesson.ipynb", tmp_path / "copy.ipynb", {}, 60)


def test_an_earlier_runs_results_do_not_outlive_a_failure(tmp_path, notebooks, videos):
    notebooks("00_lesson.ipynb", "1 + 1")
    go(tmp_path, videos)
    notebooks("00_lesson.ipynb", "1 / 0")
    with pytest.raises(NotebookFailed):
        go(tmp_path, videos)
    left = {path.name for path in (tmp_path / "runs" / "quick").iterdir() if path.is_file()}
    assert left.isdisjoint(runner.RESULTS)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"only": "00,17"}, "no notebook 17: choose from 00"),
        ({"only": "x"}, "no notebook 0x"),
        ({"profile": "fast"}, "quick, colab, paper"),
        ({"split": 4}, "1 to 3"),
        ({"seed": -1}, "seed"),
        ({"backbone": "resnet5"}, "resnet50"),
        ({"weights": "missing.pth"}, "missing.pth"),
        ({"videos": "/no/such/folder"}, "/no/such/folder"),
        ({"splits": "/no/such/folder"}, "/no/such/folder"),
        ({"name": "a/b"}, "plain name"),
        ({"name": ".."}, "plain name"),
        ({"name": "stickhmdb"}, "plain name"),
    ],
)
def test_wrong_input_is_told_before_anything_runs(tmp_path, notebooks, videos, asked, said):
    notebooks("00_lesson.ipynb", "1 + 1")
    with pytest.raises(InputError, match=said) as error:
        go(tmp_path, videos, **asked)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.glob("runs/**/*.ipynb"))


def test_the_notebooks_are_never_their_own_copies(tmp_path, notebooks, videos):
    notebooks("00_lesson.ipynb", "1 + 1")
    with pytest.raises(InputError, match="beside the notebooks"):
        go(tmp_path, videos, runs=str(tmp_path.parent), name=tmp_path.name)
    assert (tmp_path / "notebooks" / "00_lesson.ipynb").is_file()


def test_weights_of_another_shape_are_told_before_anything_runs(tmp_path, notebooks, videos):
    notebooks("00_lesson.ipynb", "1 + 1")
    (tmp_path / "weights.pth").write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"weights\.pth"):
        go(tmp_path, videos, weights=str(tmp_path / "weights.pth"))
    assert not list(tmp_path.glob("runs/**/*.ipynb"))


def test_without_notebooks_nothing_is_run(tmp_path, notebooks, videos):
    with pytest.raises(InputError, match="There are no notebooks"):
        go(tmp_path, videos)


def test_a_run_folder_that_cannot_be_made_is_told(tmp_path, notebooks, videos):
    notebooks("00_lesson.ipynb", "1 + 1")
    (tmp_path / "runs").write_text("a file, no folder")
    with pytest.raises(InputError, match="cannot be written"):
        go(tmp_path, videos)


# --- memory ----------------------------------------------------------------------------------


WATCHED = """
import time
import numpy as np
from twostream_lib.course import runner

with runner.PeakMemory() as memory:
    before = runner.used_mb()
    block = np.ones(100 * 2**17)  # 100 MiB
    time.sleep(0.8)
    del block
print(memory.largest_mb - before)
"""


@pytest.mark.slow
def test_peak_memory_sees_what_was_taken_for_a_while():
    # In a process of its own: workers of other tests end when they like, and count until then.
    done = subprocess.run(
        [sys.executable, "-c", WATCHED], capture_output=True, text=True, check=True, timeout=60
    )
    assert 80 < float(done.stdout) < 200


def test_the_environment_is_put_back(monkeypatch):
    monkeypatch.setenv("KEPT", "old")
    monkeypatch.delenv("NEW", raising=False)
    with pytest.raises(RuntimeError), runner.environment({"KEPT": "changed", "NEW": "set"}):
        assert (os.environ["KEPT"], os.environ["NEW"]) == ("changed", "set")
        raise RuntimeError
    assert os.environ["KEPT"] == "old" and "NEW" not in os.environ


@pytest.mark.slow
def test_results_of_a_run_are_in_its_metrics_and_report(tmp_path, notebooks, videos):
    score = """import numpy as np
from twostream_lib.fusion import scores
label = np.arange(40) % 2
for network in ("spatial", "temporal-sg3i", "average"):
    made = scores.Scores(
        network, np.eye(2, dtype=np.float32)[label], np.array([f"{i}.avi" for i in range(40)]),
        np.zeros(40, int), label, np.full(40, "video-10"), ("run", "wave"), "test",
    )
    scores.save({"test": made}, run.scores_file(network))"""
    notebooks("00_lesson.ipynb", CONFIGURE, "run.table;", score)
    found = go(tmp_path, videos)
    assert [row["network"] for row in found["results"]] == ["spatial", "temporal-sg3i", "average"]
    assert all(row["accuracy"] == 1 for row in found["results"])
    page = (tmp_path / "runs" / "quick" / "report.html").read_text()
    assert "the average of the two 100.0" in page
    assert page.count("<img alt=") == 2
    assert "100.0" in metrics.table(found)
