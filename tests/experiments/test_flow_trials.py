"""The failure laboratory: each switch changes what it says, and nothing else."""

import copy
import math
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.experiments.samples import CLASSES, scored
from twostream_lib import flow, models
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.plan import Plan
from twostream_lib.data.store import Store
from twostream_lib.errors import InputError
from twostream_lib.experiments import flow_setups, flow_trials
from twostream_lib.experiments.flow_setups import FAILURES, SWITCHES, WORKING, Feed, set_up
from twostream_lib.fusion import evaluation
from twostream_lib.fusion.scores import Scores
from twostream_lib.training.recipes import Phase, Recipe

PLAN = Plan("flow", (36, 48), length=4, bound=3.0)


@pytest.fixture(scope="module")
def spatial():
    torch.manual_seed(1)
    return models.StreamNet("resnet8", len(CLASSES), weights="none")


@pytest.fixture(scope="module")
def stacks():
    draw = torch.Generator().manual_seed(0)
    return torch.randint(1, 256, (3, 8, 36, 48), generator=draw, dtype=torch.uint8)


def made(setup, spatial, seed=0):
    torch.manual_seed(seed)
    return set_up(setup, "resnet8", "none", spatial, len(CLASSES), PLAN)


def same_weights(one, other):
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return [torch.equal(a, b) for a, b in pairs]


# --- setups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_differs_from_what_it_is_held_against_in_one_thing(name):
    against = flow_setups.setup(flow_setups.AGAINST.get(name, "working"))
    switch = SWITCHES[name]
    names = [field.name for field in fields(against)]
    changed = [name for name in names if getattr(against, name) != getattr(switch, name)]
    assert len(changed) == 1


def test_the_failures_are_two_networks_with_ten_and_with_three_fields():
    made_of = {(setup.network, setup.length) for setup in FAILURES.values()}
    assert made_of == {("cnn-m", 10), ("cnn-m", 3), ("stream", 10), ("stream", 3)}
    assert all(setup.softmax and setup.u_with_v for setup in FAILURES.values())


def test_an_unknown_name_or_value_is_one_clear_sentence():
    with pytest.raises(InputError, match="no setup 'sofmax': choose one of working, softmax bef"):
        flow_setups.setup("sofmax")
    with pytest.raises(InputError, match="scale is one of bound, pixels, each field, not 'none'"):
        replace(WORKING, scale="none")


# --- what goes in ---------------------------------------------------------------------------------


def test_the_working_feed_is_what_every_other_flow_stream_is_fed(stacks):
    fed = Feed(WORKING, PLAN.bound)(stacks)
    assert torch.allclose(fed, models.Normalise(8)(stacks), atol=1e-5)


def test_u_with_v_leaves_one_channel_of_two(stacks):
    fed = Feed(replace(WORKING, u_with_v=True, scale="pixels"), PLAN.bound)(stacks)
    assert torch.allclose(fed[:, 0::2], -fed[:, 1::2], atol=1e-5)
    by_hand = flow_setups.u_with_v(torch.tensor([5.0, 1.0]).view(1, 2, 1, 1)).flatten()
    assert by_hand.tolist() == [2.0, -2.0]


def test_no_scaling_is_in_pixels_of_a_whole_frame(stacks):
    fed = Feed(replace(WORKING, scale="pixels"), PLAN.bound)(stacks)
    expected = flow.dequantise(stacks.numpy(), PLAN.bound) * (240 / 36)
    assert np.allclose(fed.numpy(), expected, atol=1e-4)


def test_each_field_is_stretched_over_the_whole_range_whatever_it_was():
    faint = 1e-3 * torch.rand(2, 4, 5, 6, generator=torch.Generator().manual_seed(0))
    stretched = flow_setups.stretched(faint)
    assert torch.allclose(stretched.amin((-2, -1)), torch.zeros(2, 4))
    assert torch.allclose(stretched.amax((-2, -1)), torch.full((2, 4), 255.0))
    assert flow_setups.stretched(torch.ones(1, 1, 2, 2)).eq(0).all()  # a still field is no storm
    fed = Feed(replace(WORKING, scale="each field"), PLAN.bound)((100 + 50 * faint * 1e3).byte())
    ends = [(edge - models.FLOW_MEAN) / models.FLOW_STD for edge in (0, 1)]
    assert [fed.min().item(), fed.max().item()] == pytest.approx(ends, abs=1e-4)


def test_a_shorter_stack_is_the_first_fields(stacks):
    whole, short = (Feed(replace(WORKING, length=n), PLAN.bound)(stacks) for n in (10, 3))
    assert whole.shape[1] == 8 and torch.equal(short, whole[:, :6])


# --- the network ----------------------------------------------------------------------------------


