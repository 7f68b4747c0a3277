"""A trained network to its scores."""

import numpy as np
import torch
from torch import nn

from twostream_lib.data.datasets import WindowDataset, in_batches
from twostream_lib.fusion.scores import Scores


@torch.inference_mode()
def predict(
    network: str, net: nn.Module, data: WindowDataset, part: str, batch: int = 64
) -> Scores:
    """Score every window of `data`, unflipped and uncropped, in order."""
    device = next(net.parameters()).device
    net.eval()
    logits = [net(images.to(device)).float().cpu() for images, _ in in_batches(data, batch)]
    rows = data.rows
    return Scores(
        network,
        torch.cat(logits).numpy(),
        rows.video.to_numpy(dtype=np.str_),
        rows.window.to_numpy(np.int64),
        np.asarray(data.labels, np.int64),
        rows.protocol.to_numpy(dtype=np.str_),
        tuple(data.classes),
        part,
    )
