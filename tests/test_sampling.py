import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twostream_lib import sampling
from twostream_lib.errors import InputError

FRAMES = st.integers(0, 2000)
FPS = st.sampled_from([10.0, 12.5, 24.0, 25.0, 29.97, 30.0, 50.0, 60.0])
RATES = st.sampled_from([2.0, 3.0, 6.0, 10.0])
LENGTHS = st.integers(1, 11)


def test_mode2_on_a_clip_counted_by_hand_at_30_fps():
    """75 frames at 30 fps: 15 samples, every fifth frame; windows at samples 0, 6 and 12."""
    windows = sampling.mode2(75, 30.0)
    assert windows.tolist() == [[0, 5, 10], [30, 35, 40], [60, 65, 70]]
    assert np.issubdtype(windows.dtype, np.integer)


def test_mode2_on_a_clip_counted_by_hand_at_25_fps():
    """25 / 6 is 4.17: samples at 0, 4, 8, 13, 17, 21 and again from 25; 12.5 is rounded up."""
    assert sampling.mode2(75, 25.0).tolist() == [[0, 4, 8], [25, 29, 33], [50, 54, 58]]
    assert sampling.mode2(25, 25.0, length=6).tolist() == [[0, 4, 8, 13, 17, 21]]


@pytest.mark.parametrize(
    ("frames", "count"), [(0, 0), (10, 0), (11, 1), (40, 1), (41, 2), (70, 2), (71, 3), (408, 14)]
)
def test_mode2_counts_only_whole_windows(frames, count):
    assert sampling.mode2(frames, 30.0).shape == (count, 3)


def test_mode2_of_a_clip_slower_than_the_rate_repeats_frames():
    assert sampling.mode2(10, 3.0).tolist() == [[0, 1, 1], [3, 4, 4], [6, 7, 7]]


def test_mode2_steps_of_half_a_second_share_frames():
    windows = sampling.mode2(60, 30.0, step=0.5)
    assert windows[:, 0].tolist() == [0, 15, 30, 45]


def test_mode1_has_a_window_at_every_frame():
    assert sampling.mode1(5).tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert sampling.mode1(7, gap=2).tolist() == [[0, 2, 4], [1, 3, 5], [2, 4, 6]]
    assert sampling.mode1(4, length=1).tolist() == [[0], [1], [2], [3]]
    assert sampling.mode1(4, gap=2).shape == (0, 3)


def test_spread_of_one_is_the_centre():
    assert sampling.spread(75, 30.0, 1).tolist() == [[32, 37, 42]]


def test_spread_of_ten_reaches_from_the_first_start_to_the_last():
    windows = sampling.spread(75, 30.0, 10)
    assert windows[:, 0].tolist() == [0, 7, 14, 21, 28, 36, 43, 50, 57, 64]
    assert windows[-1, -1] == 74


def test_spread_over_a_clip_of_one_window():
    assert sampling.spread(11, 30.0, 3).tolist() == [[0, 5, 10]] * 3
    assert sampling.spread(10, 30.0, 3).shape == (0, 3)


@given(frames=FRAMES, fps=FPS, sample_fps=RATES, length=LENGTHS)
def test_mode2_windows_are_in_range_increasing_and_evenly_spaced(frames, fps, sample_fps, length):
    windows = sampling.mode2(frames, fps, sample_fps, length)
    assert windows.shape[1] == length
    assert ((windows >= 0) & (windows < frames)).all()
    if fps >= sample_fps:
        assert (np.diff(windows, axis=1) > 0).all()
    assert (np.abs(np.diff(windows, axis=1) - fps / sample_fps) < 1).all()
    assert (np.abs(np.diff(windows[:, 0]) - fps) < 1).all()


@given(frames=FRAMES, fps=FPS, sample_fps=RATES, length=LENGTHS)
def test_mode2_leaves_no_room_for_another_window(frames, fps, sample_fps, length):
    count = len(sampling.mode2(frames, fps, sample_fps, length))
    last_sample = count * sample_fps + length - 1  # of the window that would come next
    assert np.floor(last_sample * fps / sample_fps + 0.5) >= frames


@given(frames=FRAMES, gap=st.integers(1, 20), length=LENGTHS)
def test_mode1_windows_are_all_there_are(frames, gap, length):
    windows = sampling.mode1(frames, gap, length)
    assert windows.shape == (max(frames - (length - 1) * gap, 0), length)
    assert (np.diff(windows, axis=1) == gap).all()
    assert windows.size == 0 or (windows[0, 0] == 0 and windows[-1, -1] == frames - 1)


@given(frames=FRAMES, fps=FPS, count=st.integers(1, 25), sample_fps=RATES, length=LENGTHS)
def test_spread_windows_are_evenly_spaced_copies_of_one(frames, fps, count, sample_fps, length):
    windows = sampling.spread(frames, fps, count, sample_fps, length)
    assert len(windows) in (0, count)
    assert ((windows >= 0) & (windows < frames)).all()
    assert (windows - windows[:, :1] == windows[:1] - windows[:1, :1]).all()
    starts = np.diff(windows[:, 0])
    assert starts.size == 0 or (starts.min() >= 0 and starts.max() - starts.min() <= 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sampling.mode1(10, gap=0),
        lambda: sampling.mode1(10, length=0),
        lambda: sampling.mode2(10, fps=0.0),
        lambda: sampling.mode2(10, fps=float("nan")),
        lambda: sampling.mode2(10, 30.0, sample_fps=-1),
        lambda: sampling.mode2(10, 30.0, step=0),
        lambda: sampling.spread(10, 30.0, count=0),
        lambda: sampling.spread(10, 0.0, count=1),
    ],
)
def test_senseless_values_are_refused(call):
    with pytest.raises(InputError):
        call()