def test_a_softmax_head_can_lose_no_less_and_no_more_than_the_bounds(spatial, stacks):
    low, high = flow_setups.bounds_of_softmax_loss(2)
    assert (low, high) == pytest.approx((math.log(1 + 1 / math.e), math.log(1 + math.e)))
    net = made(replace(WORKING, softmax=True), spatial).eval()
    nn.init.normal_(net.head[3].weight, std=100)  # as sure as can be
    with torch.no_grad():
        outputs = net(stacks)
    assert torch.allclose(outputs.sum(1), torch.ones(3))
    for label in (0, 1):
        loss = functional.cross_entropy(outputs, torch.full((3,), label), reduction="none")
        assert ((loss > low - 1e-4) & (loss < high + 1e-4)).all()


def test_the_first_layer_comes_from_the_spatial_stream_or_is_random(spatial):
    adapted = made(SWITCHES["begun with spatial weights"], spatial)
    random = made(SWITCHES["spatial weights, random first layer"], spatial)
    own, first = next(spatial.backbone.parameters()), next(adapted.backbone.parameters())
    assert torch.allclose(first, own.mean(1, keepdim=True).expand_as(first) * 3 / 8)
    assert same_weights(adapted.backbone, random.backbone) == [False] + [True] * (
        len(list(random.backbone.parameters())) - 1
    )
    assert all(same_weights(spatial.backbone[1:], adapted.backbone[1:]))


def test_what_the_spatial_stream_kept_frozen_is_trained_in_the_flow_stream(spatial):
    still = copy.deepcopy(spatial).requires_grad_(False)
    begun = made(SWITCHES["begun with spatial weights"], still)
    assert all(weight.requires_grad for weight in begun.parameters())
    assert not any(weight.requires_grad for weight in still.parameters())


def test_without_batch_norm_there_is_none_and_the_net_still_answers(spatial, stacks):
    net = made(replace(WORKING, batch_norm=False), spatial)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in net.modules())
    assert net(stacks).shape == (3, 2)
    assert any(isinstance(layer, nn.BatchNorm2d) for layer in made(WORKING, spatial).modules())


def test_cnn_m_takes_the_small_windows_of_the_quick_profile(spatial, stacks):
    net = made(FAILURES["CNN-M-2048, L = 3"], spatial).eval()
    with torch.inference_mode():
        assert torch.allclose(net(stacks).sum(1), torch.ones(3))


def test_the_papers_optimiser_and_batch_are_two_switches():
    recipe = Recipe(
        "a test", (Phase("adamw", 3e-3, 16, "one-cycle"),), batch_size=32, weight_decay=0.05
    )
    recipe = replace(recipe, label_smoothing=0.1, backbone_lr_scale=0.3)
    sgd = flow_trials.recipe_of(replace(WORKING, optimiser="paper"), recipe)
    assert (sgd.batch_size, sgd.weight_decay) == (32, 0)
    assert sgd.phases == (Phase("sgd", 1e-2, WORKING.epochs),)
    assert (sgd.backbone_lr_scale, sgd.label_smoothing) == (1, 0)
    large = flow_trials.recipe_of(replace(WORKING, large_batch=True), recipe)
    assert (large.batch_size, large.weight_decay, large.phases[0].optimiser) == (128, 0.05, "adamw")


# --- trials ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lab(tmp_path_factory, spatial):
    """Clips of which one half moves up and the other down, which a mirror leaves alone."""
    folder: Path = tmp_path_factory.mktemp("lab")
    draw = np.random.default_rng(0)
    label = np.tile(CLASSES, 40)
    array = draw.integers(118, 139, (80, 4, 36, 48)).astype(np.uint8)
    v = np.where(label == "down", 60, -60).astype(np.uint8)
    array[:, 1::2, 10:26, 10:38] += v[:, None, None, None]
    np.save(folder / "windows.npy", array)
    tags, protocols = np.repeat([1, 2], 40), np.repeat(["window", "video-1"], 40)
    index = pd.DataFrame(
        {"video": [f"clip{n // 2}" for n in range(80)], "label": label, "source": "one"}
        | {"tag": tags, "protocol": protocols, "window": 0, "start": 0}
    )
    index["video"] = label + index.video
    windows = Store(folder / "windows.npy", index, replace(PLAN, length=2), {})
    parts = [np.arange(80) < 24, (np.arange(80) >= 24) & (np.arange(80) < 40), np.arange(80) >= 40]
    train, valid, test = (WindowDataset(windows, keep, "flow", CLASSES) for keep in parts)
    recipe = Recipe("a test", (Phase("adamw", 3e-3, 9, "one-cycle"),), batch_size=6)
    return flow_trials.Lab(
        train, valid, test, "resnet8", "none", spatial, recipe, folder / "trials"
    )


