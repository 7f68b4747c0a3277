"""A first layer for what is no photograph: flow stacks, and SG3I seen by their change alone."""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from twostream_lib.errors import InputError


def adapt_first_layer(net: nn.Module, in_channels: int, pretrained: bool) -> None:
    """Let a network made for RGB take `in_channels` channels.

    Each new filter is the mean of the RGB filter over its three inputs, repeated: TSN's
    cross-modality initialisation. It is scaled by 3 / in_channels, so that a stack of equal
    channels gives the answer that the gray image gave. Without pre-training the layer is new. What
    GoogLeNet and Inception do with the three colours beforehand is left out.

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
    if hasattr(net, "transform_input"):
        cast(Any, net).transform_input = False


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
