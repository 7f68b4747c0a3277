"""Pairs of networks: the same videos for all, and two tests that must agree."""

from itertools import combinations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from twostream_lib.fusion import evaluation, pairs
from twostream_lib.fusion.scores import Scores

CLASSES = ("a", "b")


def network(name, right, each=1, kept=None):
    """Scores of videos that are right or not, so many of a source."""
    right = np.asarray(right, bool)
    count = len(right)
    label = np.zeros(count, int)
    logits = np.where(right[:, None], [1.0, 0.0], [0.0, 1.0]).astype(np.float32)
    video = np.array([f"a/{number:04}.avi" for number in range(count)])
    source = np.array([f"s{number // each}" for number in range(count)])
    rows = (video, np.zeros(count, int), label, np.full(count, "video-10"))
    scores = Scores(name, logits, *rows, CLASSES, "test", source)
    return scores if kept is None else scores.rows(np.asarray(kept))


def test_the_better_one_comes_first_and_the_clearest_pair():
    rng = np.random.default_rng(0)
    parts = {
        name: network(name, rng.random(300) < share)
        for name, share in zip("xyz", (0.3, 0.8, 0.5), strict=True)
    }
    table = pairs.all_pairs(parts)
    assert len(table) == 3
    assert (table.difference >= 0).all() and (table.only_first >= table.only_second).all()
    assert table.p_value.is_monotonic_increasing
    assert tuple(table.iloc[0][["first", "second"]]) == ("y", "x")


def test_each_row_is_what_compare_says_and_holm_is_statsmodels():
    rng = np.random.default_rng(1)
    parts = {name: network(name, rng.random(90) < 0.5, each=3) for name in "wxyz"}
    table = pairs.all_pairs(parts)
    expected = {
        frozenset(p): evaluation.compare(parts[p[0]], parts[p[1]]) for p in combinations(parts, 2)
    }
    for row in table.itertuples():
        pair = expected[frozenset((row.first, row.second))]
        assert row.p_value == pair.p_value and row.difference == pytest.approx(abs(pair.difference))
        assert row.sources == 30
    assert table.holm.tolist() == multipletests(table.p_value, method="holm")[1].tolist()


def test_what_only_a_few_sources_say_is_not_real():
    """Twenty videos more are right, but all of them are of two sources of many."""
    worse, better = np.zeros(200, bool), np.zeros(200, bool)
    better[:20] = True
    few = pairs.all_pairs({"x": network("x", worse, each=10), "y": network("y", better, each=10)})
    assert few.holm[0] < 0.001 and not few.apart[0] and not few.real[0]
    many = pairs.all_pairs({"x": network("x", worse), "y": network("y", better)})
    assert many.real[0]


def test_a_video_that_one_network_lacks_is_left_out_of_all():
    right = np.arange(10) % 2 == 0
    parts = {"x": network("x", right), "y": network("y", ~right, kept=np.arange(10) > 0)}
    assert {len(said) for said in pairs.shared_videos(parts).values()} == {9}
    assert pairs.all_pairs(parts).sources[0] == 9


def test_beside_another_each_network_keeps_its_sign():
    right = np.arange(20) < 12
    parts = {
        "x": network("x", right),
        "y": network("y", np.arange(20) < 16),
        "z": network("z", right),
    }
    table = pairs.against(parts, "x")
    assert table.difference.to_dict() == {"y": pytest.approx(0.2), "z": 0}
    assert table.smallest["y"] > 0 and np.isnan(table.smallest["z"])
