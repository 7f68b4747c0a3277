"""A run's streams: what each is fed, what it is trained on, and which network is tested."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from twostream_lib import course
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.fusion import scores
from twostream_lib.training import profiles
from twostream_lib.training.recipes import RECIPES, Phase, Recipe


def test_each_stream_has_its_view_and_a_fusion_none(tmp_path):
    run = course.configure(runs=str(tmp_path / "run"))
    streams = ("spatial", "temporal-sg3i", "temporal-flow", "gap-sweep")
    assert [run.view_of(name) for name in streams] == ["rgb", "sg3i", "flow", "sg3i"]
    with pytest.raises(InputError, match="average is a fusion, and is fed no windows"):
        run.new_stream("average")


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

    held_out, tests = run.limits.of_fold(0), set(run.part("spatial", "test").rows.video)
    assert held_out and tests and not held_out & tests
    if mode == "mode 1":
        used = {"/".join(Path(path).parts[-2:]) for path in run.frames("spatial").paths}
    else:
        used = set(run.part("spatial", "train").rows.video)
    assert used and not used & (held_out | tests)


def test_a_retrained_copy_goes_on_over_all_training_clips_and_is_tested(
    stick_set, tmp_path, monkeypatch
):
    quick = profiles.PROFILES["quick"]
    settings = replace(quick, plan=Plan("images", size=(32, 40)), trained_folds=1)
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
    own = {p: scores.predict("spatial", net, run.part("spatial", p), p) for p in ("train", "test")}
    for part, data in (("in-fold", "train"), ("test", "test")):
        assert not np.array_equal(scored[part].logits, own[data].logits)

    # By hand: a copy, two more epochs of the same kind, all training clips.
    more = replace(recipe, phases=(Phase("sgd", 1e-3, 2),))
    by_hand = copy.deepcopy(net)
    run.fit("spatial", by_hand, whole, None, tmp_path / "by hand", more)
    again = scores.predict("spatial", by_hand, run.part("spatial", "test"), "test")
    np.testing.assert_array_equal(scored["test"].logits, again.logits)


def test_where_each_fold_has_its_network_a_new_one_learns_from_all_clips_and_is_tested(
    stick_set, tmp_path, monkeypatch
):
    settings = replace(profiles.PROFILES["quick"], plan=Plan("images", size=(32, 40)))
    monkeypatch.setitem(profiles.PROFILES, "quick", settings)
    recipe = Recipe("test", (Phase("sgd", 1e-3, 1),), batch_size=64)
    monkeypatch.setitem(RECIPES, "quick-spatial", recipe)
    run = course.configure(videos=str(stick_set / "videos"), runs=str(tmp_path / "run"))
    net = run.new_stream("spatial")
    run.train("spatial", net)
    scored = run.score("spatial", net)
    by_hand, whole = run.new_stream("spatial"), run.part("spatial", "train+validation")
    run.fit("spatial", by_hand, whole, None, tmp_path / "by hand", recipe)
    again = scores.predict("spatial", by_hand, run.part("spatial", "test"), "test")
    np.testing.assert_array_equal(scored["test"].logits, again.logits)
    assert set(scored["in-fold"].video) == set(whole.videos)


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
