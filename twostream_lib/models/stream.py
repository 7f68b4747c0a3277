"""The streams: a pre-trained backbone with a small head (paper, III.B and III.C).

A network takes a batch of images and gives **logits**. Cross entropy applies the softmax itself,
so there is no softmax, ReLU or dropout behind the last layer (one of the slips of the paper's own
notebooks, where the loss could hardly move).
"""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from twostream_lib.models.backbones import make_backbone, remove_classifier
from twostream_lib.models.first_layer import adapt_first_layer

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


# Quantised flow is centred on 128, and most of it lies close to the centre.
FLOW_MEAN, FLOW_STD = 128 / 255, 0.226


class Normalise(nn.Module):
    """Pixels to the range the backbone was trained with.

    uint8 `[N, C, H, W]` is divided by 255; floats are taken to lie in 0..1 already. Three channels
    get ImageNet's mean and standard deviation, any other number is taken for a flow stack.

    `size`: height and width that they are brought to as well, bilinearly; None: they stay as large
    as they are. It is part of the state, because of another size a network says other things.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, in_channels: int, size: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.size = size
        if size:
            self.register_buffer("seen_at", torch.tensor(size))
        is_image = in_channels == 3
        mean = torch.tensor(IMAGENET_MEAN if is_image else [FLOW_MEAN] * in_channels)
        std = torch.tensor(IMAGENET_STD if is_image else [FLOW_STD] * in_channels)
        self.register_buffer("mean", mean.view(-1, 1, 1), persistent=False)
        self.register_buffer("std", std.view(-1, 1, 1), persistent=False)

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *rest: Any, **more: Any) -> None:
        saved = state_dict.get(f"{prefix}seen_at")
        if self.size and saved is not None and tuple(saved.tolist()) != tuple(self.size):
            raise RuntimeError(f"the weights are of images of {saved.tolist()}, not {self.size}")
        super()._load_from_state_dict(state_dict, prefix, *rest, **more)

    def forward(self, images: Tensor) -> Tensor:
        if images.dtype == torch.uint8:
            images = images.float().div_(255).sub_(self.mean).div_(self.std)  # in the same memory
        else:
            images = (images - self.mean) / self.std
        return functional.interpolate(images, self.size, mode="bilinear") if self.size else images


def full_precision(device: torch.device) -> AbstractContextManager:
    """Where a network computes in float32, whatever it does elsewhere."""
    if torch.amp.is_autocast_available(device.type):
        return torch.autocast(device.type, enabled=False)
    return nullcontext()  # such as the device of tensors without values


HIDDEN, DROPOUT = 512, 0.5  # of a head; the paper gives neither


def make_head(
    features: int, classes: int, hidden: int = HIDDEN, dropout: float = DROPOUT
) -> nn.Sequential:
    """Two fully connected layers behind a backbone: Linear → ReLU → Dropout → Linear (III.B).

    The last weights are small: the first prediction is even, and the first loss ln(classes).
    """
    last = nn.Linear(hidden, classes)
    nn.init.normal_(last.weight, std=0.001)
    nn.init.zeros_(last.bias)
    return nn.Sequential(
        nn.Linear(features, hidden), nn.ReLU(inplace=True), nn.Dropout(dropout), last
    )


class StreamNet(nn.Module):
    """One stream: any torchvision classification backbone, then two fully connected layers.

    Backbone → Linear → ReLU → Dropout → Linear (paper, III.B and Fig. 1).

    Args:
        backbone: one of `models.backbones()` with a linear last layer; the paper has `resnet50`.
        num_classes: length of the logits.
        in_channels: 3 for RGB and SG3I, 2L for a flow stack of L fields. With weights, the first
            layer's filters are averaged over their input channels and repeated (TSN).
        weights: `"imagenet"` (torchvision's), `"none"`, or a file of torch.save or safetensors.
        hidden: width of the layer between backbone and classes; the paper does not give it.
        dropout: share of that layer's outputs that are left out in training.
        size: height and width that the backbone sees images at, see `Normalise`; None: their own.

    Input: uint8 0..255 or float 0..1, `[N, in_channels, H, W]`. Output: float logits
    `[N, num_classes]`. `used_weights` says in a sentence what the backbone started from.

    Raises:
        InputError: unknown backbone; weights that cannot be fetched, read, or do not fit; a
            backbone whose last layer is not linear, or, where the input has not three channels,
            whose first layer sees them in groups.
    """

    def __init__(
        self,
        backbone: str = "resnet50",
        num_classes: int = 51,
        in_channels: int = 3,
        weights: str | Path = "imagenet",
        hidden: int = HIDDEN,
        dropout: float = DROPOUT,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        self.normalise = Normalise(in_channels, size)
        self.backbone, self.used_weights = make_backbone(backbone, weights)
        features = remove_classifier(self.backbone, backbone)
        if in_channels != 3:
            adapt_first_layer(self.backbone, in_channels, pretrained=str(weights) != "none")
        self.head = make_head(features, num_classes, hidden, dropout)

    def forward(self, images: Tensor) -> Tensor:
        features = self.backbone(self.normalise(images))
        # bfloat16 has three digits: in it, the logits of several classes would often be equal.
        with full_precision(images.device):
            return self.head(features.float())
