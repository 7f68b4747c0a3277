"""The true flow of a scene: the next frame, sampled where it points, is this frame."""

import numpy as np
import pytest

from tests.stickhmdb.flow_checks import levels_off, sampled
from twostream_lib import stickhmdb
from twostream_lib.stickhmdb import rendering, true_flow
from twostream_lib.stickhmdb.actions import draw_source, draw_take
from twostream_lib.stickhmdb.heads import Head

# A clip of each kind of action, with still and moving cameras, alone and with bystanders.
CLIPS = [("hit", 1), ("sit", 25), ("throw", 2), ("drink", 1), ("golf", 3), ("laugh", 5)]
STEPS = np.arange(2, 44, 6)


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
    truth = true_flow.Truth(true_flow.scene_of("golf", 13))
    for t in STEPS:
        field, _ = truth.flow(t, t + 1)
        assert (field[truth.seen(t) < 0] == 0).all()


def test_behind_a_moving_camera_all_moves_against_it():
    source = draw_source((10,), "snack")
    path = rendering.camera_path(draw_take((10,), 0, source))
    truth = true_flow.Truth(true_flow.scene_of("drink", 10))
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


@pytest.mark.parametrize(("label", "leaps"), [("sit", 1), ("throw", 2), ("golf", 0), ("laugh", 0)])
def test_a_leap_to_the_beginning_is_no_motion(label, leaps):
    """In two seconds the figure starts anew, and where it does so nothing is known of it."""
    scene = true_flow.scene_of(label, 25)
    truth, unknown = true_flow.Truth(scene), 0
    for t in range(len(scene.path) - 1):
        figure = truth.seen(t) >= 0
        field, known = truth.flow(t, t + 1)
        unknown += not known[figure].any()
        assert not known[figure].any() or np.abs(field[known & figure]).max() < 50
    rounds = np.sum(np.diff(scene.phases[0]) < 0)
    assert leaps * rounds <= unknown <= leaps * (rounds + 1)
