"""Putting the streams together (paper, III.D): averaging, a linear SVM, and FuseNet.

Fusion reads scores, never images. What is learned here is learned on the scores of the
*validation part*: clips that the streams were not trained on. On its own training clips a stream
is nearly always right, and a network that learns from those scores learns to believe the more
self-assured stream.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from twostream_lib import training
from twostream_lib.recipes import Recipe
from twostream_lib.scores import Scores, check_aligned, per_video


def average(streams: list[Scores], weights: list[float] | None = None) -> Scores:
    """The mean of the streams' probabilities, as its logarithm (paper, III.D; [1]).

    `weights` (any positive numbers, one a stream) make it a weighted mean.

    Raises:
        InputError: the scores speak of different windows.
    """
    check_aligned(streams)
    share = np.asarray(weights if weights else [1.0] * len(streams), dtype=np.float64)
    share /= share.sum()
    mean = sum(w * s.probabilities() for w, s in zip(share, streams, strict=True))
    network = "weighted" if weights else "average"
    return _fused(streams, np.log(np.maximum(mean, 1e-12)), network)


def average_of_videos(streams: list[Scores], network: str) -> Scores:
    """The mean of what any number of streams say of whole videos, one row a video.

    SG3I and flow cut other windows out of a video, so their windows cannot be paired. Each stream
    is averaged over its own windows first, which must all be of one protocol. Videos that are too
    short for one of the streams are left out.
    """
    videos = [per_video(stream) for stream in streams]
    common = set.intersection(*(set(scores.video) for scores in videos))
    kept = [scores.rows(np.isin(scores.video, list(common))) for scores in videos]
    return replace(
        average([replace(scores, window=0 * scores.window) for scores in kept]), network=network
    )


def _fused(streams: list[Scores], logits: np.ndarray, network: str) -> Scores:
    return replace(streams[0], network=network, logits=logits.astype(np.float32))


def best_weight(streams: list[Scores]) -> tuple[float, np.ndarray, np.ndarray]:
    """The share of the first of two streams that gets most validation windows right.

    Returns the share, all 21 shares tried (0, 0.05, … 1), and the accuracy of each. Among equals
    the one closest to one half is taken.
    """
    if any(scores.part == "test" for scores in streams):
        raise ValueError("A weight is chosen on the validation part, never on test clips.")
    shares = np.linspace(0, 1, 21)
    fused = [average(streams, [max(w, 1e-9), max(1 - w, 1e-9)]) for w in shares]
    accuracy = np.array([(f.logits.argmax(1) == f.label).mean() for f in fused])
    best = np.flatnonzero(accuracy == accuracy.max())
    return float(shares[best[np.abs(shares[best] - 0.5).argmin()]]), shares, accuracy


def side_by_side(streams: list[Scores]) -> Tensor:
    """What every learned fusion sees: the streams' log-probabilities, float `[N, streams * C]`."""
    check_aligned(streams)
    return torch.cat([torch.from_numpy(s.logits).log_softmax(dim=1) for s in streams], dim=1)


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
            self.layers: nn.Module = _averaging_layer(num_classes)
        else:
            self.layers = nn.Sequential(
                nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, num_classes)
            )

    def forward(self, outputs: Tensor) -> Tensor:
        return self.layers(outputs)


def _averaging_layer(num_classes: int) -> nn.Linear:
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
    data = TensorDataset(side_by_side(streams), torch.from_numpy(streams[0].label))
    return training.fit(net, data, data, recipe, folder, seed=seed, name=name)


@torch.inference_mode()
def apply_fusenet(net: FuseNet, streams: list[Scores], name: str) -> Scores:
    """The fused scores that a trained `net` gives."""
    device = next(net.parameters()).device
    net.eval()
    return _fused(streams, net(side_by_side(streams).to(device)).cpu().numpy(), name)


def svm(train: list[Scores], test: list[Scores], seed: int = 0) -> Scores:
    """A multi-class linear SVM on the streams' probabilities, as [1] does it; trained on `train`.

    The logits of the result are the SVM's decision values, one against the rest.
    """

    def features(streams: list[Scores]) -> np.ndarray:
        return np.concatenate([s.probabilities() for s in streams], axis=1)

    machine = make_pipeline(StandardScaler(), LinearSVC(C=0.1, random_state=seed))
    machine.fit(features(train), train[0].label)
    values = np.full((len(test[0]), len(test[0].classes)), -1e3)
    decided = machine.decision_function(features(test))
    values[:, machine.classes_] = decided if decided.ndim == 2 else np.stack([-decided, decided], 1)
    return _fused(test, values, "svm")
