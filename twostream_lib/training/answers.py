"""What a network says of data: of a validation part after each epoch, and of what is scored."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from twostream_lib.data.ahead import Ahead
from twostream_lib.data.datasets import Batch, in_batches
from twostream_lib.training import determinism, devices, precision


@torch.inference_mode()
def answers(
    net: nn.Module, data: Dataset, batch_size: int = 128, chosen: Sequence[int] | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """The logits, float32 `[n, C]`, and the labels, int64 `[n]`, of one batch after the other.

    Both are on the network's device, and nobody has waited for them yet. Nothing is augmented. The
    network computes in the precision in which it is trained.

    Args:
        data: see `datasets.in_batches`. chosen: which of its samples; None: all.
    """
    device = next(net.parameters()).device
    numbers = precision.choose(net, device)
    net.eval()
    places = None if chosen is None else np.asarray(chosen, np.int64)
    with Ahead(_brought(in_batches(data, batch_size, places), device)) as ahead:
        for images, labels in ahead:
            images, labels = images.to(device), labels.to(device)
            if images.ndim == 4:
                images = images.contiguous(memory_format=torch.channels_last)
            with determinism.as_asked(), numbers.autocast(device):
                logits = net(images)
            yield logits.float(), labels


def _brought(batches: Iterator[Batch], device: torch.device) -> Iterator[Batch]:
    for images, labels in batches:
        if device.type == "cuda":  # Apple's bears no second thread
            images = devices.pinned(images).to(device, non_blocking=True)
            labels = devices.pinned(labels).to(device, non_blocking=True)
        yield images, labels
