"""The streams: a pre-trained backbone with a small head (paper, III.B and III.C), and CNN-M-2048.

A network takes a batch of images and gives **logits**. Cross entropy applies the softmax itself,
so there is no softmax, ReLU or dropout behind the last layer (one of the slips of the paper's own
notebooks, where the loss could hardly move).
"""

from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import cast
from urllib.error import URLError

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from twostream_lib.errors import InputError

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Quantised flow is centred on 128, and most of it lies close to the centre.
FLOW_MEAN, FLOW_STD = 128 / 255, 0.226


def _zoo() -> ModuleType:
    # torchvision takes seconds to import, and half of the lessons build no network
    from torchvision import models

    return models


class Normalise(nn.Module):
    """Pixels to the range the backbone was trained with.

    uint8 `[N, C, H, W]` is divided by 255; floats are taken to lie in 0..1 already. Three channels
    get ImageNet's mean and standard deviation, any other number is taken for a flow stack.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        is_image = in_channels == 3
        mean = torch.tensor(IMAGENET_MEAN if is_image else [FLOW_MEAN] * in_channels)
        std = torch.tensor(IMAGENET_STD if is_image else [FLOW_STD] * in_channels)
        self.register_buffer("mean", mean.view(-1, 1, 1), persistent=False)
        self.register_buffer("std", std.view(-1, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        if images.dtype == torch.uint8:
            images = images.float() / 255
        return (images - self.mean) / self.std


class StreamNet(nn.Module):
    """One stream: any torchvision classification backbone, then two fully connected layers.

    Backbone → Linear → ReLU → Dropout → Linear (paper, III.B and Fig. 1).

    Args:
        backbone: a name of `torchvision.models.list_models(module=torchvision.models)` whose last
            layer is linear; the paper uses `resnet50`.
        num_classes: length of the logits.
        in_channels: 3 for RGB and SG3I, 2L for a flow stack of L fields. With weights, the first
            layer's filters are averaged over their input channels and repeated (TSN).
        weights: `"imagenet"` (torchvision's), `"none"`, or a file with a state dict.
        hidden: width of the layer between backbone and classes; the paper does not give it.
        dropout: share of that layer's outputs that are left out in training.

    Input: uint8 0..255 or float 0..1, `[N, in_channels, H, W]`. Output: float logits
    `[N, num_classes]`. `used_weights` says in a sentence what the backbone started from.

    Raises:
        InputError: unknown backbone; weights that cannot be fetched, read, or do not fit.
    """

    def __init__(
        self,
        backbone: str = "resnet50",
        num_classes: int = 51,
        in_channels: int = 3,
        weights: str | Path = "imagenet",
        hidden: int = 512,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.normalise = Normalise(in_channels)
        self.backbone, self.used_weights = make_backbone(backbone, weights)
        features = remove_classifier(self.backbone, backbone)
        if in_channels != 3:
            adapt_first_layer(self.backbone, in_channels, pretrained=str(weights) != "none")
        last = nn.Linear(hidden, num_classes)
        # Small last weights: the first prediction is even, and the first loss ln(classes).
        nn.init.normal_(last.weight, std=0.001)
        nn.init.zeros_(last.bias)
        self.head = nn.Sequential(
            nn.Linear(features, hidden), nn.ReLU(inplace=True), nn.Dropout(dropout), last
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.backbone(self.normalise(images)))


def resnet8() -> nn.Sequential:
    """A ResNet small enough to be trained on a CPU: three stages of one block, 32 to 128 wide.

    He et al. (2016, section 4.2) made such nets of 6n + 2 layers for small images; this is n = 1,
    twice as wide, behind the stem of their nets for photographs. The blocks are torchvision's;
    nobody publishes ImageNet weights for it. Input `[N, 3, H, W]`, output `[N, 1000]`.
    """
    widths = (32, 64, 128)
    stem = nn.Conv2d(3, widths[0], 7, stride=2, padding=3, bias=False)
    layers: list[nn.Module] = [stem, nn.BatchNorm2d(widths[0]), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    block = _zoo().resnet.BasicBlock
    layers.append(block(widths[0], widths[0]))
    for narrow, wide in pairwise(widths):
        shortcut = nn.Conv2d(narrow, wide, 1, stride=2, bias=False)
        down = nn.Sequential(shortcut, nn.BatchNorm2d(wide))
        layers.append(block(narrow, wide, stride=2, downsample=down))
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 1000))
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return net


def backbones() -> list[str]:
    """Names of torchvision's classification networks, and `resnet8`."""
    return ["resnet8", *_zoo().list_models(module=_zoo())]


def make_backbone(name: str, weights: str | Path) -> tuple[nn.Module, str]:
    """torchvision's network `name` with its weights, and a sentence on what they are."""
    if name not in backbones():
        some = "resnet18, resnet50, mobilenet_v2, shufflenet_v2_x0_5"
        raise InputError(f"Backbone '{name}' is not one of torchvision's networks, such as {some}.")
    if name == "resnet8" and str(weights) == "imagenet":
        raise InputError("There are no ImageNet weights of resnet8: choose weights='none'.")
    if str(weights) == "imagenet":
        return _fetch_imagenet(name), "ImageNet weights of torchvision"
    net = resnet8() if name == "resnet8" else _zoo().get_model(name, weights=None)
    if str(weights) == "none":
        return net, "random weights"
    return net, load_backbone(net, Path(weights))


def _fetch_imagenet(name: str) -> nn.Module:
    try:
        return _zoo().get_model(name, weights="DEFAULT")
    except (URLError, OSError, RuntimeError) as error:
        raise InputError(
            f"The ImageNet weights of {name} could not be fetched ({error}): connect to the "
            f"network, put the file into {torch.hub.get_dir()}/checkpoints, or choose "
            "weights='none' or a file of your own."
        ) from error


def load_backbone(net: nn.Module, file: Path) -> str:
    """Load the tensors of a state dict into `net` and say which were used.

    The file may lack the classifier, which is thrown away in any case; every other tensor of the
    network must be there, and of the right shape.
    """
    given = _read_state_dict(file)
    own = net.state_dict()
    classifier = f"{_last_linear(net, file.name)}."
    wanted = {name: own[name] for name in own if not _in_classifier(name, classifier)}
    missing = [name for name in wanted if name not in given]
    wrong = [n for n, tensor in wanted.items() if n in given and given[n].shape != tensor.shape]
    if missing or wrong:
        problem = (
            f"lacks {len(missing)} tensors of the network, such as {missing[0]}"
            if missing
            else f"has {len(wrong)} tensors of another shape, such as {wrong[0]}"
        )
        raise InputError(f"Weights file {file} {problem}: choose the backbone it was made for.")
    used = {n: t for n, t in given.items() if n in own and own[n].shape == t.shape}
    net.load_state_dict(used, strict=False)
    others = len(given) - len(wanted)
    return f"{len(wanted)} tensors of {file.name} used, {others} not; the classifier is new"


def _in_classifier(name: str, classifier: str) -> bool:
    """Whether a tensor belongs to the top-level block whose last layer is the classifier."""
    return name.startswith(classifier.split(".")[0] + ".")


def _read_state_dict(file: Path) -> dict[str, Tensor]:
    if not file.is_file():
        raise InputError(f"Weights file {file} is not there: give 'imagenet', 'none' or a file.")
    try:
        given = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises half a dozen kinds for a file that is none of its own
        raise InputError(f"Weights file {file} cannot be read as a state dict.") from error
    given = given.get("state_dict", given) if isinstance(given, dict) else given
    if not isinstance(given, dict) or not all(isinstance(v, Tensor) for v in given.values()):
        raise InputError(f"Weights file {file} holds no state dict (names with tensors).")
    return given


def _last_linear(net: nn.Module, name: str) -> str:
    linear = [n for n, module in net.named_modules() if isinstance(module, nn.Linear)]
    if not linear or not _is_last(net, linear[-1]):
        raise InputError(f"Backbone {name} has no linear layer at its end: choose another one.")
    return linear[-1]


def _is_last(net: nn.Module, name: str) -> bool:
    """Whether no layer with weights comes after `name`."""
    weighted = [n for n, module in net.named_modules() if list(module.parameters(recurse=False))]
    return weighted[-1] == name


def remove_classifier(net: nn.Module, name: str) -> int:
    """Put an identity in the place of the last linear layer; return the number of features."""
    path = _last_linear(net, name)
    parent, _, child = path.rpartition(".")
    classifier = net.get_submodule(path)
    setattr(net.get_submodule(parent), child, nn.Identity())
    return cast(nn.Linear, classifier).in_features


def adapt_first_layer(net: nn.Module, in_channels: int, pretrained: bool) -> None:
    """Let a network made for RGB take `in_channels` channels.

    Each new filter is the mean of the RGB filter over its three inputs, repeated: TSN's
    cross-modality initialisation. It is scaled by 3 / in_channels, so that a stack of equal
    channels gives the answer that the gray image gave. Without pre-training the layer is new.

    Raises:
        InputError: the first layer sees its input channels in groups, so that it has no filter
            over all of them.
    """
    path, old = next((n, m) for n, m in net.named_modules() if isinstance(m, nn.Conv2d))
    if old.groups != 1:
        raise InputError(
            f"The first layer {path} sees its channels in {old.groups} groups, which cannot be "
            "made for other channels: choose another backbone."
        )
    new = nn.Conv2d(
        in_channels,
        old.out_channels,
        cast(tuple[int, int], old.kernel_size),
        cast(tuple[int, int], old.stride),
        cast(tuple[int, int], old.padding),
        cast(tuple[int, int], old.dilation),
        bias=old.bias is not None,
        padding_mode=old.padding_mode,
    )
    if pretrained:
        with torch.no_grad():
            mean = old.weight.mean(dim=1, keepdim=True) * 3 / in_channels
            new.weight.copy_(mean.expand_as(new.weight))
            if old.bias is not None and new.bias is not None:
                new.bias.copy_(old.bias)
    parent, _, child = path.rpartition(".")
    setattr(net.get_submodule(parent), child, new)


class ZeroSum(nn.Module):
    """Filters `[out, in, H, W]` whose weights sum to zero over the input channels."""

    def forward(self, filters: Tensor) -> Tensor:
        return filters - filters.mean(dim=1, keepdim=True)


def see_motion_only(net: nn.Module) -> None:
    """Let the first layer of an untrained network see nothing but colour.

    In an SG3I what stands still is gray, and what moves has colour. Filters whose weights sum to
    zero over the three channels answer nothing to gray. A network that starts from random weights
    and a few hundred clips would otherwise learn the scenery of its training clips by heart.
    """
    first = next(module for module in net.modules() if isinstance(module, nn.Conv2d))
    parametrize.register_parametrization(first, "weight", ZeroSum())


class CNNM2048(nn.Module):
    """The network of Simonyan & Zisserman (2014), which the paper tried on optical flow (IV.B).

    Five convolutions, three fully connected layers; local response normalisation after the first
    (in the temporal net the second one is left out). Input as `StreamNet`; 224×224 gives the
    original's 6×6 map, other sizes are pooled to it. Output: logits `[N, num_classes]`.

    It has no batch norm, so that its loss can stay at ln(classes) for long, above all with a high
    rate or a small batch: then lower the rate, or warm up.
    """

    def __init__(self, num_classes: int = 51, in_channels: int = 20) -> None:
        super().__init__()
        self.normalise = Normalise(in_channels)
        self.features = nn.Sequential(
            *self._block(in_channels, 96, kernel=7, stride=2),
            nn.LocalResponseNorm(5, alpha=5e-4, k=2),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            *self._block(96, 256, kernel=5, stride=2, padding=1),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            *self._block(256, 512, kernel=3, padding=1),
            *self._block(512, 512, kernel=3, padding=1),
            *self._block(512, 512, kernel=3, padding=1),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.AdaptiveAvgPool2d(6),
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(512 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.9),
            nn.Linear(4096, 2048),
            nn.ReLU(inplace=True),
            nn.Dropout(0.9),
            nn.Linear(2048, num_classes),
        )

    @staticmethod
    def _block(
        inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0
    ) -> tuple[nn.Module, nn.Module]:
        conv = nn.Conv2d(inputs, outputs, kernel, stride, padding)
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
        return conv, nn.ReLU(inplace=True)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.features(self.normalise(images)))
