"""What is said of a class is how it is drawn, and no time of a clip tells which way it runs."""

import numpy as np
import pytest
from scipy import stats

from twostream_lib import stickhmdb
from twostream_lib.stickhmdb.actions import ACTIONS, draw_source, draw_take


def test_classes_that_show_the_same_are_of_one_kind_and_of_the_same_hues():
    for one in ACTIONS.values():
        for other in ACTIONS.values():
            same = (one.kind, set(one.hues)) == (other.kind, set(other.hues))
            assert (one.shows == other.shows) == same


def test_twins_differ_in_what_their_name_says():
    ((sit, stand),), ((drink, eat),), ((throw, catch),) = (
        [[ACTIONS[label] for label in pair] for pair in pairs]
        for pairs in (stickhmdb.MOTION_TWINS, stickhmdb.APPEARANCE_TWINS, stickhmdb.JOINT_TWINS)
    )
    assert sit.shows == stand.shows and sit.gray != stand.gray and sit.flow != stand.flow
    assert drink.shows != eat.shows and drink.gray == eat.gray and drink.flow == eat.flow
    for seen in ("shows", "gray", "flow"):
        assert getattr(throw, seen) == getattr(catch, seen)
    assert throw.backwards == tuple(not way for way in catch.backwards)


def test_a_ball_of_either_hue_flies_either_way_in_both_classes():
    """So neither the hue nor the way means anything alone; together they tell the class."""
    for label in ("throw", "catch"):
        ways = {ACTIONS[label].backwards[coin] for coin in (0, 1)}
        assert ways == {True, False}
    source = draw_source((0,), "ball")
    coins = [draw_take((n,), 0, source).coin for n in range(800)]
    assert stats.binomtest(sum(coins), len(coins)).pvalue > 0.001


@pytest.mark.parametrize("time", [5, 35])
def test_a_frame_at_a_fixed_time_shows_every_phase_equally_often(time):
    """Else the time of a window in its clip would tell motion twins apart in a single picture."""
    source = draw_source((0,), "seat")
    takes = [draw_take((n,), 0, source) for n in range(800)]
    for part in (0, 1):
        forwards = [(t.phases[part] + time / 30 / t.period) % 1 for t in takes]
        last = [(t.phases[part] + (t.frames - 1 - time) / 30 / t.period) % 1 for t in takes]
        for phases in (forwards, last):
            assert stats.kstest(phases, "uniform").pvalue > 0.001


def test_the_two_parts_of_a_motion_start_apart():
    source = draw_source((0,), "clubs")
    starts = np.array([draw_take((n,), 0, source).phases for n in range(400)])
    assert stats.pearsonr(*starts.T).pvalue > 0.001


def test_clips_last_from_one_and_a_half_to_two_and_a_half_seconds():
    source = draw_source((0,), "ball")
    frames = [draw_take((n,), 0, source).frames for n in range(300)]
    assert min(frames) >= 45 and max(frames) <= 75
