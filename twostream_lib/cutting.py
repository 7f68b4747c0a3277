"""One clip to its windows: decode once, resize, and for flow estimate."""

from dataclasses import dataclass

import cv2
import numpy as np

from twostream_lib import flow, flowstack, video

Array = np.ndarray


@dataclass(frozen=True)
class Plan:
    """What a store holds.

    Attributes:
        kind: `"images"` (one RGB frame and three gray ones, 6 channels), `"flow"` (2L channels), or
            `"gray"` (as many gray frames as `length`, from which SG3I of many gaps can be taken).
        size: height and width of the stored windows, pixels. The whole frame is squeezed into it.
        rate: frames a second that a window's frames are taken at (the paper: 6); of a clip with
            fewer, flow takes every frame once.
        step: seconds from one training window to the next (the paper: 1).
        length: frames in a window (images: 3), or flow fields in a stack (L).
        method: how flow is estimated, see `flow.estimate`.
        estimate_at: height and width of the frames that flow is estimated on, before its fields are
            shrunk to `size`; `size` itself if None. Flow is in pixels of `size` in either case.
        bound: pixels per step that the ends of the 8 bits stand for, see `flow.quantise`.
        stacking: how the fields of a window are stacked, see `flowstack.windows`.

    Raises:
        InputError: a method, stacking, bound or length that no flow can be made by.
    """

    kind: str = "images"
    size: tuple[int, int] = (224, 224)
    rate: float = 6.0
    step: float = 1.0
    length: int = 3
    method: str = "dis"
    estimate_at: tuple[int, int] | None = None
    bound: float = flow.BOUND
    stacking: str = "simple"

    def __post_init__(self) -> None:
        if self.kind == "flow":  # refused here, and not by each clip in its turn
            flow.check_method(self.method)
            flow.check_bound(self.bound)
            flowstack.pairs_of_window(self.stacking, self.length)

    @property
    def channels(self) -> int:
        return {"images": 6, "gray": self.length, "flow": 2 * self.length}[self.kind]

    @property
    def frames(self) -> int:
        """Frames that one window spans: a flow field lies between two of them."""
        return self.length + 1 if self.kind == "flow" else self.length

    @property
    def window_bytes(self) -> int:
        return self.channels * self.size[0] * self.size[1]


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
    windows[:, 3:] = resize(gray, plan.size)[places]
    return windows


def _flow_windows(gray: Array, places: Array, plan: Plan) -> Array:
    """Flow stacks, each field without its mean vector, in 8 bits."""
    stacks = np.empty((len(places), plan.channels, *plan.size), np.uint8)
    stacked = flowstack.windows(gray, places, plan.method, plan.stacking, plan.size)
    for window, fields in zip(stacks, stacked, strict=True):
        levels = flow.quantise(flow.subtract_mean(fields), plan.bound)
        window[:] = flowstack.as_channels(levels)
    return stacks


def resize(frames: Array, size: tuple[int, int]) -> Array:
    """uint8 `[T, H, W]` or `[T, H, W, 3]` squeezed into `size`, each pixel a mean over its area."""
    height, width = size
    return np.stack(
        [cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in frames]
    )
