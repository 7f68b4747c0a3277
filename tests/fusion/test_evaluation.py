"""How right scores are, how sure one can be of it, and which of two is better."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix
from statsmodels.stats.contingency_tables import mcnemar

from tests.fusion.samples import random_scores
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation, scores


def test_accuracy_and_confusion_agree_with_scikit_learn():
    given = random_scores(videos=60, windows=1)
    guess = given.logits.argmax(1)
    measured = evaluation.result(given, "video-10")
    assert measured.accuracy == pytest.approx(accuracy_score(given.label, guess))
    order = np.argsort(given.video)
    wanted = confusion_matrix(given.label[order], guess[order])
    np.testing.assert_array_equal(evaluation.confusion(given), wanted)


def test_the_interval_of_windows_counts_videos_and_not_windows():
    few = random_scores(videos=40, windows=1)
    repeated = few.rows(np.repeat(np.arange(40), 25))
    repeated.protocol[:] = "window"
    alone = few.rows(np.arange(40))
    alone.protocol[:] = "window"
    wide, narrow = (evaluation.result(s, "window") for s in (alone, repeated))
    assert narrow.high - narrow.low == pytest.approx(wide.high - wide.low, abs=1e-9)


@pytest.mark.parametrize("accuracy", [0.55, 0.9])
def test_the_intervals_hold_the_truth_about_95_times_in_100(accuracy):
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        given = random_scores(videos=150, windows=1, classes=2, seed=seed)
        given.logits[:] = 0
        right = rng.random(150) < accuracy
        given.logits[np.arange(150), np.where(right, given.label, 1 - given.label)] = 1
        measured = evaluation.result(given, "video-10")
        held += measured.low <= accuracy <= measured.high
    assert 180 <= held <= 199


def test_the_paired_test_is_mcnemars():
    a, b = (
        random_scores(seed=0, videos=120, windows=1),
        random_scores("other", seed=1, videos=120, windows=1),
    )
    found = evaluation.compare(a, b)
    right_a, right_b = evaluation.correct(a), evaluation.correct(b)
    table = [
        [(right_a & right_b).sum(), (right_a & ~right_b).sum()],
        [(~right_a & right_b).sum(), (~right_a & ~right_b).sum()],
    ]
    assert found.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert (found.only_first, found.only_second) == (table[0][1], table[1][0])


def test_networks_that_saw_other_windows_of_the_same_videos_can_be_compared():
    a, b = random_scores(videos=30, windows=4), random_scores("other", seed=1, videos=30, windows=2)
    found = evaluation.compare(a, b)
    right_a, right_b = (evaluation.correct(scores.per_video(s)) for s in (a, b))
    assert (found.only_first, found.only_second) == (
        (right_a & ~right_b).sum(),
        (right_b & ~right_a).sum(),
    )


def test_networks_on_other_videos_are_not_compared():
    with pytest.raises(InputError, match="different videos"):
        evaluation.compare(random_scores(videos=30), random_scores(videos=29))


def test_a_protocol_that_nothing_was_scored_under_is_named():
    with pytest.raises(InputError, match="spatial has no scores under video-1"):
        evaluation.result(random_scores(), "video-1")


@pytest.mark.parametrize(("right", "n"), [(0, 10), (7, 10), (112, 168), (168, 168)])
def test_the_interval_is_wilsons(right, n):
    wanted = binomtest(right, n).proportion_ci(method="wilson")
    assert evaluation.wilson(right, n) == pytest.approx((wanted.low, wanted.high))
    share = evaluation.share("x", np.arange(n) < right, "video-1")
    assert (share.accuracy, share.n) == (pytest.approx(right / n), n)
    assert (share.low, share.high) == evaluation.wilson(right, n)


def test_a_class_without_a_video_has_no_accuracy():
    given = random_scores(videos=8, classes=4)
    some = given.rows(given.label != 2)
    found = evaluation.class_accuracy(some)
    assert np.isnan(found).tolist() == [False, False, True, False]
    for label in (0, 1, 3):
        own = evaluation.correct(scores.per_video(some.rows(some.label == label)))
        assert found[label] == own.mean()
