"""One clip to its windows: decode once, resize, and for flow estimate."""

import cv2
import numpy as np

from twostream_lib import flow, sg3i, video
from twostream_lib.data.plan import Plan
from twostream_lib.flow import stacking

Array = np.ndarray


def windows_of_clip(path: str, frames: Array, plan: Plan) -> Array:
    """Decode a clip once and cut its windows: frame numbers `[N, plan.frames]` → uint8
    `[N, channels, H, W]`.

    Raises:
        InputError: the clip cannot be decoded, see `video.decode`.
    """
    needed, places = np.unique(frames, return_inverse=True)
    places = places.reshape(frames.shape)
    if plan.kind == "flow":
        gray = video.decode_gray(path, needed.tolist())
        return _flow_windows(resize(gray, plan.estimate_at or plan.size), places, plan)
    if plan.kind == "gray":
        return resize(video.decode_gray(path, needed.tolist()), plan.size)[places]
    middle = frames[:, frames.shape[1] // 2]
    colour, rows = np.unique(middle, return_inverse=True)
    rgb, gray = video.decode_both(path, colour.tolist(), needed.tolist())
    windows = np.empty((len(frames), plan.channels, *plan.size), np.uint8)
    windows[:, :3] = resize(rgb, plan.size).transpose(0, 3, 1, 2)[rows]
    three = resize(gray, plan.size)[places]
    windows[:, 3:] = sg3i.stack_many(list(three.swapaxes(0, 1))).transpose(0, 3, 1, 2)
    return windows


def _flow_windows(gray: Array, places: Array, plan: Plan) -> Array:
    """Flow stacks, each field without its mean vector, in 8 bits."""
    stacks = np.empty((len(places), plan.channels, *plan.size), np.uint8)
    stacked = stacking.windows(gray, places, plan.method, plan.size)
    for window, fields in zip(stacks, stacked, strict=True):
        levels = flow.quantise(flow.subtract_mean(fields), plan.bound)
        window[:] = stacking.as_channels(levels)
    return stacks


def resize(frames: Array, size: tuple[int, int]) -> Array:
    """uint8 `[T, H, W]` or `[T, H, W, 3]` squeezed into `size`, each pixel a mean over its area."""
    height, width = size
    return np.stack(
        [cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in frames]
    )
