"""How flow is estimated: each method makes a function from two gray frames to their flow.

What a method needs (OpenCV's contrib modules, trained weights) is looked for when the function is
made. So what is missing is known before the first frame of a long clip.
"""

import hashlib
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from twostream_lib.errors import InputError, cause_of

RAFT_SIDE = 128  # RAFT's correlation pyramid needs 16 x 16 features, at an eighth of the size
NOTHING: Any = None  # no flow to start from, which OpenCV's type stubs do not allow

Flow = NDArray[np.float32]
Step = Callable[[NDArray[np.uint8], NDArray[np.uint8]], Any]  # two frames to their flow


def _dis(preset: int) -> Step:
    # medium works at half of the size, fast and ultrafast at a quarter, where thin arms and legs
    # cannot be told from what is behind them
    estimator = cv2.DISOpticalFlow.create(preset)
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


def _raft(name: str) -> Step:
    # torch takes seconds to import, and workers that estimate by OpenCV do without it
    import torch
    from torchvision.models import get_model

    network = get_model(name, weights=None)
    network.load_state_dict(_published_weights(name))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.eval().to(device)

    @torch.inference_mode()
    def step(now: NDArray[np.uint8], after: NDArray[np.uint8]) -> Flow:
        height, width = now.shape
        pair = (_raft_input(frame).to(device) for frame in (now, after))
        flow = network(*pair)[-1][0]
        return flow.permute(1, 2, 0)[:height, :width].cpu().numpy()

    return step


def _raft_input(gray: NDArray[np.uint8]) -> Any:  # a tensor [1, 3, H, W]
    import torch

    padding = [(0, max(-side % 8, RAFT_SIDE - side)) for side in gray.shape]
    padded = np.pad(gray, padding, mode="edge").astype(np.float32) / 127.5 - 1
    return torch.from_numpy(padded).expand(1, 3, -1, -1)


def _published_weights(name: str) -> dict[str, Any]:
    """The state dict of torchvision's `name`: fetched if need be, and its SHA-256 checked."""
    import torch

    file, url = raft_file(name), _raft_url(name)
    begins = re.findall(r"-([0-9a-f]{8})\.pth$", url)[0]  # torch names files after their SHA-256
    try:
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(url, str(file), begins, progress=False)
    except OSError as error:
        raise InputError(
            f"The weights of {name} could not be fetched from {url}: {cause_of(error, file)}, or "
            f'put the file into {file.parent}, or choose the method "dis".'
        ) from error
    except RuntimeError as error:  # other bytes than were published
        raise InputError(
            f"{url} does not give the weights of {name} ({error}): get the file elsewhere and put "
            f'it into {file.parent}, or choose the method "dis".'
        ) from error
    if not hashlib.sha256(file.read_bytes()).hexdigest().startswith(begins):
        raise InputError(f"{file} is not the file that was published: delete it.")
    return torch.load(file, map_location="cpu", weights_only=True)


def _raft_url(name: str) -> str:
    from torchvision.models import get_model_weights

    return get_model_weights(name).DEFAULT.url


def raft_file(name: str) -> Path:
    """Where torch keeps the weights of `raft_small` or `raft_large`; they may not be there yet."""
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints" / Path(_raft_url(name)).name


# The networks that torchvision publishes trained weights for.
RAFT = {"raft": "raft_small", "raft-large": "raft_large"}
METHODS: dict[str, Callable[[], Step]] = {
    # Dense inverse search (Kroeger et al. 2016); `dis` is OpenCV's medium preset.
    "dis": partial(_dis, cv2.DISOPTICAL_FLOW_PRESET_MEDIUM),
    "dis-fast": partial(_dis, cv2.DISOPTICAL_FLOW_PRESET_FAST),
    "dis-ultrafast": partial(_dis, cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST),
    # Polynomial expansion (Farnebäck 2003).
    "farneback": _farneback,
    # Total variation (Zach et al. 2007), the flow of TSN.
    "tvl1": _tvl1,
    # Trained networks (Teed & Deng 2020).
    **{method: partial(_raft, network) for method, network in RAFT.items()},
}
