"""Optical flow: estimate it, shrink it, store it in 8 bits, flip and draw it.

Flow says for every pixel how far it moves to the next frame: ``u`` to the right and ``v`` down, in
pixels per frame step. Simonyan & Zisserman (2014, the paper's [1]) feed a stack of L such
fields to the temporal stream: see ``as_channels``. The methods themselves are in ``estimators``.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from twostream_lib.errors import InputError
from twostream_lib.flow.estimators import METHODS, Flow

BOUND = 20.0  # pixels per step; TSN and its followers clip here
EDGE = 8.0  # gray levels a pixel; a steeper change of brightness counts as texture
SMALLEST_SIDE = 16  # pixels; DIS matches 8 x 8 patches on an image pyramid


def estimate(gray: NDArray[np.uint8], method: str = "dis") -> Flow:
    """Optical flow between each frame and the next.

    gray: uint8 [T, H, W], T >= 2, sides of at least 16 pixels.
    method: "dis" (dense inverse search, OpenCV's medium preset), its presets "dis-fast" and
    "dis-ultrafast", "farneback" (polynomial expansion), "tvl1" (total variation, the flow of TSN;
    needs opencv-contrib), "raft" or "raft-large" (torchvision's trained networks, on the GPU where
    there is one; their weights are fetched once). What each costs and how far it is off on this
    machine: ``python -m twostream_lib bench flow``.
    Returns float32 [T-1, H, W, 2]: u (right) and v (down) in pixels per frame step.
    Raises InputError for anything else, for a missing opencv-contrib, and for RAFT offline.
    """
    gray = _checked(gray, method)
    if len(gray) < 2:
        raise InputError(f"Flow needs at least 2 frames, not {len(gray)}; take a longer clip.")
    return np.stack(list(between(gray, list(pairwise(range(len(gray)))), method)))


def between(
    gray: NDArray[np.uint8], pairs: Sequence | NDArray[np.int64], method: str = "dis"
) -> Iterator[Flow]:
    """Optical flow [H, W, 2] from the first to the second frame of each pair, one after the other.

    pairs: [N, 2], numbers of frames in ``gray``. All else as in ``estimate``.
    """
    gray, step = _checked(gray, method), estimator(method)
    for now, after in pairs:
        yield step(gray[now], gray[after])


def estimator(method: str = "dis") -> Callable[[NDArray[np.uint8], NDArray[np.uint8]], Flow]:
    """What estimates the flow [H, W, 2] from one gray frame, uint8 [H, W], to another.

    Setting it up may load a network: keep it for many pairs. It raises what ``estimate`` raises.
    """
    check_method(method)
    step = METHODS[method]()

    def checked(now: NDArray[np.uint8], after: NDArray[np.uint8]) -> Flow:
        pair = _checked(np.stack([now, after]), method)
        return step(*pair).astype(np.float32, copy=False)

    return checked


def resize(field: Flow, size: tuple[int, int]) -> Flow:
    """Fields [..., H, W, 2] at another ``size`` (height, width), in pixels of that size per step.

    Each vector is the mean over its area, and is scaled like the picture: u by the width, v by the
    height. So flow can be estimated in a large picture, where thin arms can still be matched, and
    be stored small. Raises InputError for a side below 1.
    """
    height, width = size
    *leading, old_height, old_width, _ = field.shape
    if min(size) < 1:
        raise InputError(f"Flow cannot be shrunk to {width} x {height}: a side is 1 pixel or more.")
    flat = field.reshape(-1, old_height, old_width, 2)
    means = [cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA) for one in flat]
    ratios = np.array([width / old_width, height / old_height], np.float32)
    return (np.stack(means) * ratios).reshape(*leading, height, width, 2)


def textured(gray: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels of a frame, uint8 [H, W], have neighbours of another brightness: bool [H, W].

    Only there can be seen how far something moved (the aperture problem): in a plain part, flow is
    a guess from what is around it.
    """
    down, right = np.gradient(gray.astype(float))
    return np.hypot(down, right) > EDGE


def clipped(flow: Flow, bound: float = BOUND) -> NDArray[np.bool_]:
    """Which pixels of fields [..., H, W, 2] are too fast for `quantise`: bool [..., H, W].

    Its u or its v is beyond the bound, in pixels per step.
    """
    return np.abs(flow).max(axis=-1) > bound


def quantise(flow: Flow, bound: float = BOUND) -> NDArray[np.uint8]:
    """Flow of any shape as 8 bits a value: 128 is exactly still, 1 and 255 are -bound and +bound.

    Faster motion is clipped to the bound, in pixels per step. All fields have the same scale: if
    each field had its own, a small movement would look like a large one. Raises InputError for a
    bound that is not above 0, and for values that are not finite.
    """
    check_bound(bound)
    if not np.isfinite(flow).all():
        raise InputError("The flow holds values that are not finite; estimate it again.")
    return (np.rint(np.clip(flow / bound, -1, 1) * 127) + 128).astype(np.uint8)


def dequantise(levels: NDArray[np.uint8], bound: float = BOUND) -> Flow:
    """The flow that `quantise` stored with the same bound, float32 pixels per step.

    The error is half a level at most, bound / 254: 0.08 pixels for 20, 0.02 for 5. Raises
    InputError for levels that are not uint8, and for a bound that is not above 0.
    """
    check_bound(bound)
    if levels.dtype != np.uint8:
        raise InputError(f"Stored flow is uint8, not {levels.dtype}; this is no quantised flow.")
    return (levels.astype(np.float32) - 128) * np.float32(bound / 127)


def flip(flow: NDArray) -> NDArray:
    """The flow [..., H, W, 2] of the mirrored video: columns reversed, and u negated.

    It works on float32 and on quantised uint8 alike: modulo 256, -(128 + k) is 128 - k.
    """
    mirrored = flow[..., ::-1, :].copy()
    mirrored[..., 0] = np.negative(mirrored[..., 0])
    return mirrored


def subtract_mean(flow: Flow) -> Flow:
    """Each field [..., H, W, 2] minus its own mean vector: this roughly removes camera motion.

    From section 3.1 of [1]. The mean is taken over the pixels, of u and of v separately. A mean of
    u with v would leave u' = -v' and lose half of the motion.
    """
    return flow - flow.mean(axis=(-3, -2), keepdims=True)


def as_channels(stack: NDArray) -> NDArray:
    """A stack of L fields [L, H, W, 2] as a network's input [2L, H, W]: u1 v1 u2 v2 …

    It is the simple stacking of [1], section 3.1: one field after the other, each as it is.
    """
    steps, height, width, _ = stack.shape
    return stack.transpose(0, 3, 1, 2).reshape(2 * steps, height, width)


def draw(flow: Flow, top_speed: float | None = None) -> NDArray[np.uint8]:
    """One field [H, W, 2] as an RGB picture, uint8 [H, W, 3]: hue is direction, white is still.

    top_speed: in pixels per step; motion as fast as this has the full colour. Give the same value
    for pictures that are to be compared. By default it is the speed of the field's fastest pixel,
    but at least 1, so that the noise of a still scene stays pale.
    """
    # torch takes seconds to import, and workers that only estimate flow do without it
    import torch
    from torchvision.utils import flow_to_image

    speed = np.linalg.norm(flow, axis=-1, keepdims=True)
    top = max(float(speed.max()), 1.0) if top_speed is None else top_speed
    field = flow / np.maximum(speed / top, 1)
    # flow_to_image scales by the fastest pixel it sees: one more column sets that to `top`
    field = np.pad(field, ((0, 0), (0, 1), (0, 0)))
    field[0, -1] = top, 0
    picture = flow_to_image(torch.from_numpy(field.astype(np.float32).transpose(2, 0, 1)))
    return picture.permute(1, 2, 0).numpy()[:, :-1]


def check_method(method: str) -> None:
    """Raise InputError unless it is the name of a method."""
    if method not in METHODS:
        raise InputError(f"Flow method {method!r} is unknown; choose one of {', '.join(METHODS)}.")


def check_bound(bound: float) -> None:
    """Raise InputError unless it is a number of pixels above 0."""
    if not 0 < bound < np.inf:
        raise InputError(f"The flow bound is {bound}; give a number of pixels above 0.")


def check_length(length: int) -> None:
    """Raise InputError unless a stack can have this number of fields."""
    if length < 1:
        raise InputError(f"A stack of {length} fields is none: L must be at least 1.")


def _checked(gray: NDArray[np.uint8], method: str) -> NDArray[np.uint8]:
    check_method(method)
    sizes = {np.shape(frame) for frame in gray}
    if len(sizes) > 1:
        raise InputError(
            f"Flow needs frames of one size, not of {' and '.join(map(str, sorted(sizes)))}; "
            "resize them first."
        )
    gray = np.asarray(gray)
    if gray.dtype != np.uint8 or gray.ndim != 3:
        raise InputError(
            f"Flow needs gray frames as uint8 [T, H, W], not {gray.dtype} {list(gray.shape)}; "
            "decode the clip with video.decode_gray."
        )
    if min(gray.shape[1:]) < SMALLEST_SIDE:
        height, width = gray.shape[1:]
        raise InputError(
            f"Flow needs frames of at least {SMALLEST_SIDE} pixels a side, not {width} x {height}; "
            "enlarge them."
        )
    return gray
