"""What networks cost: counted on themselves, beside what is published of them."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from twostream_lib.experiments.flow_setups import ATTEMPTS, SETUPS, WORKING
from twostream_lib.models import StreamNet
from twostream_lib.planner import costs
from twostream_lib.training.profiles import PROFILES

PLAN = PROFILES["colab"].flow_plan


def test_resnet50_is_the_unit_and_an_image_of_a_quarter_of_the_pixels_costs_a_quarter():
    backbone, channels, size = costs.REFERENCE
    assert costs.of_stream(backbone, channels, size, 51).work == 1
    quarter = costs.of_stream(backbone, channels, (size[0] // 2, size[1] // 2), 51).work
    assert quarter == pytest.approx(0.25, rel=0.07)  # the head costs the same


def test_other_backbones_cost_what_torchvision_says_of_them():
    published = {"resnet50": 4.089, "resnet18": 1.814, "mobilenet_v2": 0.301}  # its GFLOPS
    for name, billions in published.items():
        work = costs.of_stream(name, 3, (224, 224), 51).work
        assert work == pytest.approx(billions / published["resnet50"], rel=0.03)


def test_weights_are_those_of_the_network():
    net = StreamNet("resnet8", 12, 20, "none")
    expected = sum(weight.numel() for weight in net.parameters())
    assert costs.of_stream("resnet8", 20, (36, 48), 12).weights == expected


def test_a_convolution_is_counted_by_hand():
    net = nn.Sequential(nn.Conv2d(4, 8, 3, padding=1))
    count = costs._multiplications(Float(net), 4, (10, 12))
    assert count == 2 * 8 * 4 * 9 * 10 * 12  # a multiplication and an addition


class Float(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, images):
        return self.net(images.float())


def test_trials_are_counted_on_the_fields_that_they_see():
    stream = costs.of_stream("resnet50", PLAN.channels, PROFILES["colab"].seen_at(PLAN), 51)
    trial = costs.of_setup(WORKING, "resnet50", PLAN, 51)
    assert trial.work < 0.3 * stream.work and trial.weights == stream.weights
    begun = costs.of_setup(SETUPS["begun with spatial weights"], "resnet50", PLAN, 51)
    assert begun == trial
    short = costs.of_setup(replace(WORKING, length=3), "resnet50", PLAN, 51)
    assert short.work < trial.work
    cnnm = costs.of_setup(ATTEMPTS["CNN-M-2048, L = 10"], "resnet50", PLAN, 51)
    assert cnnm.weights > 90e6


def test_counting_computes_nothing_and_draws_no_random_number_of_the_processor():
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    costs.of_stream.cache_clear()
    costs.of_stream("resnet18", 3, (64, 64), 7)
    assert torch.equal(torch.rand(4), wanted)
