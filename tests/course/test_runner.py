"""The runner, on small notebooks of the tests' own."""

import html
import json
import os
import re
import shutil

import nbformat
import numpy as np
import pytest

from tests.course import lessons, samples
from twostream_lib import course, locks
from twostream_lib.course import baselines, calibration, executing, metrics, report, runner, showing
from twostream_lib.course.executing import NotebookFailed
from twostream_lib.errors import InputError
from twostream_lib.video import encoding

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

    return lambda name, *sources: lessons.write(folder / name, *sources)


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
    linked = re.findall(r'href="(?!#)([^"]*)"', (folder / "report.html").read_text())
    assert linked == ["notebooks/00_first.html", "notebooks/01_second.html"]
    assert all((folder / place).is_file() for place in linked)
    assert found["run"]["notebooks"]["01_second"] > 0.5
    assert found["run"]["peak_memory_mb"] > 50
    assert (found["run"]["name"], found["run"]["seed"]) == ("mine", 3)
    assert "00_first" in (folder / "report.html").read_text()


def test_only_runs_what_was_asked_for(tmp_path, notebooks, videos, monkeypatch):
    monkeypatch.setattr(executing, "execute", lambda *_: "")
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


# --- what goes wrong -------------------------------------------------------------------------


def page_of(tmp_path, run="quick"):
    return (tmp_path / "runs" / run / "report.html").read_text()


def test_a_failing_notebook_is_told_first_and_the_others_go_on(tmp_path, notebooks, videos):
    notebooks("00_good.ipynb", "1 + 1")
    notebooks("01_bad.ipynb", "shown = 'before'\nprint(shown)", "# why\n1 / 0", "print('after')")
    notebooks("02_after.ipynb", "1 + 1")
    found = go(tmp_path, videos)
    assert metrics.read(tmp_path / "runs" / "quick") == found
    (why,) = found["run"]["failed"].values()
    for part in ("01_bad", "# why", "ZeroDivisionError: division by zero.", "01_bad.ipynb"):
        assert part in why
    assert "\n" not in why
    outputs = [
        o for cell in copy_of(tmp_path, "01_bad.ipynb").cells for o in cell.get("outputs", [])
    ]
    assert [output.output_type for output in outputs] == ["stream", "error"]
    assert list(found["run"]["notebooks"]) == ["00_good", "01_bad", "02_after"]
    page = page_of(tmp_path)
    assert "1 of 3 notebooks failed" in page
    assert page.index("ZeroDivisionError") < page.index("<h2")


def test_what_starts_from_a_failed_notebook_is_not_run_and_says_why(
    tmp_path, notebooks, videos, monkeypatch
):
    folder = tmp_path / "runs" / "quick"

    def fail_in_03(notebook, *_):
        if notebook.stem[:2] == "03":
            raise NotebookFailed("Notebook 03_spatial failed.")
        return ""

    monkeypatch.setattr(executing, "execute", fail_in_03)
    for name in ("03_spatial", "04_sg3i", "06_fusion", "07_results", "08_own", "09_scaling"):
        notebooks(f"{name}.ipynb", "1 + 1")
    places = {"videos": str(videos / "videos"), "splits": str(videos / "splits")}
    course.configure(**places, runs=str(folder))
    old = folder / "notebooks" / "06_fusion.ipynb"
    old.parent.mkdir(parents=True)
    old.write_text("an earlier run's")
    found = go(tmp_path, videos)["run"]
    assert list(found["notebooks"]) == ["03_spatial", "09_scaling"]
    not_run = ["04_sg3i", "06_fusion", "07_results", "08_own"]
    assert list(found["failed"]) == ["03_spatial", *not_run]
    assert "needs the scores of the spatial stream" in found["failed"]["06_fusion"]
    assert not old.exists()
    # Where the scores were made before the failure, the others have what they need.
    (folder / "scores").mkdir()
    (folder / "scores" / "spatial.npz").touch()
    asked = course.configure(videos=str(videos / "videos"), runs=str(tmp_path / "other"))
    outcome = metrics.Outcome(failed={"03_spatial": "It failed."})
    assert runner.in_vain("06_fusion", asked, outcome)
    asked.scores_file("spatial").parent.mkdir()
    asked.scores_file("spatial").touch()
    assert not runner.in_vain("06_fusion", asked, outcome)


