"""What several runs say together: the mean, and an interval that knows of seeds and of sources."""

import numpy as np
import pytest

from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation, repeats
from twostream_lib.fusion.scores import Scores


def said(right, source, videos=None, network="x"):
    """Scores of two classes, a row a video; those in `right` are named rightly."""
    right = np.asarray(right, bool)
    label = np.arange(len(right)) % 2
    logits = np.eye(2, dtype=np.float32)[np.where(right, label, 1 - label)]
    names = np.array([f"v{n}" for n in range(len(right))]) if videos is None else videos
    zeros, kind = np.zeros(len(right), np.int64), np.full(len(right), "video-10")
    return Scores(network, logits, names, zeros, label, kind, ("a", "b"), "test", np.array(source))


def test_each_run_counts_alike_however_many_videos_it_has():
    found = repeats.mean_of(
        [np.ones(10), np.zeros(90)], [np.arange(10).astype(str)] * 1 + [np.arange(90).astype(str)]
    )
    assert found.mean == 0.5 and found.by_run == [1.0, 0.0]
    assert (found.n, found.sources) == (100, 90)


def test_of_one_run_it_is_the_interval_over_sources():
    random = np.random.default_rng(0)
    source = np.repeat(np.arange(150), 2)
    right = random.random(300) < np.repeat(random.random(150), 2)
    low, high = repeats.interval([right], [source.astype(str)])
    wanted = evaluation.interval(right, source)
    assert (low, high) == pytest.approx(wanted, abs=0.015)


def test_runs_that_differ_widen_it():
    random, sources = np.random.default_rng(0), np.arange(400).astype(str)
    alike = [random.random(400) < 0.5 for _ in range(4)]
    unlike = [random.random(400) < share for share in (0.3, 0.4, 0.6, 0.7)]
    width = [np.ptp(repeats.interval(runs, [sources] * 4)) for runs in (alike, unlike)]
    assert width[1] > 1.5 * width[0]


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [0.0, 0.02])
def test_it_holds_the_true_difference(seeds):
    """Four runs with clips of their own: sources differ, and so do seeds."""
    random, held, tries = np.random.default_rng(0), 0, 150
    for _ in range(tries):
        values, sources = [], []
        for run in range(4):
            of_source = random.normal(0, 0.25, 150)
            noise = random.normal(0.03 + random.normal(0, seeds), 0.45, 300)
            values.append(noise + np.repeat(of_source, 2))
            sources.append(np.char.add(f"{run}:", np.repeat(np.arange(150), 2).astype(str)))
        low, high = repeats.interval(values, sources)
        held += low <= 0.03 <= high
    assert held >= 0.93 * tries


@pytest.mark.parametrize("values", [[1, 1, 0], [1, 0, 0], [1, 1, 1]])
def test_one_source_says_nothing_of_others_however_many_runs_ask_it(values):
    """Each draw of it is the same: the interval had no width."""
    sources = [np.array(["cleo"] * 3)] * 3
    found = repeats.mean_of([np.array(values, bool)] * 3, sources)
    assert (found.low, found.high) == (0, 1) == evaluation.interval(np.array(values), sources[0])
    found = repeats.mean_of([np.array(values, float)] * 3, sources)
    assert (found.low, found.high) == (-1, 1)


@pytest.mark.parametrize("sources", [2, 3, 5, 10])
def test_it_holds_the_true_share_of_few_sources(sources):
    """Three runs ask the same sources, whose own shares lie between 0.4 and 1."""
    random, held, tries = np.random.default_rng(1), 0, 200
    names = np.repeat(np.arange(sources), 6).astype(str)
    for _ in range(tries):
        own = np.repeat(random.uniform(0.4, 1, sources), 6)
        low, high = repeats.interval([random.random(len(own)) < own for _ in range(3)], [names] * 3)
        held += low <= 0.7 <= high
    assert held >= 0.92 * tries


@pytest.mark.parametrize("sources", [2, 4, 6])
def test_a_lead_that_few_sources_have_by_luck_is_seldom_shown(sources):
    random, shown, tries = np.random.default_rng(2), 0, 200
    names = np.repeat(np.arange(sources), 8).astype(str)
    for _ in range(tries):
        lead = np.repeat(random.choice([-0.25, 0.25], sources), 8)
        runs = [
            (random.random(len(lead)) < 0.5 + lead).astype(float)
            - (random.random(len(lead)) < 0.5 - lead)
            for _ in range(3)
        ]
        low, high = repeats.interval(runs, [names] * 3)
        shown += low > 0 or high < 0
    assert shown <= 0.08 * tries


def test_sources_that_are_alike_leave_room_for_others():
    sources = [np.repeat(["ann", "bob"], 4)] * 2
    half = np.tile([True, False], 4)
    low, high = repeats.interval([half] * 2, sources)
    assert low < 0.25 and high > 0.75
    low, high = repeats.interval([half.astype(float)] * 2, sources)
    assert low < 0 and high == 1
    # Ahead here, and as far behind there, within each source.
    assert repeats.interval([2.0 * half - 1] * 2, sources) == (-1, 1)


def test_a_difference_is_taken_video_by_video_of_those_that_both_have():
    source = ["s1", "s1", "s2", "s3"]
    one = said([1, 1, 0, 1], source)
    other = said([1, 0, 0, 0], source).rows(np.array([0, 1, 3]))
    found = repeats.differences([one, one], [other, other])
    assert found.mean == pytest.approx(2 / 3) and found.n == 6 and found.sources == 2
    back = repeats.differences([other], [one])
    assert back.mean == pytest.approx(-2 / 3)


def test_some_classes_alone():
    one, other = said([1, 0, 1, 0], list("abcd")), said([0, 0, 0, 0], list("abcd"))
    assert repeats.shares([one], ["a"]).mean == 1 and repeats.shares([one], ["b"]).mean == 0
    assert repeats.differences([one], [other], ["a"]).mean == 1
    with pytest.raises(InputError, match="no video to be judged by"):
        repeats.shares([one], ["c"])


def test_whether_zero_is_left_out():
    always = repeats.differences(
        [said([1] * 40, list(map(str, range(40))))], [said([0] * 40, list(map(str, range(40))))]
    )
    never = repeats.differences(
        [said([1] * 40, list(map(str, range(40))))], [said([1] * 40, list(map(str, range(40))))]
    )
    assert 0.8 < always.low < always.high == 1
    assert -0.2 < never.low < 0 < never.high < 0.2  # forty sources do not make it certain
