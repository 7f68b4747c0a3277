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
    ATTEMPTS,
    SETUPS,
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


def changed(name):
    """In which fields a setup differs from its control."""
    setup, control = (flow_setups.find_setup(one) for one in (name, flow_setups.control_of(name)))
    names = [field.name for field in fields(setup)]
    return {field for field in names if getattr(setup, field) != getattr(control, field)}


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_differs_from_its_control_in_one_thing(name):
    # as many steps of larger batches need more epochs
    assert changed(name) == {"large_batch", "epochs"} or len(changed(name)) == 1


def test_every_control_is_a_setup_and_none_its_own():
    assert all(flow_setups.control_of(name) in SETUPS for name in SETUPS)
    assert [name for name in SETUPS if flow_setups.control_of(name) == name] == ["working"]


def test_the_attempts_are_two_networks_with_ten_and_with_three_fields():
    made_of = {(setup.network, setup.length) for setup in ATTEMPTS.values()}
    assert made_of == {("cnn-m", 10), ("cnn-m", 3), ("stream", 10), ("stream", 3)}
    assert all(setup.softmax and setup.subtract_uv_mean for setup in ATTEMPTS.values())


@pytest.mark.parametrize("name", ATTEMPTS)
def test_in_an_attempts_twin_all_that_is_wrong_is_put_right_and_nothing_else(name):
    wrong = "relu_and_dropout softmax last_layer subtract_uv_mean scale first_layer"
    # [1] trained CNN-M-2048 by SGD at the paper's rate
    wrong += "" if ATTEMPTS[name].network == "cnn-m" else " optimiser"
    assert changed(name) == set(wrong.split())
    twin = SETUPS[flow_setups.control_of(name)]
    assert all(getattr(twin, field) == getattr(WORKING, field) for field in wrong.split())


@pytest.mark.parametrize("name", flow_setups.HALVES)
def test_of_an_attempt_the_head_is_mended_or_all_but_the_head(name):
    head = {"relu_and_dropout", "softmax", "last_layer"}
    assert changed(name) & head in (set(), head)
    assert bool(changed(name) & head) == (changed(name) == head)


def test_what_the_notebook_trains_has_its_controls():
    assert {flow_setups.control_of(name) for name in flow_setups.QUICK} <= set(flow_setups.QUICK)


def test_an_unknown_name_or_value_is_one_clear_sentence():
    with pytest.raises(InputError, match="no setup 'sofmax': choose one of working, softmax, ReLU"):
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
    net = made(SWITCHES["softmax"], spatial).eval()
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
    net = made(ATTEMPTS["CNN-M-2048, L = 3"], spatial).eval()
    with torch.inference_mode():
        assert torch.allclose(net(stacks).sum(1), torch.ones(3))


@pytest.mark.parametrize("size", [(36, 48), (112, 112)])
def test_fields_are_seen_as_large_as_they_are_stored(spatial, size):
    plan = replace(PLAN, size=size)
    net = build_network(WORKING, "resnet8", "none", spatial, len(CLASSES), plan)
    levels = torch.randint(1, 256, (2, 2 * plan.length, *size), dtype=torch.uint8)
    fed, whole = net.normalise(levels), Preprocessing(WORKING, plan.bound)(levels)
    assert torch.equal(fed, whole)
