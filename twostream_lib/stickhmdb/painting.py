"""Painting StickHMDB's person: a camera, and arms, legs, torso and things as smooth polygons.

Polygons are computed for all frames of a clip at once and painted frame by frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from twostream_lib.stickhmdb.heads import Head, portrait
from twostream_lib.stickhmdb.looks import Look
from twostream_lib.stickhmdb.scenery import Colour, shade
from twostream_lib.stickhmdb.skeleton import Pose, Prop, joints, point

CLOUD_RIM: Colour = (96, 96, 96)
SUBPIXEL = 4  # fractional bits of the coordinates that OpenCV paints


@dataclass(frozen=True)
class View:
    """An orthographic camera: ``yaw`` 0 sees the figure look right, 90 degrees look at us.

    ``origin`` is the pixel position float ``[T, 2]`` of the ground under the figure.
    """

    yaw: float
    scale: float
    origin: np.ndarray

    @property
    def near(self) -> int:
        """The figure's side that is turned to the camera: 1 its right, -1 its left."""
        return 1 if np.cos(self.yaw) >= 0 else -1

    def see(self, place: np.ndarray) -> np.ndarray:
        """Positions ``[T, 3]`` as pixels ``[T, 2]``."""
        across = place[:, 0] * np.cos(self.yaw) - place[:, 2] * np.sin(self.yaw)
        return self.origin + self.scale * np.stack([across, -place[:, 1]], -1)

    def depth(self, place: np.ndarray) -> float:
        """How near the camera positions are, on average."""
        return float(np.mean(place[:, 0] * np.sin(self.yaw) + place[:, 2] * np.cos(self.yaw)))


class Shape:
    """An arm, a leg, the torso or a thing: filled polygons in the order of painting.

    Each of its ``polygons`` has corners, int32 ``[T, K, 2]``, a colour, or one for each frame, and
    ``marks``, float ``[T, M, 2]``: points in pixels that move with it.
    """

    def __init__(self, depth: float):
        self.depth = depth
        self.polygons: list[tuple[np.ndarray, Colour | np.ndarray, np.ndarray]] = []

    def add(
        self, outline: np.ndarray, colour: Colour | np.ndarray, marks: np.ndarray | None = None
    ) -> None:
        """Add a convex polygon, ``[T, K, 2]`` in pixels; pixel centres are whole numbers.

        Its corners are its marks, unless they do not stay on the same points of the body.
        """
        corners = np.rint(outline * (1 << SUBPIXEL)).astype(np.int32)
        self.polygons.append((corners, colour, outline if marks is None else marks))

    def paint(self, image: np.ndarray, frame: int) -> None:
        """Paint it into one frame."""
        for outline, colour, _ in self.polygons:
            ink = colour[frame].tolist() if isinstance(colour, np.ndarray) else colour
            cv2.fillConvexPoly(image, outline[frame], ink, cv2.LINE_AA, SUBPIXEL)


ARC = np.linspace(np.pi / 2, 3 * np.pi / 2, 8)
RING = np.stack([np.cos(np.arange(12) * np.pi / 6), np.sin(np.arange(12) * np.pi / 6)], -1)


def capsule(start: np.ndarray, end: np.ndarray, radius: float, end_radius: float) -> np.ndarray:
    """A tapered stick with round ends, float ``[T, K, 2]``; ends and radii are in pixels."""
    across, down = (end - start).T
    turn = np.arctan2(down, across)[:, None] + ARC
    circle = np.stack([np.cos(turn), np.sin(turn)], -1)
    ends = [start[:, None] + radius * circle, end[:, None] - end_radius * circle]
    return np.concatenate(ends, 1)


def hull(centres: list[np.ndarray], radii: list[float]) -> np.ndarray:
    """The convex hull of circles, float ``[T, K, 2]``; its last corner is repeated up to K."""
    rings = [c[:, None] + r * RING for c, r in zip(centres, radii, strict=True)]
    cloud = np.concatenate(rings, 1, dtype=np.float32)
    hulls = [cv2.convexHull(frame)[:, 0] for frame in cloud]
    corners = np.arange(max(map(len, hulls)))
    return np.stack([found[np.minimum(corners, len(found) - 1)] for found in hulls])


def hull_marks(centres: list[np.ndarray], radii: list[float]) -> np.ndarray:
    """Points that move with a hull of two upper and two lower circles, float ``[T, M, 2]``.

    The corners of a hull come and go from frame to frame. These points lie on its circles and turn
    with its middle line.
    """
    across, down = (centres[2] + centres[3] - centres[0] - centres[1]).T
    upright = np.stack([across, down], -1) / (np.hypot(across, down)[:, None] + 1e-9)
    aside = upright[:, ::-1] * [-1, 1]
    ring = RING[:, :1] * upright[:, None] + RING[:, 1:] * aside[:, None]
    return np.concatenate([c[:, None] + r * ring for c, r in zip(centres, radii, strict=True)], 1)


