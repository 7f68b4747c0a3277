"""Which outputs still learn: those that get a gradient through what stands behind them."""

from dataclasses import replace

import pytest
from torch import nn

from twostream_lib.experiments import heads


def test_each_output_gets_a_gradient_where_nothing_stands_behind(lab):
    assert heads.learning_outputs(lab, [], steps=6) == [2] * 6  # more steps than one epoch has


def test_nothing_passes_a_layer_that_stops_all(lab):
    stopped = heads.learning_outputs(lab, [nn.Threshold(1e9, 0)], steps=2)
    assert stopped == [0, 0]


def test_an_output_that_is_below_zero_gets_none_through_a_relu(lab, monkeypatch):
    built = heads.build_network

    def one_below(*given):
        net = built(*given)
        net.head[-1].bias.data[0] = -100
        return net

    monkeypatch.setattr(heads, "build_network", one_below)
    assert heads.learning_outputs(lab, [nn.ReLU()], steps=2)[0] < 2
    assert heads.learning_outputs(lab, [], steps=2) == [2, 2]


@pytest.mark.parametrize(("last_layer", "most"), [("small", 0.01), ("usual", 0.1)])
def test_the_last_layer_begins_as_it_is_told(lab, monkeypatch, last_layer, most):
    begun = []
    made = heads.build_network

    def build(*given):
        begun.append(made(*given))
        return begun[-1]

    monkeypatch.setattr(heads, "build_network", build)
    heads.learning_outputs(replace(lab, seed=1), [], last_layer, steps=0)
    assert most / 10 < begun[0].head[-1].weight.abs().max() < most
