"""Backbones: torchvision's classification networks, and the weights that they start from."""

from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import cast

import torch
from torch import Tensor, nn

from twostream_lib.errors import InputError, cause_of


def _zoo() -> ModuleType:
    # torchvision takes seconds to import, and half of the lessons build no network
    from torchvision import models

    return models


def backbones() -> list[str]:
    """Names of torchvision's classification networks, and `resnet8`."""
    return ["resnet8", *_zoo().list_models(module=_zoo())]


def make_backbone(name: str, weights: str | Path) -> tuple[nn.Module, str]:
    """torchvision's network `name` with its weights, and a sentence on what they are.

    Args:
        name: one of `backbones()`.
        weights: `imagenet`, `none`, or a file with a state dict.

    Raises:
        InputError: unknown name; weights that cannot be fetched, read, or do not fit.
    """
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
    except (OSError, RuntimeError) as error:
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        bad = f"its bytes are not those that were published ({error}); fetch it by hand"
        why = cause_of(error, folder) if isinstance(error, OSError) else bad
        raise InputError(
            f"The file of {name}'s ImageNet weights could not be fetched: {why}, or put it into "
            f"{folder}, or choose weights='none' or a file of your own."
        ) from error


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


def load_backbone(net: nn.Module, file: Path) -> str:
    """Load the tensors of a state dict into `net` and say which were used.

    The file may lack the classifier, which is thrown away in any case; every other tensor of the
    network must be there, and of the right shape.

    Raises:
        InputError: the file cannot be read, or was made for another network.
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


def remove_classifier(net: nn.Module, name: str) -> int:
    """Put an identity in the place of the last linear layer; return the number of features.

    Raises:
        InputError: the last layer with weights is not linear; `name` is the network's, for the
            sentence that says so.
    """
    path = _last_linear(net, name)
    parent, _, child = path.rpartition(".")
    classifier = net.get_submodule(path)
    setattr(net.get_submodule(parent), child, nn.Identity())
    return cast(nn.Linear, classifier).in_features


def _last_linear(net: nn.Module, name: str) -> str:
    linear = [n for n, module in net.named_modules() if isinstance(module, nn.Linear)]
    if not linear or not _is_last(net, linear[-1]):
        raise InputError(f"Backbone {name} has no linear layer at its end: choose another one.")
    return linear[-1]


def _is_last(net: nn.Module, name: str) -> bool:
    """Whether no layer with weights comes after `name`."""
    weighted = [n for n, module in net.named_modules() if list(module.parameters(recurse=False))]
    return weighted[-1] == name
