"""What a network costs beside another: its multiplications, and its weights.

Both are counted on the network itself, with tensors that have shapes and no values. An estimate of
seconds by multiplications holds for networks of one kind. CNN-M-2048 has most of its weights in one
layer, which takes longer to be updated than it takes to be multiplied: it is counted too low.
"""

from dataclasses import replace
from functools import cache
from typing import NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from twostream_lib.data.plan import Plan
from twostream_lib.experiments.flow_setups import WORKING, Setup, build_network
from twostream_lib.models.stream import StreamNet

# The fields of a setup that say how it is trained, and from which weights.
TRAINED_BY = (
    "weights",
    "optimiser",
    "large_batch",
    "flip_negates",
    "seconds_per_window",
    "epochs",
)
REFERENCE = ("resnet50", 3, (224, 224))  # what the rates of `cards` are about


class Cost(NamedTuple):
    """What a network costs.

    `work`: a forward pass of one sample, in those of ResNet-50 on 224 × 224 pixels. `weights`: how
    many it has.
    """

    work: float
    weights: int


@cache
def of_stream(backbone: str, channels: int, size: tuple[int, int], classes: int) -> Cost:
    """Of a stream that sees samples `[channels, *size]`."""
    with torch.device("meta"):
        net = StreamNet(backbone, classes, channels, "none")
    return _counted(net, channels, size)


def of_setup(setup: Setup, backbone: str, plan: Plan, classes: int) -> Cost:
    """Of a trial of the laboratory, on a store of flow by `plan`."""
    # How it is trained, and from which weights, changes nothing in what a pass costs.
    how = {name: getattr(WORKING, name) for name in TRAINED_BY}
    return _of_network(replace(setup, **how), backbone, plan, classes)


@cache
def _of_network(setup: Setup, backbone: str, plan: Plan, classes: int) -> Cost:
    with torch.device("meta"):
        spatial = _spatial(backbone, classes)
        net = build_network(setup, backbone, "none", spatial, classes, plan)
    return _counted(net, plan.channels, plan.size)


@cache
def _spatial(backbone: str, classes: int) -> StreamNet:
    with torch.device("meta"):
        return StreamNet(backbone, classes, 3, "none")


def _counted(net: nn.Module, channels: int, size: tuple[int, int]) -> Cost:
    weights = sum(weight.numel() for weight in net.parameters())
    return Cost(_multiplications(net, channels, size) / _of_reference(), weights)


@cache
def _of_reference() -> int:
    backbone, channels, size = REFERENCE
    with torch.device("meta"):
        return _multiplications(StreamNet(backbone, 51, channels, "none"), channels, size)


def _multiplications(net: nn.Module, channels: int, size: tuple[int, int]) -> int:
    images = torch.zeros(1, channels, *size, dtype=torch.uint8, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net.eval()(images)
    return counter.get_total_flops()
