"""FuseNet: a small network on the outputs of the streams (paper, III.D and V.C)."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from twostream_lib.fusion.choosing import Rule, require_choice
from twostream_lib.fusion.registry import enter
from twostream_lib.fusion.scores import Scores, log_probabilities, with_logits
from twostream_lib.training import loop
from twostream_lib.training.recipes import RECIPES, Recipe

HIDDEN = {"fusenet": 128, "fusenet-linear": None}  # the width of its hidden layer, by name


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
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = FuseNet(len(streams[0].classes), HIDDEN[name], len(streams))
    with tempfile.TemporaryDirectory() as folder:  # seconds to train: nothing to take up again
        fit_fusenet(net, streams, recipe, Path(folder), seed, name)
    return lambda asked: apply_fusenet(net, asked, name)
