"""The person of StickHMDB: a 3-D skeleton and its actions.

Lengths are in units of the figure's height. The figure looks along +x, y points up, z to its
right. Everything works on all frames of a clip at once: positions are float ``[T, 3]``. An action
turns the phases of its two parts in every frame, float ``[2, T]`` in 0 to 1, into a pose. Nothing
else in it depends on time, so the phases in reversed order give the same film backwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

ANKLE = 0.035  # height of the ankle above the ground
HIP = 0.485  # height of the hip when standing
HIP_HALF, SHOULDER_HALF = 0.052, 0.1
SPINE, NECK = 0.30, 0.105
THIGH = SHIN = 0.235
UPPER_ARM = FOREARM = 0.155
RELEASE = 0.46  # share of a turn of the arm at which the ball leaves the hand


@dataclass
class Prop:
    """A thing that is held or thrown: a tapered stick with round ends, from ``start`` to ``end``.

    ``radii`` are those of its ends, ``colour`` is a name in the palette. A prop lies at its own
    depth, or in front of everything else if ``front`` is true.
    """

    start: np.ndarray
    end: np.ndarray
    radii: tuple[float, float]
    colour: str
    front: bool = False


@dataclass
class Pose:
    """Where the body is in each frame; hands and feet as (right, left), angles in radians."""

    pelvis: np.ndarray
    lean: np.ndarray
    twist: np.ndarray
    hands: tuple[np.ndarray, np.ndarray]
    feet: tuple[np.ndarray, np.ndarray]
    props: list[Prop] = field(default_factory=list)


def point(x, y, z=0.0) -> np.ndarray:
    """Positions ``[T, 3]`` from coordinates that are numbers or arrays ``[T]``."""
    return np.stack(np.broadcast_arrays(*(np.asarray(v, float) for v in (x, y, z))), -1)


def fan(degrees: np.ndarray, radius: float = 1.0) -> np.ndarray:
    """Points on a circle in the plane that the figure walks in: 0 is ahead, 90 is up."""
    angle = np.radians(degrees)
    return point(radius * np.cos(angle), radius * np.sin(angle))


def along_spine(pelvis: np.ndarray, lean: np.ndarray, length: float) -> np.ndarray:
    """The point at ``length`` above the pelvis on a spine that leans ahead."""
    return pelvis + length * point(np.sin(lean), np.cos(lean))


def two_bones(
    root: np.ndarray, tip: np.ndarray, upper: float, lower: float, bend: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Joint and end of two bones from ``root`` towards ``tip``, the joint on the side of ``bend``.

    Where the tip is too far away, the bones are stretched out towards it.
    """
    reach = tip - root
    length = np.linalg.norm(reach, axis=-1, keepdims=True) + 1e-9
    along = reach / length
    length = np.clip(length, abs(upper - lower) + 1e-3, upper + lower - 1e-3)
    aside = np.asarray(bend, float) - along * (along @ np.asarray(bend, float))[..., None]
    aside /= np.linalg.norm(aside, axis=-1, keepdims=True) + 1e-9
    before = (upper**2 - lower**2 + length**2) / (2 * length)
    height = np.sqrt(np.maximum(upper**2 - before**2, 0))
    return root + along * before + aside * height, root + along * length


def joints(pose: Pose) -> dict[str, np.ndarray]:
    """Every joint's place: forward kinematics up the spine, two bones for each limb.

    Limbs are numbered 0 (right) and 1 (left): ``elbow0`` is the right elbow.
    """
    nod = 0.6 * pose.lean
    neck = along_spine(pose.pelvis, pose.lean, SPINE)
    found = {"pelvis": pose.pelvis, "neck": neck, "head": along_spine(neck, nod, NECK)}
    across = point(np.sin(pose.twist), 0, np.cos(pose.twist))
    for side, sign in enumerate((1, -1)):
        shoulder = along_spine(neck, pose.lean, -0.02) + sign * SHOULDER_HALF * across
        hip = pose.pelvis + point(0, 0, sign * HIP_HALF)
        elbow, hand = two_bones(shoulder, pose.hands[side], UPPER_ARM, FOREARM, (-0.5, -1, 0))
        knee, ankle = two_bones(hip, pose.feet[side], THIGH, SHIN, (1, 0, 0))
        found |= {f"shoulder{side}": shoulder, f"elbow{side}": elbow, f"hand{side}": hand}
        found |= {f"hip{side}": hip, f"knee{side}": knee, f"ankle{side}": ankle}
    return found


