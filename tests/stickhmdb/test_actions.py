"""What is said of a class is how it is drawn, and no time of a clip tells twins apart."""

import pytest
from scipy import stats

from twostream_lib.stickhmdb.actions import ACTIONS, draw_source, draw_take


def test_what_is_said_of_a_class_is_how_it_is_drawn():
    actions = list(ACTIONS.values())
    for one in actions:
        for other in actions:
            assert (one.shows == other.shows) == ((one.kind, one.hue) == (other.kind, other.hue))
            same_motion = (one.kind, one.backwards) == (other.kind, other.backwards)
            assert (one.moves == other.moves) == same_motion


@pytest.mark.parametrize("time", [5, 35])
def test_a_frame_at_a_fixed_time_shows_every_phase_equally_often(time):
    """Else the time of a window in its clip would tell motion twins apart in a single picture."""
    source = draw_source((0,), "seat")
    takes = [draw_take((n,), 0, source) for n in range(800)]
    forwards = [(t.phase + time / 30 / t.period) % 1 for t in takes]
    backwards = [(t.phase + (t.frames - 1 - time) / 30 / t.period) % 1 for t in takes]
    for phases in (forwards, backwards):
        assert stats.kstest(phases, "uniform").pvalue > 0.001


def test_clips_last_from_one_and_a_half_to_two_and_a_half_seconds():
    source = draw_source((0,), "ball")
    frames = [draw_take((n,), 0, source).frames for n in range(300)]
    assert min(frames) >= 45 and max(frames) <= 75
