"""Averages: of windows, of videos, and with the best weight."""

import numpy as np
import pytest

from tests.fusion.samples import random_scores
from twostream_lib import fusion
from twostream_lib.fusion import evaluation
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
    with pytest.raises(ValueError, match="never on test clips"):
        fusion.best_weight([random_scores(part="test"), random_scores(part="test")])


def two_streams(first, second):
    """Validation scores whose probabilities of the two classes are `first` and `second`."""
    n = len(first)
    rest = (np.array([f"v{i}.avi" for i in range(n)]), np.zeros(n, int), np.zeros(n, int))
    rest += (np.full(n, "window"), ("right", "wrong"), "validation")
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
