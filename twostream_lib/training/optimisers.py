"""What of a network learns, and by which optimiser."""

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from twostream_lib.training.recipes import Phase, Recipe

OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": partial(torch.optim.SGD, momentum=0.9),
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}
FUSED = ("cuda", "cpu")  # devices on which one kernel updates all weights


def make_optimiser(net: nn.Module, phase: Phase, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimiser of a phase.

    The backbone learns at its share of the learning rate: each group of weights holds this as
    `share`. Biases and the weights of norms do not decay.
    """
    groups = []
    for is_backbone in (True, False):
        for decays in (True, False):
            chosen = [
                weight
                for name, weight in net.named_parameters()
                if weight.requires_grad
                and name.startswith("backbone.") == is_backbone
                and (weight.ndim > 1) == decays
            ]
            share = recipe.backbone_lr_scale if is_backbone else 1.0
            group = {"params": chosen, "share": share, "lr": phase.lr * share}
            groups.append(group if decays else group | {"weight_decay": 0.0})
    fused = next(net.parameters()).device.type in FUSED
    return OPTIMISERS[phase.optimiser](groups, weight_decay=recipe.weight_decay, fused=fused)


def freeze(net: nn.Module, recipe: Recipe) -> list[nn.Module]:
    """Exempt from training the first layers of a stream's backbone, as the recipe says; where two
    streams are one network, those of each.

    Returns the batch norms whose means and variances stay fixed as well: they have to be put into
    evaluation mode whenever the network is put into training mode.
    """
    backbone = getattr(net, "backbone", nn.ModuleDict())
    each = backbone.values() if isinstance(backbone, nn.ModuleDict) else [backbone]
    return [norm for one in each for norm in _freeze(one, recipe)]


def _freeze(backbone: nn.Module, recipe: Recipe) -> list[nn.Module]:
    layers = [layer for layer in backbone.modules() if list(layer.parameters(recurse=False))]
    frozen = layers[: round(recipe.freeze_fraction * len(layers))]
    for layer in frozen:
        # Its own weights: a transformer's encoder has some, and has all its blocks below it.
        for weight in layer.parameters(recurse=False):
            weight.requires_grad_(False)
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    return [norm for norm in norms if norm in frozen or (recipe.partial_bn and norm != norms[0])]