@pytest.mark.slow
def test_a_notebook_that_needs_what_the_clips_cannot_give_ends_and_has_not_failed(
    tmp_path, notebooks, videos
):
    splits = tmp_path / "splits"
    splits.mkdir()
    for label in ("run", "wave"):
        (splits / f"{label}_test_split1.txt").write_text(f"ann_{label}.avi 1\nbob_{label}.avi 1\n")
    notebooks("00_short.ipynb", CONFIGURE, "run.part('spatial', 'test')", "1 / 0")
    found = go(tmp_path, videos, splits=str(splits), name="mine")
    assert found["run"]["failed"] == {}
    (sentence,) = [words for words in found["data"]["limits"] if "no test part" in words]
    assert found["run"]["ended"] == {"00_short": f"Notebook 00_short ended early: {sentence}"}
    page = html.unescape(page_of(tmp_path, "mine"))
    assert page.index("ended early") < page.index("<h2")
    cells = copy_of(tmp_path, "00_short.ipynb", "mine").cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert [o.traceback for o in outputs if o.output_type == "error"] == [[sentence]]


def test_clips_that_nothing_can_be_trained_on_are_told_before_anything_runs(
    tmp_path, notebooks, two_clips
):
    notebooks("00_lesson.ipynb", "1 + 1")
    with pytest.raises(InputError, match=r"one class \(wave\)"):
        go(tmp_path, two_clips, videos=str(two_clips), splits="")
    assert not list(tmp_path.glob("runs/**/*.ipynb"))


def test_an_earlier_runs_results_do_not_outlive_a_failure(tmp_path, notebooks, videos, monkeypatch):
    notebooks("00_lesson.ipynb", "1 + 1")
    with monkeypatch.context() as patch:
        patch.setattr(executing, "execute", lambda *_: "")
        assert not go(tmp_path, videos)["run"]["failed"]
    notebooks("00_lesson.ipynb", "1 / 0")
    found = go(tmp_path, videos)
    assert found["run"]["failed"] and metrics.read(tmp_path / "runs" / "quick") == found
    assert "ZeroDivisionError" in page_of(tmp_path)


def test_old_results_are_there_until_the_new_ones_are(tmp_path, notebooks, videos, monkeypatch):
    folder, seen = tmp_path / "runs" / "quick", []

    def look(*_):
        seen.append((folder / "metrics.json").is_file() and metrics.read(folder))
        return ""

    monkeypatch.setattr(executing, "execute", look)
    notebooks("00_lesson.ipynb", "1 + 1")
    first = go(tmp_path, videos)
    go(tmp_path, videos)
    assert seen == [False, first]


def test_an_interrupted_run_leaves_its_results_and_says_so(
    tmp_path, notebooks, videos, monkeypatch
):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(executing, "execute", interrupt)
    notebooks("00_lesson.ipynb", "1 + 1")
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path, videos)
    assert "Notebook 00_lesson was interrupted." in page_of(tmp_path)


@pytest.mark.parametrize("place", [(calibration, "rounds"), (executing, "execute")])
def test_what_stops_a_run_that_nobody_expected_is_in_its_metrics(
    place, tmp_path, notebooks, videos, monkeypatch
):
    def stop(*_, **__):
        raise ValueError("no\nnumber")

    monkeypatch.setattr(executing, "execute", lambda *_: "")
    monkeypatch.setattr(*place, stop)
    notebooks("00_lesson.ipynb", "1 + 1")
    with pytest.raises(ValueError, match="no"):
        go(tmp_path, videos)
    assert metrics.read(tmp_path / "runs" / "quick")["run"]["failed"] == {
        "00_lesson": "The run was stopped at notebook 00_lesson: ValueError: no number."
    }


def test_a_number_of_threads_that_is_none_stops_no_run(tmp_path, notebooks, videos, monkeypatch):
    monkeypatch.setattr(executing, "execute", lambda *_: "")
    monkeypatch.setenv("OMP_NUM_THREADS", "2,x")
    notebooks("00_lesson.ipynb", "1 + 1")
    assert go(tmp_path, videos)["run"]["threads"] == 2
    assert os.environ["OMP_NUM_THREADS"] == "2,x"


