"""Epochs and learning rates as the recipe says."""

import pytest

from twostream_lib.training import schedule
from twostream_lib.training.recipes import Phase, Recipe


def test_epochs_follow_the_phases():
    first, second = Phase("sgd", 0.1, 2), Phase("adamw", 0.01, 3, "one-cycle")
    epochs = schedule.epochs(Recipe("test", (first, second)), batches=7)
    assert [epoch.number for epoch in epochs] == list(range(5))
    assert [epoch.phase_number for epoch in epochs] == [0, 0, 1, 1, 1]
    assert [epoch.ends_its_phase for epoch in epochs] == [False, True, False, False, True]
    assert epochs[1].lr(6) == 0.1
    assert epochs[3].lr(2) == second.lr_at((1 + 2 / 7) / 3)


@pytest.mark.parametrize(
    ("samples", "size", "batches"),
    [(0, 4, 0), (1, 4, 1), (4, 4, 1), (5, 4, 1), (6, 4, 2), (3, 1, 3)],
)
def test_a_left_over_batch_of_one_is_left_out(samples, size, batches):
    assert schedule.batches_in(samples, size) == batches
