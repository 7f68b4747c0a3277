"""Backbones: torchvision's classification networks, and the weights that they start from."""

import hashlib
import re
import warnings
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import torch
from torch import Tensor, nn

from twostream_lib.errors import InputError, cause_of
from twostream_lib.models import weights as weights_files


def _zoo() -> ModuleType:
    # torchvision takes seconds to import, and half of the lessons build no network
    from torchvision import models

    return models


def backbones() -> list[str]:
    """Names of torchvision's classification networks, and `resnet8`."""
    return ["resnet8", *_zoo().list_models(module=_zoo())]


def make_backbone(name: str, weights: str | Path) -> tuple[nn.Module, str]:
    """torchvision's network `name` for RGB with its weights, and a sentence on what they are.

    With the same tensors it answers the same, whatever its weights were: see `_as_published`.

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
        return _as_published(_fetch_imagenet(name)), "ImageNet weights of torchvision"
    net = _as_published(_build(name))
    if str(weights) == "none":
        return net, "random weights"
    return net, load_backbone(net, name, Path(weights))


@cache
def refused_size(
    name: str, weights: str, sizes: tuple[tuple[int, int], ...]
) -> tuple[int, int] | None:
    """The first of these sizes of pictures (height, width) that a network of `backbones()` cannot
    take; None if it takes all.

    A network may shrink small ones to nothing, or take those of a single size alone. It is asked by
    tensors without values. RegNets cannot be built with such, and take every size.

    Raises:
        InputError: its last layer is not linear.
    """
    zoo, given = _zoo(), {}
    if weights == "imagenet" and name.startswith("vit_"):
        given["image_size"] = zoo.get_model_weights(name).DEFAULT.meta["min_size"][0]
    try:
        with torch.device("meta"), warnings.catch_warnings(action="ignore"):
            net = _as_published(_build(name, **given)).eval()
    except NotImplementedError:
        return None
    _last_linear(net, name)
    return next((size for size in sizes if not _takes(net, size)), None)


def _takes(net: nn.Module, size: tuple[int, int]) -> bool:
    try:
        with torch.no_grad():
            net(torch.empty(1, 3, *size, device="meta"))
    except NotImplementedError:  # of tensors without values: nobody knows
        return True
    except (AssertionError, RuntimeError):
        return False
    return True


def _build(name: str, **given: int) -> nn.Module:
    if name == "resnet8":
        return resnet8()
    return _without_helpers(_zoo().get_model(name, weights=None, **given))


def _without_helpers(net: nn.Module) -> nn.Module:
    """Remove the additional classifiers inside GoogLeNet and Inception, whose answers in training
    come beside the logits."""
    if hasattr(net, "aux_logits"):
        cast(Any, net).aux_logits = False
        for name in {"aux1", "aux2", "AuxLogits"} & dict(net.named_children()).keys():
            setattr(net, name, None)
    return net


def _as_published(net: nn.Module) -> nn.Module:
    """Let GoogLeNet and Inception bring pixels to the range of their published weights themselves.

    torchvision has them do so with its own weights alone, and no state dict tells: the same tensors
    would answer otherwise in a network that was built without weights to load a checkpoint into.
    """
    if hasattr(net, "transform_input"):
        cast(Any, net).transform_input = True
    return net


def _fetch_imagenet(name: str) -> nn.Module:
    url = _zoo().get_model_weights(name).DEFAULT.url
    file = Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name
    begins = re.findall(r"-([0-9a-f]{8,})\.pth$", url)  # torch names files after their SHA-256
    if file.is_file() and not _sha256(file).startswith(tuple(begins) or ""):
        raise InputError(
            f"{file} is not the file that torchvision published: delete it, and it is fetched anew."
        )
    try:
        return _without_helpers(_zoo().get_model(name, weights="DEFAULT"))
    except (OSError, RuntimeError) as error:
        bad = f"its bytes are not those that were published ({error}); fetch it by hand"
        why = cause_of(error, file.parent) if isinstance(error, OSError) else bad
        raise InputError(
            f"The file of {name}'s ImageNet weights could not be fetched: {why}, or put it into "
            f"{file.parent}, or choose weights='none' or a file of your own."
        ) from error


def _sha256(file: Path) -> str:
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


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


def load_backbone(net: nn.Module, name: str, file: Path) -> str:
    """Load the tensors of a weights file into the backbone `net`, and say which were used.

    The file may be written by torch.save or safetensors, hold the state dict under some key and
    with something before each name, and lack the classifier, which is thrown away in any case.
    Every other tensor of the network must be there, of the right shape, and finite.

    Raises:
        InputError: the file cannot be read, or does not fit; the sentence says why.
    """
    content = weights_files.read(file)
    own = net.state_dict()
    classifier = _classifier_block(net, name)
    fit = weights_files.fit(content, own, classifier)
    if fit is None:
        raise InputError(f"Weights file {file} holds no state dict (names with tensors).")
    problem = _misfit(fit, name, own) or _not_numbers(fit.used, own)
    if problem:
        other = "" if fit.is_whole else _lookalike(content)
        advice = f"it looks like one of {other}" if other else "give one that was made for it"
        raise InputError(f"Weights file {file} {problem}: {advice}.")
    with torch.no_grad():
        for tensor_name, tensor in fit.used.items():
            own[tensor_name].copy_(tensor)
    used = sum(not tensor_name.startswith(classifier) for tensor_name in fit.used)
    place = ", ".join(filter(None, [fit.where, fit.prefix and f"{fit.prefix}*"]))
    return (
        f"{used} tensors of {file.name}{place and f' ({place})'} used, {len(fit.unused)} not; "
        "the classifier is new"
    )


def _misfit(fit: weights_files.Fit, name: str, own: dict[str, Tensor]) -> str:
    """Why a file does not fit the backbone of that name; empty if it does."""
    if fit.missing:
        others = [other for other in fit.unused if other not in own]
        but = f", and has others, such as {others[0]}" if others else ""
        return (
            f"lacks {len(fit.missing)} of the {fit.wanted} tensors of {name}, such as "
            f"{fit.missing[0]}{but}"
        )
    if fit.wrong:
        first, (given, wanted) = next(iter(fit.wrong.items()))
        return (
            f"has {len(fit.wrong)} tensors of another shape than {name}, such as {first}, "
            f"{given} and not {wanted}"
        )
    if fit.strange:
        return f"has {len(fit.strange)} tensors that {name} does not have, such as {fit.strange[0]}"
    return ""


def _not_numbers(used: dict[str, Tensor], own: dict[str, Tensor]) -> str:
    """What is wrong with the values of tensors that fit; empty if nothing."""
    for name, tensor in used.items():
        if tensor.is_meta or tensor.layout != torch.strided:
            return f"has {name} without its values, or as a sparse tensor"
        if tensor.is_floating_point() != own[name].is_floating_point():
            return f"has {name} in {tensor.dtype}, where the network computes in {own[name].dtype}"
    bad = weights_files.not_finite(used)
    return f"has values in {bad} that are not finite (NaN or infinite)" if bad else ""


def _lookalike(content: Any) -> str:
    """The backbone that a file fits, if there is one; empty if not.

    The networks are built without memory for their weights. A few of torchvision's (RegNets)
    cannot be, and are not tried.
    """
    families: dict[str, list[str]] = {}
    for name in backbones():
        builder = resnet8 if name == "resnet8" else _zoo().get_model_builder(name)
        families.setdefault(builder.__module__, []).append(name)
    for family in families.values():
        for name in family:
            try:
                with torch.device("meta"), warnings.catch_warnings(action="ignore"):
                    net = _build(name)
                fit = weights_files.fit(content, net.state_dict(), _classifier_block(net, name))
            except (NotImplementedError, InputError):
                continue
            if fit is None or not fit.used:
                break  # the others of its family have much the same names
            if fit.is_whole:
                return name
    return ""


def _classifier_block(net: nn.Module, name: str) -> str:
    """How the names of the top-level block begin whose last layer is the classifier."""
    return _last_linear(net, name).split(".")[0] + "."


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
