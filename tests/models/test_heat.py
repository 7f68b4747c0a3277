"""Grad-CAM: it finds the place that decides, in any backbone with places."""

import numpy as np
import pytest
import torch
from torch import nn

from twostream_lib.errors import InputError
from twostream_lib.models import heat
from twostream_lib.models.stream import StreamNet


class Floats(nn.Module):
    def forward(self, images):
        return images.float() / 255


class Corner(StreamNet):
    """Class 1 has as much to say as there is red; nothing speaks for class 0."""

    def __init__(self):
        nn.Module.__init__(self)
        self.normalise = Floats()
        layer = nn.Conv2d(3, 2, 1, bias=False)
        with torch.no_grad():
            layer.weight.zero_()
            layer.weight[1, 0] = 1
        self.backbone = nn.Sequential(layer, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(2, 2)
        with torch.no_grad():
            self.head.weight.copy_(torch.tensor([[0.0, -1.0], [0.0, 1.0]]))

    def forward(self, images):
        return self.head(self.backbone(self.normalise(images)))


def test_heat_is_where_the_class_is_and_nowhere_else():
    images = torch.zeros(2, 3, 8, 12, dtype=torch.uint8)
    images[0, 0, :4, :6] = 255  # red
    images[1, 2, 4:, 6:] = 255  # blue
    found = heat.heat(Corner(), images, torch.tensor([1, 1]))
    assert found.shape == (2, 8, 12) and found.dtype == np.float32
    assert (found[0, :4, :6] == 1).all() and found[0].sum() == 24
    assert not found[1].any()


def test_what_speaks_against_a_class_is_not_hot():
    red = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)
    red[:, 0] = 255
    assert not heat.heat(Corner(), red, torch.tensor([0])).any()


@pytest.mark.parametrize("backbone", ["resnet8", "resnet18", "mobilenet_v2", "shufflenet_v2_x0_5"])
@pytest.mark.parametrize("channels", [3, 20])
def test_every_backbone_with_places_has_heat(backbone, channels):
    torch.manual_seed(0)
    net = StreamNet(backbone, 4, channels, weights="none").eval()
    images = torch.randint(256, (2, channels, 96, 128), dtype=torch.uint8)
    found = heat.heat(net, images, torch.tensor([0, 3]))
    assert found.shape == (2, 96, 128)
    assert found.min() >= 0 and all(top in (0, pytest.approx(1)) for top in found.max((1, 2)))


def test_a_network_is_left_as_it_was():
    net = StreamNet("resnet8", 3, weights="none").eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    heat.heat(net, torch.randint(256, (1, 3, 64, 64), dtype=torch.uint8), torch.tensor([1]))
    assert all((value == before[name]).all() for name, value in net.state_dict().items())
    assert all(not module._forward_hooks for module in net.modules())
    assert all(weight.grad is None for weight in net.parameters())


def test_the_last_part_with_places_is_a_whole_block():
    net = StreamNet("resnet18", 3, weights="none")
    images = torch.zeros(1, 3, 64, 64)
    assert heat.last_with_places(net.backbone, images) is net.backbone.layer4


def test_a_network_without_places_is_refused():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    with pytest.raises(InputError, match="nothing to show"):
        heat.last_with_places(flat, torch.zeros(1, 3, 2, 2))
