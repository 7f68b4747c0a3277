"""Optical flow: known motion is recovered, and what is stored, flipped and stacked stays true."""

from urllib.error import URLError

import cv2
import numpy as np
import pytest

from twostream_lib import flow
from twostream_lib.errors import InputError

# The median error allowed for a known translation, in pixels per step.
BOUNDS = {"dis": 0.05, "farneback": 0.05, "tvl1": 0.1}
needs_contrib = pytest.mark.skipif(not hasattr(cv2, "optflow"), reason="cv2.optflow is missing")
CLASSICAL = ["dis", "farneback", pytest.param("tvl1", marks=needs_contrib)]


def texture(height=96, width=128, seed=0):
    noise = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


def moving(u, v, frames=3, height=96, width=128):
    """Frames that show a window of one texture; its contents move by (u, v) each step."""
    scene, rim = texture(height + 64, width + 64), 32
    corners = [(rim - v * t, rim - u * t) for t in range(frames)]
    views = [scene[top : top + height, left : left + width] for top, left in corners]
    return np.rint(views).astype(np.uint8)


def fields(steps=4, height=6, width=8, scale=8.0):
    return np.random.default_rng(1).normal(0, scale, (steps, height, width, 2)).astype(np.float32)


@pytest.mark.parametrize("method", CLASSICAL)
@pytest.mark.parametrize(("u", "v"), [(3, 0), (0, 2), (-2, 1)])
def test_recovers_a_known_translation(method, u, v):
    found = flow.estimate(moving(u, v), method)
    assert found.shape == (2, 96, 128, 2)
    assert found.dtype == np.float32
    errors = np.linalg.norm(found - [u, v], axis=-1)
    assert np.median(errors) < BOUNDS[method]


@pytest.mark.parametrize("method", CLASSICAL)
def test_a_still_scene_has_no_flow(method):
    found = np.abs(flow.estimate(moving(0, 0), method))
    assert found.mean() < 0.01
    assert found.max() < 0.2  # Farneback makes a little up at the border


def test_same_frames_same_flow():
    gray = moving(2, 1)
    np.testing.assert_array_equal(flow.estimate(gray), flow.estimate(gray))


def test_the_mirrored_video_has_the_flipped_flow():
    gray = moving(3, 1)
    mirrored = flow.estimate(gray[:, :, ::-1].copy())
    assert np.median(np.abs(flow.flip(flow.estimate(gray)) - mirrored)) < 0.1


@pytest.mark.parametrize(
    ("gray", "says"),
    [
        (np.zeros((1, 32, 32), np.uint8), "at least 2 frames, not 1"),
        (np.zeros((0, 32, 32), np.uint8), "at least 2 frames, not 0"),
        (np.zeros((3, 32, 32), np.float32), "uint8 .* not float32"),
        (np.zeros((3, 32, 32, 3), np.uint8), r"not uint8 \[3, 32, 32, 3\]"),
        (np.zeros((3, 9, 200), np.uint8), "16 pixels a side, not 200 x 9"),
    ],
)
def test_refuses_what_is_no_gray_clip(gray, says):
    with pytest.raises(InputError, match=says):
        flow.estimate(gray)


def test_smallest_frame_allowed_works_with_every_method():
    gray = moving(1, 0, height=flow.SMALLEST_SIDE, width=flow.SMALLEST_SIDE)
    for method in ("dis", "farneback"):
        assert flow.estimate(gray, method).shape == (2, 16, 16, 2)


def test_unknown_method_lists_the_known_ones():
    with pytest.raises(InputError, match="dis, farneback, tvl1, raft"):
        flow.estimate(moving(1, 0), "lucas-kanade")


def test_tvl1_without_contrib_names_the_package(monkeypatch):
    monkeypatch.delattr(cv2, "optflow", raising=False)
    with pytest.raises(InputError, match="opencv-contrib-python"):
        flow.estimate(moving(1, 0), "tvl1")


@pytest.mark.parametrize("error", [URLError("no network"), RuntimeError("invalid hash value")])
def test_raft_without_its_weights_is_an_error_and_never_random(monkeypatch, error):
    from torchvision.models.optical_flow import Raft_Small_Weights

    def fail(self, **_):
        raise error

    monkeypatch.setattr(Raft_Small_Weights, "get_state_dict", fail)
    with pytest.raises(InputError, match="go online once") as caught:
        flow.estimate(moving(1, 0), "raft")
    assert caught.value.__cause__ is error


