"""The command line: exit codes, one sentence for what is wrong, JSON for measuring scripts."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import psutil
import pytest

from tests.course.samples import whole
from tests.experiments.truth import samples
from twostream_lib import bootstrap, stickhmdb
from twostream_lib.__main__ import main
from twostream_lib.clips import verification
from twostream_lib.course import baselines, metrics, runner, showing
from twostream_lib.experiments.truth import measuring, words
from twostream_lib.experiments.truth.questions import QUESTIONS

ROOT = Path(__file__).resolve().parents[1]


def baseline_and_run(folder, accuracy):
    row = {"network": "average", "protocol": "video-10", "low": 0.7, "high": 0.9}
    row |= {"n": 60, "sources": 20}
    run = {
        "schema": 1,
        "run": {"profile": "quick", "seed": 0},
        "data": {"name": "StickHMDB", "split": 1, "train_tags": [1], "ceilings": {}},
        "results": [row | {"accuracy": 0.8, "paper": None}],
    }
    metrics.write(baselines.new_baseline([run], None), folder / "baseline.json")
    run["results"][0]["accuracy"] = accuracy
    metrics.write(run, folder / "metrics.json")
    return str(folder), str(folder / "baseline.json")


# --- what is needed --------------------------------------------------------------------------


def test_a_package_that_is_missing_or_too_old_stops_a_command_with_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "requirements", lambda: {"rarfile-2": "4.2", "joblib": "99.1"})
    assert main(["audit", "splits"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("The course needs rarfile-2>=4.2 (missing), joblib>=99.1 (here: ")
    assert printed.count("\n") == 1


# --- compare ---------------------------------------------------------------------------------


def test_a_run_within_its_tolerances_passes(tmp_path, capsys):
    assert main(["compare", *baseline_and_run(tmp_path, 0.71)]) == 0
    assert "None of 1 results" in capsys.readouterr().out


def test_a_regression_exits_1_and_is_named(tmp_path, capsys):
    assert main(["compare", *baseline_and_run(tmp_path, 0.6)]) == 1
    assert capsys.readouterr().err.startswith("average (video-10) fell from 80.00 to 60.00 %")


def test_accepting_makes_the_run_the_baseline_and_prints_what_the_readme_says(tmp_path, capsys):
    places = baseline_and_run(tmp_path, 0.6)
    assert main(["compare", *places, "--accept"]) == 2
    assert "--because" in capsys.readouterr().err
    assert main(["compare", *places, "--accept", "--because", "Flow is coarser."]) == 0
    printed = capsys.readouterr().out
    assert "| average of spatial and SG3I | 60.0 % | 70.0 to 90.0 | – |" in printed
    assert showing.readme_setting(metrics.read(Path(places[1]))) in printed
    assert main(["compare", *places]) == 0
    assert "Flow is coarser." in capsys.readouterr().out


def test_accepting_makes_a_baseline_where_there_was_none(tmp_path):
    run, _ = baseline_and_run(tmp_path, 0.6)
    assert main(["compare", run, str(tmp_path / "first.json"), "--accept"]) == 0
    assert json.loads((tmp_path / "first.json").read_text())["results"][0]["accuracy"] == 60.0


def test_a_program_gets_json_and_a_build_server_junits_xml(tmp_path, capsys):
    places = baseline_and_run(tmp_path, 0.6)
    file = tmp_path / "compare.xml"
    assert main(["compare", *places, "--json", "--junit", str(file)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "fail" and [one["moved"] for one in told["checks"]] == ["worse"]
    suite = ElementTree.parse(file).getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")


def test_noise_is_kept_and_found_beside_the_baseline(tmp_path, capsys):
    runs = []
    for seed in range(4):
        runs.append(tmp_path / f"seed{seed}")
        runs[-1].mkdir()
        metrics.write(whole(seed, sd=0.01), runs[-1] / "metrics.json")
    places = [*map(str, runs), "--to", str(tmp_path / "noise-quick.json")]
    assert main(["noise", *places]) == 0
    assert "spatial (video-10)" in capsys.readouterr().out
    metrics.write(baselines.new_baseline([whole(0, sd=0.01)], None), tmp_path / "baseline.json")
    assert main(["compare", str(runs[1]), str(tmp_path / "baseline.json")]) == 0
    assert "Noise is what 4 runs on cpu had between seeds 0, 1, 2, 3" in capsys.readouterr().out
    assert main(["noise", *places[:2], "--to", str(tmp_path / "few.json")]) == 2
    assert "from 2 runs: give at least 3" in capsys.readouterr().err


def test_two_runs_are_compared(tmp_path, capsys):
    for name, accuracy in (("one", 0.8), ("other", 0.5)):
        (tmp_path / name).mkdir()
        baseline_and_run(tmp_path / name, accuracy)
    one, other = (str(tmp_path / name) for name in ("one", "other"))
    assert main(["compare", one, other]) == 0
    assert main(["compare", other, one]) == 1
    assert capsys.readouterr().err.startswith("average (video-10) fell from 80.00 to 50.00 %")
    assert main(["compare", str(tmp_path / "one" / "baseline.json"), one]) == 2
    assert "is a baseline" in capsys.readouterr().err


def test_a_table_that_is_not_ours_is_not_overwritten(tmp_path, two_clips, capsys):
    (tmp_path / "grades.csv").write_text("name,grade\nAnn,1\n")
    assert main(["verify", str(two_clips), "--table", str(tmp_path / "grades.csv")]) == 2
    assert "grades.csv is not a clip table" in capsys.readouterr().err
    assert (tmp_path / "grades.csv").read_text() == "name,grade\nAnn,1\n"


# --- bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "/no/such/run", "/no/such/baseline"], "/no/such/run"),
        (["run", "--profile", "truht"], "one of quick, colab, paper, paper-mode1, truth."),
        (["run", "--only", "42"], "42"),
        (["run", "--videos", "/no/such/folder"], "/no/such/folder"),
        (["verify", "/no/such/folder"], "/no/such/folder"),
        (["predict", "film.mp4", "--run", "/no/such/run"], "/no/such/run"),
        (["predict", "film.mp4"], "There is no finished run in"),
        (["audit", "/no/such/folder"], "/no/such/folder"),
        (["make-clips", "{tmp}/clips", "--clips-per-class", "2"], "2 clips"),
        (["bench", "decode", "--videos", "/no/such/folder"], "/no/such/folder"),
        (["bench", "decode", "--videos", "{tmp}/notebooks"], "has no clips"),
        (["run", "--only", ","], "no number beside one of its commas"),
        (["run", "--only", "00,,00"], "no number beside one of its commas"),
        (["run", "--only", "-1"], "There is no notebook -1"),
        (["run", "--seed", "-1"], "seed = -1"),
        (["run", "--seed", "99999999999"], "seed = 99999999999"),
        (["run", "--split", "0"], "split = 0"),
        (["run", "--splits", "1,2"], "for several splits of the clips give --split 1,2"),
        (["run", "--seed", "1", "--seeds", "1,2"], "Both --seed and --seeds"),
        (["run", "--profile", "truth", "--seeds", "1,2"], "draws seeds of its own"),
        (["run", "--seeds", "0,1", "--split", "1,4"], "split = 4"),
        (["noise", "{tmp}", "--to", "{tmp}/noise.json"], "There is no"),
        (["compare", "{tmp}/binary", "{tmp}", "--accept"], "binary is no whole JSON"),
        (["run", "--splits", "{tmp}"], "given without videos"),
        (["run", "--name", "a/b"], "cannot be named 'a/b'"),
        (["run", "--name", "a\nb"], r"cannot be named 'a\nb'"),
        (["run", "--name", "é" * 200], "too long"),
        (["run", "--name", ".."], "cannot be named"),
        (["run", "--profile", "a/b"], "'a/b' is unknown"),
        (["audit", "{tmp}", "--split", "0"], "split is 0"),
        (["audit", "{tmp}", "--split", "9"], "split is 9"),
        (["make-clips", "{tmp}/clips", "--clips-per-class", "0"], "0 clips"),
        (["make-clips", "{tmp}/clips", "--clips-per-class", "-3"], "-3 clips"),
        (["make-clips", "{tmp}/clips", "--clips-per-class", "1000000000"], "1,000,000,000 clips"),
        (["make-clips", "{tmp}/clips", "--seed", "-1"], "seed of StickHMDB is -1"),
        (["make-clips", "{tmp}"], "not StickHMDB"),
        (["compare", "{tmp}", "{tmp}"], "There is no"),
        (["compare", "{tmp}/binary", "{tmp}"], "binary is no whole JSON"),
        (["verify", "{tmp}/binary"], "binary is not a folder"),
        (["run", "--profile", "truth", "--only", "99"], "There is no notebook 99: choose from 00"),
        (["run", "--profile", "truth", "--only", "00"], "No question is of notebook 00: choose"),
        (["run", "--profile", "truth", "--videos", "/no/such/folder"], "/no/such/folder"),
        (["run", "--profile", "truth", "--videos", "{tmp}/binary"], "is a file: give a folder"),
        (["run", "--profile", "truth", "--splits", "{tmp}"], "given without videos"),
        (["run", "--profile", "truth", "--split", "4"], "split = 4"),
        (["run", "--profile", "truth", "--name", ".."], "cannot be named"),
    ],
)
def test_input_that_cannot_be_used_exits_2_with_one_sentence(
    arguments, said, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "NOTEBOOKS", tmp_path / "notebooks")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_lesson.ipynb").touch()
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    there = sorted(tmp_path.rglob("*"))
    assert main([argument.format(tmp=tmp_path) for argument in arguments]) == 2
    assert set(tmp_path.rglob("*")) - set(there) <= {tmp_path / "runs"}
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_full_disk_is_one_sentence(tmp_path, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "metrics.json")

    places = baseline_and_run(tmp_path, 0.8)
    monkeypatch.setattr(metrics, "write", full)
    assert main(["compare", *places, "--accept", "--because", "It is so."]) == 1
    error = capsys.readouterr().err
    assert (
        error
        == "The disk of the present folder is full; make room there, or choose another folder.\n"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [("n" * 300, "of 300 bytes is too long"), ("file/in", "file is in the way")],
)
def test_another_error_of_the_system_is_not_told_to_make_room(tmp_path, capsys, name, said):
    (tmp_path / "file").write_text("mine")
    places = baseline_and_run(tmp_path, 0.8)
    assert main(["compare", places[0], str(tmp_path / name), "--accept"]) == 1
    error = capsys.readouterr().err
    assert said in error and "room" not in error and error.count("\n") == 1


def test_what_is_said_of_a_name_leaves_the_console_as_it_is(capsys):
    assert main(["verify", "/no/such\x1b[2J/folder"]) == 2
    error = capsys.readouterr().err
    assert r"/no/such\x1b[2J/folder" in error and error[:-1].isprintable()


def test_a_reader_that_has_enough_is_no_error(tmp_path):
    command = [sys.executable, "-m", "twostream_lib", "audit", str(tmp_path), "--split", "1"]
    (tmp_path / "wave_test_split1.txt").write_text("ann_wave_1.avi 1\nben_wave_1.avi 2\n")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as run:
        run.stdout.close()  # as `head` does
        assert run.stderr.read() == b""
    assert run.returncode == 1


def test_what_a_console_cannot_show_is_printed_as_an_escape(two_clips):
    (two_clips / "wave" / "zoë_wave.avi").write_text("no video")
    done = subprocess.run(
        [sys.executable, "-m", "twostream_lib", "verify", str(two_clips)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    (two_clips / "wave" / "zoë_wave.avi").unlink()
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert r"wave/zo\xeb_wave.avi" in done.stdout


def test_bad_input_leaves_no_traceback_in_a_real_process():
    done = subprocess.run(
        [sys.executable, "-m", "twostream_lib", "audit", "/no/such/folder"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr and "/no/such/folder" in done.stderr


# --- run -------------------------------------------------------------------------------------


@pytest.fixture
def two_classes(tmp_path, two_clips):
    """The two clips of the class `wave` once more as a class `jump`."""
    for clip in (two_clips / "wave").iterdir():
        for label in ("wave", "jump"):
            copy = tmp_path / "videos" / label / clip.name.replace("wave", label)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(clip, copy)
    return tmp_path / "videos"


def lesson(folder, source):
    cells = [nbformat.v4.new_code_cell("profile = ''", metadata={"tags": ["parameters"]})]
    cells.append(nbformat.v4.new_code_cell(source))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "00_lesson.ipynb")
    return folder


@pytest.mark.filterwarnings("ignore:.* has no split files")
def test_a_failing_notebook_exits_1_and_is_named(tmp_path, capsys, monkeypatch, two_classes):
    monkeypatch.setattr(runner, "NOTEBOOKS", lesson(tmp_path / "notebooks", "1 / 0"))
    places = ["--runs", str(tmp_path / "runs"), "--videos", str(two_classes)]
    assert main(["run", *places]) == 1
    assert "00_lesson failed in cell [3] (1 / 0): ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:.* has no split files")
def test_a_run_prints_its_table_and_where_the_report_is(tmp_path, capsys, monkeypatch, two_classes):
    monkeypatch.setattr(runner, "NOTEBOOKS", lesson(tmp_path / "notebooks", "1 + 1"))
    places = ["--runs", str(tmp_path / "runs"), "--videos", str(two_classes)]
    assert main(["run", *places]) == 0
    out = capsys.readouterr().out
    assert "No network has been scored yet." in out
    assert str(tmp_path / "runs" / "quick" / "report.html") in out


# --- run --profile truth ---------------------------------------------------------------------


def asked_by(monkeypatch, *options):
    """What `run --profile truth` asks for with these options, where it measures nothing."""
    seen = []

    def measure(asked, folder, notebooks):
        seen.append((asked, folder, notebooks))
        return samples.record(lacking={"leak": "No clip has tag 0."})

    monkeypatch.setattr(measuring, "measure", measure)
    assert main(["run", "--profile", "truth", *options]) == 0
    (one,) = seen
    return one


def test_the_truth_run_asks_the_questions_of_one_notebook(monkeypatch, tmp_path):
    asked, folder, notebooks = asked_by(monkeypatch, "--only", "05", "--runs", str(tmp_path))
    assert notebooks == ["05"] and folder == tmp_path / "truth" and asked == measuring.Asked()
    known = {one.name for one in QUESTIONS if one.notebook in notebooks}
    assert known == {"failures", "motion"}


def test_the_truth_run_asks_all_questions_of_the_clips_that_are_given(monkeypatch, tmp_path):
    given = ["--videos", "films", "--split", "2", "--seed", "5", "--backbone", "resnet18"]
    given += ["--weights", "imagenet", "--runs", str(tmp_path), "--name", "films"]
    asked, folder, notebooks = asked_by(monkeypatch, *given)
    assert notebooks == [] and folder == tmp_path / "films"
    assert asked == measuring.Asked("films", "", 2, 5, "resnet18", "imagenet")


def test_the_truth_run_tells_what_it_found_what_it_could_not_ask_and_where_its_page_is(
    monkeypatch, tmp_path, capsys
):
    asked_by(monkeypatch, "--runs", str(tmp_path))
    told = capsys.readouterr()
    for one in samples.record()["questions"].values():
        assert f"\n{one['asks']}\n{words.pairs_table(one).to_string()}" in told.out
    assert words.measured(samples.record()) in told.out
    assert f"Page: {tmp_path / 'truth' / 'truth.html'}" in told.out
    assert told.err == "No clip has tag 0.\n"


@pytest.mark.slow
def test_an_interrupted_run_says_so_and_leaves_no_kernel(tmp_path, two_classes):
    lesson(tmp_path / "notebooks", "open(runs + '/started', 'w')\nimport time\ntime.sleep(600)")
    code = (
        "import pathlib, signal, sys\n"
        "from twostream_lib.course import runner\n"
        "from twostream_lib.__main__ import main\n"
        # A shell that puts the tests into the background has them, and so the run, ignore Ctrl-C.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "runner.NOTEBOOKS = pathlib.Path(sys.argv[1])\n"
        "sys.exit(main(['run', '--runs', sys.argv[2], '--videos', sys.argv[3]]))"
    )
    places = [tmp_path / "notebooks", tmp_path / "runs", two_classes]
    run = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, places)], stderr=subprocess.PIPE, cwd=ROOT
    )
    wait_for(tmp_path / "runs" / "quick" / "started")
    kernels = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(signal.SIGINT)
    error = run.communicate(timeout=60)[1].decode()
    assert run.returncode == 130
    assert "\nInterrupted.\n" in error and "__main__.py" not in error
    assert kernels and not psutil.wait_procs(kernels, timeout=20)[1]


@pytest.mark.slow
def test_an_interrupted_truth_run_says_so_and_leaves_no_process(tmp_path, moving_films):
    code = (
        "import signal, sys\n"
        "from twostream_lib.__main__ import main\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "    sys.exit(main(sys.argv[1:]))"
    )
    (tmp_path / "start.py").write_text(code)
    given = ["run", "--profile", "truth", "--only", "04", "--runs", str(tmp_path / "runs")]
    command = [sys.executable, tmp_path / "start.py", *given, "--videos", moving_films / "videos"]
    # Side by side in processes of their own, also where the tests have a core each.
    here = os.environ | {"PYTHONPATH": str(ROOT), "LOKY_MAX_CPU_COUNT": "2"}
    run = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path, env=here)
    trained = tmp_path / "runs" / "truth" / "seed-0" / "checkpoints" / "gap-1" / "history.json"
    try:
        wait_for(trained, seconds=300)  # of much that is to be loaded, several times
        others = psutil.Process(run.pid).children(recursive=True)
    finally:
        run.send_signal(signal.SIGINT)
    error = run.communicate(timeout=60)[1].decode()
    assert run.returncode == 130
    assert "\nInterrupted.\n" in error and "Traceback" not in error
    assert others and not psutil.wait_procs(others, timeout=20)[1]
    assert not (tmp_path / "runs" / "truth" / "truth.json").exists()
    spent = json.loads((tmp_path / "runs" / "truth" / "spent.json").read_text())
    assert spent["seconds"] > 0


def wait_for(file, seconds=60):
    give_up = time.monotonic() + seconds
    while not file.exists():
        assert time.monotonic() < give_up, f"{file} did not appear"
        time.sleep(0.1)


# --- data ------------------------------------------------------------------------------------


def test_make_clips_draws_a_clip_set_that_verifies(stick_set, capsys):
    assert main(["verify", str(stick_set / "videos"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    count = 6 * len(stickhmdb.CLASSES)
    assert (found["clips"], found["classes"], found["ok"]) == (count, count // 6, count)
    assert not any(found[kind] for kind in verification.KINDS)


@pytest.mark.filterwarnings("ignore:.* has no split files")
def test_verify_lists_what_cannot_be_used(two_clips, capsys):
    assert main(["verify", str(two_clips), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["clips"], found["ok"]) == (3, 2)
    assert [clip["clip"] for clip in found["broken"]] == ["wave/eve_wave.avi"]
    assert main(["verify", str(two_clips)]) == 0
    out = capsys.readouterr().out
    assert "2 of 3 clips" in out and "eve_wave.avi" in out


@pytest.mark.filterwarnings("ignore:.* has no split files")
def test_a_file_name_cannot_rewrite_what_the_console_shows(two_clips, tmp_path, capsys):
    videos = shutil.copytree(two_clips, tmp_path / "videos")
    (videos / "wave" / "eve_wave.avi").rename(videos / "wave" / "eve\x1b[2J\u202e_wave.avi")
    assert main(["verify", str(videos)]) == 0
    out = capsys.readouterr().out
    assert r"eve\x1b[2J\u202e_wave.avi" in out
    assert all(line.isprintable() for line in out.split("\n"))


def test_audit_finds_that_only_the_unused_clips_leak(stick_set, capsys):
    assert main(["audit", str(stick_set / "splits"), "--split", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tags"]["1"]["leaking"] == 0
    assert main(["audit", str(stick_set / "splits"), "--split", "2"]) == 0
    out = capsys.readouterr().out
    assert f"{found['tags']['0+1']['leaking']} of {found['test_clips']} test clips" in out
