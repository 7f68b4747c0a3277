"""A network, data and a recipe that are trained in a moment."""

import torch
from torch import nn
from torch.utils.data import TensorDataset

from twostream_lib.data.augmentation import Augmentation
from twostream_lib.models.stream import StreamNet
from twostream_lib.training.recipes import Phase, Recipe

RECIPE = Recipe(
    "test", (Phase("sgd", 0.02, 1), Phase("adamw", 2e-3, 2, "one-cycle")), batch_size=16
)


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
