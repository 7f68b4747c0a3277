"""The training loop: it learns, resumes exactly, and refuses what does not belong to it."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from twostream_lib.data import datasets, frame_stream
from twostream_lib.errors import InputError
from twostream_lib.models.stream import StreamNet
from twostream_lib.training import checkpoints, loop, recipes
from twostream_lib.training.profiles import PROFILES
from twostream_lib.training.recipes import RECIPES, Phase, Recipe
from twostream_lib.video import encoding


def blobs(n=48, classes=3):
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(n) % classes
    images = torch.randint(0, 120, (n, 3, 32, 32), generator=generator, dtype=torch.uint8)
    for label in range(classes):
        images[labels == label, label] += 100
    return TensorDataset(images, labels)


class TinyNet(nn.Sequential):
    """The layers whose state a training must keep: weights, running statistics, dropout."""

    def __init__(self, classes, hidden):
        super().__init__(
            nn.Conv2d(3, 8, 3, stride=4),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(32, hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, classes),
        )

    def forward(self, images):
        return super().forward(images.float() / 255)


def small_net(classes=3, hidden=32):
    torch.manual_seed(0)
    return TinyNet(classes, hidden)


def stream_net(classes=3):
    torch.manual_seed(0)
    return StreamNet("shufflenet_v2_x0_5", classes, weights="none", hidden=32)


RECIPE = Recipe(
    "test", (Phase("sgd", 0.02, 1), Phase("adamw", 2e-3, 2, "one-cycle")), batch_size=16
)


def flips(images, coins):
    return datasets.augment(images, "rgb", 2, coins)


def test_one_batch_can_be_overfitted(tmp_path):
    torch.manual_seed(0)
    images = torch.randint(0, 256, (16, 3, 48, 48), dtype=torch.uint8)
    data = TensorDataset(images, torch.arange(16) % 4)
    net = StreamNet("resnet8", 4, weights="none")
    recipe = Recipe("test", (Phase("adamw", 3e-3, 30),), batch_size=16)
    history = loop.fit(net, data, data, recipe, tmp_path)
    assert history[-1]["train_loss"] < 0.3 < 1 < history[0]["train_loss"]


def test_a_stopped_training_ends_in_the_very_same_weights(tmp_path, monkeypatch):
    data = blobs()
    straight, stopped, resumed = small_net(), small_net(), small_net()
    long_history = loop.fit(straight, data, data, RECIPE, tmp_path / "a", augment=flips)

    save = checkpoints.save

    def save_then_stop(net, optimisers, history, *rest):
        save(net, optimisers, history, *rest)
        if len(history) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save", save_then_stop)
    with pytest.raises(KeyboardInterrupt):
        loop.fit(stopped, data, data, RECIPE, tmp_path / "b", augment=flips)
    monkeypatch.setattr(checkpoints, "save", save)
    history = loop.fit(resumed, data, data, RECIPE, tmp_path / "b", augment=flips)

    for a, b in zip(straight.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    without_time = [{k: v for k, v in row.items() if k != "seconds"} for row in history]
    assert without_time == [{k: v for k, v in r.items() if k != "seconds"} for r in long_history]


def test_a_finished_training_is_read_and_not_repeated(tmp_path):
    data = blobs()
    first = loop.fit(small_net(), data, data, RECIPE, tmp_path)
    other = TinyNet(3, 32)
    assert loop.fit(other, data, data, RECIPE, tmp_path) == first
    assert loop.evaluate(other, data)["loss"] == pytest.approx(first[-1]["valid_loss"])
    assert json.loads((tmp_path / "history.json").read_text()) == first


def test_a_checkpoint_of_another_seed_is_refused(tmp_path):
    data = blobs()
    loop.fit(small_net(), data, data, RECIPE, tmp_path, seed=1)
    with pytest.raises(InputError, match="another recipe or seed"):
        loop.fit(small_net(), data, data, RECIPE, tmp_path, seed=2)


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    data = blobs()
    loop.fit(small_net(), data, data, RECIPE, tmp_path)
    wider = small_net(hidden=64)
    with pytest.raises(InputError, match="another network"):
        loop.fit(wider, data, data, RECIPE, tmp_path)


def test_evaluate_agrees_with_torch():
    data, net = blobs(n=20), stream_net().eval()
    images, labels = data.tensors
    with torch.inference_mode():
        logits = net(images)
    measured = loop.evaluate(net, data, batch=7)
    assert measured["loss"] == pytest.approx(nn.functional.cross_entropy(logits, labels).item())
    assert measured["accuracy"] == pytest.approx((logits.argmax(1) == labels).float().mean().item())


def test_nothing_to_train_or_test_on_is_said_before_any_work(tmp_path):
    data, nothing, net = blobs(n=20), blobs(n=0), stream_net()
    for train, valid in ((nothing, data), (data, nothing)):
        with pytest.raises(InputError, match="no sample"):
            loop.fit(net, train, valid, RECIPE, tmp_path)
    with pytest.raises(InputError, match="no sample"):
        loop.evaluate(net, nothing)
    assert not list(tmp_path.iterdir())


def test_one_cycle_rises_then_falls_to_nothing():
    phase = Phase("sgd", 0.1, 1, "one-cycle")
    rates = [loop.rate_at(phase, i / 100) for i in range(101)]
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(0.1) and rates[-1] == pytest.approx(0, abs=1e-9)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_the_backbone_learns_at_its_share_of_the_rate():
    recipe = Recipe("test", (Phase("adamw", 1e-3, 1),), backbone_lr_scale=0.1, weight_decay=0.05)
    net = stream_net()
    optimiser = loop.make_optimiser(net, recipe.phases[0], recipe)
    group_of = {id(p): group for group in optimiser.param_groups for p in group["params"]}
    assert len(group_of) == len(list(net.parameters()))
    for name, weight in net.named_parameters():
        group = group_of[id(weight)]
        assert group["lr"] == pytest.approx(1e-4 if name.startswith("backbone.") else 1e-3)
        assert (group["weight_decay"] > 0) == (weight.ndim > 1)


def test_frozen_layers_stay_as_they_were(tmp_path):
    data, net = blobs(), StreamNet("mobilenet_v2", 3, weights="none", hidden=32)
    before = {name: tensor.clone() for name, tensor in net.backbone.state_dict().items()}
    recipe = Recipe("test", (Phase("adamw", 1e-2, 1),), batch_size=16, freeze_fraction=0.5)
    loop.fit(net, data, data, recipe, tmp_path)
    changed = [
        name
        for name, tensor in net.backbone.state_dict().items()
        if not torch.equal(tensor, before[name])
    ]
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in before))
    half = set(layers[: len(layers) // 2])
    assert changed and not [name for name in changed if name.rpartition(".")[0] in half]


def test_partial_bn_keeps_all_statistics_but_the_first(tmp_path):
    data, net = blobs(), StreamNet("mobilenet_v2", 3, weights="none", hidden=32)
    norms = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    before = [norm.running_mean.clone() for norm in norms]
    recipe = Recipe("test", (Phase("adamw", 1e-2, 1),), batch_size=16, partial_bn=True)
    loop.fit(net, data, data, recipe, tmp_path)
    moved = [not torch.equal(norm.running_mean, b) for norm, b in zip(norms, before, strict=True)]
    assert moved == [True] + [False] * (len(norms) - 1)
    assert all(weight.requires_grad for weight in net.parameters())


@pytest.mark.parametrize(("limit", "moved"), [(0.0, 200.0), (20.0, 20.0), (1000.0, 200.0)])
def test_a_huge_gradient_is_clipped(tmp_path, limit, moved):
    """Two weights whose gradient is known: a step of plain SGD at rate 1 is as long as it."""

    class Steep(nn.Module):
        def __init__(self):
            super().__init__()
            self.slope = nn.Parameter(torch.zeros(1, 2))

        def forward(self, images):
            return images * self.slope

    net = Steep()
    # Two even logits of class 0: the loss has the slopes -1/2 and 1/2 by them, times the input.
    data = TensorDataset(torch.full((4, 2), 400 / 2**0.5), torch.zeros(4, dtype=torch.int64))
    recipe = Recipe("test", (Phase("sgd", 1.0, 1),), batch_size=4, grad_clip_norm=limit)
    loop.fit(net, data, None, recipe, tmp_path)
    assert net.slope.norm().item() == pytest.approx(moved, rel=1e-4)


def test_the_recipes_of_others_are_theirs():
    """The batches of each rate, within half an epoch of HMDB-51's windows."""
    rows = {
        "cnnm-flow": (256, [(1e-2, 50_000), (1e-3, 20_000), (1e-4, 10_000)]),
        "tsn-flow": (128, [(5e-3, 4_000), (5e-4, 2_000), (5e-5, 1_000)]),
    }
    for name, (batch, phases) in rows.items():
        recipe = RECIPES[name]
        assert recipe.batch_size == batch
        in_an_epoch = recipes.HMDB51_WINDOWS / batch
        for phase, (rate, batches) in zip(recipe.phases, phases, strict=True):
            assert (phase.optimiser, phase.lr, phase.schedule) == ("sgd", rate, "constant")
            assert abs(phase.epochs * in_an_epoch - batches) <= in_an_epoch / 2
    tsn = RECIPES["tsn-flow"]
    assert (tsn.weight_decay, tsn.grad_clip_norm, tsn.dropout, tsn.partial_bn) == (
        5e-4,
        20,
        0.7,
        True,
    )


