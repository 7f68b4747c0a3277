"""Stacks of flow: the three ways of Simonyan & Zisserman, and what a store makes of them."""

import dataclasses

import cv2
import numpy as np
import pandas as pd
import pytest

from twostream_lib import cutting, flow, flowstack, store, video
from twostream_lib.errors import InputError
from twostream_lib.store import Plan


def scene(seed=0, height=160, width=190):
    noise = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)


def pan(u=2, v=1, frames=11, height=96, width=120):
    """A view of a scene whose contents move by (u, v) each step."""
    picture = np.rint(scene()).astype(np.uint8)
    corners = [(32 - v * t, 32 - u * t) for t in range(frames)]
    return np.stack([picture[y : y + height, x : x + width] for y, x in corners])


def one_window(gray, stacking, **more):
    frames = np.arange(len(gray))[None]
    return next(flowstack.windows(gray, frames, stacking=stacking, **more))


def turning(degrees, steps, size=41):
    """The flow of a picture that turns about its centre by as much in each step."""
    angle, middle = np.deg2rad(degrees), size // 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    x, y = np.meshgrid(np.arange(size) - middle, np.arange(size) - middle)
    places = np.stack([x, y], -1)
    return np.repeat((places @ turn.T - places)[None], steps, 0).astype(np.float32), places, turn


def test_channels_alternate_u_and_v():
    fields = np.random.default_rng(1).normal(size=(3, 6, 8, 2)).astype(np.float32)
    stacked = flowstack.as_channels(fields)
    assert stacked.shape == (6, 6, 8)
    for step in range(3):
        np.testing.assert_array_equal(stacked[2 * step], fields[step, ..., 0])
        np.testing.assert_array_equal(stacked[2 * step + 1], fields[step, ..., 1])


def test_simple_stacking_is_the_flow_of_the_clip():
    gray = pan(frames=4)
    np.testing.assert_array_equal(one_window(gray, "simple"), flow.estimate(gray))


@pytest.mark.parametrize(
    ("stacking", "length", "pairs"),
    [
        ("simple", 3, [[0, 1], [1, 2], [2, 3]]),
        ("trajectory", 3, [[0, 1], [1, 2], [2, 3]]),
        ("bidirectional", 2, [[1, 2], [1, 0]]),
        ("bidirectional", 4, [[2, 3], [3, 4], [2, 1], [1, 0]]),
    ],
)
def test_fields_lie_between_these_frames(stacking, length, pairs):
    assert flowstack.pairs_of_window(stacking, length).tolist() == pairs


@pytest.mark.parametrize("length", [1, 3, 5, 10])
@pytest.mark.parametrize("stacking", ["simple", "trajectory"])
def test_any_length_works_one_way(stacking, length):
    assert one_window(pan(frames=length + 1), stacking).shape == (length, 96, 120, 2)


@pytest.mark.parametrize("length", [2, 10])
def test_even_lengths_work_both_ways(length):
    assert one_window(pan(frames=length + 1), "bidirectional").shape == (length, 96, 120, 2)


@pytest.mark.parametrize("length", [1, 3, 5])
def test_odd_lengths_do_not_work_both_ways(length):
    with pytest.raises(InputError, match=f"an even L, not {length}"):
        one_window(pan(frames=length + 1), "bidirectional")


def test_along_a_uniform_translation_trajectories_change_nothing():
    uniform = np.broadcast_to(np.float32([3.5, -2]), (5, 30, 40, 2)).copy()
    np.testing.assert_allclose(flowstack.along_trajectories(uniform), uniform, atol=1e-5)
    gray = pan(frames=6)  # the flow of a pan is nearly uniform away from its border
    simple, along = one_window(gray, "simple"), one_window(gray, "trajectory")
    inner = np.s_[:, 24:-24, 24:-24]
    assert np.abs(simple[inner] - along[inner]).mean() < 0.05


def test_the_first_step_of_a_trajectory_is_the_flow_itself():
    fields, _, _ = turning(5, steps=4)
    np.testing.assert_array_equal(flowstack.along_trajectories(fields)[0], fields[0])


def test_trajectories_turn_with_what_turns():
    fields, places, turn = turning(degrees=5, steps=4)
    along = flowstack.along_trajectories(fields)
    inner = np.linalg.norm(places, axis=-1) < 18  # stays inside the picture
    for step in range(4):
        here = places @ np.linalg.matrix_power(turn, step).T  # where a pixel is by then
        wanted = here @ turn.T - here
        assert np.abs(along[step] - wanted)[inner].max() < 0.01
    assert np.abs(along[3] - fields[3])[inner].max() > 0.3  # simple stacking stays where it was


