"""Both streams and what joins them, as one network: the paper's future work (VI)."""

import copy
from typing import cast

import torch
from torch import Tensor, nn

from twostream_lib.models.stream import StreamNet, full_precision, make_head


class TwoStreamNet(nn.Module):
    """Two trained streams whose features meet in one head.

    A fusion of scores is told what each stream thinks of each class. This network is told what
    their backbones see, before either has made up its mind. With the backbones frozen this is
    fusion at the level of features; with all layers trained it is joint training. The recipe says
    which (`freeze_fraction`).

    The head is that of a `StreamNet`, see `make_head`.

    Args:
        spatial, temporal: trained streams of the same classes; they are copied, and stay as they
            are. Their heads are left out.

    Input: uint8 `[N, 6, H, W]`, a frame (RGB) and the SG3I around it. Output: logits `[N, C]`.
    """

    def __init__(self, spatial: StreamNet, temporal: StreamNet) -> None:
        super().__init__()
        streams = {"spatial": spatial, "temporal": temporal}
        self.normalise = nn.ModuleDict(
            {name: copy.deepcopy(stream.normalise) for name, stream in streams.items()}
        )
        self.backbone = nn.ModuleDict(
            {name: copy.deepcopy(stream.backbone) for name, stream in streams.items()}
        )
        # What was frozen in a stream learns here, unless this network's recipe freezes it.
        self.backbone.requires_grad_(True)
        firsts = [cast(nn.Linear, stream.head[0]) for stream in streams.values()]
        features = sum(first.in_features for first in firsts)
        classes = cast(nn.Linear, spatial.head[-1]).out_features
        self.head = make_head(features, classes)

    def forward(self, images: Tensor) -> Tensor:
        seen = {"spatial": images[:, :3], "temporal": images[:, 3:]}
        features = [
            self.backbone[name](self.normalise[name](some)).float() for name, some in seen.items()
        ]
        with full_precision(images.device):
            return self.head(torch.cat(features, 1))
