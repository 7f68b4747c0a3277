"""FuseNet: a small network on the outputs of both streams (paper, III.D and V.C)."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from twostream_lib.fusion.scores import Scores, log_probabilities, with_logits
from twostream_lib.training import loop
from twostream_lib.training.recipes import Recipe


class FuseNet(nn.Module):
    """A small network on the outputs of both streams (paper, III.D).

    `hidden` is the width of the fully connected layer with ReLU between input and classes; None
    leaves it out, as the paper did in mode 2 (V.C). Input: float `[N, 2 * num_classes]`, the two
    streams' outputs side by side. Output: logits `[N, num_classes]`.
    """

    def __init__(self, num_classes: int, hidden: int | None = 128) -> None:
        super().__init__()
        inputs = 2 * num_classes
        if hidden is None:
            self.layers: nn.Module = averaging_layer(num_classes)
        else:
            self.layers = nn.Sequential(
                nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, num_classes)
            )

    def forward(self, outputs: Tensor) -> Tensor:
        return self.layers(outputs)


def averaging_layer(num_classes: int) -> nn.Linear:
    """A linear layer that starts as the mean of the streams' log-probabilities."""
    layer = nn.Linear(2 * num_classes, num_classes)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(num_classes).repeat(1, 2) / 2)
        layer.bias.zero_()
    return layer


def fit_fusenet(
    net: FuseNet, streams: list[Scores], recipe: Recipe, folder: Path, seed: int, name: str
) -> list[dict]:
    """Train `net` on the streams' scores of one part; returns the history of `training.fit`."""
    data = TensorDataset(log_probabilities(streams), torch.from_numpy(streams[0].label))
    return loop.fit(net, data, data, recipe, folder, seed=seed, name=name)


@torch.inference_mode()
def apply_fusenet(net: FuseNet, streams: list[Scores], name: str) -> Scores:
    """The fused scores that a trained `net` gives."""
    device = next(net.parameters()).device
    net.eval()
    return with_logits(streams, net(log_probabilities(streams).to(device)).cpu().numpy(), name)
