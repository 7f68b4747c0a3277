"""What learns at which rate, and what does not learn."""

import pytest
import torch
from torch import nn

from tests.training.small import blobs, stream_net
from twostream_lib.models.stream import StreamNet
from twostream_lib.models.two_stream import TwoStreamNet
from twostream_lib.training import loop, optimisers
from twostream_lib.training.recipes import Phase, Recipe


def test_the_backbone_learns_at_its_share_of_the_rate():
    recipe = Recipe("test", (Phase("adamw", 1e-3, 1),), backbone_lr_scale=0.1, weight_decay=0.05)
    net = stream_net()
    optimiser = optimisers.make_optimiser(net, recipe.phases[0], recipe)
    group_of = {id(p): group for group in optimiser.param_groups for p in group["params"]}
    assert len(group_of) == len(list(net.parameters()))
    for name, weight in net.named_parameters():
        group = group_of[id(weight)]
        assert group["lr"] == pytest.approx(1e-4 if name.startswith("backbone.") else 1e-3)
        assert (group["weight_decay"] > 0) == (weight.ndim > 1)


def test_frozen_layers_stay_as_they_were(tmp_path):
    data, net = blobs(), StreamNet("mobilenet_v2", 3, weights="none", hidden=32)
    before = {name: tensor.clone() for name, tensor in net.backbone.state_dict().items()}
    recipe = Recipe("test", (Phase("adamw", 1e-2, 1),), batch_size=16, freeze_fraction=0.5)
    loop.fit(net, data, data, recipe, tmp_path)
    changed = [
        name
        for name, tensor in net.backbone.state_dict().items()
        if not torch.equal(tensor, before[name])
    ]
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in before))
    half = set(layers[: len(layers) // 2])
    assert changed and not [name for name in changed if name.rpartition(".")[0] in half]


def meta(build):
    with torch.device("meta"):
        return build()


@pytest.mark.parametrize("name", ["vit_b_32", "swin_t", "convnext_tiny", "maxvit_t", "resnet18"])
@pytest.mark.parametrize("networks", [1, 2])
def test_of_a_backbone_that_is_frozen_as_a_whole_nothing_learns(name, networks):
    """A transformer has weights beside its layers: of its class token, and of positions."""
    streams = [meta(lambda: StreamNet(name, 3, weights="none")) for _ in range(2)]
    net = streams[0] if networks == 1 else meta(lambda: TwoStreamNet(*streams))
    optimisers.freeze(net, Recipe("test", (), freeze_fraction=1.0))
    learns = [name for name, weight in net.named_parameters() if weight.requires_grad]
    assert learns and all(name.startswith("head.") for name in learns)


@pytest.mark.parametrize("name", ["vit_b_32", "swin_t", "convnext_tiny", "maxvit_t", "resnet18"])
def test_the_frozen_share_is_that_of_the_layers_whatever_lies_in_what(name):
    """A module with weights of its own may hold others, and these are layers for themselves."""
    net = meta(lambda: StreamNet(name, 3, weights="none"))
    optimisers.freeze(net, Recipe("test", (), freeze_fraction=0.5))
    weights = [list(module.parameters(recurse=False)) for module in net.backbone.modules()]
    learns = [all(weight.requires_grad for weight in own) for own in weights if own]
    half = round(len(learns) / 2)
    assert learns == [False] * half + [True] * (len(learns) - half)


def test_of_two_streams_in_one_network_each_has_its_share():
    streams = [meta(lambda: StreamNet("mobilenet_v2", 3, weights="none")) for _ in range(2)]
    net, recipe = streams[0], Recipe("test", (), freeze_fraction=0.5, partial_bn=True)
    both = meta(lambda: TwoStreamNet(*streams))
    fixed, of_both = optimisers.freeze(net, recipe), optimisers.freeze(both, recipe)
    stay = {name for name, weight in net.backbone.named_parameters() if not weight.requires_grad}
    for backbone in both.backbone.values():
        found = {name for name, weight in backbone.named_parameters() if not weight.requires_grad}
        assert found == stay
        norms = list(backbone.modules())
        assert sum(any(norm is of for of in norms) for norm in of_both) == len(fixed)
    assert len(of_both) == 2 * len(fixed)


def test_partial_bn_keeps_all_statistics_but_the_first(tmp_path):
    data, net = blobs(), StreamNet("mobilenet_v2", 3, weights="none", hidden=32)
    norms = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    before = [norm.running_mean.clone() for norm in norms]
    recipe = Recipe("test", (Phase("adamw", 1e-2, 1),), batch_size=16, partial_bn=True)
    loop.fit(net, data, data, recipe, tmp_path)
    moved = [not torch.equal(norm.running_mean, b) for norm, b in zip(norms, before, strict=True)]
    assert moved == [True] + [False] * (len(norms) - 1)
    assert all(weight.requires_grad for weight in net.parameters())
