"""Motions run one way, bones keep their lengths, and reversed phases are the film backwards."""

import numpy as np
import pytest

from twostream_lib.stickhmdb import skeleton
from twostream_lib.stickhmdb.skeleton import MOTIONS

PHASES = np.stack([np.linspace(0, 0.99, 40), np.linspace(0.3, 1.9, 40) % 1])
BONES = {
    ("shoulder", "elbow"): skeleton.UPPER_ARM,
    ("elbow", "hand"): skeleton.FOREARM,
    ("hip", "knee"): skeleton.THIGH,
    ("knee", "ankle"): skeleton.SHIN,
}


def test_motion_runs_one_way_through_the_whole_round():
    phase = np.linspace(0, 0.999, 60)
    phases = np.stack([phase, phase])
    assert np.all(np.diff(MOTIONS["seat"](phases, 1).pelvis[:, 1]) < 0)
    for ball in MOTIONS["ball"](phases, 1).props[1:3]:
        steps = np.diff(ball.end[:, 0])
        assert np.sum(steps <= 0) == 1, "a ball turns only where it becomes the next one"


@pytest.mark.parametrize("kind", MOTIONS)
@pytest.mark.parametrize("near", [1, -1])
def test_bones_keep_their_lengths_in_every_pose(kind, near):
    body = skeleton.joints(MOTIONS[kind](PHASES, near))
    for (start, end), length in BONES.items():
        for side in (0, 1):
            found = np.linalg.norm(body[f"{end}{side}"] - body[f"{start}{side}"], axis=-1)
            np.testing.assert_allclose(found, length, atol=1e-5)


@pytest.mark.parametrize("kind", MOTIONS)
def test_reversed_phases_are_the_same_poses_backwards(kind):
    both = (PHASES, PHASES[:, ::-1])
    forwards, backwards = (skeleton.joints(MOTIONS[kind](phases, 1)) for phases in both)
    for name, places in forwards.items():
        np.testing.assert_array_equal(places, backwards[name][::-1])


def test_clubs_and_leaves_move_steadily_at_paces_of_their_own():
    pose = MOTIONS["clubs"](PHASES, 1)
    (right, left), mirrored = pose.hands, np.array([1, 1, -1])
    np.testing.assert_allclose(right, left * mirrored)
    club = next(prop for prop in pose.props if prop.colour == "told")
    along = club.end - club.start
    turned = np.diff(np.degrees(np.arctan2(along[:, 1], along[:, 2])))
    np.testing.assert_allclose(turned, 156 * 0.99 / 39)
    leaves = [prop.start[:, 1] for prop in pose.props if prop.colour == "leaf"]
    rose = np.diff(leaves) % 2
    np.testing.assert_allclose(rose, 2 * 1.6 / 39)


def test_a_hand_out_of_reach_is_stretched_for():
    root, tip = np.zeros((1, 3)), np.array([[3.0, 0.0, 0.0]])
    joint, end = skeleton.two_bones(root, tip, 0.2, 0.1, (0, 1, 0))
    np.testing.assert_allclose(end, [[0.3, 0, 0]], atol=2e-3)
    np.testing.assert_allclose(joint, [[0.2, 0, 0]], atol=2e-2)
