"""A stream that is too sure of itself is told by how much."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.fusion.samples import random_scores
from twostream_lib import fusion
from twostream_lib.fusion import evaluation, temperature


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


def test_any_fusion_can_be_had_of_streams_at_their_temperatures():
    learned = [random_scores(n, seed=k, videos=200, part="out-of-fold") for k, n in enumerate("ab")]
    asked = [random_scores(n, seed=9 + k, videos=200) for k, n in enumerate("ab")]
    loud = [temperature.at(learned[0], 1 / 5), learned[1]]
    asked_loud = [temperature.at(asked[0], 1 / 5), asked[1]]
    for name in ("average", "svm", "per-class", "fusenet-linear"):
        calibrated = fusion.calibrated(fusion.FUSIONS[name], "average-calibrated")
        fused = calibrated(learned, 0)(asked)
        again = calibrated(loud, 0)(asked_loud)
        assert fused.network == "average-calibrated"
        same = (fused.logits.argmax(1) == again.logits.argmax(1)).mean()
        assert same > 0.99  # however loudly a stream says the same
    plain, calibrated = (fusion.FUSIONS[n] for n in ("average", "average-calibrated"))
    shouted_down = evaluation.correct(plain([], 0)(asked_loud)).mean()
    assert evaluation.correct(calibrated(loud, 0)(asked_loud)).mean() > shouted_down + 0.03


def test_the_average_at_fitted_temperatures_by_hand():
    learned = [random_scores(n, seed=k, videos=90, part="out-of-fold") for k, n in enumerate("ab")]
    asked = [random_scores(n, seed=9 + k) for k, n in enumerate("ab")]
    fused = fusion.FUSIONS["average-calibrated"](learned, 0)(asked)
    by_hand = [
        torch.softmax(torch.from_numpy(new.logits) / temperature.temperature(old), 1)
        for old, new in zip(learned, asked, strict=True)
    ]
    np.testing.assert_allclose(fused.probabilities(), sum(by_hand) / 2, atol=1e-5)
