"""Averages: of windows, of videos, and with the best weight."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.fusion.samples import random_scores
from twostream_lib import fusion
from twostream_lib.fusion import averages, evaluation
from twostream_lib.fusion.scores import Scores


def test_average_of_a_stream_with_itself_changes_nothing():
    given = random_scores()
    fused = fusion.average([given, given])
    np.testing.assert_allclose(fused.probabilities(), given.probabilities(), atol=1e-6)


def test_average_does_not_depend_on_the_order_of_streams():
    a, b = random_scores(seed=0), random_scores("temporal-sg3i", seed=1)
    one, other = fusion.average([a, b]), fusion.average([b, a])
    np.testing.assert_allclose(one.logits, other.logits, atol=1e-6)


def test_two_weak_streams_that_err_apart_are_better_together():
    a, b = random_scores(seed=0, videos=400), random_scores("temporal-sg3i", seed=1, videos=400)
    alone = max(evaluation.correct(s).mean() for s in (a, b))
    assert evaluation.correct(fusion.average([a, b])).mean() > alone + 0.05


def test_three_streams_are_averaged_by_video_whatever_windows_they_saw():
    spatial, sg3i = random_scores(videos=20, windows=3), random_scores(seed=1, videos=20, windows=3)
    flow = random_scores(seed=2, videos=18, windows=2)  # two videos are too short for flow
    fused = fusion.average_of_videos([spatial, sg3i, flow], "average-three")
    assert fused.network == "average-three" and len(fused) == 18
    for video, logits in zip(fused.video, fused.logits, strict=True):
        means = [s.probabilities()[s.video == video].mean(axis=0) for s in (spatial, sg3i, flow)]
        np.testing.assert_allclose(np.exp(logits), np.mean(means, axis=0), rtol=1e-5)


def test_a_weight_is_never_chosen_on_test_clips():
    with pytest.raises(ValueError, match="never from test clips"):
        fusion.best_weight([random_scores(part="test"), random_scores(part="test")])


def two_streams(first, second):
    """Validation scores whose probabilities of the two classes are `first` and `second`."""
    n = len(first)
    rest = (np.array([f"v{i}.avi" for i in range(n)]), np.zeros(n, int), np.zeros(n, int))
    rest += (np.full(n, "window"), ("right", "wrong"), "out-of-fold")
    probabilities = [np.stack([p, 1 - np.array(p)], axis=1) for p in (first, second)]
    return [Scores("x", np.log(p).astype(np.float32), *rest) for p in probabilities]


def test_the_best_weight_is_the_one_worked_out_by_hand():
    """The first window is right from a share of 5/7 on, the second up to 6/7.

    In the first, one stream leads by 0.2 and the other one is wrong by 0.5: 0.2 s > 0.5 (1 - s). In
    the second, the one is wrong by 0.1 and the other leads by 0.6: 0.1 s < 0.6 (1 - s).
    """
    streams = two_streams(first=[0.60, 0.45], second=[0.25, 0.80])
    share, shares, accuracy = fusion.best_weight(streams)
    assert share == pytest.approx(0.75)
    right = shares[accuracy == 1]
    np.testing.assert_allclose(right, [0.75, 0.80, 0.85])
    assert set(accuracy[accuracy < 1]) == {0.5}
    assert fusion.best_weight(streams[::-1])[0] == pytest.approx(0.25)


def test_where_no_weight_is_better_both_count_alike():
    share, _, accuracy = fusion.best_weight(two_streams([0.9, 0.8], [0.7, 0.6]))
    assert share == 0.5 and (accuracy == 1).all()


def test_the_product_is_bayes_rule_of_streams_that_are_independent_given_the_class():
    """Two coins of known bias, thrown once each: the posterior by hand."""
    streams = two_streams(first=[0.7, 0.4], second=[0.6, 0.9])
    fused = fusion.product(streams)
    odds = np.array([0.7 / 0.3 * 0.6 / 0.4, 0.4 / 0.6 * 0.9 / 0.1])
    np.testing.assert_allclose(fused.probabilities()[:, 0], odds / (1 + odds), rtol=1e-5)


def test_weights_of_three_streams_leave_out_one_that_only_guesses():
    made = [random_scores(n, seed=k, videos=300, part="out-of-fold") for k, n in enumerate("ab")]
    loud = random_scores("c", seed=7, videos=300, strength=0, part="out-of-fold")
    loud = replace(loud, logits=4 * loud.logits)
    test = [random_scores(n, seed=20 + k, videos=300) for k, n in enumerate("ab")]
    noise = replace(random_scores("c", seed=27, videos=300, strength=0), part="test")
    noise = replace(noise, logits=4 * noise.logits)
    fused = fusion.weighted([*made, loud], 0)([*test, noise])
    of_two = evaluation.correct(fusion.average(test)).mean()
    assert evaluation.correct(fused).mean() > of_two - 0.02
    assert evaluation.correct(fusion.average([*test, noise])).mean() < of_two - 0.1


def believed_by_class(seed, part):
    """Two streams of six classes: the first knows classes 0 to 2, the second 3 to 5."""
    label = np.repeat(np.arange(6), 50)
    rest = (np.array([f"v{row}" for row in range(300)]), np.zeros(300, int), label)
    rest += (np.full(300, "window"), tuple("abcdef"), part)
    chance, made = np.random.default_rng(seed), []
    for knows in (label < 3, label >= 3):
        logits = 1.5 * chance.normal(size=(300, 6)).astype(np.float32)
        logits[np.arange(300), label] += np.where(knows, 4, 0)
        made.append(Scores("x", logits, *rest))
    return made


def test_a_weight_for_each_class_finds_out_whom_to_believe_about_which():
    weights = averages.class_weights(believed_by_class(0, "out-of-fold"), 0.1).numpy()
    assert (weights[0, :3] > weights[1, :3] + 0.2).all()
    assert (weights[1, 3:] > weights[0, 3:] + 0.2).all()
    asked = believed_by_class(1, "test")
    fused = fusion.per_class(believed_by_class(0, "out-of-fold"), 0)(asked)
    assert evaluation.correct(fused).mean() > evaluation.correct(fusion.product(asked)).mean()


def test_the_weights_of_classes_are_a_minimum_and_held_to_the_product():
    streams = believed_by_class(0, "out-of-fold")
    strong = averages.class_weights(streams, 1e6)
    np.testing.assert_allclose(strong, 1, atol=1e-2)
    weights = averages.class_weights(streams, 1.0).requires_grad_()
    logs, label = averages._logs(streams), torch.from_numpy(streams[0].label)
    fit = torch.nn.functional.cross_entropy((weights * logs).sum(1), label)
    (fit + (weights - 1).square().sum() / len(label)).backward()
    assert weights.grad.abs().max() < 1e-4


def test_weights_may_be_whole_numbers_and_there_is_one_for_each_stream():
    pair = [random_scores(seed=seed) for seed in (1, 2)]
    by_parts, by_shares = fusion.average(pair, [1, 3]), fusion.average(pair, [0.25, 0.75])
    np.testing.assert_allclose(by_parts.logits, by_shares.logits, rtol=1e-6)
    for weights in ([1.0], [1.0, 1.0, 1.0]):
        with pytest.raises(ValueError, match="zip"):
            fusion.average(pair, weights)


def test_videos_are_paired_however_the_streams_number_their_windows():
    first, second = (random_scores(seed=seed) for seed in (1, 2))
    later = replace(second, window=second.window + 5)
    fused = fusion.average(fusion.of_videos([first, later]))
    assert fused.video.tolist() == sorted(set(first.video)) and set(fused.window) == {0}