def test_a_jump_is_followed_by_hand():
    """Two fields of one row: the pixel at column 1 goes to column 3, and is asked there again."""
    fields = np.zeros((2, 1, 5, 2), np.float32)
    fields[0, 0, 1] = 2, 0
    fields[1, 0, :, 0] = [10, 11, 12, 13, 14]
    fields[0, 0, 4] = 3, 0  # leaves the picture: the border's flow goes on
    fields[0, 0, 2] = 0.5, 0  # between two pixels
    assert flowstack.along_trajectories(fields)[1, 0, :, 0].tolist() == [10, 13, 12.5, 13, 14]


def test_both_ways_of_a_steady_motion_are_opposite():
    forward, back = np.split(one_window(pan(u=2, v=1, frames=7), "bidirectional"), 2)
    inner = np.s_[:, 16:-16, 16:-16]
    assert np.abs(np.median(forward[inner], axis=(0, 1, 2)) - [2, 1]).max() < 0.1
    assert np.median(np.abs(forward[inner] + back[inner])) < 0.1


def test_both_ways_of_a_palindrome_are_the_same():
    there = pan(frames=4)
    palindrome = np.concatenate([there[::-1], there[1:]])
    forward, back = np.split(one_window(palindrome, "bidirectional"), 2)
    np.testing.assert_array_equal(forward, back)


def test_a_window_shares_its_fields_with_the_next(monkeypatch):
    gray, frames = pan(frames=6), np.arange(4) + np.arange(3)[:, None]
    wanted, asked = flow.estimate(gray), []
    between = flow.between

    def noted(gray, pairs, method):
        asked.extend(map(tuple, pairs.tolist()))
        return between(gray, pairs, method)

    monkeypatch.setattr(flow, "between", noted)
    windows = list(flowstack.windows(gray, frames))
    assert sorted(asked) == [(t, t + 1) for t in range(5)]
    for start, window in enumerate(windows):
        np.testing.assert_array_equal(window, wanted[start : start + 3])


def test_fields_can_be_shrunk_before_they_are_stacked():
    gray = pan(frames=3)
    small = one_window(gray, "simple", size=(24, 40))
    np.testing.assert_array_equal(small, flow.resize(flow.estimate(gray), (24, 40)))


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: one_window(pan(frames=3), "spiral"), "'spiral' is unknown; choose one of simple"),
        (lambda: one_window(pan(frames=1), "simple"), "A stack of 0 fields is none"),
        (lambda: next(flowstack.windows(pan(frames=3), np.arange(11)[None])), "a smaller L"),
        (lambda: Plan("flow", stacking="spiral"), "'spiral' is unknown"),
        (lambda: Plan("flow", length=5, stacking="bidirectional"), "an even L, not 5"),
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
    return pd.DataFrame([row | video.probe(tiny_clip)])


PLAN = Plan("flow", size=(48, 64), rate=30, length=4)


@pytest.mark.parametrize("stacking", list(flowstack.STACKINGS))
@pytest.mark.parametrize("bound", [5.0, 20.0])
def test_a_store_holds_the_stacks_of_its_plan(clip, tmp_path, stacking, bound):
    plan = dataclasses.replace(PLAN, stacking=stacking, bound=bound)
    built = store.build(clip, tmp_path / "store", plan)
    gray = cutting.resize(video.decode_gray(clip.path[0]), plan.size)
    start = built.index.start[0]
    wanted = flow.subtract_mean(one_window(gray[start : start + 5], stacking))
    stored = flow.dequantise(built.array[0].transpose(2, 0, 1), plan.bound)
    clipped = np.clip(flowstack.as_channels(wanted), -bound, bound)
    assert np.abs(stored - clipped).max() <= bound / 254 + 1e-4
    assert store.read_manifest(tmp_path / "store")["plan"]["stacking"] == stacking


def test_a_store_can_hold_the_shrunk_flow_of_larger_frames(tmp_path, clip):
    plan = dataclasses.replace(PLAN, size=(16, 16), estimate_at=(48, 64))
    gray = video.decode_gray(clip.path[0])
    frames = np.arange(5)[None]
    window = cutting.windows_of_clip(clip.path[0], frames, plan)[0]
    fields = flow.resize(flow.estimate(gray[:5]), (16, 16))
    wanted = flow.quantise(flowstack.as_channels(flow.subtract_mean(fields)))
    np.testing.assert_array_equal(window, wanted)
    built = store.build(clip, tmp_path / "store", plan)
    assert built.array.shape[1:] == (16, 16, 8)
    assert store.read_manifest(tmp_path / "store")["plan"]["estimate_at"] == [48, 64]


def test_u_and_v_of_real_stacks_are_two_things_without_mean_and_never_zero(real_data):
    plan = Plan("flow", size=(72, 96), rate=15, length=5)
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
