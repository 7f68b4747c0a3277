"""Both streams as one network: their features meet, and the streams stay as they are."""

import copy

import pytest
import torch

from twostream_lib.models.first_layer import see_motion_only
from twostream_lib.models.stream import StreamNet
from twostream_lib.models.two_stream import TwoStreamNet
from twostream_lib.training import optimisers
from twostream_lib.training.recipes import RECIPES


@pytest.fixture
def streams():
    torch.manual_seed(0)
    spatial, temporal = (StreamNet("resnet8", 5, weights="none") for _ in range(2))
    see_motion_only(temporal.backbone)
    return spatial.eval(), temporal.eval()


@pytest.fixture
def images():
    draw = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (3, 6, 40, 48), generator=draw, dtype=torch.uint8)


def test_its_features_are_those_of_the_two_streams_side_by_side(streams, images):
    net = TwoStreamNet(*streams).eval()
    seen = []
    net.head[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        assert net(images).shape == (3, 5)
        halves = images[:, :3], images[:, 3:]
        both = zip(streams, halves, strict=True)
        wanted = [stream.backbone(stream.normalise(half)) for stream, half in both]
    torch.testing.assert_close(seen[0], torch.cat(wanted, 1))


def test_it_hears_of_both_halves_and_starts_even(streams, images):
    net = TwoStreamNet(*streams).eval()
    with torch.no_grad():
        first = net(images)
        assert first.abs().max() < 0.1  # guessing, as every stream of the course begins
        for half in (slice(0, 3), slice(3, 6)):
            other = images.clone()
            other[:, half] = 255 - other[:, half]
            assert not torch.equal(net(other), first)


def test_training_it_leaves_the_streams_alone(streams, images):
    before = [copy.deepcopy(stream.state_dict()) for stream in streams]
    net = TwoStreamNet(*streams).train()
    optimiser = optimisers.make_optimiser(
        net, RECIPES["quick-joint"].phases[0], RECIPES["quick-joint"]
    )
    net(images).sum().backward()
    optimiser.step()
    for stream, old in zip(streams, before, strict=True):
        assert all(torch.equal(now, old[name]) for name, now in stream.state_dict().items())


@pytest.mark.parametrize(("recipe", "learns"), [("quick-features", False), ("quick-joint", True)])
def test_the_recipe_says_whether_the_backbones_learn(streams, recipe, learns):
    spatial = streams[0].requires_grad_(False)  # as if it had been frozen
    net = TwoStreamNet(spatial, streams[1])
    optimisers.freeze(net, RECIPES[recipe])
    assert {weight.requires_grad for weight in net.backbone.parameters()} == {learns}
    assert all(weight.requires_grad for weight in net.head.parameters())
