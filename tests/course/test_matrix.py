"""Runs of several seeds, splits and backbones: each once, and a failing one stops no other."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import joblib
import numpy as np
import psutil
import pytest

from tests.course.samples import whole
from tests.fusion.samples import random_scores
from twostream_lib import records
from twostream_lib.course import configuration, matrix, metrics, runner
from twostream_lib.course.matrix import Cell
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation, score_files
from twostream_lib.video import encoding

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def notebooks(tmp_path, monkeypatch):
    """Two notebooks that nobody executes."""
    (tmp_path / "notebooks").mkdir()
    for name in ("03_spatial", "07_results"):
        (tmp_path / "notebooks" / f"{name}.ipynb").touch()
    monkeypatch.setattr(runner, "NOTEBOOKS", tmp_path / "notebooks")


class Executed:
    """Stands in for runs of the course: leaves scores and metrics, and fails where told to."""

    def __init__(self, failing=(), raising=()):
        self.failing, self.raising, self.cells, self.seats = failing, raising, [], []
        self.now = self.most = 0
        self.lock = threading.Lock()

    def __call__(self, cell, folder, asked, environment):
        with self.lock:
            self.cells.append(cell.name)
            self.seats.append(environment)
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.05)
        with self.lock:
            self.now -= 1
        if cell.name in self.raising:
            raise MemoryError("no room")
        if cell.name in self.failing:
            return "Notebook 03_spatial failed."
        leave(cell, folder / cell.name)
        return ""


def leave(cell, place, run=None, fingerprint="f00d"):
    """What a run of the course leaves, of two networks whose scores follow from the cell."""
    wanted = configuration.checked("quick", "", "", cell.split, cell.seed, cell.backbone, "")
    configuration.begun(run or wanted, place)
    rows = []
    for number, network in enumerate(("spatial", "svm")):
        said = random_scores(network, seed=cell.seed + 10 * cell.split + 100 * number, windows=1)
        score_files.save({"test": said}, place / "scores" / f"{network}.npz")
        rows.append(vars(evaluation.result(said, "video-10")) | {"paper": None})
    run = whole(cell.seed, notebooks={"03_spatial": 1.0, "07_results": 1.0})
    run["run"]["backbone"] = cell.backbone or "mobilenet_v2"
    run["data"] |= {"split": cell.split, "fingerprint": fingerprint}
    metrics.write(run | {"results": rows}, place / "metrics.json")


def go(tmp_path, execute, **asked):
    return matrix.run(**{"runs": str(tmp_path / "runs"), "execute": execute} | asked)


# --- cells -----------------------------------------------------------------------------------


def test_every_seed_is_run_with_every_split_and_backbone(tmp_path):
    execute = Executed()
    found = go(tmp_path, execute, seeds=(0, 5), splits=(1, 3), backbones=("resnet18", "resnet50"))
    wanted = {
        f"{backbone}-split{split}-seed{seed}"
        for backbone in ("resnet18", "resnet50")
        for split in (1, 3)
        for seed in (0, 5)
    }
    assert set(execute.cells) == wanted == {cell["name"] for cell in found["cells"]}
    assert len(execute.cells) == 8
    folder = tmp_path / "runs" / "quick-matrix"
    assert records.read(folder / "summary.json", "") == found
    assert (folder / "summary.csv").is_file()


def test_a_finished_cell_is_not_run_again_and_one_that_failed_is(tmp_path):
    first = Executed(failing={"split1-seed1"})
    found = go(tmp_path, first, seeds=(0, 1, 2))
    assert {c["name"]: c["failed"] for c in found["cells"]} == {
        "split1-seed0": "",
        "split1-seed1": "Notebook 03_spatial failed.",
        "split1-seed2": "",
    }
    again = Executed()
    found = go(tmp_path, again, seeds=(0, 1, 2, 3))
    assert sorted(again.cells) == ["split1-seed1", "split1-seed3"]
    assert not any(cell["failed"] for cell in found["cells"])
    assert all(row["runs"] == 4 for row in found["results"])


def test_a_cell_is_finished_when_it_has_all_notebooks_and_none_failed(tmp_path):
    cell = Cell(0, 1, "")
    assert not matrix.is_finished(tmp_path / cell.name, ["03_spatial"])
    leave(cell, tmp_path / cell.name)
    assert matrix.is_finished(tmp_path / cell.name, ["03_spatial"])
    assert not matrix.is_finished(tmp_path / cell.name, ["03_spatial", "08_own"])
    run = metrics.read(tmp_path / cell.name)
    run["run"]["failed"] = {"07_results": "It failed."}
    metrics.write(run, tmp_path / cell.name / "metrics.json")
    assert not matrix.is_finished(tmp_path / cell.name, ["03_spatial"])


def test_a_cell_of_other_clips_than_those_of_now_is_not_finished(tmp_path, capsys):
    videos = tmp_path / "films"
    for label in ("jump", "wave"):
        for who in ("ann", "bob", "cleo"):
            film(videos / label / f"{who}_{label}.avi")

    def execute(cell, folder, asked, environment):
        executed.append(cell.name)
        run = configuration.checked("quick", asked["videos"], "", cell.split, cell.seed, "", "")
        run = configuration.begun(run, folder / cell.name)
        leave(cell, folder / cell.name, run, metrics.fingerprint(run))
        return ""

    def started():
        executed.clear()
        go(tmp_path, execute, seeds=(0, 1), asked={"videos": str(videos)})
        return sorted(executed)

    executed = []
    assert started() == ["split1-seed0", "split1-seed1"]
    capsys.readouterr()
    assert started() == [] and capsys.readouterr().out == ""
    film(videos / "jump" / "dan_jump.avi")
    assert started() == ["split1-seed0", "split1-seed1"]
    assert started() == []


def film(file):
    file.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(255, size=(36, 48, 64, 3), dtype=np.uint8)
    encoding.write(file, noise, fps=30)


def test_a_cell_that_raises_is_named_and_the_others_go_on(tmp_path):
    execute = Executed(raising={"split1-seed0"})
    found = go(tmp_path, execute, seeds=(0, 1))
    assert [cell["failed"] for cell in found["cells"]] == ["MemoryError: no room", ""]
    assert {row["runs"] for row in found["results"]} == {1}


def test_the_backend_of_joblib_that_is_named_runs_the_cells(tmp_path):
    distributed = pytest.importorskip("dask.distributed")
    execute = Executed()
    with (
        distributed.Client(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=""
        ),
        joblib.parallel_config(backend="dask"),
    ):
        found = go(tmp_path, leave_it, seeds=(0, 1))
    assert not any(cell["failed"] for cell in found["cells"]) and len(found["results"]) == 2
    assert execute.cells == []


def leave_it(cell, folder, asked, environment):
    """As `Executed`, for another process."""
    leave(cell, folder / cell.name)
    return ""


# --- how many at once ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cores", "free_mb", "cells", "wanted", "share"),
    [(4, 1e6, 8, 4, "1"), (4, 9000, 8, 2, "2"), (4, 100, 8, 1, "4"), (8, 1e6, 2, 2, "4")],
)
def test_as_many_run_at_once_as_there_are_cores_and_memory_for(
    tmp_path, monkeypatch, cores, free_mb, cells, wanted, share
):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", str(cores))
    monkeypatch.setattr(joblib, "cpu_count", lambda: cores)
    memory = type("Memory", (), {"available": free_mb * 2**20})
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    execute = Executed()
    go(tmp_path, execute, seeds=range(cells))
    assert execute.most == wanted
    assert {seat["OMP_NUM_THREADS"] for seat in execute.seats} == {share}
    assert {seat["LOKY_MAX_CPU_COUNT"] for seat in execute.seats} == {share}


def test_each_gpu_has_one_cell_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(matrix, "best_device", lambda: type("Device", (), {"type": "cuda"}))
    monkeypatch.setattr(matrix, "visible_gpus", lambda: ["2", "5"])
    execute = Executed()
    go(tmp_path, execute, seeds=range(6))
    assert execute.most == 2
    assert {seat["CUDA_VISIBLE_DEVICES"] for seat in execute.seats} == {"2", "5"}


def test_finished_cells_say_how_much_memory_the_others_will_need(tmp_path):
    assert matrix.largest_mb(tmp_path) == matrix.NEEDED_MB
    leave(Cell(0, 1, ""), tmp_path / "split1-seed0")
    assert matrix.largest_mb(tmp_path) == 3000


# --- wrong input -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"seeds": (0, 1, 0)}, "seed 0 stands in its list twice"),
        ({"seeds": (0, -1)}, "seed = -1"),
        ({"splits": (1, 4)}, "split = 4"),
        ({"backbones": ("resnet18", "resnet5")}, "resnet5"),
        ({"asked": {"only": "42"}}, "no notebook 42"),
        ({"asked": {"profile": "fast"}}, "quick, colab, paper"),
        ({"name": "a/b"}, "plain name"),
    ],
)
def test_wrong_input_is_told_before_anything_runs(tmp_path, asked, said):
    execute = Executed()
    with pytest.raises(InputError, match=said):
        go(tmp_path, execute, **asked)
    assert execute.cells == []


def test_a_folder_of_other_runs_is_refused(tmp_path):
    go(tmp_path, Executed(), seeds=(0,))
    (tmp_path / "clips").mkdir()
    with pytest.raises(InputError, match="holds a run with videos = StickHMDB"):
        go(tmp_path, Executed(), seeds=(0,), asked={"videos": str(tmp_path / "clips")})
    one_run = tmp_path / "runs" / "quick-matrix" / "split1-seed0"
    with pytest.raises(InputError, match="is the folder of one run"):
        go(tmp_path, Executed(), runs=str(one_run.parent), name=one_run.name)


@pytest.mark.parametrize("name", ["summary.json", "summary.csv"])
def test_a_persons_file_is_not_overwritten(tmp_path, name):
    file = tmp_path / "runs" / "quick-matrix" / name
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    with pytest.raises(InputError, match="that no matrix of runs wrote"):
        go(tmp_path, Executed())
    assert file.read_text() == "{}"


# --- processes -------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_process_that_fails_says_why_by_its_last_line(tmp_path):
    asked = {"profile": "quick", "videos": str(tmp_path / "gone")}
    why = matrix.execute_cell(Cell(0, 1, ""), tmp_path, asked, {})
    assert "is not there: check the path." in why and why.endswith("(split1-seed0.log)")


@pytest.mark.parametrize("word", ["none", "imagenet"])
def test_weights_that_are_no_file_stay_a_word_whatever_lies_here(word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(word).mkdir()
    asked = {"profile": word, "videos": word, "weights": word}
    wanted = {"profile": word, "videos": str(tmp_path / word), "weights": word}
    assert matrix._anywhere(asked) == wanted
    Path("net.pth").touch()
    assert matrix._anywhere({"weights": "net.pth"}) == {"weights": str(tmp_path / "net.pth")}


def test_a_process_that_was_killed_says_so(tmp_path):
    (tmp_path / "a.log").write_text("It went well so far.\n")
    why = matrix.why_it_failed(-signal.SIGKILL, tmp_path / "a.log")
    assert "signal SIGKILL" in why and "memory" in why


@pytest.mark.slow
@pytest.mark.parametrize("cores", ["1", "2"])  # one cell after the other, or side by side
def test_an_interrupted_matrix_leaves_no_process(cores, tmp_path):
    code = (
        "import pathlib, signal, subprocess, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from twostream_lib.course import matrix, runner\n"
        "runner.NOTEBOOKS = pathlib.Path(sys.argv[1]) / 'notebooks'\n"
        "matrix.sys.executable = sys.argv[1] + '/python'\n"
        "matrix.run(seeds=(0, 1, 2), runs=sys.argv[1] + '/runs')\n"
    )
    sleeper = tmp_path / "python"
    sleeper.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nexec sleep 600\n")
    sleeper.chmod(0o755)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "LOKY_MAX_CPU_COUNT": cores}
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stderr=subprocess.PIPE, env=environment
    )
    give_up = time.monotonic() + 600  # of much that is to be loaded
    while not (tmp_path / "started").exists():
        assert time.monotonic() < give_up and run.poll() is None
        time.sleep(0.1)
    started = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(signal.SIGINT)
    error = run.communicate(timeout=240)[1].decode()
    assert "KeyboardInterrupt" in error and run.returncode
    assert started and not psutil.wait_procs(started, timeout=20)[1]


# --- together --------------------------------------------------------------------------------


def test_the_summary_is_of_what_the_cells_found(tmp_path):
    found = go(tmp_path, Executed(), seeds=(0, 1, 2), splits=(1, 2))
    (svm,) = [row for row in found["results"] if row["network"] == "svm"]
    places = (tmp_path / "runs" / "quick-matrix").glob("split*")
    rows = [metrics.read(place)["results"][1] for place in places if place.is_dir()]
    assert svm["mean"] == pytest.approx(100 * np.mean([row["accuracy"] for row in rows]), abs=1e-3)