def test_the_papers_recipes_are_the_papers():
    rows = {
        "paper-mode1-spatial": (128, [("sgd", 1e-2, 10)]),
        "paper-mode1-temporal": (128, [("sgd", 1e-2, 15)]),
        "paper-mode1-fusenet": (64, [("adam", 1e-2, 6)]),
        "paper-mode2-spatial": (128, [("sgd", 1e-2, 385), ("adamw", 1e-3, 60)]),
        "paper-mode2-temporal": (128, [("sgd", 1e-2, 278)]),
        "paper-mode2-fusenet": (64, [("adamw", 1e-3, 14)]),
    }
    for name, (batch, phases) in rows.items():
        recipe = RECIPES[name]
        assert recipe.batch_size == batch
        assert [(p.optimiser, p.lr, p.epochs) for p in recipe.phases] == phases


def test_every_profile_names_recipes_that_exist():
    for profile in PROFILES.values():
        assert set(profile.recipes.values()) <= set(RECIPES)


# --- mode 1: stopped in the middle of an epoch ------------------------------------------------


@pytest.fixture(scope="module")
def noise_clips(tmp_path_factory):
    """A clip table: three classes, six clips of coarse noise, tinted by class."""
    folder, rng, rows = tmp_path_factory.mktemp("noise"), np.random.default_rng(0), []
    for number in range(6):
        label, frames = number % 3, 9 + 3 * number
        coarse = rng.integers(0, 150, (frames, 9, 11, 3), dtype=np.uint8)
        coarse[..., label] += 100
        path = folder / f"clip{number}.avi"
        encoding.write(path, coarse.repeat(4, 1).repeat(4, 2), fps=30)
        rows.append({"path": str(path), "label": f"c{label}", "source": str(number)})
        rows[-1]["frames"] = frames
    return pd.DataFrame(rows)