def test_a_trial_learns_is_kept_and_is_read_again(lab, monkeypatch):
    monkeypatch.setitem(flow_setups.SETUPS, "short", replace(WORKING, epochs=4))
    monkeypatch.setattr(flow_trials, "one_every", lambda data, seconds: data)
    trial = lab.trial("short")
    assert len(trial.history) == 4
    assert trial.result.n == 16 and trial.result.accuracy > 0.9
    assert "test" not in trial.scores and not list(lab.folder.rglob("*.pt"))
    monkeypatch.setattr(flow_trials.loop, "fit", None)  # nothing is trained again
    assert lab.trial("short").history == trial.history


def test_trials_side_by_side_are_those_one_after_the_other(lab):
    names = ["flip without negation", "3 fields"]
    trials = lab.trials(names)
    assert list(trials) == names
    by_name = replace(lab, folder=lab.folder.with_name("alone"))
    for name, trial in trials.items():
        alone = by_name.trial(name)
        assert trial.setup == alone.setup
        losses = [[row["train_loss"] for row in one.history] for one in (trial, alone)]
        assert losses[0] == pytest.approx(losses[1], rel=0.05)  # sums in another order
        video = trial.scores["validation"].video
        np.testing.assert_array_equal(video, alone.scores["validation"].video)


def test_without_negation_a_stack_is_mirrored_as_a_picture_is(lab, monkeypatch):
    monkeypatch.setattr(flow_trials, "one_every", lambda data, seconds: data)
    wrong = replace(WORKING, epochs=4, flip_negates=False)
    monkeypatch.setitem(flow_setups.SETUPS, "mirror", wrong)
    seen = []

    def fit(net, train, valid, recipe, folder, seed, augment, name):
        images, _ = train[list(range(len(train)))]
        mirrored = augment(images, torch.Generator().manual_seed(0))
        seen.append((images, mirrored))
        folder.mkdir(parents=True)
        (folder / "history.json").write_text("[]")
        (folder / "last.pt").touch()

    monkeypatch.setattr(flow_trials.loop, "fit", fit)
    lab.trial("mirror")
    ((images, mirrored),) = seen
    pairs = list(zip(images, mirrored, strict=True))
    flipped = torch.tensor([torch.equal(after, before.flip(-1)) for before, after in pairs])
    kept = torch.tensor([torch.equal(after, before) for before, after in pairs])
    assert flipped.any() and kept.any() and (flipped | kept).all()


@pytest.mark.parametrize(("seconds", "n"), [(0.1, 1), (1.0, 1), (2.0, 2), (8.0, 8)])
def test_a_trial_takes_one_window_for_so_many_seconds(lab, seconds, n):
    assert lab.train.store.plan.step == 1
    assert (
        flow_trials.one_every(lab.train, seconds).places.tolist() == lab.train.places[::n].tolist()
    )


def test_the_rows_of_a_protocol(lab):
    assert len(flow_trials.under("video-1", lab.test)) == 40
    assert len(flow_trials.under("video-10", lab.test)) == 0


def test_verdicts_tell_a_great_loss_from_luck():
    right = {"working": np.arange(60) < 50} | {name: np.arange(60) < 48 for name in SWITCHES}
    right["no scaling"] = np.arange(60) < 20
    right["3 fields"] = np.arange(60) < 60
    right["spatial weights, random first layer"] = np.arange(60) < 20
    right["begun with spatial weights"] = np.arange(60) < 20  # as bad, so held against it: even
    trials = {
        name: flow_trials.Trial(name, WORKING, [], {"validation": scored(which)})
        for name, which in right.items()
    }
    table = flow_trials.verdicts(trials)
    assert list(table.index) == list(SWITCHES)
    assert table.verdict["no scaling"] == flow_trials.MATTERED
    assert table.verdict["flip without negation"] == flow_trials.NO_DIFFERENCE
    assert table.verdict["begun with spatial weights"] == flow_trials.MATTERED
    assert table.verdict["spatial weights, random first layer"] == flow_trials.NO_DIFFERENCE
    assert table.loc["3 fields", ["only_first", "only_second"]].tolist() == [0, 10]
    assert table.verdict["3 fields"] == flow_trials.BETTER
    assert (table.p_value >= 0).all() and (table.p_value <= 1).all()


def test_twins_are_compared_with_each_other_alone():
    logits = np.array([[1, 0, 9], [0, 1, 9], [0, 2, 9], [5, 5, 0]], np.float32)
    labels, names = np.array([0, 0, 1, 2]), np.array(list("abcd"))
    zeros, kind = np.zeros(4, np.int64), np.full(4, "video-10")
    scores = Scores("x", logits, names, zeros, labels, kind, ("sit", "stand", "run"), "test")
    assert flow_trials.between_twins(scores, [("sit", "stand")]).tolist() == [True, False, True]


def test_an_interval_says_whether_guessing_is_excluded():
    assert flow_trials.may_guess(evaluation.share("x", np.arange(60) < 6), 1 / 12)
    assert not flow_trials.may_guess(evaluation.share("x", np.arange(60) < 30), 1 / 12)
