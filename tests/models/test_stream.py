"""The streams: shapes, first losses, the head."""

import math

import pytest
import torch
import torchvision
from torch import nn

from twostream_lib.data import identity
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


def test_a_network_that_sees_flow_larger_sees_what_lies_between_its_pixels():
    stacks = torch.randint(0, 256, (2, 4, 12, 16), dtype=torch.uint8)
    plain = StreamNet(SMALL, 3, 4, "none").normalise
    larger = StreamNet(SMALL, 3, 4, "none", size=(24, 32)).normalise
    seen, stored = larger(stacks), plain(stacks)
    # Of twice the size, each pixel lies a quarter of the way to the next one.
    rows = 0.75 * stored[..., 1:-1, :] + 0.25 * stored[..., :-2, :]
    expected = 0.75 * rows[..., 1:-1] + 0.25 * rows[..., :-2]
    torch.testing.assert_close(seen[..., 2:-2:2, 2:-2:2], expected)
    assert seen.shape[2:] == (24, 32) and stored.shape[2:] == (12, 16)


def test_a_network_that_sees_another_size_is_another_network():
    words = set()
    for size in (None, (24, 32), (32, 24)):
        torch.manual_seed(0)
        words.add(identity.of_network(StreamNet(SMALL, 3, 4, "none", size=size)))
    assert len(words) == 3


def test_the_head_is_the_papers():
    head = StreamNet(SMALL, weights="none").head
    assert [type(layer) for layer in head] == [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]
    assert head[2].p == 0.5
    assert StreamNet(SMALL, weights="none", dropout=0.7).head[2].p == 0.7


def test_weights_of_images_of_another_size_are_refused():
    """Enlarged to another size, the same network says other things."""
    small, large = (StreamNet("resnet8", 3, 4, "none", size=(n, n)) for n in (16, 24))
    with pytest.raises(RuntimeError, match=r"of images of \[16, 16\], not \(24, 24\)"):
        large.load_state_dict(small.state_dict())
    same = StreamNet("resnet8", 3, 4, "none", size=(16, 16))
    same.load_state_dict(small.state_dict())
