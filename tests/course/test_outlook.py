"""What a notebook says first: what it must make, and about how long that takes here."""

from dataclasses import replace

import joblib
import nbformat
import numpy as np
import pytest
import torch

from twostream_lib import course
from twostream_lib.course import outlook
from twostream_lib.course.limits import count_windows
from twostream_lib.course.runner import NOTEBOOKS
from twostream_lib.errors import InputError
from twostream_lib.training.profiles import trial_rounds
from twostream_lib.video import encoding


@pytest.fixture
def run(tmp_path):
    """A run of two classes of three clips, the smallest of which is no film; nothing is made."""
    noise = np.random.default_rng(0).integers(255, size=(45, 48, 64, 3), dtype=np.uint8)
    for label in ("jump", "wave"):
        (tmp_path / "films" / label).mkdir(parents=True)
        for who in ("ann", "bob", "cleo"):
            encoding.write(tmp_path / "films" / label / f"{who}_{label}.avi", noise, fps=30)
    (tmp_path / "films" / "wave" / "dan_wave.avi").write_text("no film")
    return course.configure(videos=str(tmp_path / "films"), runs=str(tmp_path / "mine"))


def make(run, name):
    """Leave a file where `name` would lie if it had been made."""
    places = {
        "table": "clips.csv",
        "gap-sweep": "checkpoints/gap-1/history.json",
        "flow-trials": "checkpoints/flow-trials/abc/working.npz",
        **{store: f"store/{store}/windows.npy" for store in ("images", "dense", "flow")},
    }
    file = run.folder / places.get(name, f"scores/{name}.npz")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()


def test_a_notebook_that_is_opened_alone_names_all_that_it_makes(run):
    said = course.opening(run, "06")
    assert said.startswith(
        f"Run mine in {run.folder}: clips of films, split 1, seed 0, resnet8 from"
    )
    streams = (
        "the store of images, the spatial stream, the SG3I stream, the store of flow, the flow"
    )
    assert f"Still to be made here: the clip table, {streams} stream." in said
    assert "On this machine that takes " in said and said.count("\n") == 1
    assert not (run.folder / "clips.csv").exists()  # asking makes nothing


@pytest.mark.parametrize("number", list(outlook.READS))
def test_what_is_there_is_not_announced(run, number):
    for name in ("table", *outlook.READS[number]):
        assert name in outlook.missing(run, number)
        make(run, name)
        assert name not in outlook.missing(run, number)
    assert "All that this notebook starts from is there." in course.opening(run, number)


def test_what_clips_are_too_short_for_is_not_announced_once_they_were_looked_at(tmp_path, capsys):
    noise = np.random.default_rng(0).integers(255, size=(15, 48, 64, 3), dtype=np.uint8)
    for label in ("jump", "wave"):
        (tmp_path / "films" / label).mkdir(parents=True)
        for who in ("ann", "bob", "cleo", "dan"):
            encoding.write(tmp_path / "films" / label / f"{who}_{label}.avi", noise, fps=30)
    asked = {"videos": str(tmp_path / "films"), "runs": str(tmp_path / "mine")}
    run = course.configure(**asked)
    assert {"flow", "flow-trials", "temporal-flow"} <= set(outlook.missing(run, "05"))
    _ = run.table
    capsys.readouterr()
    streams = ["images", "spatial", "temporal-sg3i"]
    again = course.configure(**asked)
    for number in ("04", "05", "06"):
        assert outlook.missing(again, number) == streams
    assert capsys.readouterr().out == ""  # the run says why
    assert "cannot be had" in str(again.limits.lacking) and capsys.readouterr().out


def test_the_embedded_clips_are_announced_where_they_are_not_drawn_yet(tmp_path):
    quick = course.configure(runs=str(tmp_path / "quick"))
    assert outlook.missing(quick, "00") == ["clips", "table"]
    said = course.opening(quick, "00")
    assert "clips of StickHMDB" in said and "the drawn clips, the clip table. On this" in said
    assert not (tmp_path / "stickhmdb").exists()


