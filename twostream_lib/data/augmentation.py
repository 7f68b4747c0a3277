"""What chance does to a batch before it is trained on: mirrored, moved, flow made faster or slower.

What is to be done to each sample is drawn on the CPU, some numbers a sample; the batch is changed
on the device that computes, all of it at once. So the same numbers give the same bytes on every
device, and a CPU does not hold up a GPU: sample by sample, a stack of 20 channels took it longer
than a GPU needs to train on it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

STILL = 128  # of quantised flow


class Draws(NamedTuple):
    """What is done to each of N samples.

    `mirrored`: bool `[N]`. `moves`: int64 `[N, 2]`, pixels down and to the right from which each
    pixel is taken. `faster`: float32 `[N]`, what flow is multiplied by.
    """

    mirrored: Tensor
    moves: Tensor
    faster: Tensor

    def at(self, places: np.ndarray) -> "Draws":
        """Those of some samples, int `[n]`."""
        return Draws(*(drawn[torch.from_numpy(places)] for drawn in self))


@dataclass(frozen=True)
class Augmentation:
    """How samples of one kind are augmented.

    Attributes:
        view: `rgb`, `sg3i` or `flow`. In a mirrored stack of flow, u changes its sign.
        random_translation: each image is moved by up to so many pixels each way. What moves in from
            outside repeats the border.
        flow_magnitude_jitter: flow is multiplied by a random factor between one over this and this:
            the same movement by somebody slower or quicker, farther or nearer.
    """

    view: str
    random_translation: int = 0
    flow_magnitude_jitter: float = 1.0

    def draw(self, samples: int, random: np.random.Generator) -> Draws:
        """What is to be done to so many samples.

        Each is mirrored with chance one half, whatever the others are: one flip for all would make
        batches of mirror images.
        """
        most = self.random_translation
        mirrored = random.random(samples) < 0.5
        moves = random.integers(-most, most, (samples, 2), endpoint=True)
        faster = self.flow_magnitude_jitter ** random.uniform(-1, 1, samples)
        return Draws(
            torch.from_numpy(mirrored),
            torch.from_numpy(moves),
            torch.from_numpy(faster.astype(np.float32)),
        )

    def apply(self, images: Tensor, draws: Draws) -> Tensor:
        """The batch, uint8 `[N, C, H, W]`, as it is trained on; on the device of `images`."""
        draws = Draws(*(drawn.to(images.device, non_blocking=True) for drawn in draws))
        images = moved(images, draws.mirrored, draws.moves)
        if self.view == "flow":
            return faster(images, draws.mirrored, draws.faster)
        if self.flow_magnitude_jitter > 1:  # flow that is mirrored as a picture is
            return faster(images, torch.zeros_like(draws.mirrored), draws.faster)
        return images

    def __call__(self, images: Tensor, random: np.random.Generator) -> Tensor:
        """The batch, changed by the next numbers of `random`."""
        return self.apply(images, self.draw(len(images), random))


def mirror(images: Tensor, view: str) -> Tensor:
    """All images of a batch, uint8 `[N, C, H, W]`, mirrored as those of such a view are."""
    samples, device = len(images), images.device
    moves = torch.zeros((samples, 2), dtype=torch.int64, device=device)
    ones = torch.ones(samples, device=device)
    return Augmentation(view).apply(images, Draws(ones.bool(), moves, ones))


def moved(images: Tensor, mirrored: Tensor, moves: Tensor) -> Tensor:
    """Images that are mirrored, or not, and then moved: one lookup of where each pixel comes from.

    A pixel's channels are looked up together: so they lie side by side in what is given back, as
    networks want them (`channels_last`), and quickly where they do so in `images` already.

    Args:
        images: `[N, C, H, W]`.
        mirrored: bool `[N]`.
        moves: int64 `[N, 2]`, down and right; a place outside of the image is that of its border.
    """
    samples, channels, height, width = images.shape
    device = images.device
    rows = (torch.arange(height, device=device) + moves[:, :1]).clamp(0, height - 1)
    columns = (torch.arange(width, device=device) + moves[:, 1:]).clamp(0, width - 1)
    columns = torch.where(mirrored[:, None], width - 1 - columns, columns)
    rows = rows + height * torch.arange(samples, device=device)[:, None]
    pixels = (rows[:, :, None] * width + columns[:, None, :]).view(-1)
    found = images.permute(0, 2, 3, 1).reshape(-1, channels).index_select(0, pixels)
    return found.view(samples, height, width, channels).permute(0, 3, 1, 2)


def faster(stacks: Tensor, mirrored: Tensor, factors: Tensor) -> Tensor:
    """Stacks of quantised flow, times a factor each; in a mirrored one u changes its sign as well.

    Args:
        stacks: uint8 `[N, 2L, H, W]` as u1 v1 u2 v2 …; 128 is still. 0 of a mirrored u would become
            256, so the far end is kept at 255.
        mirrored: bool `[N]`.
        factors: float32 `[N]`.
    """
    of_u = torch.where(mirrored, -factors, factors)
    by = torch.stack([of_u, factors], 1).repeat(1, stacks.shape[1] // 2)[:, :, None, None]
    # (v - 128) * by + 128, in few passes over the memory; the half makes cutting off a rounding.
    flow = stacks.float().mul_(by).add_(STILL + 0.5 - STILL * by)
    return flow.clamp_(0, 255).to(stacks.dtype)
