"""The rule that says what a run has never seen, and how it is chosen out of fold."""

import numpy as np
import pytest

from tests.fusion.samples import random_scores
from twostream_lib.errors import InputError
from twostream_lib.fusion import familiar
from twostream_lib.fusion.scores import Scores


def said(probabilities, network="spatial", part="out-of-fold"):
    """Scores of one video a matrix, float `[windows, C]`; the label is class 0."""
    counts = [len(windows) for windows in probabilities]
    logits = np.log(np.concatenate(probabilities)).astype(np.float32)
    return Scores(
        network,
        logits,
        np.repeat([f"v{n}.avi" for n in range(len(counts))], counts),
        np.concatenate([np.arange(count) for count in counts]),
        np.zeros(sum(counts), int),
        np.full(sum(counts), "window"),
        tuple("abc"),
        part,
    )


def both(videos=40, part="out-of-fold", **more):
    return [random_scores(n, videos=videos, seed=n == "b", part=part, **more) for n in "ab"]


def test_familiarity_is_the_best_geometric_mean_over_windows_and_streams():
    first = said([[[0.8, 0.1, 0.1], [0.2, 0.4, 0.4]], [[0.5, 0.25, 0.25]]])
    second = said([[[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [[0.02, 0.96, 0.02]]])
    by_hand = [(0.8 * 0.2 * 0.5 * 0.5) ** 0.25, (0.25 * 0.96) ** 0.5]
    assert familiar.familiarity([first, second]) == pytest.approx(by_hand)
    assert familiar.familiarity([first])[1] == pytest.approx(0.5)


def test_streams_that_are_sure_of_different_classes_are_not_familiar():
    agreed, other = [[[0.98, 0.01, 0.01]]], [[[0.01, 0.98, 0.01]]]
    assert familiar.familiarity([said(agreed), said(agreed)])[0] == pytest.approx(0.98)
    assert familiar.familiarity([said(agreed), said(other)])[0] < 0.1


def test_a_window_with_probability_zero_does_not_decide_alone():
    found = familiar.familiarity([said([[[1, 1e-45, 1e-45]] * 9 + [[1e-45, 1, 1e-45]]])])
    assert found[0] == pytest.approx(0.1**0.9, rel=0.01)  # (1e-9) ** (1 / 10)


@pytest.mark.parametrize("videos", [12, 40, 167, 400])
def test_the_threshold_keeps_90_percent_of_the_videos_that_are_answered_rightly(videos):
    learned = both(videos, strength=2)
    rule = familiar.choose(learned)
    joint = sum(s.logits - np.log(np.exp(s.logits).sum(1, keepdims=True)) for s in learned)
    means = joint.reshape(videos, 3, -1).mean(axis=1)  # three windows a video, in order
    order = np.argsort(np.argsort([f"v{n}.avi" for n in range(videos)]))
    right = (means.argmax(axis=1) == np.arange(videos) % 4)[np.argsort(order)]
    found = familiar.familiarity(learned)[right]
    assert rule.videos == right.sum() > 0
    below = (~rule.knows(found)).sum()
    assert below == rule.below <= 0.1 * rule.videos
    assert below + 1 > 0.1 * rule.videos  # no video more could be left out


def test_wrong_answers_set_no_threshold():
    right, wrong = [[0.9, 0.05, 0.05]], [[0.34, 0.65, 0.01]]
    with_wrong = [said([right] * 8 + [wrong] * 5)] * 2
    assert familiar.choose(with_wrong) == familiar.choose([said([right] * 8)] * 2)


def test_nothing_is_chosen_on_test_clips_or_on_nothing():
    with pytest.raises(InputError, match="never from test clips"):
        familiar.choose(both(part="test"))
    with pytest.raises(InputError, match="no scores"):
        familiar.choose([one.rows(np.arange(0)) for one in both()])
    right, wrong = [[0.8, 0.1, 0.1]], [[0.1, 0.8, 0.1]]
    assert familiar.choose([said([right] * 6 + [wrong])]).videos == 6
    with pytest.raises(InputError, match="Of 14 training videos 5 are answered rightly"):
        familiar.choose([said([right] * 5 + [wrong] * 9)])


def test_streams_of_different_windows_are_refused():
    with pytest.raises(InputError, match="cannot be fused: the first are of"):
        familiar.familiarity([*both()[:1], random_scores("b", videos=39)])
