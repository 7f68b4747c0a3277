"""FuseNet, with its hidden layer and without."""

import numpy as np
import pytest

from tests.fusion.samples import random_scores
from twostream_lib import fusion
from twostream_lib.fusion import evaluation
from twostream_lib.fusion.fusenet import FuseNet
from twostream_lib.training.recipes import Phase, Recipe


@pytest.mark.parametrize("hidden", [None, 16])
def test_fusenet_learns_whom_to_believe(tmp_path, hidden):
    train = [
        random_scores(strength=4, seed=0, videos=200, part="train"),
        random_scores(strength=0, seed=1, videos=200, part="train"),
    ]
    test = [
        random_scores(strength=4, seed=2, videos=200),
        random_scores(strength=0, seed=3, videos=200),
    ]
    net = FuseNet(4, hidden=hidden)
    recipe = Recipe("test", (Phase("adamw", 1e-2, 15),), batch_size=64)
    fusion.fit_fusenet(net, train, recipe, tmp_path, seed=0, name="fusenet")
    fused = fusion.apply_fusenet(net, test, "fusenet")
    assert evaluation.correct(fused).mean() > evaluation.correct(fusion.average(test)).mean() + 0.02


def test_fusenet_without_hidden_layer_starts_as_the_average_of_log_probabilities():
    streams = [random_scores(seed=0), random_scores(seed=1)]
    fused = fusion.apply_fusenet(FuseNet(4, hidden=None), streams, "fusenet-linear")
    mean = sum(np.log(s.probabilities()) for s in streams) / 2
    np.testing.assert_allclose(fused.logits, mean, atol=1e-5)
