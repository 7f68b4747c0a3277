"""Which frames of which clip make one sample: pure arithmetic on frame indices.

The frames of one sample are called a window. What makes windows returns int64 ``[N, length]``, one
in each row, earliest frame first, and ``[0, length]`` when the clip is too short for a whole
window. It raises InputError for a rate or a step that is not above 0, and for a gap, a length or a
count below 1. Halves are rounded up, so that each second of a clip is sampled in the same way.

Most clips have an even rate, and their frames are found from it. Of others the time of each frame
is known (``times``), and it decides.
"""

import numpy as np

from twostream_lib.errors import InputError


def mode1(
    frames: int, gap: int = 1, length: int = 3, times: np.ndarray | None = None
) -> np.ndarray:
    """A window that starts at each frame, as long as it fits (the paper's mode 1, section III.A).

    How far apart its frames are the paper does not say. ``gap`` is the distance between the frames
    of a window; ``length=1`` gives every frame. With ``times``, see ``mode2``, only those windows
    count whose frames are as far apart in time as is usual in the clip, to within half a frame:
    three frames around a pause show no motion.
    """
    _check_at_least_one(gap=gap, length=length)
    count = frames - (length - 1) * gap
    windows = np.arange(max(count, 0))[:, None] + gap * np.arange(length)
    if times is None:
        return windows
    usual = usual_step(times)
    late = times[windows] - times[windows[:, :1]] - usual * gap * np.arange(length)
    return windows[(np.abs(late) <= usual / 2).all(axis=1)]


def mode2(
    frames: int,
    fps: float,
    sample_fps: float = 6.0,
    length: int = 3,
    step: float = 1.0,
    times: np.ndarray | None = None,
) -> np.ndarray:
    """Windows of a clip resampled to ``sample_fps`` frames a second (mode 2, section III.A).

    Sample k is frame k * fps / sample_fps. A window is ``length`` samples in a row, and the next
    window starts ``step`` seconds later, at the nearest sample. Only whole windows count. Where the
    clip's ``fps`` is below ``sample_fps``, some frames are sampled twice.

    ``times`` are the seconds from the first frame to each, float ``[frames]``, of a clip whose
    frames are not evenly spaced. Then sample k is the frame that is nearest to second
    k / sample_fps, and windows across a pause, where no frame is near, are left out.
    """
    _check_fps(fps, sample_fps)
    _check_at_least_one(length=length)
    if not step > 0:
        raise InputError(f"step is {step} seconds: windows must start some time above 0 apart.")
    if times is None:
        samples = _round(np.arange(int(frames * sample_fps / fps) + 1) * fps / sample_fps)
        samples = samples[samples < frames]
        there = np.ones(len(samples), bool)
    else:
        count = int((times[-1] + usual_step(times) / 2) * sample_fps) + 1
        samples, there = _nearest(times, np.arange(count) / sample_fps, sample_fps)
    stride = step * sample_fps
    starts = np.unique(_round(np.arange(len(samples) / stride + 1) * stride))
    starts = starts[starts + length <= len(samples)]
    places = starts[:, None] + np.arange(length)
    return samples[places][there[places].all(axis=1)]


def spread(
    frames: int,
    fps: float,
    count: int,
    sample_fps: float = 6.0,
    length: int = 3,
    times: np.ndarray | None = None,
) -> np.ndarray:
    """``count`` evenly spaced windows, the first at the start of the clip and the last at its end.

    The frames of a window are 1 / ``sample_fps`` seconds apart. ``count=1`` gives the window in the
    centre of the clip (protocol video-1), ``count=10`` the ten windows of video-10. In a short clip
    the same window comes several times. ``times`` is that of ``mode2``: then windows are evenly
    spaced in time, as far as there are frames.
    """
    _check_fps(fps, sample_fps)
    _check_at_least_one(count=count, length=length)
    if times is not None:
        return _spread_in_time(times, count, sample_fps, length)
    window = _round(np.arange(length) * fps / sample_fps)
    last = frames - 1 - int(window[-1])
    if last < 0:
        return np.empty((0, length), np.int64)
    return _round(_evenly(last, count))[:, None] + window


def _spread_in_time(times: np.ndarray, count: int, sample_fps: float, length: int) -> np.ndarray:
    """Of all windows that start at a frame and have their frames, those nearest to even times."""
    seconds = times[:, None] + np.arange(length) / sample_fps
    seconds = seconds[seconds[:, -1] <= times[-1] + usual_step(times) / 2]
    windows, there = _nearest(times, seconds, sample_fps)
    windows = windows[there.all(axis=1)]
    if not len(windows):
        return np.empty((0, length), np.int64)
    first, last = times[windows[0, 0]], times[windows[-1, 0]]
    wanted = first + _evenly(last - first, count)
    return windows[np.abs(times[windows[:, 0]] - wanted[:, None]).argmin(axis=1)]


def _evenly(last: float, count: int) -> np.ndarray:
    """``count`` places from 0 to ``last``, float; the middle for one."""
    return np.linspace(0, last, count) if count > 1 else np.array([last / 2])


def _nearest(
    times: np.ndarray, seconds: np.ndarray, sample_fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """The frame nearest to each time, the later one of two; and whether it is near at all.

    Near is half a step of the sampling, or of the clip's usual step where this is longer.
    """
    frames = np.searchsorted((times[:-1] + times[1:]) / 2, seconds, side="right")
    near = max(1 / sample_fps, usual_step(times)) / 2 + 1e-6
    return frames, np.abs(times[frames] - seconds) <= near


def usual_step(times: np.ndarray) -> float:
    """The seconds from a frame to the next, as is usual among frames that do not share a time.

    ``times`` are those of ``mode2``, not all of them the same.
    """
    steps = np.diff(times)
    return float(np.median(steps[steps > 0]))


def _round(positions: np.ndarray) -> np.ndarray:
    return np.floor(positions + 0.5).astype(np.int64)


def _check_fps(fps: float, sample_fps: float) -> None:
    if not (fps > 0 and sample_fps > 0):
        raise InputError(
            f"fps is {fps} and sample_fps {sample_fps}: both must be above 0 frames a second."
        )


def _check_at_least_one(**values: int) -> None:
    for name, value in values.items():
        if value < 1:
            raise InputError(f"{name} is {value}: it must be at least 1.")
