"""First layers for flow stacks, and for SG3I seen by their change alone."""

import pytest
import torch
from torch import nn

from twostream_lib.errors import InputError
from twostream_lib.models.first_layer import adapt_first_layer, see_motion_only


@pytest.mark.parametrize(
    "settings",
    [
        {"bias": False},
        {"bias": True},
        {"bias": True, "stride": 2, "dilation": 2, "padding_mode": "reflect"},
        {"bias": False, "stride": (1, 2), "padding_mode": "circular"},
    ],
)
@pytest.mark.parametrize("channels", [2, 6, 20])
def test_an_adapted_first_layer_answers_a_gray_stack_as_the_image(channels, settings):
    torch.manual_seed(0)
    rgb = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, **settings))
    stack = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, **settings))
    stack.load_state_dict(rgb.state_dict())
    adapt_first_layer(stack, channels, pretrained=True)
    gray = torch.rand(2, 1, 16, 16)
    torch.testing.assert_close(
        stack(gray.expand(-1, channels, -1, -1)), rgb(gray.expand(-1, 3, -1, -1))
    )


def test_an_adapted_first_layer_treats_all_channels_alike():
    net = nn.Sequential(nn.Conv2d(3, 8, 3))
    adapt_first_layer(net, 10, pretrained=True)
    for channel in range(10):
        torch.testing.assert_close(net[0].weight[:, channel], net[0].weight[:, 0])


def test_without_pretraining_the_first_layer_is_new():
    net = nn.Sequential(nn.Conv2d(3, 8, 3))
    adapt_first_layer(net, 10, pretrained=False)
    assert not torch.equal(net[0].weight[:, 0], net[0].weight[:, 1])


def test_a_first_layer_in_groups_cannot_be_adapted():
    with pytest.raises(InputError, match="first layer 0 sees its channels in 3 groups"):
        adapt_first_layer(nn.Sequential(nn.Conv2d(3, 9, 3, groups=3)), 10, pretrained=True)


def test_a_layer_that_sees_motion_only_answers_nothing_to_gray_and_something_to_colour():
    net = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False))
    see_motion_only(net)
    gray = torch.rand(1, 1, 16, 16).expand(-1, 3, -1, -1)
    assert net(gray).abs().max() < 1e-5
    assert net(torch.rand(1, 3, 16, 16)).abs().max() > 1e-2
