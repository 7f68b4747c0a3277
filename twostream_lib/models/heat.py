"""Where a network found what speaks for a class: Grad-CAM (Selvaraju et al. 2017), by captum."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from twostream_lib.errors import InputError
from twostream_lib.models.stream import StreamNet


@dataclass(frozen=True)
class Look:
    """What a network was fed of N windows, what it answers, and where that comes from.

    Attributes:
        images: uint8 `[N, H, W, 3]`. answers: the N class names.
        heat: float32 `[N, H, W]`, 0 to 1: what speaks for that answer, see `heat`.
    """

    images: np.ndarray
    answers: list[str]
    heat: np.ndarray


def last_with_places(net: nn.Module, images: Tensor) -> nn.Module:
    """The last part of a network whose answer still has rows and columns, `[N, C, H, W]`.

    It is the one that ends last, so of a block and its layers it is the block.

    Raises:
        InputError: there is none, as in a network that takes images for rows of numbers.
    """
    found: list[nn.Module] = []

    def look(module: nn.Module, _: object, answer: object) -> None:
        if isinstance(answer, Tensor) and answer.ndim == 4 and min(answer.shape[2:]) > 1:
            found.append(module)

    hooks = [module.register_forward_hook(look) for module in net.modules()]
    try:
        with torch.no_grad():
            net(images)
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        raise InputError("No layer of this network keeps places: Grad-CAM has nothing to show.")
    return found[-1]


def heat(net: StreamNet, images: Tensor, classes: Tensor) -> np.ndarray:
    """How much each place of its last maps speaks for a class, float32 `[N, H, W]`, 0 to 1.

    Each map is weighted by how much the class's logit grows with it, on average over its places;
    what is left above zero of their sum is brought to the size of the image. The largest is 1 in
    each image, unless nothing speaks for the class: then all is 0.

    Args:
        net: a trained stream, on its device.
        images: uint8 `[N, C, H, W]`, as the stream is fed. classes: int64 `[N]`, one for each.

    Raises:
        InputError: no layer of the backbone keeps places.
    """
    # It loads matplotlib, which no other part of a network needs.
    from captum.attr import LayerAttribution, LayerGradCam

    device = next(net.parameters()).device
    images, classes = images.to(device), classes.to(device)
    net.eval()
    layer = last_with_places(net.backbone, net.normalise(images[:1]))
    found = LayerGradCam(net, layer).attribute(images, classes, relu_attributions=True)
    size = tuple(images.shape[2:])
    whole = LayerAttribution.interpolate(found.detach().float(), size, "bilinear")[:, 0]
    top = whole.amax(dim=(1, 2), keepdim=True)
    return (whole / torch.where(top > 0, top, 1)).cpu().numpy()
