"""Which frames of which clip make one sample: pure arithmetic on frame indices.

The frames of one sample are called a window. Every function returns int64 ``[N, length]``, one
window in each row, earliest frame first, and ``[0, length]`` when the clip is too short for a whole
window. Halves are rounded up, so that each second of a clip is sampled in the same way.
"""

import numpy as np

from twostream_lib.errors import InputError


def mode1(frames: int, gap: int = 1, length: int = 3) -> np.ndarray:
    """A window that starts at each frame, as long as it fits (the paper's mode 1, section III.A).

    ``gap`` is the distance between the frames of a window; ``length=1`` gives every frame.
    """
    _check_at_least_one(gap=gap, length=length)
    count = frames - (length - 1) * gap
    return np.arange(max(count, 0))[:, None] + gap * np.arange(length)


def mode2(
    frames: int, fps: float, sample_fps: float = 6.0, length: int = 3, step: float = 1.0
) -> np.ndarray:
    """Windows of a clip resampled to ``sample_fps`` frames a second (mode 2, section III.A).

    Sample k is frame k * fps / sample_fps. A window is ``length`` samples in a row, and the next
    window starts ``step`` seconds later. Only whole windows count. Where the clip's ``fps`` is
    below ``sample_fps``, some frames are sampled twice.
    """
    _check_fps(fps, sample_fps)
    _check_at_least_one(length=length)
    if not step > 0:
        raise InputError(f"step is {step} seconds: windows must start some time above 0 apart.")
    samples = _round(np.arange(int(frames * sample_fps / fps) + 1) * fps / sample_fps)
    samples = samples[samples < frames]
    stride = step * sample_fps
    starts = np.unique(_round(np.arange(len(samples) / stride + 1) * stride))
    starts = starts[starts + length <= len(samples)]
    return samples[starts[:, None] + np.arange(length)]


def spread(
    frames: int, fps: float, count: int, sample_fps: float = 6.0, length: int = 3
) -> np.ndarray:
    """``count`` evenly spaced windows, the first at the start of the clip and the last at its end.

    The frames of a window are 1 / ``sample_fps`` seconds apart. ``count=1`` gives the window in the
    centre of the clip (protocol video-1), ``count=10`` the ten windows of video-10. In a short clip
    the same window comes several times.
    """
    _check_fps(fps, sample_fps)
    _check_at_least_one(count=count, length=length)
    window = _round(np.arange(length) * fps / sample_fps)
    last = frames - 1 - int(window[-1])
    if last < 0:
        return np.empty((0, length), np.int64)
    starts = np.linspace(0, last, count) if count > 1 else np.array([last / 2])
    return _round(starts)[:, None] + window


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