def test_raft_takes_frames_of_any_size(monkeypatch):
    from torchvision.models.optical_flow import Raft_Small_Weights, raft_small

    # untrained weights: this checks the padding, the scaling and the layout alone
    monkeypatch.setattr(
        Raft_Small_Weights, "get_state_dict", lambda self, **_: raft_small().state_dict()
    )
    found = flow.estimate(moving(1, 0, frames=2, height=50, width=131), "raft")
    assert found.shape == (1, 50, 131, 2)
    assert found.dtype == np.float32


def test_still_is_128_and_the_bound_reaches_the_ends():
    levels = flow.quantise(np.array([0.0, -20.0, 20.0, -300.0, 300.0], np.float32))
    assert levels.tolist() == [128, 1, 255, 1, 255]
    assert flow.dequantise(levels)[0] == 0.0


@pytest.mark.parametrize("bound", [5.0, 20.0])
def test_round_trip_is_off_by_half_a_step_at_most(bound):
    values = np.linspace(-bound, bound, 10_001, dtype=np.float32)
    back = flow.dequantise(flow.quantise(values, bound), bound)
    half_step = bound / 127 / 2
    assert back.dtype == np.float32
    assert np.abs(back - values).max() <= half_step * (1 + 1e-4)
    assert np.abs(back - values).max() > half_step * 0.9  # there is nothing finer in a byte


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_quantise_refuses_what_is_not_finite(value):
    with pytest.raises(InputError, match="not finite"):
        flow.quantise(np.array([0, value], np.float32))


def test_quantise_refuses_an_empty_range():
    with pytest.raises(InputError, match="bound is 0"):
        flow.quantise(fields(), 0)


def test_flip_twice_changes_nothing():
    flow_ = fields()
    once = flow.flip(flow_)
    np.testing.assert_array_equal(flow.flip(once), flow_)
    np.testing.assert_array_equal(once[..., 0], -flow_[:, :, ::-1, 0])
    np.testing.assert_array_equal(once[..., 1], flow_[:, :, ::-1, 1])


def test_flip_and_quantise_change_places():
    flow_ = fields(scale=15)  # some of it beyond the bound
    np.testing.assert_array_equal(flow.flip(flow.quantise(flow_)), flow.quantise(flow.flip(flow_)))


def test_mean_vector_goes_and_u_and_v_stay_apart():
    camera = np.array([4.0, -1.0], np.float32)
    calm = flow.subtract_mean(fields(scale=1) + camera)
    np.testing.assert_allclose(calm.mean(axis=(1, 2)), 0, atol=1e-5)
    assert abs(np.corrcoef(calm[..., 0].ravel(), calm[..., 1].ravel())[0, 1]) < 0.3


def test_stack_alternates_u_and_v():
    flow_ = fields(steps=3)
    stacked = flow.stack(flow_)
    assert stacked.shape == (6, 6, 8)
    for step in range(3):
        np.testing.assert_array_equal(stacked[2 * step], flow_[step, ..., 0])
        np.testing.assert_array_equal(stacked[2 * step + 1], flow_[step, ..., 1])


def test_drawing_shows_still_as_white_and_directions_as_different_hues():
    assert (flow.draw(np.zeros((4, 5, 2), np.float32)) == 255).all()
    directions = [(3, 0), (-3, 0), (0, 3), (0, -3)]
    colours = {tuple(flow.draw(np.full((4, 5, 2), uv, np.float32))[0, 0]) for uv in directions}
    assert len(colours) == 4


def test_drawing_with_one_top_speed_is_comparable():
    slow, fast = (np.full((4, 5, 2), speed, np.float32) for speed in (1, 4))
    assert (flow.draw(slow) == flow.draw(fast)).all()  # each on its own scale
    assert flow.draw(slow, 4)[0, 0].min() > flow.draw(fast, 4)[0, 0].min()  # paler: slower
    beyond = flow.draw(fast * 3, 4)
    np.testing.assert_array_equal(beyond, flow.draw(fast, 4))
    assert beyond.shape == (4, 5, 3)
    assert beyond.dtype == np.uint8
