"""In which numbers a network computes, on which device.

Half the bits are half the bytes to move, and newer devices multiply such numbers many times faster.
bfloat16 has the range of float32 and needs nothing else. float16 has more digits and a smaller
range, so that small gradients must be scaled, which Accelerate sees to. The weights, their
gradients and the optimiser stay in float32 in any case.

What a device says that it can do is not what it does well: a T4 says that it supports bfloat16, and
emulates it. So the choice is made by what was measured (`bench train`), not by what is said.
"""

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import nn

from twostream_lib.errors import InputError

SWITCH = "TWOSTREAM_PRECISION"  # an environment variable: one of `DTYPES`, or empty for our choice
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
HALF = {"float16": "fp16", "bfloat16": "bf16"}  # as Accelerate calls them


@dataclass(frozen=True)
class Precision:
    """The numbers that a network computes in: a name of `DTYPES`."""

    name: str

    @property
    def mixed(self) -> str:
        """The same in Accelerate's words."""
        return HALF.get(self.name, "no")

    def autocast(self, device: torch.device, cached: bool = True) -> AbstractContextManager:
        """Where a network computes in these numbers; `cached`: each weight is brought to them once
        in this block, however often it is used."""
        half = self.name in HALF
        dtype = DTYPES[self.name] if half else None
        return torch.autocast(device.type, dtype, enabled=half, cache_enabled=cached)


def choose(net: nn.Module, device: torch.device) -> Precision:
    """The fastest precision for a network on a device, as far as is known.

    - CUDA: bfloat16 from capability 8 (Ampere) on, float16 before it.
    - CPUs that multiply bfloat16 (AVX-512 BF16 or AMX): bfloat16, but for networks with depthwise
      convolutions: some of them gained by it, more were slowed down.
    - Anything else, and networks without a convolution, which are small: float32.

    `TWOSTREAM_PRECISION=float32` (or another of `DTYPES`) overrules it.

    Raises:
        InputError: the variable says something else, or float16 where gradients cannot be scaled.
    """
    asked = os.environ.get(SWITCH, "")
    if asked and asked not in DTYPES:
        raise InputError(f"{SWITCH} is {asked!r}: set it to one of {', '.join(DTYPES)}.")
    if asked == "float16" and device.type != "cuda":
        raise InputError(f"{SWITCH} is float16, in which only GPUs of CUDA train: unset it.")
    return Precision(asked or _fastest(net, device))


def _fastest(net: nn.Module, device: torch.device) -> str:
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    if not layers:
        return "float32"
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.get_device_capability(device)[0] >= 8 else "float16"
    depthwise = any(layer.groups == layer.in_channels > 1 for layer in layers)
    gains = device.type == "cpu" and multiplies_bfloat16() and not depthwise
    return "bfloat16" if gains else "float32"


def multiplies_bfloat16() -> bool:
    """Whether this CPU has instructions for it; others emulate it, and are slower for it."""
    # torch has no public name for it before 2.10.
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