def test_every_notebook_opens_with_its_own_number():
    for path in NOTEBOOKS.glob("*.ipynb"):
        cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        assert f'print(course.opening(run, "{path.name[:2]}"))' in cells[2:4], path.name


def test_a_folder_without_clips_is_refused_before_any_work(tmp_path):
    (tmp_path / "films").mkdir()
    empty = course.configure(videos=str(tmp_path / "films"), runs=str(tmp_path / "run"))
    with pytest.raises(InputError, match="has no clips"):
        course.opening(empty, "03")


def test_times_are_the_rate_times_the_amount(run, tmp_path, monkeypatch):
    rate = outlook.Rate.of(run, tmp_path)
    assert (
        rate.sample.ok.item() and rate.clips > 6 and rate.trained == pytest.approx(0.7 * rate.clips)
    )
    monkeypatch.setattr(outlook, "step_seconds", lambda *_: outlook.TIMED_IMAGES)  # 1 s an image
    rate = replace(rate, probing=2.0, clips=10.0, trained=6.0)
    assert rate.seconds("table") == 20 / joblib.cpu_count()
    recipe = run.recipe("spatial")
    windows = int(count_windows(rate.sample, run.settings.plan)[0])
    wanted = (3 * 2 / 3 + 1) * recipe.epochs * 6 * windows  # those of the folds, and the tested one
    assert windows > 1 and rate.seconds("spatial") == pytest.approx(wanted)
    dense, recipe = (
        int(count_windows(rate.sample, run.settings.dense_plan)[0]),
        run.recipe("gap-sweep"),
    )
    wanted = outlook.GAPS * 2 / 3 * recipe.epochs * 6 * dense  # none of these is tested
    assert dense and rate.seconds("gap-sweep") == pytest.approx(wanted)
    assert all(rate.seconds(name) > 0 for name in outlook.WORDS if name != "clips")


def test_measuring_draws_none_of_the_notebooks_random_numbers():
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    outlook.step_seconds.cache_clear()
    assert outlook.step_seconds("resnet8", 3, (32, 40)) > 0
    assert torch.equal(torch.rand(4), wanted)


def test_clips_too_short_for_flow_cost_no_time_for_flow(run, tmp_path):
    rate = outlook.Rate.of(run, tmp_path)
    short = replace(rate, sample=rate.sample.assign(frames=15))
    assert short.seconds("flow") == short.seconds("temporal-flow") == 0 < short.seconds("spatial")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "a few seconds"),
        (42, "about 40 seconds"),
        (94, "about 90 seconds"),
        (100, "about 2 minutes"),
        (5400, "about 90 minutes"),
        (3 * 3600, "about 3 hours"),
    ],
)
def test_times_in_words(seconds, words):
    assert outlook.in_words(seconds) == words


def test_the_laboratory_is_bounded_where_clips_are_many_and_large(run, tmp_path, monkeypatch):
    monkeypatch.setattr(outlook, "step_seconds", lambda *_: outlook.TIMED_IMAGES)  # 1 s an image
    rate = replace(outlook.Rate.of(run, tmp_path), trained=100.0)
    plan = replace(run.settings.flow_plan, step=1.0)
    each_second = int(count_windows(rate.sample, plan)[0])
    rounds = trial_rounds(100 * each_second, run.recipe("temporal-flow").batch_size)
    assert rate.seconds("flow-trials") == outlook.LABORATORY * rounds * 100 * each_second
    few = replace(rate, trained=10.0)  # whose trials go through them more often
    assert few.seconds("flow-trials") > 0.2 * rate.seconds("flow-trials")
    many = replace(rate, trained=1e6)
    assert many.seconds("flow-trials") == outlook.LABORATORY * outlook.TRIAL_WINDOWS


def test_a_training_is_timed_at_the_size_that_its_network_sees(run, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(outlook, "step_seconds", lambda *what: seen.append(what) or 1.0)
    larger = replace(run, settings=replace(run.settings, flow_seen_at=(48, 64)))
    rate = outlook.Rate.of(larger, tmp_path)
    rate.seconds("temporal-flow"), rate.seconds("spatial")
    assert [size for _, _, size in seen] == [(48, 64), run.settings.plan.size]
