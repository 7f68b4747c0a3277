"""What of a network learns, and by which optimiser."""

import torch
from torch import nn

from twostream_lib.training.recipes import Phase, Recipe

OPTIMISERS = {
    "sgd": lambda groups, decay: torch.optim.SGD(groups, momentum=0.9, weight_decay=decay),
    "adam": lambda groups, decay: torch.optim.Adam(groups, weight_decay=decay),
    "adamw": lambda groups, decay: torch.optim.AdamW(groups, weight_decay=decay),
}


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
    return OPTIMISERS[phase.optimiser](groups, recipe.weight_decay)


def freeze(net: nn.Module, recipe: Recipe) -> list[nn.Module]:
    """Exempt from training the first layers of a stream's backbone, as the recipe says.

    Returns the batch norms whose means and variances stay fixed as well: they have to be put into
    evaluation mode whenever the network is put into training mode.
    """
    layers = [
        layer
        for name, layer in net.named_modules()
        if name.startswith("backbone.") and list(layer.parameters(recurse=False))
    ]
    frozen = layers[: round(recipe.freeze_fraction * len(layers))]
    for layer in frozen:
        layer.requires_grad_(False)
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    return [norm for norm in norms if norm in frozen or (recipe.partial_bn and norm != norms[0])]
