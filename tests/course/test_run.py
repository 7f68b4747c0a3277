"""A run: its scores, and what happens where two processes work in its folder."""

import shutil
import time
from dataclasses import replace
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from twostream_lib import clips, course, locks, stickhmdb
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.fusion import score_files
from twostream_lib.training import loop, profiles
from twostream_lib.training.recipes import RECIPES, Phase, Recipe


@pytest.mark.slow
def test_a_stream_whose_training_diverged_has_no_scores(stick_set, tmp_path, monkeypatch):
    settings = replace(profiles.PROFILES["quick"], plan=Plan("images", size=(32, 40)))
    monkeypatch.setitem(profiles.PROFILES, "quick", settings)
    recipe = Recipe("test", (Phase("sgd", 1e38, 1),), batch_size=64)
    monkeypatch.setitem(RECIPES, "quick-spatial", recipe)
    run = course.configure(videos=str(stick_set / "videos"), runs=str(tmp_path / "run"))
    with pytest.raises(InputError, match="The training of spatial diverged in epoch 1"):
        run.scores_of("spatial")
    assert not run.scores_file("spatial").exists() and not run.checkpoint("spatial").exists()


# --- two at once ------------------------------------------------------------------------------

DATA = SimpleNamespace(view="rgb")
AT_WORK = {
    "checkpoints/spatial": (
        loop,
        "fit",
        lambda r: r.fit("spatial", 0, DATA, 0, spatial_of(r)),
    ),
    "scores/spatial.npz": (score_files, "save", lambda run: run.save_scores("spatial", {})),
    "clips.csv": (clips, "probe_clips", lambda run: run.table),
    "../stickhmdb": (stickhmdb, "make_clips", lambda run: run.uses_stickhmdb),
}


def spatial_of(run):
    return run.checkpoint("spatial")


@pytest.mark.parametrize("place", AT_WORK)
def test_what_another_process_works_on_is_waited_for(tmp_path, monkeypatch, place, capsys):
    module, name, work = AT_WORK[place]
    begun = []

    class BegunError(Exception):
        """Raised in place of the work."""

    def begin(*_, **__):
        begun.append(True)
        raise BegunError

    def try_to_work():
        with pytest.raises(BegunError):
            work(run)

    (tmp_path / "videos" / "wave").mkdir(parents=True)
    shutil.copy(Path(__file__), tmp_path / "videos" / "wave" / "ann_wave.avi")
    videos = "" if place == "../stickhmdb" else str(tmp_path / "videos")
    run = course.configure(runs=str(tmp_path / "run"), videos=videos)
    monkeypatch.setattr(course.Run, "found", lambda _: None)
    monkeypatch.setattr(course.Run, "made_by", {})
    monkeypatch.setattr(module, name, begin)
    second = Thread(target=try_to_work)
    with locks.alone((run.folder / place).resolve(), "is the first"):
        second.start()
        give_up = time.monotonic() + 60
        while "which is the first" not in capsys.readouterr().err:
            assert time.monotonic() < give_up, "nobody says that they wait"
            time.sleep(0.02)
        assert not begun
    second.join(timeout=30)
    assert begun
