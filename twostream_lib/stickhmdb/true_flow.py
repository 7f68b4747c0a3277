"""The true optical flow of StickHMDB: whoever draws a film knows where everything goes.

A clip is painted from surfaces, one over the other: polygons, heads, and the backdrop behind them
all. Each surface but the backdrop has marks, points that move with it. Between two frames it moves
by the affine map that takes its marks from their old places to their new ones. The backdrop moves
against the camera. That rendered scenes give the truth for optical flow is an idea of MPI-Sintel
(Butler, Wulff, Stanley and Black 2012).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np

from twostream_lib.stickhmdb.actions import ACTIONS, draw_source, draw_take
from twostream_lib.stickhmdb.heads import Head
from twostream_lib.stickhmdb.painting import RING, SUBPIXEL, Shape
from twostream_lib.stickhmdb.rendering import HEIGHT, MARGIN, WIDTH, Scene, build, told_of
from twostream_lib.stickhmdb.skeleton import LEAPS

COVERED = 127  # of 255: a surface has the pixels that it covers by more than half


class Surface(NamedTuple):
    """Something painted: ``cover`` gives its pixels in a frame, bool ``[240, 320]``.

    ``marks`` are float ``[T, M, 2]``, in pixels. The figure's surfaces leap with it.
    """

    cover: Callable[[int], np.ndarray]
    marks: np.ndarray
    leaping: bool


class Truth:
    """The true motion between any two frames of a scene; frames are counted in forward time."""

    def __init__(self, scene: Scene):
        origin = scene.path + MARGIN
        turn = LEAPS.get(scene.kind, 0) * scene.phases[0] % 1
        self.path, self.leaps = scene.path, np.cumsum(np.abs(np.diff(turn, prepend=turn[0])) > 0.5)
        shown = np.arange(len(origin))
        self.surfaces = [
            *(s for shape in scene.crowd for s in surfaces(shape, scene.sway, origin, False)),
            *(s for shape in scene.shapes for s in surfaces(shape, shown, 0 * origin)),
        ]

    def seen(self, frame: int) -> np.ndarray:
        """Which surface is seen at each pixel, int ``[240, 320]``; -1 is the backdrop."""
        found = np.full((HEIGHT, WIDTH), -1)
        for number, surface in enumerate(self.surfaces):
            found[surface.cover(frame)] = number
        return found

    def flow(self, now: int, then: int) -> tuple[np.ndarray, np.ndarray]:
        """Where each pixel's point goes from frame ``now`` to frame ``then``, and what is known.

        The flow is float32 ``[240, 320, 2]``, u to the right and v down, in pixels. It is known
        where the second array, bool ``[240, 320]``, is true. Not known is what is hidden or out of
        the picture in frame ``then``, and the figure when it leaps to the beginning of its round
        in between.
        """
        before, after = self.seen(now), self.seen(then)
        flow = np.empty((HEIGHT, WIDTH, 2))
        flow[:] = self.path[now] - self.path[then]
        known = np.ones((HEIGHT, WIDTH), bool)
        leap = self.leaps[now] != self.leaps[then]
        for number in np.unique(before[before >= 0]):
            _, marks, leaping = self.surfaces[number]
            here = before == number
            places = np.argwhere(here)[:, ::-1]
            flow[here] = carry(places, marks[now], marks[then]) - places
            known[here] = not (leaping and leap)
        return flow.astype(np.float32), known & same_surface(flow, before, after)


def surfaces(
    shape: Shape | Head, frames: np.ndarray, origin: np.ndarray, leaping: bool = True
) -> list[Surface]:
    """The surfaces of a shape in the order of painting.

    ``frames``, int ``[T]``, are those of the shape that are shown, seen from whole pixels
    ``origin``, int ``[T, 2]``.
    """
    if isinstance(shape, Head):
        head = replace(shape, centre=shape.centre[frames] - origin, nod=shape.nod[frames])
        return [Surface(partial(cover_by_head, head), head_marks(head), leaping)]
    found = []
    for corners, _, marks in shape.polygons:
        outline = corners[frames] - (origin[:, None] << SUBPIXEL)
        points = marks[frames] - origin[:, None]
        found.append(Surface(partial(cover_by_polygon, outline), points, leaping))
    return found


def cover_by_polygon(outline: np.ndarray, frame: int) -> np.ndarray:
    """The pixels of a polygon, int32 ``[T, K, 2]``, in one frame."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(mask, outline[frame], 255, cv2.LINE_AA, SUBPIXEL)
    return mask > COVERED


def cover_by_head(head: Head, frame: int) -> np.ndarray:
    """The pixels of a head in one frame."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    if found := head.paste(frame, mask.shape):
        pasted, place = found
        mask[place] = pasted[..., 3] > COVERED
    return mask


def head_marks(head: Head) -> np.ndarray:
    """A ring around the head's centre that nods with it; a positive nod turns against the clock."""
    cos, sin = np.cos(head.nod), np.sin(head.nod)
    turn = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], -2)
    return head.centre[:, None] + len(head.picture) / 2 * RING @ turn.swapaxes(-1, -2)


def carry(places: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Carry places ``[N, 2]`` as marks went from ``old`` to ``new``, ``[M, 2]``: an affine map.

    The map is fitted by least squares, and is exact for what shifts, turns or stretches evenly.
    """
    middle = old.mean(0)
    matrix = np.linalg.lstsq(old - middle, new - new.mean(0), rcond=None)[0]
    return (places - middle) @ matrix + new.mean(0)


def same_surface(flow: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Where the pixel that a point goes to shows the same surface, bool ``[H, W]``."""
    rows, columns = np.indices(before.shape)
    x, y = np.rint(columns + flow[..., 0]), np.rint(rows + flow[..., 1])
    inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
    found = np.where(inside, 0, -2)
    found[inside] = after[y[inside].astype(int), x[inside].astype(int)]
    return found == before


def scene_of(label: str, seed: int | tuple[int, ...], take: int = 0) -> Scene:
    """What `render` paints a clip from; a class that runs backwards shows it from its end."""
    seed = seed if isinstance(seed, tuple) else (seed,)
    source = draw_source(seed, ACTIONS[label].kind)
    factors = draw_take(seed, take, source)
    return build(source, factors, told_of(label, seed, take, source, factors))