class Painter:
    """Turns the poses of one person, seen by one camera, into shapes that paint themselves."""

    def __init__(self, view: View, look: Look, palette: Mapping[str, Colour | np.ndarray]):
        self.view, self.look, self.palette = view, look, palette
        self.rim = max(0.9, 0.0065 * view.scale)

    def shapes(self, pose: Pose) -> list[Shape | Head]:
        """Body and props from the farthest to the nearest."""
        body = joints(pose)
        found: list[Shape | Head] = [self.torso(body), self.head(body, pose)]
        found += [limb(body, side) for limb in (self.arm, self.leg) for side in (0, 1)]
        found += [self.prop(prop) for prop in pose.props]
        return sorted(found, key=lambda shape: shape.depth)

    def head(self, body: dict[str, np.ndarray], pose: Pose) -> Head:
        """The head, which nods with the spine."""
        picture = portrait(self.look, self.view.yaw, 0.092 * self.look.head * self.view.scale)
        nod = -0.5 * np.cos(self.view.yaw) * pose.lean
        return Head(self.view.depth(body["head"]) + 0.03, picture, self.view.see(body["head"]), nod)

    def sticks(self, depth: float, sticks: list[tuple]) -> Shape:
        """Sticks ``(start, end, radius, end radius, colour)`` with one common dark rim."""
        shape, see, scale = Shape(depth), self.view.see, self.view.scale
        seen = [(see(a), see(b), r * scale, s * scale) for a, b, r, s, _ in sticks]
        for (a, b, r, s), stick in zip(seen, sticks, strict=True):
            shape.add(capsule(a, b, r + self.rim, s + self.rim), rim_of(stick[-1]))
        for (a, b, r, s), stick in zip(seen, sticks, strict=True):
            shape.add(capsule(a, b, r, s), stick[-1])
        return shape

    def trunk(
        self, shape: Shape, centres: list[np.ndarray], radii: list[float], colour: Colour
    ) -> None:
        """Add a hull of circles with its dark rim; radii are in figure heights."""
        sizes = [r * self.view.scale for r in radii]
        marks = hull_marks(centres, sizes)
        shape.add(hull(centres, [size + self.rim for size in sizes]), shade(colour, 0.62), marks)
        shape.add(hull(centres, sizes), colour, marks)

    def arm(self, body: dict[str, np.ndarray], side: int) -> Shape:
        """Upper arm, forearm, hand and sleeve."""
        look, build = self.look, self.look.build
        shoulder, elbow, hand = (body[f"{name}{side}"] for name in ("shoulder", "elbow", "hand"))
        depth = 1.2 * self.view.depth(np.concatenate([shoulder, elbow, hand]))
        skin, shirt = far(look.skin, depth), far(look.shirt, depth)
        wrist = elbow + 0.9 * (hand - elbow)
        sleeve = elbow if look.long_sleeves else shoulder + 0.55 * (elbow - shoulder)
        cuff = 0.037 if look.long_sleeves else 0.044
        sticks = [
            (elbow, wrist, 0.034 * build, 0.028 * build, shirt if look.long_sleeves else skin),
            (wrist, hand, 0.033, 0.035, skin),
            (shoulder, elbow, 0.04 * build, 0.034 * build, skin),
            (shoulder, sleeve, 0.047 * build, cuff * build, shirt),
        ]
        return self.sticks(depth + 0.02, sticks)

    def leg(self, body: dict[str, np.ndarray], side: int) -> Shape:
        """Thigh, shin and shoe."""
        look, build = self.look, self.look.build
        hip, knee, ankle = (body[f"{name}{side}"] for name in ("hip", "knee", "ankle"))
        depth = self.view.depth(np.concatenate([hip, ankle]))
        cloth, skin = far(look.trousers, depth), far(look.skin, depth)
        heel, toe = ankle + point(-0.012, -0.008), ankle + point(0.085, -0.012)
        sticks = [
            (heel, toe, 0.03, 0.024, far(look.shoes, depth)),
            (knee, ankle, 0.046 * build, 0.033 * build, cloth if look.legs == "trousers" else skin),
            (hip, knee, 0.062 * build, 0.049 * build, cloth),
        ]
        return self.sticks(min(depth, 0) - 0.05 + 0.01 * np.sign(depth), sticks)

    def torso(self, body: dict[str, np.ndarray]) -> Shape:
        """Neck, trunk, stripes and skirt."""
        look, wide = self.look, self.look.build
        shape = self.sticks(0.0, [(body["neck"], body["head"], 0.034, 0.034, look.skin)])
        corners = [self.view.see(body[n]) for n in ("shoulder0", "shoulder1", "hip0", "hip1")]
        radii = [0.056 * wide, 0.056 * wide, 0.06 * wide, 0.06 * wide]
        self.trunk(shape, corners, radii, look.shirt)
        if look.stripes:
            self.add_stripes(shape, corners)
        if look.legs == "skirt":
            hems = [0.45 * body[f"hip{s}"] + 0.55 * body[f"knee{s}"] for s in (0, 1)]
            skirt = [*corners[2:], *(self.view.see(hem) for hem in hems)]
            self.trunk(shape, skirt, [0.06 * wide, 0.06 * wide, 0.075, 0.075], look.trousers)
        return shape

    def add_stripes(self, shape: Shape, corners: list[np.ndarray]) -> None:
        """Three bands across the shirt."""
        right, left, low_right, low_left = corners
        for share in (0.2, 0.45, 0.7):
            a, b = right + share * (low_right - right), left + share * (low_left - left)
            out = 0.043 * self.look.build * self.view.scale * np.sign(b - a + 1e-9) * [1, 0]
            width = 0.012 * self.view.scale
            shape.add(capsule(a - out, b + out, width, width), shade(self.look.shirt, 1.22))

    def prop(self, prop: Prop) -> Shape:
        """A held, standing or flying thing."""
        depth = 1.0 if prop.front else self.view.depth(prop.start) + 0.01
        end = prop.end + point(0, 1e-6)  # a dot has no direction
        return self.sticks(depth, [(prop.start, end, *prop.radii, self.palette[prop.colour])])


def rim_of(colour: Colour | np.ndarray) -> Colour:
    """The dark edge of a colour. Where each frame has its own, the edge is the same in all: what
    stays still has an edge that stays."""
    return CLOUD_RIM if isinstance(colour, np.ndarray) else shade(colour, 0.62)


def far(colour: Colour, depth: float) -> Colour:
    """Limbs on the far side lie in a light shadow."""
    return shade(colour, 0.86) if depth < -0.02 else colour
