"""Every method recovers known motion, and says what it lacks."""

import errno
from urllib.error import URLError

import cv2
import numpy as np
import pytest

from tests.flow.scenes import moving
from twostream_lib import flow, video
from twostream_lib.errors import InputError
from twostream_lib.flow import estimators
from twostream_lib.flow.fields import SMALLEST_SIDE

# The median error allowed for a known translation, in pixels per step: of a drawn texture, and of
# frames of real clips.
BOUNDS = {
    "dis": (0.05, 0.1),
    "dis-fast": (0.15, 0.2),
    "dis-ultrafast": (0.2, 0.3),
    "farneback": (0.05, 0.1),
    "tvl1": (0.1, 0.02),
}
needs_contrib = pytest.mark.skipif(not hasattr(cv2, "optflow"), reason="cv2.optflow is missing")
CLASSICAL = [
    pytest.param(method, marks=needs_contrib if method == "tvl1" else ()) for method in BOUNDS
]
ON_REAL_FRAMES = [
    pytest.param(method, marks=[needs_contrib, pytest.mark.slow] if method == "tvl1" else ())
    for method in BOUNDS
]


@pytest.mark.parametrize("method", CLASSICAL)
@pytest.mark.parametrize(("u", "v"), [(3, 0), (0, 2), (-2, 1)])
def test_recovers_a_known_translation(method, u, v):
    found = flow.estimate(moving(u, v), method)
    assert found.shape == (2, 96, 128, 2)
    assert found.dtype == np.float32
    errors = np.linalg.norm(found - [u, v], axis=-1)
    assert np.median(errors) < BOUNDS[method][0]


@pytest.fixture(scope="module")
def pictures(real_data):
    """The frame of each real clip that is 20 frames from its start, uint8 [240, W]."""
    paths = sorted((real_data / "data" / "hmdb51_clips").rglob("*.avi"))
    return [video.decode_gray(path, [20])[0] for path in paths]


def shifted(picture, u, v, height=112, width=144):
    """Two views of the middle of a picture, whose contents move by whole pixels: no resampling."""
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    corners = [(top, left), (top - v, left - u)]
    return np.stack([picture[y : y + height, x : x + width] for y, x in corners])


@pytest.mark.parametrize("method", ON_REAL_FRAMES)
@pytest.mark.parametrize(("u", "v"), [(1, 0), (-3, 1), (0, 8)])
def test_recovers_the_translation_of_real_frames(method, u, v, pictures):
    found = [flow.estimate(shifted(picture, u, v), method)[0] for picture in pictures]
    away_from_borders = np.stack(found)[:, 16:-16, 16:-16]
    errors = np.linalg.norm(away_from_borders - [u, v], axis=-1)
    assert np.median(errors) <= BOUNDS[method][1]


@pytest.mark.parametrize("method", CLASSICAL)
def test_a_still_scene_has_no_flow(method):
    found = np.abs(flow.estimate(moving(0, 0), method))
    assert found.mean() < 0.01
    assert found.max() < 0.2  # Farneback makes a little up at the border


def test_smallest_frame_allowed_works_with_every_method():
    gray = moving(1, 0, height=SMALLEST_SIDE, width=SMALLEST_SIDE)
    for method in ("dis", "dis-fast", "dis-ultrafast", "farneback"):
        assert flow.estimate(gray, method).shape == (2, 16, 16, 2)


def test_tvl1_without_contrib_names_the_package(monkeypatch):
    monkeypatch.delattr(cv2, "optflow", raising=False)
    with pytest.raises(InputError, match="opencv-contrib-python"):
        flow.estimate(moving(1, 0), "tvl1")


# --- RAFT ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (URLError("no network"), r"the network does not give it \(no network\); connect to it"),
        (OSError(errno.ENOSPC, "No space left"), "the disk of .* is full; make room"),
        (RuntimeError("invalid hash value"), r"does not give the weights .*\(invalid hash value\)"),
    ],
)
@pytest.mark.parametrize("method", ["raft", "raft-large"])
def test_raft_without_its_weights_is_an_error_and_never_random(
    monkeypatch, tmp_path, method, error, said
):
    def fail(*_, **__):
        raise error

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", fail)
    with pytest.raises(InputError, match=f'{said}.*or choose the method "dis"') as caught:
        flow.estimate(moving(1, 0), method)
    assert caught.value.__cause__ is error


def test_raft_takes_no_other_weights_than_the_published(monkeypatch, tmp_path):
    import torch
    from torchvision.models.optical_flow import raft_small

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    file = estimators.raft_file("raft_small")
    assert file.is_relative_to(tmp_path)
    file.parent.mkdir(parents=True)
    torch.save(raft_small().state_dict(), file)
    with pytest.raises(InputError, match="not the file that was published"):
        flow.estimate(moving(1, 0), "raft")


def test_raft_takes_frames_of_any_size(monkeypatch):
    from torchvision.models.optical_flow import raft_small

    # untrained weights: this checks the padding, the scaling and the layout alone
    monkeypatch.setattr(estimators, "_published_weights", lambda _: raft_small().state_dict())
    found = flow.estimate(moving(1, 0, frames=2, height=50, width=131), "raft")
    assert found.shape == (1, 50, 131, 2)
    assert found.dtype == np.float32


@pytest.mark.parametrize("method", list(estimators.RAFT))
def test_raft_recovers_a_known_translation(method):
    if not estimators.raft_file(estimators.RAFT[method]).is_file():
        pytest.skip(f"the weights of {method} are not there, and no test fetches any")
    found = flow.estimate(moving(3, 1, frames=2), method)
    assert np.median(np.linalg.norm(found - [3, 1], axis=-1)) < 0.2
