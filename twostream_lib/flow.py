"""Optical flow: estimate it, store it in 8 bits, flip, stack and draw it.

Flow says for every pixel how far it moves to the next frame: ``u`` to the right and ``v`` down, in
pixels per frame step. Simonyan & Zisserman (the paper's [1]) feed a stack of L such fields to the
temporal stream.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.error import URLError

import cv2
import numpy as np
from numpy.typing import NDArray

from twostream_lib.errors import InputError

METHODS = ("dis", "farneback", "tvl1", "raft")
BOUND = 20.0  # pixels per step; TSN and its followers clip here, and so do we
SMALLEST_SIDE = 16  # pixels; DIS matches 8 x 8 patches on an image pyramid
RAFT_SIDE = 128  # RAFT's correlation pyramid needs 16 x 16 features, at an eighth of the size
NOTHING: Any = None  # OpenCV's type stubs do not know that no flow need be given

Flow = NDArray[np.float32]
Step = Callable[[NDArray[np.uint8], NDArray[np.uint8]], Any]  # two frames to their flow


def estimate(gray: NDArray[np.uint8], method: str = "dis") -> Flow:
    """Optical flow between each frame and the next.

    gray: uint8 [T, H, W], T >= 2, sides of at least 16 pixels.
    method: "dis" (dense inverse search, about 8 ms a pair at 320 x 240), "farneback" (polynomial
    expansion, 12 ms), "tvl1" (total variation, the flow of TSN, 750 ms; needs
    opencv-contrib) or "raft" (a trained network, torchvision's raft_small, whose weights are
    fetched once; 200 ms on a CPU).
    Returns float32 [T-1, H, W, 2]: u (right) and v (down) in pixels per frame step.
    Raises InputError for anything else, for a missing opencv-contrib, and for RAFT offline.
    """
    _check(gray, method)
    makers = {"dis": _dis, "farneback": _farneback, "tvl1": _tvl1, "raft": _raft}
    step = makers[method]()
    return np.stack([step(now, after) for now, after in pairwise(gray)]).astype(np.float32)


def quantise(flow: Flow, bound: float = BOUND) -> NDArray[np.uint8]:
    """Flow as 8 bits a value, of any shape: 128 is exactly still, 1 and 255 are -bound and +bound.

    Faster motion is clipped to the bound (pixels per step). The scale is one for all fields: a
    scale taken from each field would make a twitch look like a leap.
    """
    if not bound > 0:
        raise InputError(f"The flow bound is {bound}; give a number of pixels above 0.")
    if not np.isfinite(flow).all():
        raise InputError("The flow holds values that are not finite; estimate it again.")
    return (np.rint(np.clip(flow / bound, -1, 1) * 127) + 128).astype(np.uint8)


def dequantise(levels: NDArray[np.uint8], bound: float = BOUND) -> Flow:
    """What `quantise` stored: float32 pixels per step; off by bound / 254 at most."""
    return (levels.astype(np.float32) - 128) * np.float32(bound / 127)


def flip(flow: NDArray) -> NDArray:
    """The flow [..., H, W, 2] of the mirrored video: columns reversed, and u negated.

    Works on float32 and on quantised uint8 alike: modulo 256, minus (128 + k) is 128 - k.
    """
    mirrored = flow[..., ::-1, :].copy()
    mirrored[..., 0] = np.negative(mirrored[..., 0])
    return mirrored


def subtract_mean(flow: Flow) -> Flow:
    """Each field [..., H, W, 2] less its own mean vector: a crude removal of camera motion.

    From section 3.1 of [1]. The mean is over the pixels, for u and v apart; averaging u with v
    instead would leave u' = -v' and lose half of the motion.
    """
    return flow - flow.mean(axis=(-3, -2), keepdims=True)


def stack(flow: NDArray) -> NDArray:
    """Flow [L, H, W, 2] as one network input [2L, H, W], channels u1 v1 u2 v2 ... (as in [1])."""
    steps, height, width, _ = flow.shape
    return flow.transpose(0, 3, 1, 2).reshape(2 * steps, height, width)


def draw(flow: Flow, top_speed: float | None = None) -> NDArray[np.uint8]:
    """One field [H, W, 2] as an RGB picture, uint8 [H, W, 3]: hue is direction, white is still.

    top_speed (pixels per step) has the full colour; give the same one to pictures that are to be
    compared. By default it is the field's fastest pixel, but at least 1, so that the noise of a
    still scene stays pale.
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


def _check(gray: NDArray[np.uint8], method: str) -> None:
    if method not in METHODS:
        raise InputError(f"Flow method {method!r} is unknown; choose one of {', '.join(METHODS)}.")
    if gray.dtype != np.uint8 or gray.ndim != 3:
        raise InputError(
            f"Flow needs gray frames as uint8 [T, H, W], not {gray.dtype} {list(gray.shape)}; "
            "decode the clip with video.decode_gray."
        )
    if len(gray) < 2:
        raise InputError(f"Flow needs at least 2 frames, not {len(gray)}; take a longer clip.")
    if min(gray.shape[1:]) < SMALLEST_SIDE:
        height, width = gray.shape[1:]
        raise InputError(
            f"Flow needs frames of at least {SMALLEST_SIDE} pixels a side, not {width} x {height}; "
            "enlarge them."
        )


def _dis() -> Step:
    # the fast preset, at a quarter of the size, melts arms and legs into one patch
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return lambda now, after: estimator.calc(now, after, NOTHING)


def _farneback() -> Step:
    # scale and levels of the pyramid, window, rounds, neighbourhood and blur of the polynomials
    settings = (0.5, 5, 15, 3, 5, 1.1, 0)
    return lambda now, after: cv2.calcOpticalFlowFarneback(now, after, NOTHING, *settings)


def _tvl1() -> Step:
    if not hasattr(cv2, "optflow"):
        raise InputError(
            'Flow method "tvl1" needs cv2.optflow, which this OpenCV lacks; '
            "install opencv-contrib-python-headless in place of opencv-python."
        )
    estimator = cv2.optflow.DualTVL1OpticalFlow.create()
    return lambda now, after: estimator.calc(now, after, NOTHING)


def _raft() -> Step:
    import torch
    from torchvision.models.optical_flow import Raft_Small_Weights, raft_small

    weights = Raft_Small_Weights.DEFAULT
    try:
        state = weights.get_state_dict(progress=False, check_hash=True)
    except (URLError, ConnectionError, TimeoutError, RuntimeError) as error:
        raise InputError(
            f'Flow method "raft" could not fetch its weights from {weights.url} ({error}); '
            'go online once, or choose "dis".'
        ) from error
    network = raft_small()
    network.load_state_dict(state)
    network.eval()

    @torch.inference_mode()
    def step(now: NDArray[np.uint8], after: NDArray[np.uint8]) -> Flow:
        height, width = now.shape
        flow = network(_raft_input(now), _raft_input(after))[-1][0]
        return flow.permute(1, 2, 0)[:height, :width].numpy()

    return step


def _raft_input(gray: NDArray[np.uint8]) -> Any:  # a tensor [1, 3, H, W]
    import torch

    padding = [(0, max(-side % 8, RAFT_SIDE - side)) for side in gray.shape]
    padded = np.pad(gray, padding, mode="edge").astype(np.float32) / 127.5 - 1
    return torch.from_numpy(padded).expand(1, 3, -1, -1)
