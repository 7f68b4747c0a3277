"""FuseNet: a small network on the outputs of the streams (paper, III.D and V.C)."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import TensorDataset

from twostream_lib.data import order
from twostream_lib.fusion.choosing import Rule, held_out_accuracies, require_choice
from twostream_lib.fusion.registry import enter
from twostream_lib.fusion.scores import Scores, log_probabilities, with_logits
from twostream_lib.training import devices, loop, schedule
from twostream_lib.training.optimisers import make_optimiser
from twostream_lib.training.recipes import RECIPES, Recipe

HIDDEN = {"fusenet": 128, "fusenet-linear": None}  # the width of its hidden layer, by name


class Setting(NamedTuple):
    """What is tuned of FuseNet: the width of its hidden layer, if any, and how it learns."""

    hidden: int | None
    lr: float
    weight_decay: float


# The paper blames tuning for what FuseNet did. Its own numbers are among these.
SWEEP = [
    Setting(*numbers)
    for numbers in itertools.product((None, 32, 128, 512), (1e-3, 3e-3, 1e-2), (0.0, 1e-2))
]


class FuseNet(nn.Module):
    """A small network on the outputs of the streams (paper, III.D).

    `hidden` is the width of the fully connected layer with ReLU between input and classes; None
    leaves it out, as the paper did in mode 2 (V.C). Input: float `[N, streams * num_classes]`, the
    streams' outputs side by side. Output: logits `[N, num_classes]`.
    """

    def __init__(self, num_classes: int, hidden: int | None = 128, streams: int = 2) -> None:
        super().__init__()
        inputs = streams * num_classes
        if hidden is None:
            self.layers: nn.Module = averaging_layer(num_classes, streams)
        else:
            self.layers = nn.Sequential(
                nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, num_classes)
            )

    def forward(self, outputs: Tensor) -> Tensor:
        return self.layers(outputs)


def averaging_layer(num_classes: int, streams: int) -> nn.Linear:
    """A linear layer that starts as the mean of the streams' log-probabilities."""
    layer = nn.Linear(streams * num_classes, num_classes)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(num_classes).repeat(1, streams) / streams)
        layer.bias.zero_()
    return layer


def fit_fusenet(
    net: FuseNet,
    streams: Sequence[Scores],
    recipe: Recipe,
    folder: Path,
    seed: int,
    name: str,
) -> list[dict]:
    """Train `net` on the streams' scores of one part; returns the history of `training.fit`."""
    require_choice(streams)
    data = TensorDataset(log_probabilities(streams), torch.from_numpy(streams[0].label))
    return loop.fit(net, data, data, recipe, folder, seed=seed, name=name)


@torch.inference_mode()
def apply_fusenet(net: FuseNet, streams: Sequence[Scores], name: str) -> Scores:
    """The fused scores that a trained `net` gives."""
    device = next(net.parameters()).device
    net.eval()
    return with_logits(streams, net(log_probabilities(streams).to(device)).cpu().numpy(), name)


@enter("fusenet")
def fusenet(streams: Sequence[Scores], seed: int) -> Rule:
    """FuseNet with its hidden layer, by the recipe `fusenet`."""
    return learned(streams, RECIPES["fusenet"], seed, "fusenet")


@enter("fusenet-linear")
def fusenet_linear(streams: Sequence[Scores], seed: int) -> Rule:
    """FuseNet without its hidden layer, by the recipe `fusenet`."""
    return learned(streams, RECIPES["fusenet"], seed, "fusenet-linear")


def learned(streams: Sequence[Scores], recipe: Recipe, seed: int, name: str) -> Rule:
    """FuseNet, with the hidden layer that `HIDDEN` has of that name, trained by a recipe."""
    return _learn(streams, HIDDEN[name], recipe, seed, name)


@enter("fusenet-tuned", "FuseNet, tuned", learned=True)
def fusenet_tuned(streams: Sequence[Scores], seed: int) -> Rule:
    """FuseNet by the best setting of `sweep`, learned from all of the scores."""
    return with_setting(streams, SWEEP[int(sweep(streams, seed).accuracy.argmax())], seed)


def sweep(streams: Sequence[Scores], seed: int = 0) -> pd.DataFrame:
    """How often FuseNet is right, by setting, about sources that it did not learn from.

    Args:
        streams: to learn from.
        seed: of the folds, the weights and the order of batches.

    Returns:
        A row for each of `SWEEP`, in that order: `hidden` (0 without hidden layer), `lr`,
        `weight_decay`, and `accuracy`, the mean over folds, 0..1; 0 where there is no source to
        hold out, so that the first is the best.

    Raises:
        InputError: what `require_choice` raises it for, such as scores of test clips or in-fold
            ones.
    """
    require_choice(streams)

    def learn(some: Sequence[Scores], setting: Setting) -> Rule:
        return with_setting(some, setting, seed)

    right = held_out_accuracies(SWEEP, learn, streams, seed)
    table = pd.DataFrame(SWEEP, columns=Setting._fields).fillna({"hidden": 0})
    accuracy = right.mean(axis=0) if len(right) else 0.0
    return table.astype({"hidden": int}).assign(accuracy=accuracy)


def with_setting(streams: Sequence[Scores], setting: Setting, seed: int) -> Rule:
    """A FuseNet by the recipe `fusenet`, but for what the setting says."""
    base = RECIPES["fusenet"]
    phases = tuple(replace(phase, lr=setting.lr) for phase in base.phases)
    recipe = replace(base, phases=phases, weight_decay=setting.weight_decay)
    return _learn(streams, setting.hidden, recipe, seed, "fusenet-tuned")


def _learn(
    streams: Sequence[Scores], hidden: int | None, recipe: Recipe, seed: int, name: str
) -> Rule:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = FuseNet(len(streams[0].classes), hidden, len(streams))
    train_in_memory(net, streams, recipe, seed)
    return lambda asked: apply_fusenet(net, asked, name)


@devices.one_core()
def train_in_memory(net: FuseNet, streams: Sequence[Scores], recipe: Recipe, seed: int) -> None:
    """Make of `net` what `fit_fusenet` makes of it on a CPU, and leave nothing behind.

    A step of so small a network takes less time than what a training that is kept, resumed and
    shared out does beside it: this is the same steps alone, several times as fast.

    Raises:
        InputError: what `require_choice` raises it for, such as scores of test clips or in-fold
            ones.
    """
    require_choice(streams)
    inputs, label = log_probabilities(streams), torch.from_numpy(streams[0].label)
    batches = schedule.batches_in(len(label), recipe.batch_size)
    for epoch in schedule.epochs(recipe, batches):
        if epoch.before == 0:
            optimiser = make_optimiser(net, epoch.phase, recipe)
        chosen = order.epoch(len(label), seed, epoch.number)
        for batch, places in enumerate(order.batches(chosen, recipe.batch_size)[:batches]):
            rows = torch.from_numpy(places)
            for group in optimiser.param_groups:
                group["lr"] = epoch.lr(batch) * group["share"]
            optimiser.zero_grad()
            loss = functional.cross_entropy(
                net(inputs[rows]), label[rows], label_smoothing=recipe.label_smoothing
            )
            loss.backward()
            optimiser.step()