def stance(phase: np.ndarray, apart: float, wide: float = 0.06) -> tuple[np.ndarray, np.ndarray]:
    """Both feet on the ground, the right one ``apart`` ahead of the left one."""
    still = 0 * phase
    return point(still + apart / 2, ANKLE, wide), point(still - apart / 2, ANKLE, -wide)


def sit_down(phases: np.ndarray, near: int) -> Pose:
    """The hip falls on a stool while the arms come down from above, steadily."""
    phase = phases[0]
    lean = np.radians(4 + 4 * phase + 28 * np.sin(np.pi * phase))
    pelvis = point(-0.01 - 0.15 * phase, HIP - 0.005 - 0.225 * phase)
    reach = along_spine(pelvis, lean, SPINE) + fan(86 - 131 * phase, 0.3)
    beside = point(0, 0, 0.09)
    hands = (reach + beside, reach - beside)
    return Pose(pelvis, lean, 0 * phase, hands, stance(phase, 0.03 * near, 0.055))


def throw_balls(phases: np.ndarray, near: int) -> Pose:
    """One arm turns over the shoulder, twice a round; ball after ball leaves it and flies ahead."""
    phase = phases[0]
    turn = 2 * phase % 1
    wave = np.sin(2 * np.pi * turn)
    lean = np.radians(5 * wave)
    pelvis = point(0.01 * wave, HIP - 0.01)
    chest = along_spine(pelvis, lean, SPINE - 0.02)
    arm = chest + point(0, 0, near * SHOULDER_HALF) + fan(-90 - 360 * turn, 0.29)
    rest = chest + point(0.2, -0.16 + 0.03 * wave, -near * 0.12)
    balls = [flight(turn - RELEASE + late, near) for late in range(3)]
    held = arm + fan(-90 - 360 * turn, 0.045)
    balls[0] = np.where((turn < RELEASE)[:, None], held, balls[0])
    props = [Prop(ball, ball, (0.058, 0.058), "told", front=True) for ball in balls]
    lit = [ball + point(0, 0.022) for ball in balls]
    props += [Prop(spot, spot, (0.019, 0.019), "glint", front=True) for spot in lit]
    hands = (arm, rest) if near > 0 else (rest, arm)
    return Pose(pelvis, lean, 0 * phase, hands, stance(phase, 0.16 * near), props)


def flight(since: np.ndarray, near: int) -> np.ndarray:
    """Where a ball is ``since`` turns of the arm after it was let go."""
    height = HIP + SPINE + 0.3 + 0.3 * since - 0.36 * since**2
    return point(0.08 + 0.8 * since, height, near * SHOULDER_HALF)


def hand_to_mouth(phases: np.ndarray, near: int) -> Pose:
    """One hand carries a thing from the waist to the mouth and back, twice a round."""
    phase = phases[0]
    lift = 0.5 - 0.5 * np.cos(4 * np.pi * phase)
    lean = np.radians(3 - 5 * lift)
    low, high = np.array([0.27, 0.5, near * 0.1]), np.array([0.165, 0.8, near * 0.04])
    hand = low + (high - low) * lift[:, None] + point(0.06 * np.sin(np.pi * lift), 0)
    other = point(0.05 + 0.02 * lift, 0.44, -near * 0.14)
    up = fan(90 + 40 * lift)
    foot = hand + point(0.02, 0)
    props = [
        Prop(foot + 0.12 * up, foot + 0.14 * up, (0.052, 0.044), "cream", front=True),
        Prop(foot, foot + 0.085 * up, (0.045, 0.06), "told", front=True),
    ]
    hands = (hand, other) if near > 0 else (other, hand)
    pelvis = point(0 * phase, HIP)
    return Pose(pelvis, lean, 0 * phase, hands, stance(phase, 0.06 * near), props)


