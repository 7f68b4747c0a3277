"""The failure laboratory's setups: each switch changes what it says, and nothing else."""

import copy
import math
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.experiments.samples import CLASSES, PLAN
from twostream_lib import flow, models
from twostream_lib.errors import InputError
from twostream_lib.experiments import flow_setups
from twostream_lib.experiments.flow_setups import (
    FAILURES,
    SWITCHES,
    WORKING,
    Preprocessing,
    build_network,
)


@pytest.fixture(scope="module")
def stacks():
    draw = torch.Generator().manual_seed(0)
    return torch.randint(1, 256, (3, 8, 36, 48), generator=draw, dtype=torch.uint8)


def made(setup, spatial, seed=0):
    torch.manual_seed(seed)
    return build_network(setup, "resnet8", "none", spatial, len(CLASSES), PLAN)


def same_weights(one, other):
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return [torch.equal(a, b) for a, b in pairs]


# --- setups ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_differs_from_what_it_is_held_against_in_one_thing(name):
    against = flow_setups.find_setup(flow_setups.AGAINST.get(name, "working"))
    switch = SWITCHES[name]
    names = [field.name for field in fields(against)]
    changed = [name for name in names if getattr(against, name) != getattr(switch, name)]
    assert len(changed) == 1


def test_the_failures_are_two_networks_with_ten_and_with_three_fields():
    made_of = {(setup.network, setup.length) for setup in FAILURES.values()}
    assert made_of == {("cnn-m", 10), ("cnn-m", 3), ("stream", 10), ("stream", 3)}
    assert all(setup.softmax and setup.subtract_uv_mean for setup in FAILURES.values())


def test_an_unknown_name_or_value_is_one_clear_sentence():
    with pytest.raises(InputError, match="no setup 'sofmax': choose one of working, softmax bef"):
        flow_setups.find_setup("sofmax")
    with pytest.raises(InputError, match="scale is one of bound, pixels, each field, not 'none'"):
        replace(WORKING, scale="none")


# --- what goes in ---------------------------------------------------------------------------------


def test_the_working_feed_is_what_every_other_flow_stream_is_fed(stacks):
    fed = Preprocessing(WORKING, PLAN.bound)(stacks)
    assert torch.allclose(fed, models.Normalise(8)(stacks), atol=1e-5)


def test_without_the_mean_of_u_and_v_there_is_left_one_channel_of_two(stacks):
    fed = Preprocessing(replace(WORKING, subtract_uv_mean=True, scale="pixels"), PLAN.bound)(stacks)
    assert torch.allclose(fed[:, 0::2], -fed[:, 1::2], atol=1e-5)
    by_hand = flow_setups.subtract_uv_mean(torch.tensor([5.0, 1.0]).view(1, 2, 1, 1)).flatten()
    assert by_hand.tolist() == [2.0, -2.0]


def test_no_scaling_is_in_pixels_of_a_whole_frame(stacks):
    fed = Preprocessing(replace(WORKING, scale="pixels"), PLAN.bound)(stacks)
    expected = flow.dequantise(stacks.numpy(), PLAN.bound) * (240 / 36)
    assert np.allclose(fed.numpy(), expected, atol=1e-4)


def test_each_field_is_stretched_over_the_whole_range_whatever_it_was():
    faint = 1e-3 * torch.rand(2, 4, 5, 6, generator=torch.Generator().manual_seed(0))
    stretched = flow_setups.min_max_scaled(faint)
    assert torch.allclose(stretched.amin((-2, -1)), torch.zeros(2, 4))
    assert torch.allclose(stretched.amax((-2, -1)), torch.full((2, 4), 255.0))
    assert (
        flow_setups.min_max_scaled(torch.ones(1, 1, 2, 2)).eq(0).all()
    )  # a still field is no storm
    fed = Preprocessing(replace(WORKING, scale="each field"), PLAN.bound)(
        (100 + 50 * faint * 1e3).byte()
    )
    ends = [(edge - models.FLOW_MEAN) / models.FLOW_STD for edge in (0, 1)]
    assert [fed.min().item(), fed.max().item()] == pytest.approx(ends, abs=1e-4)


def test_a_shorter_stack_is_the_first_fields(stacks):
    whole, short = (Preprocessing(replace(WORKING, length=n), PLAN.bound)(stacks) for n in (10, 3))
    assert whole.shape[1] == 8 and torch.equal(short, whole[:, :6])


# --- the network ----------------------------------------------------------------------------------


def test_a_softmax_head_can_lose_no_less_and_no_more_than_the_bounds(spatial, stacks):
    low, high = flow_setups.bounds_of_softmax_loss(2)
    assert (low, high) == pytest.approx((math.log(1 + 1 / math.e), math.log(1 + math.e)))
    net = made(replace(WORKING, softmax=True), spatial).eval()
    nn.init.normal_(net.head[3].weight, std=100)  # as sure as can be
    with torch.no_grad():
        outputs = net(stacks)
    assert torch.allclose(outputs.sum(1), torch.ones(3))
    for label in (0, 1):
        loss = functional.cross_entropy(outputs, torch.full((3,), label), reduction="none")
        assert ((loss > low - 1e-4) & (loss < high + 1e-4)).all()


def test_the_first_layer_comes_from_the_spatial_stream_or_is_random(spatial):
    adapted = made(SWITCHES["begun with spatial weights"], spatial)
    random = made(SWITCHES["spatial weights, random first layer"], spatial)
    own, first = next(spatial.backbone.parameters()), next(adapted.backbone.parameters())
    assert torch.allclose(first, own.mean(1, keepdim=True).expand_as(first) * 3 / 8)
    assert same_weights(adapted.backbone, random.backbone) == [False] + [True] * (
        len(list(random.backbone.parameters())) - 1
    )
    assert all(same_weights(spatial.backbone[1:], adapted.backbone[1:]))


def test_what_the_spatial_stream_kept_frozen_is_trained_in_the_flow_stream(spatial):
    still = copy.deepcopy(spatial).requires_grad_(False)
    begun = made(SWITCHES["begun with spatial weights"], still)
    assert all(weight.requires_grad for weight in begun.parameters())
    assert not any(weight.requires_grad for weight in still.parameters())


def test_without_batch_norm_there_is_none_and_the_net_still_answers(spatial, stacks):
    net = made(replace(WORKING, batch_norm=False), spatial)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in net.modules())
    assert net(stacks).shape == (3, 2)
    assert any(isinstance(layer, nn.BatchNorm2d) for layer in made(WORKING, spatial).modules())


def test_cnn_m_takes_the_small_windows_of_the_quick_profile(spatial, stacks):
    net = made(FAILURES["CNN-M-2048, L = 3"], spatial).eval()
    with torch.inference_mode():
        assert torch.allclose(net(stacks).sum(1), torch.ones(3))


@pytest.mark.parametrize("size", [(36, 48), (112, 112)])
def test_fields_are_seen_as_large_as_they_are_stored(spatial, size):
    plan = replace(PLAN, size=size)
    net = build_network(WORKING, "resnet8", "none", spatial, len(CLASSES), plan)
    levels = torch.randint(1, 256, (2, 2 * plan.length, *size), dtype=torch.uint8)
    fed, whole = net.normalise(levels), Preprocessing(WORKING, plan.bound)(levels)
    assert torch.equal(fed, whole)
