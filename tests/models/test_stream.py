"""The streams: shapes, first losses, the head."""

import math

import pytest
import torch
import torchvision
from torch import nn

from twostream_lib.models.stream import StreamNet

SMALL = "shufflenet_v2_x0_5"


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenet_v2", "mobilenet_v3_small", SMALL])
def test_a_stream_gives_one_logit_a_class(backbone):
    net = StreamNet(backbone, num_classes=7, weights="none").eval()
    assert net(torch.zeros(2, 3, 64, 96, dtype=torch.uint8)).shape == (2, 7)


@pytest.mark.parametrize("classes", [12, 51])
def test_first_loss_is_that_of_an_even_guess(classes):
    torch.manual_seed(0)
    net = StreamNet(SMALL, num_classes=classes, weights="none")
    images = torch.randint(0, 256, (16, 3, 64, 64), dtype=torch.uint8)
    loss = nn.functional.cross_entropy(net(images), torch.arange(16) % classes)
    assert loss.item() == pytest.approx(math.log(classes), rel=0.05)


def test_bytes_and_floats_of_one_image_give_one_answer():
    net = StreamNet(SMALL, num_classes=5, weights="none").eval()
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    torch.testing.assert_close(net(images), net(images.float() / 255))


def test_pixels_are_normalised_as_torchvision_does_it():
    images = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
    preset = torchvision.models.ResNet50_Weights.DEFAULT.transforms()
    ours = StreamNet(SMALL, weights="none").normalise(images)
    theirs = torchvision.transforms.functional.normalize(images / 255, preset.mean, preset.std)
    torch.testing.assert_close(ours, theirs)


def test_the_head_is_the_papers():
    head = StreamNet(SMALL, weights="none").head
    assert [type(layer) for layer in head] == [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]
    assert head[2].p == 0.5
    assert StreamNet(SMALL, weights="none", dropout=0.7).head[2].p == 0.7
