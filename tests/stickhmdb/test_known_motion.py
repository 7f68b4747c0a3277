"""Known motion: the next frame, sampled where the truth points, is this frame."""

import cv2
import numpy as np
import pytest

from twostream_lib import flow, stickhmdb
from twostream_lib.errors import InputError
from twostream_lib.stickhmdb import known_motion, rendering, true_flow
from twostream_lib.stickhmdb.actions import ACTIONS, draw_source, draw_take
from twostream_lib.stickhmdb.painting import Head

# A clip of each kind of action, with still and moving cameras, alone and with bystanders.
CLIPS = [("sword_exercise", 1), ("sit", 25), ("throw", 2), ("drink", 1), ("golf", 3), ("golf", 28)]
STEPS = np.arange(2, 44, 6)


def sampled(frame, flow):
    """The frame at p + flow(p), for every pixel p."""
    rows, columns = np.indices(flow.shape[:2], np.float32)
    x, y = np.float32(columns + flow[..., 0]), np.float32(rows + flow[..., 1])
    return cv2.remap(frame, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def levels_off(one, other):
    return np.abs(one.astype(float) - other).max(-1)


def textured_frame():
    noise = np.random.default_rng(0).normal(0, 1, (240, 320)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


# --- StickHMDB ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("label", "seed"), CLIPS)
def test_the_next_frame_sampled_along_the_flow_is_this_frame(label, seed):
    scene = true_flow.scene_of(label, seed)
    truth, moved, unmoved = true_flow.Truth(scene), [], []
    for t in STEPS:
        now, then = scene.frame(t), scene.frame(t + 1)
        field, known = truth.flow(t, t + 1)
        assert known.mean() > (0.8 if truth.leaps[t] != truth.leaps[t + 1] else 0.95)
        off = levels_off(sampled(then, field), now)
        assert off[known].mean() < 1 and np.mean(off[known] > 25) < 0.01  # edges are blends
        figure = known & (truth.seen(t) >= 0) & (np.hypot(*np.moveaxis(field, -1, 0)) > 0.5)
        moved.extend(off[figure])
        unmoved.extend(levels_off(then, now)[figure])
    assert np.mean(moved) < 5 and np.median(moved) <= 1
    assert np.mean(moved) < 0.35 * np.mean(unmoved), "no better than no motion at all"


def test_a_head_turns_the_way_it_is_drawn():
    """Its eyes and hair lie where the truth says; turned the other way they would not."""
    scene = true_flow.scene_of("sit", 25)
    truth = true_flow.Truth(scene)
    number = next(
        i for i, s in enumerate(truth.surfaces) if s.marks.shape[1] == 12 and is_head(s, scene)
    )
    head = next(shape for shape in scene.shapes if isinstance(shape, Head))
    turned = np.abs(head.nod[6:] - head.nod[:-6]) * (truth.leaps[6:] == truth.leaps[:-6])
    now = int(np.argmax(turned))
    here = truth.seen(now) == number
    field, known = truth.flow(now, now + 6)
    right = levels_off(sampled(scene.frame(now + 6), field), scene.frame(now))[here & known].mean()
    shift = np.broadcast_to(head.centre[now + 6] - head.centre[now], field.shape)
    unturned = levels_off(sampled(scene.frame(now + 6), shift), scene.frame(now))[here & known]
    assert right < 0.7 * unturned.mean()


def is_head(surface, scene):
    head = next(shape for shape in scene.shapes if isinstance(shape, Head))
    return np.allclose(surface.marks.mean(1), head.centre)


def test_behind_a_still_camera_nothing_moves():
    truth = true_flow.Truth(true_flow.scene_of("golf", 28))
    for t in STEPS:
        field, _ = truth.flow(t, t + 1)
        assert (field[truth.seen(t) < 0] == 0).all()


def test_behind_a_moving_camera_all_moves_against_it():
    source = draw_source((26,), "snack")
    path = rendering.camera_path(draw_take((26,), 0, source))
    truth = true_flow.Truth(true_flow.scene_of("drink", 26))
    for t in STEPS:
        field, _ = truth.flow(t, t + 1)
        assert (field[truth.seen(t) < 0] == path[t] - path[t + 1]).all()
    assert np.abs(np.diff(path, axis=0)).max() > 0


@pytest.mark.parametrize(("forwards", "backwards"), stickhmdb.MOTION_TWINS)
def test_twins_have_each_others_flow_in_reversed_time(forwards, backwards):
    """A point that went from p to q with a flow of f goes from q to p with one of -f."""
    truth = true_flow.Truth(true_flow.scene_of(forwards, 25))
    other = true_flow.Truth(true_flow.scene_of(backwards, 25))
    for t in STEPS[:4]:
        there, known = truth.flow(t, t + 1)
        back, known_back = other.flow(t + 1, t)
        both = known & (sampled(known_back.astype(np.uint8), there) == 1)
        same = both & (sampled(np.float32(other.seen(t + 1)), there) == truth.seen(t))
        assert same.mean() > 0.8
        assert np.abs(sampled(back, there) + there)[same].max() < 0.35  # sampled between pixels


@pytest.mark.parametrize(("label", "leaps"), [("sit", 1), ("throw", 2), ("golf", 0)])
def test_a_leap_to_the_beginning_is_no_motion(label, leaps):
    """In two seconds the figure starts anew, and where it does so nothing is known of it."""
    scene = true_flow.scene_of(label, 25)
    truth, unknown = true_flow.Truth(scene), 0
    for t in range(len(scene.path) - 1):
        figure = truth.seen(t) >= 0
        field, known = truth.flow(t, t + 1)
        unknown += not known[figure].any()
        assert not known[figure].any() or np.abs(field[known & figure]).max() < 50
    rounds = np.sum(np.diff(scene.phase) < 0)
    assert leaps * rounds <= unknown <= leaps * (rounds + 1)


# --- pairs ----------------------------------------------------------------------------------------


def test_every_pair_agrees_with_its_truth():
    found = known_motion.pairs(textured_frame())
    assert len({pair.name for pair in found}) == len(found) == 2 + len(known_motion.DRAWN)
    for name, frames, truth, known in found:
        assert frames.dtype == np.uint8 and truth.dtype == np.float32 and known.dtype == bool
        assert truth.shape == (*frames.shape[1:], 2) and known.shape == frames.shape[1:]
        back = sampled(frames[1], truth).astype(float)
        off = np.abs(back - frames[0])[known].mean()
        assert off < 2, name
        assert off < 0.35 * np.abs(frames[1].astype(float) - frames[0])[known].mean(), name


def test_drawn_pairs_are_what_their_names_say():
    for pair in known_motion.drawn():
        label, seed, take, _ = known_motion.DRAWN[pair.name]
        source = draw_source((seed,), ACTIONS[label].kind)
        factors = draw_take((seed,), take, source)
        assert factors.camera == ("cm" if "moving camera" in pair.name else "nm")
        assert not ACTIONS[label].backwards
        assert known_motion.moving(pair).sum() > 200
        still = pair.known & (pair.truth == 0).all(-1)
        assert still.any() == (factors.camera == "nm")


def test_a_good_method_finds_a_known_shift():
    pair = known_motion.warped(textured_frame())[0]
    found = flow.estimate(pair.frames)[0]
    error = known_motion.end_point_error(found, pair.truth, pair.known)
    assert error < 0.2
    assert known_motion.end_point_error(0 * found, pair.truth, pair.known) == pytest.approx(13**0.5)


def test_the_error_is_the_mean_distance_where_the_truth_is_known():
    truth = np.zeros((2, 2, 2), np.float32)
    found = np.array([[[3, 4], [0, 0]], [[6, 8], [99, 99]]], np.float32)
    known = np.array([[True, True], [True, False]])
    assert known_motion.end_point_error(found, truth, known) == pytest.approx(5.0)


def test_nothing_known_and_wrong_shapes_are_said():
    truth = np.zeros((4, 5, 2), np.float32)
    with pytest.raises(InputError, match="known at no pixel"):
        known_motion.end_point_error(truth, truth, np.zeros((4, 5), bool))
    with pytest.raises(InputError, match=r"flow is \[5, 4, 2\]"):
        known_motion.end_point_error(truth.swapaxes(0, 1), truth, np.ones((4, 5), bool))
    with pytest.raises(InputError, match="one gray frame"):
        known_motion.pairs(np.zeros((2, 20, 20), np.uint8))
