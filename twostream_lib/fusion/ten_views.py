"""The protocol `25x10` of [1] (Simonyan & Zisserman 2014, section 5).

A video is looked at in 25 positions, evenly spaced in time. In each, the network is asked about ten
views: the four corners and the centre, plain and mirrored. The probabilities of all 250 are
averaged.

A view is 7/8 of the window's height and width, and as large as the network's input: [1] cuts 224
pixels from frames whose shorter side is 256, as was usual for ImageNet networks. So windows are cut
larger than those that the network was trained on, by 8/7, and no view has to be enlarged.

In a video that is hardly longer than a window, some of the 25 positions are the same; they count as
often as they come.
"""

import torch
from torch import Tensor, nn
from torchvision.transforms.functional import five_crop

from twostream_lib.data.augmentation import mirror

POSITIONS, VIEWS = 25, 10
SHARE = 7 / 8  # of a window's height and width, in a view


class TenViews(nn.Module):
    """A network asked about four corners and the centre of each window, plain and mirrored.

    Args:
        net: gives logits `[N, C]` of images of `size`.
        view: what it sees, `rgb`, `sg3i` or `flow`: mirrored flow has its u negated, see
            `flow.flip`.
        size: height and width of its images.

    Input: uint8 `[N, channels, H, W]`, at least as large. Output: the logarithm of the mean of the
    views' probabilities, float32 `[N, C]`.
    """

    def __init__(self, net: nn.Module, view: str, size: tuple[int, int]) -> None:
        super().__init__()
        self.net, self.view, self.size = net, view, size

    def forward(self, windows: Tensor) -> Tensor:
        crops = five_crop(windows, list(self.size))
        views = (view for crop in crops for view in (crop, mirror(crop, self.view)))
        total = sum(self._probabilities(images) for images in views)
        return torch.log(torch.clamp_min(torch.as_tensor(total) / VIEWS, 1e-12))

    def _probabilities(self, images: Tensor) -> Tensor:
        images = images.contiguous(memory_format=torch.channels_last)
        return self.net(images).float().softmax(1)
