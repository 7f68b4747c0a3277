"""A network, data and a recipe that are trained in a moment."""

from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from twostream_lib.data.augmentation import Augmentation
from twostream_lib.models.stream import StreamNet
from twostream_lib.training import checkpoints
from twostream_lib.training.recipes import Phase, Recipe
from twostream_lib.video import encoding

RECIPE = Recipe(
    "test", (Phase("sgd", 0.02, 1), Phase("adamw", 2e-3, 2, "one-cycle")), batch_size=16
)


@contextmanager
def stopped_after(epochs):
    """A training in this block is ended, as by Ctrl-C, when so many epochs of it are kept."""
    save = checkpoints.save

    def save_then_stop(state, folder):
        save(state, folder)
        if len(state.history) == epochs:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(checkpoints, "save", save_then_stop)
        yield


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


FLIPS = Augmentation("rgb", 2)


def noise_clips(folder, lengths):
    """A clip table: a clip of coarse noise for each number of frames, of three classes by turns,
    each with a tint of its own."""
    rng, rows = np.random.default_rng(0), []
    for number, frames in enumerate(lengths):
        coarse = rng.integers(0, 150, (frames, 9, 11, 3), dtype=np.uint8)
        coarse[..., number % 3] += 100
        path = folder / f"clip{number}.avi"
        encoding.write(path, coarse.repeat(4, 1).repeat(4, 2), fps=30)
        rows.append({"path": str(path), "label": f"c{number % 3}", "source": str(number)})
        rows[-1] |= {"frames": frames, "width": 44, "height": 36, "times": ""}
    return pd.DataFrame(rows)