# Leaves around an act with clubs: how far aside each one is, and its share of the way up. Each has
# a column of its own, so nobody can take one for another.
LEAVES = [(1.3 * (number / 7 - 1), 0.618 * number % 1) for number in range(15)]


def swing_clubs(phases: np.ndarray, near: int) -> Pose:
    """Both arms sweep clubs through half circles beside the body, amid leaves on the wind.

    Right and left mirror each other. Clubs go up or down, and so do the leaves, each at a steady
    pace of its own. So every angle, and every place of a leaf, is as likely as any other,
    however fast they go and whichever way.
    """
    sweep, drift = phases
    pelvis = point(0 * sweep, HIP - 0.01)
    lean = np.full_like(sweep, np.radians(3))
    chest, ahead = along_spine(pelvis, lean, SPINE - 0.02), 0.13
    angle = np.radians(-78 + 156 * sweep)
    hands, props = [], []
    for side in (1, -1):
        out = np.stack([0 * angle, np.sin(angle), side * np.cos(angle)], -1)
        hand = chest + point(ahead, 0, side * SHOULDER_HALF) + 0.26 * out
        hands.append(hand)
        props.append(Prop(hand - 0.05 * out, hand + 0.09 * out, (0.02, 0.02), "dark"))
        props.append(Prop(hand + 0.09 * out, hand + 0.38 * out, (0.034, 0.052), "told"))
    for aside, up in LEAVES:
        leaf = point(-0.4, 2 * ((drift + up) % 1) - 0.35, aside)
        props.append(Prop(leaf, leaf, (0.04, 0.04), "leaf"))
    return Pose(pelvis, lean, 0 * sweep, (hands[0], hands[1]), stance(sweep, 0.0, 0.09), props)


CLOUD = [
    (-0.1, 0, 0.07),
    (0.1, 0, 0.07),
    (-0.04, 0.05, 0.075),
    (0.05, 0.04, 0.08),
    (0, -0.02, 0.08),
]


def stand_by_cloud(phases: np.ndarray, near: int) -> Pose:
    """A figure that may shake, hands on its belly, below a cloud that may fade."""
    shake = 0.02 * np.sin(2 * np.pi * phases[0])
    pelvis = point(0 * shake, HIP - 0.025 + shake)
    lean = np.full_like(shake, np.radians(4))
    belly = pelvis + point(0.15, 0.1)
    hands = (belly + point(0, 0.02, 0.06), belly + point(0, -0.02, -0.06))
    props = [
        Prop(
            point(0.3 + x, 1.13 + y) + 0 * pelvis,
            point(0.3 + x, 1.13 + y) + 0 * pelvis,
            (r, r),
            "cloud",
        )
        for x, y, r in CLOUD
    ]
    return Pose(pelvis, lean, 0 * shake, hands, stance(shake, 0.05 * near), props)


def idle(phases: np.ndarray, near: int) -> Pose:
    """A bystander who sways a little."""
    phase = phases[0]
    sway = np.sin(2 * np.pi * phase)
    right, left = (point(0.03 + 0.02 * sway, 0.45, side * 0.15) for side in (1, -1))
    pelvis = point(0.012 * sway, HIP)
    return Pose(pelvis, 0.04 * sway, 0 * sway, (right, left), stance(phase, 0.04 * near))


# By kind of action: a function from the phases of its parts in every frame, float ``[2, T]``, and
# the figure's side that is turned to the camera (1 right, -1 left), to a pose.
MOTIONS: dict[str, Callable[[np.ndarray, int], Pose]] = {
    "clubs": swing_clubs,
    "seat": sit_down,
    "ball": throw_balls,
    "snack": hand_to_mouth,
    "cloud": stand_by_cloud,
    "idle": idle,
}
# How often in a round a motion leaps back to its beginning; the others return to it steadily.
LEAPS = {"clubs": 1, "seat": 1, "ball": 2}