def a_frame_stream(table, **changes):
    of = {"buffer": 40, "open_clips": 3} | changes
    return datasets.FrameStream(table, ["c0", "c1", "c2"], "rgb", (32, 32), **of)


class PulledPlug(Exception):
    pass


def pull_plug_at(step):
    """An `augment` with coins of its own, that ends the training at its step-th batch."""
    steps = itertools.count()

    def augment(images, coins):
        if next(steps) == step:
            raise PulledPlug
        return flips(images, coins)

    return augment


def test_mode_1_stopped_at_any_batch_ends_in_the_very_same_weights(
    noise_clips, tmp_path, monkeypatch
):
    monkeypatch.setattr(loop, "CHECKPOINT_MINUTES", 0.0)  # after every batch
    stream, valid = a_frame_stream(noise_clips), blobs(12)
    recipe = Recipe(
        "test", (Phase("sgd", 0.02, 1), Phase("adamw", 2e-3, 1, "one-cycle")), batch_size=16
    )
    per_epoch = -(-len(stream) // 16)
    whole = small_net()
    history = loop.fit(whole, stream, valid, recipe, tmp_path / "whole", augment=flips)

    # Stopped again and again, each time in another place: first batch, middle, last, next epoch.
    for stop in (0, 1, per_epoch - 3, 3):
        with pytest.raises(PulledPlug):
            loop.fit(
                small_net(), stream, valid, recipe, tmp_path / "cut", augment=pull_plug_at(stop)
            )
        monkeypatch.setattr(frame_stream.joblib, "cpu_count", lambda n=1 + stop % 2: n)
    resumed = small_net()
    again = loop.fit(resumed, stream, valid, recipe, tmp_path / "cut", augment=flips)

    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    for row, other in zip(history, again, strict=True):
        assert {**row, "seconds": 0} == {**other, "seconds": 0}


def test_the_middle_of_an_epoch_over_other_clips_is_refused(noise_clips, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_MINUTES", 0.0)
    recipe = Recipe("test", (Phase("sgd", 0.02, 1),), batch_size=16)
    with pytest.raises(PulledPlug):
        loop.fit(
            small_net(),
            a_frame_stream(noise_clips),
            None,
            recipe,
            tmp_path,
            augment=pull_plug_at(2),
        )
    for other in (a_frame_stream(noise_clips[:5]), a_frame_stream(noise_clips, seed=1), blobs()):
        with pytest.raises(InputError, match="middle of an epoch over other clips"):
            loop.fit(small_net(), other, None, recipe, tmp_path)


def test_mode_1_is_not_written_down_after_every_batch(noise_clips, tmp_path, monkeypatch):
    saved, save = [], checkpoints.save
    monkeypatch.setattr(checkpoints, "save", lambda *rest: saved.append(1) or save(*rest))
    recipe = Recipe("test", (Phase("sgd", 0.02, 1),), batch_size=16)
    loop.fit(small_net(), a_frame_stream(noise_clips), None, recipe, tmp_path)
    assert len(saved) == 1
