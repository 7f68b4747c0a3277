"""Stacks of flow, and what a store makes of them."""

import dataclasses

import cv2
import numpy as np
import pandas as pd
import pytest

from twostream_lib import flow, video
from twostream_lib.clips.probing import probe_clip
from twostream_lib.data import cutting, store
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.flow import fields, stacking


def scene(seed=0, height=160, width=190):
    noise = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)


def pan(u=2, v=1, frames=11, height=96, width=120):
    """A view of a scene whose contents move by (u, v) each step."""
    picture = np.rint(scene()).astype(np.uint8)
    corners = [(32 - v * t, 32 - u * t) for t in range(frames)]
    return np.stack([picture[y : y + height, x : x + width] for y, x in corners])


def one_window(gray, **more):
    frames = np.arange(len(gray))[None]
    return next(stacking.windows(gray, frames, **more))


def test_channels_alternate_u_and_v():
    stack = np.random.default_rng(1).normal(size=(3, 6, 8, 2)).astype(np.float32)
    stacked = stacking.as_channels(stack)
    assert stacked.shape == (6, 6, 8)
    for step in range(3):
        np.testing.assert_array_equal(stacked[2 * step], stack[step, ..., 0])
        np.testing.assert_array_equal(stacked[2 * step + 1], stack[step, ..., 1])


def test_simple_stacking_is_the_flow_of_the_clip():
    gray = pan(frames=4)
    np.testing.assert_array_equal(one_window(gray), flow.estimate(gray))


@pytest.mark.parametrize("length", [1, 3, 5, 10])
def test_any_length_works(length):
    assert one_window(pan(frames=length + 1)).shape == (length, 96, 120, 2)


def test_a_window_shares_its_fields_with_the_next(monkeypatch):
    gray, frames = pan(frames=6), np.arange(4) + np.arange(3)[:, None]
    wanted, asked = flow.estimate(gray), []
    between = fields.between

    def noted(gray, pairs, method):
        asked.extend(map(tuple, pairs.tolist()))
        return between(gray, pairs, method)

    monkeypatch.setattr(fields, "between", noted)
    windows = list(stacking.windows(gray, frames))
    assert sorted(asked) == [(t, t + 1) for t in range(5)]
    for start, window in enumerate(windows):
        np.testing.assert_array_equal(window, wanted[start : start + 3])


def test_fields_can_be_shrunk_before_they_are_stacked():
    gray = pan(frames=3)
    small = one_window(gray, size=(24, 40))
    np.testing.assert_array_equal(small, flow.resize(flow.estimate(gray), (24, 40)))


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: one_window(pan(frames=1)), "A stack of 0 fields is none"),
        (lambda: next(stacking.windows(pan(frames=3), np.arange(11)[None])), "a smaller L"),
        (lambda: Plan("flow", method="magic"), "'magic' is unknown"),
        (lambda: Plan("flow", bound=0), "bound is 0"),
        (lambda: Plan("flow", length=0), "A stack of 0 fields"),
    ],
)
def test_refuses_what_cannot_be_stacked(ask, says):
    with pytest.raises(InputError, match=says):
        ask()


# --- in a store ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clip(tiny_clip):
    row = {"path": str(tiny_clip), "label": "move", "source": "square", "tag": 1}
    return pd.DataFrame([row | probe_clip(str(tiny_clip))])


PLAN = Plan("flow", size=(48, 64), fps=30, length=4)


@pytest.mark.parametrize("bound", [5.0, 20.0])
def test_a_store_holds_the_stacks_of_its_plan(clip, tmp_path, bound):
    plan = dataclasses.replace(PLAN, bound=bound)
    built = store.build(clip, tmp_path / "store", plan)
    gray = cutting.resize(video.decode_gray(clip.path[0]), plan.size)
    start = built.index.start[0]
    wanted = flow.subtract_mean(one_window(gray[start : start + 5]))
    stored = flow.dequantise(built.array[0].transpose(2, 0, 1), plan.bound)
    clipped = np.clip(stacking.as_channels(wanted), -bound, bound)
    assert np.abs(stored - clipped).max() <= bound / 254 + 1e-4
    assert store.read_manifest(tmp_path / "store")["plan"]["bound"] == bound


def test_a_store_can_hold_the_shrunk_flow_of_larger_frames(tmp_path, clip):
    plan = dataclasses.replace(PLAN, size=(16, 16), estimate_at=(48, 64))
    gray = video.decode_gray(clip.path[0])
    frames = np.arange(5)[None]
    window = cutting.windows_of_clip(clip.path[0], frames, plan)[0]
    fields = flow.resize(flow.estimate(gray[:5]), (16, 16))
    wanted = flow.quantise(stacking.as_channels(flow.subtract_mean(fields)))
    np.testing.assert_array_equal(window, wanted)
    built = store.build(clip, tmp_path / "store", plan)
    assert built.array.shape[1:] == (16, 16, 8)
    assert store.read_manifest(tmp_path / "store")["plan"]["estimate_at"] == [48, 64]


def test_u_and_v_of_real_stacks_are_two_things_without_mean_and_never_zero(real_data):
    plan = Plan("flow", size=(72, 96), fps=15, length=5)
    for path in sorted((real_data / "data" / "hmdb51_clips").rglob("*.avi"))[:3]:
        stacks = cutting.windows_of_clip(str(path), 10 + 2 * np.arange(6)[None], plan)
        assert stacks.min() >= 1  # 0 is no level of flow: a flip could not mirror it
        motion = flow.dequantise(stacks[0], plan.bound)
        assert np.abs(motion.mean(axis=(1, 2))).max() < plan.bound / 254
        u, v = motion[0::2], motion[1::2]
        assert abs(np.corrcoef(u.ravel(), v.ravel())[0, 1]) < 0.9
        assert np.abs(u + v).mean() > 0.1 * np.abs(u).mean()  # the slip: v = -u


def test_what_stands_still_is_stored_as_128(clip):
    """A clip that is slower than the plan's rate has frames that are taken several times."""
    stacks = cutting.windows_of_clip(clip.path[0], np.full((1, 5), 7), PLAN)
    assert (stacks == 128).all()