# --- folders ---------------------------------------------------------------------------------


def test_other_clips_are_another_run_without_a_word_about_folders(
    tmp_path, notebooks, videos, monkeypatch
):
    monkeypatch.setattr(executing, "execute", lambda *_: "")
    notebooks("00_lesson.ipynb", "1 + 1")
    again = shutil.copytree(videos, tmp_path / "more")
    for clips, wanted in ((videos, "quick"), (again, "quick-more"), (videos, "quick")):
        assert go(tmp_path, clips)["run"]["name"] == wanted
    assert go(tmp_path, videos, seed=3)["run"]["name"].endswith("-seed3")


def test_a_second_start_of_a_run_says_who_has_the_folder(tmp_path, notebooks, videos):
    notebooks("00_lesson.ipynb", "1 + 1")
    folder = tmp_path / "runs" / "quick"
    said = f"in use by process {os.getpid()} on .*, which runs the course since"
    with (
        locks.alone(folder / "notebooks", "runs the course"),
        pytest.raises(InputError, match=said),
    ):
        go(tmp_path, videos)
    assert not list(folder.glob("*.html"))


# --- wrong input -----------------------------------------------------------------------------


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
    run.save_scores(network, {"test": made})"""
    notebooks("00_lesson.ipynb", CONFIGURE, "run.table;", score)
    found = go(tmp_path, videos)
    assert [row["network"] for row in found["results"]] == ["spatial", "temporal-sg3i", "average"]
    assert all(row["accuracy"] == 1 for row in found["results"])
    page = (tmp_path / "runs" / "quick" / "report.html").read_text()
    assert "the average of the two 100.0" in page
    pictures = ("Accuracies under protocol", "Every network beside", "take for what", "leak audit")
    assert page.count("<img alt=") == len(pictures) and all(name in page for name in pictures)
    assert "100.0" in showing.table(found)
    # And what was set aside is counted, and listed with its reason.
    wanted = {"videos": 4, "classes": 2, "set_aside": 1, "train_tags": [1], "ceilings": {}}
    assert wanted.items() <= found["data"].items() and "eve_wave.avi" in page


# --- what it is held against ---------------------------------------------------------------------


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """What the runner makes of a finished run, where the baseline is of another one."""
    monkeypatch.setattr(runner, "BASELINES", tmp_path)

    def judge(run, baseline=None, complete=True):
        metrics.write(run, tmp_path / "run" / "metrics.json")
        if baseline:
            new = baselines.new_baseline([baseline], None)
            metrics.write(new, tmp_path / "baseline-quick.json")
        return runner.judge(tmp_path / "run", metrics.read(tmp_path / "run"), complete)

    return judge


def test_a_run_is_held_against_the_baseline_of_its_profile(judged):
    before = samples.whole()
    assert judged(before, before).verdict == "pass"
    found = judged(samples.worse(before, "spatial", 0.3), before)
    assert {check.network for check in found.failing} == {"spatial"}


def test_a_run_that_nothing_can_be_held_against_is_told_why(judged):
    assert judged(samples.whole()) == report.NO_BASELINE
    other = samples.whole()
    other["data"]["split"] = 2
    assert "only runs of one kind can be compared" in judged(samples.whole(), other)


@pytest.mark.parametrize(
    ("part", "entry", "word"),
    [
        ("data", "fingerprint", "clips"),
        ("run", "backbone", "backbone"),
        ("run", "weights", "weights"),
    ],
)
def test_a_run_of_other_clips_or_of_another_network_is_not_called_worse(judged, part, entry, word):
    run = samples.worse(samples.whole(), "spatial", 0.3)
    was = run[part][entry]
    run[part][entry] = "another"
    said = judged(run, samples.whole())
    assert isinstance(said, str) and f"({word} {was} → another)" in said
    run[part][entry] = None  # nobody knows
    assert judged(run, samples.whole()).verdict == "fail"


def test_what_lacks_because_it_was_not_asked_for_is_no_failure(judged):
    part = samples.whole()
    part["results"] = part["results"][3:]
    assert judged(part, samples.whole()).verdict == "fail"
    assert "Only some notebooks were run" in judged(part, samples.whole(), complete=False)
    assert judged(samples.whole(), samples.whole(), complete=False).verdict == "pass"
