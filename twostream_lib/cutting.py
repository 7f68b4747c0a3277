"""One clip to its windows: decode once, resize, and for flow estimate."""

from dataclasses import dataclass

import cv2
import numpy as np

from twostream_lib import flow, video

Array = np.ndarray


@dataclass(frozen=True)
class Plan:
    """What a store holds.

    Attributes:
        kind: `"images"` (one RGB frame and three gray ones, 6 channels) or `"flow"` (2L channels).
        size: height and width of the stored windows, pixels. The whole frame is squeezed into it.
        rate: frames a second that a window's frames are taken at (the paper: 6).
        step: seconds from one training window to the next (the paper: 1).
        length: frames in an image window (3), or flow fields in a stack (L).
        method: how flow is estimated, see `flow.estimate`.
    """

    kind: str = "images"
    size: tuple[int, int] = (224, 224)
    rate: float = 6.0
    step: float = 1.0
    length: int = 3
    method: str = "dis"

    @property
    def channels(self) -> int:
        return 6 if self.kind == "images" else 2 * self.length

    @property
    def frames(self) -> int:
        """Frames that one window spans: a flow field lies between two of them."""
        return self.length if self.kind == "images" else self.length + 1

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
        return _flow_windows(resize(gray, plan.size), places, plan)
    middle = frames[:, frames.shape[1] // 2]
    colour, rows = np.unique(middle, return_inverse=True)
    rgb, gray = video.decode_both(path, colour.tolist(), needed.tolist())
    windows = np.empty((len(frames), plan.channels, *plan.size), np.uint8)
    windows[:, :3] = resize(rgb, plan.size).transpose(0, 3, 1, 2)[rows]
    windows[:, 3:] = resize(gray, plan.size)[places]
    return windows


def _flow_windows(gray: Array, places: Array, plan: Plan) -> Array:
    """Flow stacks; a pair of frames that two windows share is estimated once."""
    pairs = np.stack([places[:, :-1].ravel(), places[:, 1:].ravel()], axis=1)
    unique, back = np.unique(pairs, axis=0, return_inverse=True)
    fields = np.stack([flow.estimate(gray[pair], plan.method)[0] for pair in unique])
    fields = flow.quantise(flow.subtract_mean(fields))
    by_window = fields[back.ravel()].reshape(len(places), plan.length, *plan.size, 2)
    stacks = by_window.transpose(0, 1, 4, 2, 3).reshape(len(places), plan.channels, *plan.size)
    return np.ascontiguousarray(stacks)


def resize(frames: Array, size: tuple[int, int]) -> Array:
    """uint8 `[T, H, W]` or `[T, H, W, 3]` squeezed into `size`, each pixel a mean over its area."""
    height, width = size
    return np.stack(
        [cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in frames]
    )
