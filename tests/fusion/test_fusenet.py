"""FuseNet, with its hidden layer and without."""

import numpy as np
import pytest

from tests.fusion.samples import random_scores
from tests.fusion.test_choosing import streams
from twostream_lib import fusion
from twostream_lib.fusion import choosing, evaluation, fusenet
from twostream_lib.fusion.fusenet import SWEEP, FuseNet
from twostream_lib.training import recipes
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


@pytest.mark.parametrize("hidden", [None, 16])
def test_trained_in_memory_it_is_what_the_loop_of_all_networks_makes_of_it(tmp_path, hidden):
    given = streams(videos=43)  # two batches, and a sample that is left over
    phases = Phase("sgd", 1e-2, 2), Phase("adamw", 1e-2, 3, "one-cycle")
    recipe = Recipe("test", phases, batch_size=64, weight_decay=0.1, label_smoothing=0.1)
    ours, theirs = FuseNet(4, hidden), FuseNet(4, hidden)
    theirs.load_state_dict(ours.state_dict())
    fusenet.train_in_memory(ours, given, recipe, seed=5)
    fusion.fit_fusenet(theirs, given, recipe, tmp_path, seed=5, name="fusenet")
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(one.detach(), other.detach(), atol=1e-5)


def test_the_sweep_says_how_right_each_setting_is_about_sources_that_were_held_out(monkeypatch):
    monkeypatch.setattr(fusenet, "SWEEP", [SWEEP[0], SWEEP[5], SWEEP[16]])
    given = streams(strength=0.7)
    table = fusenet.sweep(given, seed=2)
    assert list(table.columns) == ["hidden", "lr", "weight_decay", "accuracy"]
    assert table.hidden.tolist() == [0, 0, 128]
    for row, setting in zip(table.itertuples(), fusenet.SWEEP, strict=True):
        shares = []
        for learned, held_out in choosing.folds(given, 2):
            rule = fusenet.with_setting([s.rows(learned) for s in given], setting, 2)
            shares.append(evaluation.correct(rule([s.rows(held_out) for s in given])).mean())
        assert row.accuracy == pytest.approx(np.mean(shares))
    best = fusenet.SWEEP[int(table.accuracy.argmax())]
    test = streams(9, part="test")
    tuned = fusion.FUSIONS["fusenet-tuned"](given, 2)(test)
    assert np.array_equal(tuned.logits, fusenet.with_setting(given, best, 2)(test).logits)


def test_the_sweep_has_the_papers_numbers_and_is_refused_test_clips():
    (phase,) = recipes.RECIPES["paper-mode2-fusenet"].phases
    assert {(None, phase.lr, 0.0), (128, phase.lr, 0.0)} <= {tuple(one) for one in SWEEP}
    assert len(set(SWEEP)) == 4 * 3 * 2
    with pytest.raises(ValueError, match="never from test clips"):
        fusenet.sweep(streams(part="test"))
