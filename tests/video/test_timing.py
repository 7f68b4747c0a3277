"""Timestamps decide when a frame is shown, and an even rate is where they lie on a grid."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twostream_lib.video.timing import timing

MS = Fraction(1, 1000)


@given(
    fps=st.sampled_from([6.0, 12.5, 24.0, 25.0, 29.97, 30.0, 59.94, 120.0]),
    count=st.integers(2, 400),
    start=st.integers(0, 10**6),
)
def test_an_even_rate_rounded_to_milliseconds_is_the_promised_one(fps, count, start):
    stamps = (start + np.rint(np.arange(count) * 1000 / fps)).astype(int).tolist()
    when = timing(stamps, MS, [fps])
    assert when.fps == fps and when.times is None and when.told
    assert when.seconds == pytest.approx(count / fps)
    assert when.last == pytest.approx((count - 1) / fps)


def test_a_false_promise_is_not_believed():
    stamps = [40 * number for number in range(50)]
    when = timing(stamps, MS, [1000.0, 1e6])
    assert when.times is None and when.fps == pytest.approx(25.0)
    assert when.seconds == pytest.approx(2.0)


def test_frames_that_are_not_evenly_spaced_have_their_own_times():
    stamps = [0, 33, 67, 100, 900, 933, 967, 1000]
    when = timing(stamps, MS, [30.0])
    np.testing.assert_allclose(when.times, np.array(stamps) / 1000)
    assert when.seconds == pytest.approx(1.033) and when.fps == pytest.approx(8 / 1.033)


@given(st.lists(st.integers(1, 500), min_size=2, max_size=60), st.integers(-1000, 1000))
def test_times_are_those_of_the_stamps_or_within_half_a_frame_of_a_grid(steps, start):
    stamps = np.cumsum([start, *steps])
    when, true = timing(stamps.tolist(), MS, [30.0]), (stamps - start) / 1000
    if when.times is not None:
        np.testing.assert_allclose(when.times, true)
    else:
        grid = np.arange(len(stamps)) / when.fps
        offset = (np.max(true - grid) + np.min(true - grid)) / 2
        assert np.abs(true - grid - offset).max() <= 0.5 / when.fps + 1e-5


def test_stamps_in_the_order_of_decoding_count_as_they_are_shown():
    """FFmpeg's guesses for the start of one of HMDB-51's clips: mended, it is an even rate."""
    stamps = [1, 3, 5, 4, 6, 8, 7, 9, 10, 11]
    when = timing(stamps, Fraction(1, 30), [30.0])
    assert when.times is None and when.fps == 30.0 and when.told


@pytest.mark.parametrize(
    "stamps", [[None] * 60, [*range(59), None], [*range(1000, 1050), *range(50)]]
)
def test_without_usable_stamps_the_promise_is_believed_and_that_is_said(stamps):
    when = timing(stamps, Fraction(1, 30), [24.0])
    assert (when.fps, when.times, when.told) == (24.0, None, False)
    assert when.seconds == pytest.approx(len(stamps) / 24)


def test_one_frame():
    assert timing([7], MS, [25.0])[:2] == (25.0, 0.04)
    assert timing([7], MS, [])[:2] == (0.0, 0.0)
    assert timing([7, 7, 7], MS, [])[:2] == (0.0, 0.0)


def test_the_last_frame_lasts_as_long_as_is_usual_among_those_that_are_shown():
    stamps = np.repeat(np.arange(40) * 100, 3).tolist()
    when = timing(stamps, MS, [30.0])
    assert when.last == pytest.approx(3.9) and when.seconds == pytest.approx(4.0)
    assert when.fps == pytest.approx(30.0) and len(when.times) == 120
