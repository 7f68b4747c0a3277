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
    ("call", "said"),
    [
        (lambda: sampling.mode1(10, gap=0), "gap is 0: it must be at least 1"),
        (lambda: sampling.mode1(10, length=0), "length is 0: it must be at least 1"),
        (
            lambda: sampling.mode2(10, fps=0.0),
            "fps is 0.0 and sample_fps 6.0: both must be above 0",
        ),
        (lambda: sampling.mode2(10, fps=float("nan")), "fps is nan"),
        (lambda: sampling.mode2(10, 30.0, sample_fps=-1), "sample_fps -1: both must be above 0"),
        (lambda: sampling.mode2(10, 30.0, sample_fps=0), "sample_fps 0: both must be above 0"),
        (lambda: sampling.mode2(10, 30.0, step=0), "step is 0 seconds: windows must start some"),
        (lambda: sampling.mode2(10, 30.0, length=0), "length is 0: it must be at least 1"),
        (lambda: sampling.spread(10, 30.0, count=0), "count is 0: it must be at least 1"),
        (lambda: sampling.spread(10, 30.0, count=1, length=0), "length is 0"),
        (lambda: sampling.spread(10, 0.0, count=1), "fps is 0.0"),
    ],
)
def test_senseless_values_are_refused(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_less_than_one_frame_a_second_is_a_rate():
    assert sampling.mode2(100, 1.0, 0.5, length=2, step=4).tolist()[:2] == [[0, 2], [4, 6]]


def test_no_window_is_an_array_of_integers_as_well():
    short = np.arange(2) / 30
    for none in (
        *(sampling.mode1(2), sampling.mode2(2, 30.0), sampling.spread(2, 30.0, 10)),
        sampling.mode2(2, 30.0, times=short),
        sampling.spread(2, 30.0, 10, times=short),
    ):
        assert (none.shape, none.dtype) == ((0, 3), np.int64)


# --- clips whose frames are not evenly spaced ---------------------------------------------------

STEPS = st.lists(st.floats(0.005, 0.12), min_size=2, max_size=150)


def as_times(steps):
    return np.concatenate([[0.0], np.cumsum(steps)])


@given(frames=st.integers(2, 300), fps=FPS, sample_fps=RATES, length=LENGTHS)
def test_even_times_give_the_windows_of_the_even_rate(frames, fps, sample_fps, length):
    """To the frame, but for those that lie just between two frames."""
    times = np.arange(frames) / fps
    for even, timed in (
        (
            sampling.mode2(frames, fps, sample_fps, length),
            sampling.mode2(frames, fps, sample_fps, length, times=times),
        ),
        (sampling.mode1(frames), sampling.mode1(frames, times=times)),
    ):
        shorter = min(len(even), len(timed))
        assert abs(len(even) - len(timed)) <= 1
        assert (np.abs(even[:shorter] - timed[:shorter]) <= 1).all()


@given(steps=STEPS, sample_fps=st.sampled_from([6.0, 8.0]), step=st.sampled_from([0.25, 1.0]))
def test_windows_are_where_the_clock_says(steps, sample_fps, step):
    times = as_times(steps)
    windows = sampling.mode2(len(times), 1.0, sample_fps, step=step, times=times)
    near = max(1 / sample_fps, np.median(steps)) / 2 + 1e-5
    starts = times[windows[:, 0]]
    for window, start in zip(windows, starts, strict=True):
        planned = np.rint(start * sample_fps) / sample_fps  # a sample is near its frame
        grid = planned + np.arange(3) / sample_fps
        assert np.abs(times[window] - grid).max() <= 2 * near
    assert (np.diff(starts) > 0).all() or len(np.unique(starts)) < len(starts)


def test_a_phone_that_slows_down_has_windows_of_a_third_of_a_second():
    times = np.concatenate(
        [np.arange(0, 2, 1 / 30), np.arange(2, 4, 1 / 15), np.arange(4, 6, 1 / 30)]
    )
    windows = sampling.mode2(len(times), 25.0, times=times)
    np.testing.assert_allclose(times[windows[:, 0]], range(6), atol=1 / 60)
    np.testing.assert_allclose(np.ptp(times[windows], axis=1), 1 / 3, atol=1 / 30)
    spread = sampling.spread(len(times), 25.0, 10, times=times)
    np.testing.assert_allclose(np.ptp(times[spread], axis=1), 1 / 3, atol=1 / 30)
    np.testing.assert_allclose(
        times[spread[:, 0]], np.linspace(0, times[-1] - 1 / 3, 10), atol=1 / 15
    )


def test_no_window_lies_across_a_pause():
    times = np.concatenate([np.arange(0, 1, 1 / 30), np.arange(5, 6.5, 1 / 30)])
    for windows in (
        sampling.mode2(len(times), 10.0, times=times),
        sampling.spread(len(times), 10.0, 10, times=times),
        sampling.mode1(len(times), times=times),
    ):
        assert len(windows) and np.ptp(times[windows], axis=1).max() < 0.5
    starts = times[sampling.mode2(len(times), 10.0, times=times)[:, 0]]
    np.testing.assert_allclose(starts, [0, 5, 6], atol=1 / 60)


@pytest.mark.parametrize("shared", [2, 3])
@pytest.mark.parametrize("rate", [2.0, 10.0])
def test_frames_that_share_a_time_are_sampled_as_if_there_were_one(rate, shared):
    """A converter that doubles frames and not their times: most steps are 0, and none is usual."""
    alone = np.arange(40) / rate
    times = alone.repeat(shared)
    for windows, wanted in [
        (sampling.mode2(len(times), 1.0, times=times), sampling.mode2(40, 1.0, times=alone)),
        (
            sampling.spread(len(times), 1.0, 10, times=times),
            sampling.spread(40, 1.0, 10, times=alone),
        ),
    ]:
        assert len(wanted) >= 4
        np.testing.assert_allclose(times[windows], alone[wanted])
    assert not len(sampling.mode1(len(times), times=times))  # none shows a motion
    assert len(sampling.mode1(len(times), length=1, times=times)) == len(times)


def test_mode1_leaves_out_what_is_not_as_usual():
    times = np.array([0, 1, 2, 3, 7, 8, 9]) / 30
    assert sampling.mode1(7, times=times).tolist() == [[0, 1, 2], [1, 2, 3], [4, 5, 6]]
    assert len(sampling.mode1(7, length=1, times=times)) == 7


def test_a_clip_in_pieces_shorter_than_a_window_has_none():
    times = np.concatenate([start + np.arange(5) / 30 for start in (0, 10, 20)])
    assert sampling.mode2(15, 1.0, times=times).shape == (0, 3)
    assert sampling.spread(15, 1.0, 10, times=times).shape == (0, 3)


# --- the same by the words of their docstrings, frame by frame -----------------------------------

# Sums of 64ths are exact: so what lies just between two frames, or just at a limit, is as well.
EXACT = st.lists(st.sampled_from([1, 2, 3, 4, 6, 8, 40]), min_size=2, max_size=40)


def usual_step(times):
    return float(np.median(np.diff(times)))


def frame_at(times, second, sample_fps):
    """The frame nearest to a time, the later one of two; None where none is near."""
    distances = [abs(float(time) - second) for time in times]
    frame = max(n for n, distance in enumerate(distances) if distance == min(distances))
    near = max(1 / sample_fps, usual_step(times)) / 2
    return frame if distances[frame] <= near else None


def ends_within(times, second):
    return second <= times[-1] + usual_step(times) / 2


@given(EXACT, st.integers(1, 3), st.integers(1, 4))
def test_mode1_by_the_clock_has_the_windows_that_are_as_usual(steps, gap, length):
    times = as_times(steps) / 64
    usual, wanted = usual_step(times), []
    for start in range(len(times) - (length - 1) * gap):
        window = [start + k * gap for k in range(length)]
        late = [times[n] - times[start] - (n - start) * usual for n in window]
        if all(abs(one) <= usual / 2 for one in late):
            wanted.append(window)
    assert sampling.mode1(len(times), gap, length, times).tolist() == wanted


@given(EXACT, st.sampled_from([4, 8]), st.integers(1, 4), st.sampled_from([0.25, 0.5, 1.0]))
def test_mode2_by_the_clock_has_every_whole_window(steps, sample_fps, length, step):
    times = as_times(steps) / 64
    samples = []
    while ends_within(times, len(samples) / sample_fps):
        samples.append(frame_at(times, len(samples) / sample_fps, sample_fps))
    starts = range(0, len(samples) - length + 1, int(step * sample_fps))
    windows = [samples[start : start + length] for start in starts]
    wanted = [window for window in windows if None not in window]
    found = sampling.mode2(len(times), 1.0, sample_fps, length, step, times)
    assert found.tolist() == wanted


@given(EXACT, st.sampled_from([4, 8]), st.integers(1, 4), st.sampled_from([1, 2, 3, 5, 9]))
def test_spread_by_the_clock_takes_the_windows_nearest_to_even_times(
    steps, sample_fps, length, count
):
    times = as_times(steps) / 64
    windows = []
    for time in times:
        seconds = [float(time) + k / sample_fps for k in range(length)]
        window = [frame_at(times, second, sample_fps) for second in seconds]
        if ends_within(times, seconds[-1]) and None not in window:
            windows.append(window)
    wanted = []
    if windows:
        first, last = times[windows[0][0]], times[windows[-1][0]]
        shares = [k / (count - 1) for k in range(count)] if count > 1 else [0.5]
        for share in shares:
            place = first + share * (last - first)
            wanted.append(min(windows, key=lambda one: abs(times[one[0]] - place)))
    found = sampling.spread(len(times), 1.0, count, sample_fps, length, times)
    assert found.tolist() == wanted
