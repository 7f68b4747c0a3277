"""A stream that is too sure of itself is told by how much."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.fusion.samples import random_scores
from twostream_lib.fusion import temperature


def test_the_temperature_is_the_one_that_a_fine_grid_finds():
    given = random_scores(videos=200, part="out-of-fold", strength=2.0)
    logits, label = torch.from_numpy(given.logits), torch.from_numpy(given.label)
    tried = np.exp(np.linspace(-2, 2, 4001))
    losses = [float(functional.cross_entropy(logits / t, label)) for t in tried]
    best = tried[int(np.argmin(losses))]
    assert temperature.temperature(given) == pytest.approx(best, rel=2e-3)


def test_a_stream_that_is_three_times_too_sure_has_a_temperature_three_times_as_high():
    given = random_scores(videos=300, part="out-of-fold")
    loud = temperature.at(given, 1 / 3)
    ratio = temperature.temperature(loud) / temperature.temperature(given)
    assert ratio == pytest.approx(3, rel=1e-3)


def test_no_answer_changes():
    given = random_scores()
    cooled = temperature.at(given, 2.5)
    assert np.array_equal(cooled.logits.argmax(1), given.logits.argmax(1))
    assert cooled.logits.dtype == np.float32
