"""Which sample comes when, on one device and on several."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twostream_lib.data import order
from twostream_lib.data.order import Share


def test_an_epoch_has_each_sample_once_in_an_order_of_its_own():
    first, second = order.epoch(100, 3, 0), order.epoch(100, 3, 1)
    assert sorted(first) == sorted(second) == list(range(100))
    assert not np.array_equal(first, second) and not np.array_equal(first, order.epoch(100, 4, 0))
    assert np.array_equal(first, order.epoch(100, 3, 0))


def test_the_order_of_a_seed_is_the_same_for_ever():
    """A training that is resumed with other versions of the packages would mix samples up."""
    assert order.epoch(8, 0, 0).tolist() == [2, 4, 3, 6, 5, 0, 1, 7]


def test_weights_say_how_often_a_sample_comes():
    weights = 1 / np.bincount([0] * 90 + [1] * 10)[[0] * 90 + [1] * 10]
    epochs = [order.epoch(100, 0, number, weights) for number in range(40)]
    assert {len(one) for one in epochs} == {100}
    assert np.mean(np.concatenate(epochs) >= 90) == pytest.approx(0.5, abs=0.03)


@given(samples=st.integers(0, 200), size=st.integers(1, 64))
def test_batches_are_the_order_cut_up(samples, size):
    chosen = order.epoch(samples, 0, 0)
    cut = order.batches(chosen, size)
    assert all(len(batch) == size for batch in cut[:-1]) and all(map(len, cut))
    assert np.array_equal(np.concatenate([np.empty(0, int), *cut]), chosen)


@given(samples=st.integers(1, 100), ranks=st.integers(1, 8))
def test_every_sample_counts_in_one_part_and_every_part_has_something_to_do(samples, ranks):
    stripes = [order.stripe(samples, Share(rank, ranks)) for rank in range(ranks)]
    counted = [stripe.places[stripe.counts] for stripe in stripes]
    assert np.array_equal(np.concatenate(counted), np.arange(samples))
    sizes = [len(part) for part in counted]
    assert max(sizes) - min(sizes) <= 1
    assert all(len(stripe.places) >= min(samples, order.FEWEST) for stripe in stripes)


def test_each_purpose_epoch_and_batch_has_random_numbers_of_its_own():
    drawn = {
        order.random(seed, purpose, epoch, batch).integers(2**60)
        for seed in range(3)
        for purpose in order.PURPOSES
        for epoch in range(3)
        for batch in range(3)
    }
    assert len(drawn) == 3 * len(order.PURPOSES) * 3 * 3
