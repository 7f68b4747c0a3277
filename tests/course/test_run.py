"""A run: whose folder is whose, what is trained on, and what is tested."""

import copy
import shutil
import time
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch

from twostream_lib import clips, course, locks, stickhmdb
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.fusion import scores
from twostream_lib.training import loop, profiles
from twostream_lib.training.recipes import RECIPES, Phase, Recipe


def test_each_stream_has_its_view_and_a_fusion_none(tmp_path):
    run = course.configure(runs=str(tmp_path / "run"))
    streams = ("spatial", "temporal-sg3i", "temporal-flow", "gap-sweep")
    assert [run.view_of(name) for name in streams] == ["rgb", "sg3i", "flow", "sg3i"]
    with pytest.raises(InputError, match="average is a fusion, and is fed no windows"):
        run.new_stream("average")


def test_split_files_beside_the_videos_are_found_and_read(tmp_path):
    for folder in ("videos", "splits", "elsewhere"):
        (tmp_path / folder).mkdir()
    for split in (1, 3):
        (tmp_path / "splits" / f"wave_test_split{split}.txt").write_text("film_wave_1.avi 2\n")
    (tmp_path / "elsewhere" / "wave_test_split2.txt").write_text("film_wave_1.avi 0\n")
    asked = {"videos": str(tmp_path / "videos"), "runs": str(tmp_path / "run")}
    beside = course.configure(**asked)
    assert beside.lists == tmp_path / "splits" and list(beside.listed) == [1, 3]
    other = course.configure(**asked, splits=str(tmp_path / "elsewhere"))
    assert other.lists == tmp_path / "elsewhere" and list(other.listed) == [2]


def test_without_split_files_none_are_listed(tmp_path):
    (tmp_path / "videos").mkdir()
    run = course.configure(videos=str(tmp_path / "videos"), runs=str(tmp_path / "run"))
    assert run.lists is None and run.listed == {}


def test_twins_are_known_of_the_drawn_clips_alone(stick_set, tmp_path):
    run = course.configure(videos=str(stick_set / "videos"), runs=str(tmp_path / "drawn"))
    assert ("sit", "stand") in run.motion_twins
    places = {name: place for place, name in enumerate(run.twins_together)}
    assert all(abs(places[a] - places[b]) == 1 for a, b in run.motion_twins)
    assert sorted(places) == run.classes
    for name in ("wave", "clap"):
        (tmp_path / "videos" / name).mkdir(parents=True)
        for clip in (stick_set / "videos" / "sit").iterdir():
            own_name = clip.name.replace("_sit_", f"_{name}_")
            shutil.copy(clip, tmp_path / "videos" / name / own_name)
    own = course.configure(videos=str(tmp_path / "videos"), runs=str(tmp_path / "own"))
    assert own.motion_twins == []
    assert own.twins_together == own.classes == ["clap", "wave"]


@pytest.mark.parametrize("mode", ["mode 1", "mode 2"])
def test_both_modes_train_on_the_training_clips_alone(stick_set, tmp_path, monkeypatch, mode):
    small = Plan("images", size=(32, 40))
    settings = replace(profiles.PROFILES["quick"], mode=mode, plan=small)
    monkeypatch.setitem(profiles.PROFILES, "quick", settings)
    one_epoch = Recipe("test", (Phase("sgd", 1e-3, 1),), batch_size=64)
    monkeypatch.setitem(RECIPES, "quick-spatial", one_epoch)
    run = course.configure(videos=str(stick_set / "videos"), runs=str(tmp_path / "run"))
    history = run.train("spatial", run.new_stream("spatial"))
    assert len(history) == 1 and 0 <= history[0]["valid_accuracy"] <= 1

    held_out, tests = run._validation_videos, set(run.part("spatial", "test").rows.video)
    assert held_out and tests and not held_out & tests
    if mode == "mode 1":
        used = {"/".join(Path(path).parts[-2:]) for path in run.frames("spatial").paths}
    else:
        used = set(run.part("spatial", "train").rows.video)
    assert used and not used & (held_out | tests)


def test_a_retrained_copy_goes_on_over_all_training_clips_and_is_tested(
    stick_set, tmp_path, monkeypatch
):
    settings = replace(profiles.PROFILES["quick"], plan=Plan("images", size=(32, 40)))
    monkeypatch.setitem(profiles.PROFILES, "quick", settings)
    recipe = Recipe("test", (Phase("sgd", 1e-3, 1),), batch_size=64, retrain_epochs=2)
    monkeypatch.setitem(RECIPES, "quick-spatial", recipe)
    run = course.configure(videos=str(stick_set / "videos"), runs=str(tmp_path / "run"))
    whole = run.part("spatial", "train+validation")
    assert len(whole) == len(run.part("spatial", "train")) + len(run.part("spatial", "validation"))
    assert 2 not in set(whole.rows.tag)

    net = run.new_stream("spatial")
    run.train("spatial", net)
    scored = run.score("spatial", net)
    own = {p: scores.predict("spatial", net, run.part("spatial", p), p) for p in scored}
    np.testing.assert_array_equal(scored["validation"].logits, own["validation"].logits)
    assert not np.array_equal(scored["test"].logits, own["test"].logits)

    # By hand: a copy, two more epochs of the same kind, all training clips.
    more = replace(recipe, phases=(Phase("sgd", 1e-3, 2),))
    by_hand = copy.deepcopy(net)
    run.fit("spatial", by_hand, whole, None, tmp_path / "by hand", more)
    again = scores.predict("spatial", by_hand, run.part("spatial", "test"), "test")
    np.testing.assert_array_equal(scored["test"].logits, again.logits)


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

AT_WORK = {
    "checkpoints/spatial": (loop, "fit", lambda run: run.fit("spatial", 0, 0, 0, spatial_of(run))),
    "scores/spatial.npz": (scores, "save", lambda run: run.save_scores("spatial", {})),
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
        give_up = time.monotonic() + 30
        while "which is the first" not in capsys.readouterr().err:
            assert time.monotonic() < give_up, "nobody says that they wait"
            time.sleep(0.02)
        assert not begun
    second.join(timeout=30)
    assert begun


@pytest.mark.parametrize("weights", ["none", "imagenet"])
def test_a_stream_that_is_asked_has_the_shape_it_was_trained_in(tmp_path, weights):
    run = replace(course.configure(runs=str(tmp_path / "run")), weights=weights)
    asked = run.stream("temporal-sg3i", 3, weights="none").state_dict()
    assert any("parametrizations" in name for name in asked) == (weights == "none")
    flow = run.stream("temporal-flow", 3, weights="none")
    assert flow(torch.zeros(1, run.settings.flow_plan.channels, 36, 48)).shape == (1, 3)


def test_only_flow_that_is_stored_smaller_is_enlarged_by_its_network(tmp_path):
    run = course.configure("colab", backbone="resnet8", weights="none", runs=str(tmp_path / "run"))
    rgb, flow = (run.stream(name, 3, "none").normalise for name in ("spatial", "temporal-flow"))
    assert rgb.size is None
    stored = torch.zeros(1, run.settings.flow_plan.channels, *run.settings.flow_plan.size)
    assert flow(stored).shape[2:] == run.settings.plan.size
    quick = replace(run, settings=profiles.profile("quick"))
    assert quick.stream("temporal-flow", 3, "none").normalise.size is None
