"""How right scores are, how sure one can be of it, and which of two is better."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest, norm, t
from sklearn.metrics import accuracy_score, confusion_matrix
from statsmodels.stats.contingency_tables import mcnemar

from tests.fusion.samples import random_scores
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation, scores
from twostream_lib.fusion.scores import Scores


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
    assert narrow.high - narrow.low == pytest.approx(wide.high - wide.low, rel=0.03)
    assert (narrow.n, narrow.sources) == (1000, 40)


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
    for asked in (
        lambda scores: evaluation.compare(scores, scores, "video-1"),
        lambda scores: evaluation.confusion(scores, "video-1"),
        lambda scores: evaluation.class_accuracy(scores, "video-1"),
    ):
        with pytest.raises(InputError, match="spatial has no scores under video-1"):
            asked(random_scores())


@pytest.mark.parametrize(("right", "n"), [(0, 10), (7, 10), (112, 168), (168, 168)])
def test_of_independent_things_the_interval_is_wilsons(right, n):
    wanted = binomtest(right, n).proportion_ci(method="wilson")
    assert evaluation.wilson(right, n) == pytest.approx((wanted.low, wanted.high))
    # One thing a source: no more than the correction for few sources widens it.
    low, high = evaluation.interval(np.arange(n) < right, np.arange(n))
    narrow, wide = wanted.high - wanted.low, high - low
    assert narrow <= wide + 1e-9 < narrow * (t.ppf(0.975, n - 1) / norm.ppf(0.975)) ** 2


def clustered(random, sources, share, alike):
    """What is right of sources of 2 to 7 videos, whose own shares are spread by `alike`, 0..1."""
    own = random.beta(*(np.array([share, 1 - share]) * (1 - alike) / alike), sources)
    source = np.repeat(np.arange(sources), random.integers(2, 8, sources))
    return random.random(len(source)) < own[source], source


@pytest.mark.parametrize(
    ("sources", "share", "alike"), [(40, 0.7, 0.4), (120, 0.55, 0.6), (60, 0.85, 0.3)]
)
def test_over_sources_the_interval_holds_the_truth_and_over_videos_it_does_not(
    sources, share, alike
):
    random, held = np.random.default_rng(3), {"sources": [], "videos": []}
    for _ in range(2000):
        right, source = clustered(random, sources, share, alike)
        found = {"sources": evaluation.interval(right, source)}
        found["videos"] = evaluation.wilson(right.sum(), len(right))
        for name, (low, high) in found.items():
            held[name].append(low <= share <= high)
    assert 0.93 < np.mean(held["sources"]) < 0.97
    assert np.mean(held["videos"]) < 0.88


def test_videos_of_one_source_that_are_copies_count_once():
    right, source = np.arange(50) % 3 > 0, np.arange(50)
    copied = np.repeat(right, 7), np.repeat(source, 7)
    assert evaluation.interval(*copied) == pytest.approx(
        evaluation.interval(right, source), abs=4e-3
    )


def test_the_interval_is_no_narrower_where_the_videos_of_a_source_are_unlike():
    """As with twins, of which one is always right: that is no luck to bet on with other sources."""
    right, source = np.arange(60) % 2 == 0, np.arange(60) // 2
    low, high = evaluation.interval(right, source)
    assert high - low >= np.diff(evaluation.wilson(30, 60))[0]


def test_one_source_says_nothing_of_others():
    assert evaluation.interval(np.ones(9, bool), np.zeros(9)) == (0, 1)


def two_networks(random, sources):
    """Scores of two networks on the videos of sources, on which each is better or worse."""
    source = np.repeat(np.arange(sources), 5)
    better = random.normal(0.1, 0.3, sources)[source]
    made = []
    for sign in (1, -1):
        right = random.random(len(source)) < np.clip(0.6 + sign * better / 2, 0, 1)
        logits = np.eye(2, dtype=np.float32)[np.where(right, 0, 1)]
        names = np.array([f"{row:04d}.avi" for row in range(len(source))])
        zeros = np.zeros(len(source), int)
        kind = np.full(len(source), "video-10")
        made.append(Scores("x", logits, names, zeros, zeros, kind, ("a", "b"), "test", source))
    return made


def test_the_interval_of_a_difference_holds_the_truth_over_sources():
    random = np.random.default_rng(5)
    found = [evaluation.compare(*two_networks(random, 60)) for _ in range(400)]
    held = [one.low <= 0.1 <= one.high for one in found]
    assert 0.92 < np.mean(held) < 0.975
    assert all(one.sources == 60 for one in found)
    # What would be found in four of five tests is about 2.8 standard errors.
    spread = np.std([one.difference for one in found])
    assert np.median([one.smallest for one in found]) == pytest.approx(2.8 * spread, rel=0.1)


def difference_of(first, second, source):
    """The comparison of two networks, by what they have right and the sources of the videos."""
    right = [np.asarray(one, bool) for one in (first, second)]
    names, zeros = np.arange(len(source)).astype(str), np.zeros(len(source), int)
    rows = (names, zeros, zeros, np.full(len(source), "video-10"), ("a", "b"), "test")
    logits = [np.eye(2, dtype=np.float32)[np.where(one, 0, 1)] for one in right]
    return evaluation.compare_videos(*(Scores("x", one, *rows, np.array(source)) for one in logits))


@pytest.mark.parametrize("sources", [2, 3, 4, 6, 8])
@pytest.mark.parametrize(("videos", "luck"), [(8, 0.0), (8, 0.5), (20, 0.4), (8, 1.0)])
def test_what_few_sources_say_by_luck_is_seldom_real(sources, videos, luck):
    """Neither network is better, but each source is by chance the one's or the other's."""
    random, found = np.random.default_rng(7), []
    source = np.repeat(np.arange(sources), videos)
    for _ in range(200):
        lead = luck * random.choice([-1, 1], sources)[source] / 2
        first, second = (random.random(len(source)) < 0.5 + side for side in (lead, -lead))
        found.append(difference_of(first, second, source))
    assert np.mean([one.p_value < 0.05 and one.low * one.high > 0 for one in found]) <= 0.08
    assert all(one.low <= one.difference <= one.high for one in found)


@pytest.mark.parametrize("sources", [2, 3, 5])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_that_few_sources_say_the_same_is_not_certainty(sources, share):
    """As many better ones in each: drawn anew, they are the same, and the interval had no width."""
    source = np.repeat(np.arange(sources), 8)
    better = np.tile(np.arange(8) < 8 * share, sources)
    found = difference_of(better, np.zeros(8 * sources), source)
    assert found.difference == share and found.p_value < 0.05
    assert found.low <= 0 and (found.low < share < found.high or share == found.high == 1)
    assert found.smallest > found.difference
    back = difference_of(np.zeros(8 * sources), better, source)
    assert (back.low, back.high) == (-found.high, -found.low)


def test_six_sources_that_all_say_the_same_tell_as_a_sign_test_does():
    source = np.repeat(np.arange(6), 4)
    found = difference_of(np.ones(24), np.zeros(24), source)
    assert binomtest(6, 6).pvalue < 0.05 < binomtest(5, 5).pvalue
    assert 0 < found.low < 0.1 and found.high == 1


def test_differences_that_cancel_in_each_source_may_be_as_large_as_the_share_that_differs():
    source, first = np.repeat(np.arange(4), 2), np.tile([1, 0], 4)
    found = difference_of(first, 1 - first, source)
    assert (found.low, found.difference, found.high) == (-1, 0, 1) and np.isnan(found.smallest)


def test_of_many_sources_the_interval_is_that_of_the_draws():
    random, source = np.random.default_rng(2), np.repeat(np.arange(300), 2)
    first, second = random.random(600) < 0.6, random.random(600) < 0.5
    found = difference_of(first, second, source)
    ahead = (first.astype(float) - second).reshape(300, 2).sum(1)
    drawn = ahead[random.integers(300, size=(20_000, 300))].sum(1) / 600
    wanted = np.quantile(drawn, [0.025, 0.975])
    assert [found.low, found.high] == pytest.approx(wanted, abs=0.05 * np.ptp(wanted))
    assert 1 < evaluation.widening(300) < 1.01
    assert evaluation.widening(6) == pytest.approx(t.ppf(0.975, 5) / norm.ppf(0.975) * 1.2**0.5)


@pytest.mark.parametrize(("sources", "most"), [(30, evaluation.wilson(0, 30)[1]), (1, 1.0)])
def test_networks_that_never_differ_may_differ_by_what_so_few_sources_cannot_show(sources, most):
    given = random_scores(videos=60, windows=1)
    given = replace(given, source=np.arange(60) % sources)
    found = evaluation.compare(given, given)
    assert (found.difference, found.low, found.high) == (0, -most, most)
    assert np.isnan(found.smallest) and found.sources == sources


def test_unlike_protocols_are_not_compared():
    a, b = (random_scores(videos=10, windows=1) for _ in "ab")
    b.protocol[:] = "video-1"
    with pytest.raises(InputError, match="figures of unlike protocols are not ranked"):
        evaluation.compare_videos(scores.per_video(a), scores.per_video(b))


def test_a_class_without_a_video_has_no_accuracy():
    given = random_scores(videos=8, classes=4)
    some = given.rows(given.label != 2)
    found = evaluation.class_accuracy(some)
    assert np.isnan(found).tolist() == [False, False, True, False]
    for label in (0, 1, 3):
        own = evaluation.correct(scores.per_video(some.rows(some.label == label)))
        assert found[label] == own.mean()
