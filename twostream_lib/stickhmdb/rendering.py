"""Draws one clip of StickHMDB: backdrop, figure, camera and wear, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from twostream_lib.stickhmdb.actions import ACTIONS, HUES, Source, Take, draw_source, draw_take
from twostream_lib.stickhmdb.painting import Head, Painter, Shape, View
from twostream_lib.stickhmdb.scenery import PLACES, Canvas, Colour, field, shade
from twostream_lib.stickhmdb.skeleton import MOTIONS

HEIGHT, WIDTH, FPS = 240, 320, 30
MARGIN = np.array([26, 8])  # pixels that a moving camera sees beyond the picture
# Where the figure stands, as a share of the width before it: room for what it does ahead of it.
PLACE_OF = {"blade": 0.4, "seat": 0.5, "ball": 0.28, "snack": 0.44, "swing": 0.5}
SWAYS = 12  # poses of a bystander's sway

# Colours of things that do not tell the class.
DULL: dict[str, Colour] = {
    "dark": (66, 58, 56),
    "brass": (150, 132, 96),
    "cream": (238, 230, 214),
    "ball": (98, 72, 58),
    "glint": (176, 146, 124),
}


def render(label: str, seed: int | tuple[int, ...], take: int = 0) -> np.ndarray:
    """The frames of one clip, uint8 RGB ``[T, 240, 320, 3]``, before any encoding.

    ``seed`` stands for the source, ``take`` counts its clips. With the same seed and take, motion
    twins have the same frames in reversed order, and appearance twins differ in one hue, while
    their BT.601 luma is equal up to rounding.
    """
    action = ACTIONS[label]
    seed = seed if isinstance(seed, tuple) else (seed,)
    film = shoot(action.kind, seed, take, action.hue)
    return film[::-1] if action.backwards else film


def shoot(kind: str, seed: tuple[int, ...], take: int, hue: str) -> np.ndarray:
    """The film that a clip shows forwards or backwards: motion twins share it, see `render`."""
    source = draw_source(seed, kind)
    return paint(source, draw_take(seed, take, source), hue)


@dataclass(frozen=True)
class Scene:
    """What a clip is painted from, in forward time.

    Frame t is seen by a camera at ``path[t]`` (whole pixels, int ``[T, 2]``). It shows backdrop
    ``sway[t]`` of ``layers``, in which ``crowd`` is painted already, and the figure's ``shapes``.
    The figure's round of motion, ``kind``, is at ``phase[t]``, 0 to 1.
    """

    kind: str
    path: np.ndarray
    phase: np.ndarray
    layers: list[np.ndarray]
    crowd: list[Shape | Head]
    shapes: list[Shape | Head]

    @property
    def sway(self) -> np.ndarray:
        """Which of the layers each frame shows, int ``[T]``."""
        return (self.phase * len(self.layers)).astype(int)

    def frame(self, t: int) -> np.ndarray:
        """One frame without wear, uint8 ``[240, 320, 3]``."""
        x, y = self.path[t] + MARGIN
        picture = self.layers[self.sway[t]][y : y + HEIGHT, x : x + WIDTH].copy()
        for shape in self.shapes:
            shape.paint(picture, t)
        return picture


def paint(source: Source, take: Take, hue: str) -> np.ndarray:
    """Paint all frames of a clip in forward time, uint8 ``[T, 240, 320, 3]``."""
    scene = build(source, take, hue)
    film = np.stack([scene.frame(t) for t in range(take.frames)])
    wear(film, take)
    return film


def build(source: Source, take: Take, hue: str) -> Scene:
    """All that the frames of a clip are painted from."""
    path, scale = camera_path(take), source.framing.scale * source.stature
    view = View(source.yaw + take.turn, scale, stand(source, take) - path)
    phase = (take.phase + np.arange(take.frames) / (FPS * take.period)) % 1
    told = {"told": shade(HUES[hue], source.gain)} if hue else {}
    pose = MOTIONS[source.kind](phase, view.near)
    shapes = Painter(view, source.look, DULL | told).shapes(pose)
    return Scene(source.kind, path, phase, *backdrop(source, take, hue, view), shapes)


def stand(source: Source, take: Take) -> np.ndarray:
    """The pixel on which the figure stands, before the camera moves."""
    share = PLACE_OF[source.kind]
    across = WIDTH * (share if looks_right(source) else 1 - share)
    return np.array([across, source.framing.feet]) + take.shift


def looks_right(source: Source) -> bool:
    """Whether the figure looks to the right of the picture."""
    return bool(np.cos(source.yaw) >= 0)


def camera_path(take: Take) -> np.ndarray:
    """Where the camera looks, in whole pixels int ``[T, 2]``: a drift and a shake, or all zeros.

    A path and the same path backwards in time are equally likely: it must not tell twins apart.
    """
    time = np.arange(take.frames) - (take.frames - 1) / 2
    drift, shake, *starts = take.pan
    waves = np.sin(np.outer(time, (0.27, 0.36)) + 2 * np.pi * np.array(starts))
    across = 36 * drift * time / take.frames + (1 + 2 * shake) * waves[:, 0]
    down = (0.8 + 1.4 * shake) * waves[:, 1]
    path = np.rint(np.stack([across, down], -1)).astype(int)
    return path if take.camera == "cm" else 0 * path


def backdrop(
    source: Source, take: Take, hue: str, view: View
) -> tuple[list[np.ndarray], list[Shape | Head]]:
    """What lies behind the figure, wider than a frame by MARGIN on each side.

    It is one picture, or with bystanders one picture for each pose of their sway. The second value
    are the bystanders' shapes.
    """
    width, height = (WIDTH, HEIGHT) + 2 * MARGIN
    floor = source.framing.horizon + int(MARGIN[1])
    canvas = Canvas(np.random.default_rng(source.place_seed), (int(height), int(width)), floor)
    if source.kind == "swing":
        field(canvas, shade(HUES[hue], source.gain))
    else:
        PLACES[source.place](canvas)
    foot = stand(source, take) + MARGIN
    shadow(canvas.image, foot, 0.3 * view.scale)
    if source.kind == "seat":
        stool(canvas, foot, view)
    if take.people == 1:
        return [canvas.image], []
    return with_bystanders(source, take, canvas.image, foot, view.scale)


def shadow(image: np.ndarray, foot: np.ndarray, width: float) -> None:
    """Darken an ellipse on the ground, softly."""
    x, y = np.rint(foot).astype(int).tolist()
    wide, high = round(width), round(width * 0.2)
    left, top = max(x - wide - 8, 0), max(y - high - 8, 0)
    under = image[top : y + high + 8, left : x + wide + 8]
    if under.size == 0:
        return
    mask = np.zeros(under.shape[:2], np.float32)
    cv2.ellipse(mask, (x - left, y - top), (wide, high), 0, 0, 360, 0.3, -1)
    under[:] = under * (1 - cv2.GaussianBlur(mask, (0, 0), 2.5)[..., None]) + 0.5


def stool(canvas: Canvas, foot: np.ndarray, view: View) -> None:
    """The stool behind the figure."""
    size, wood = view.scale, (128.0, 108.0, 90.0)
    x, y = foot - [0.17 * size * np.cos(view.yaw), 0.03 * size]
    seat = y - 0.192 * size
    for leg in (-0.09, 0.09):
        top, low = x + 0.8 * leg * size, x + leg * size
        corners = [(low, y), (top, seat), (top + 5, seat), (low + 5, y)]
        canvas.polygon(corners, shade(wood, 0.75))
    canvas.box(x - 0.12 * size, seat, 0.24 * size, 0.035 * size, shade(wood, 0.7))
    canvas.blob(x, seat, 0.12 * size, 0.022 * size, wood)


def with_bystanders(
    source: Source, take: Take, image: np.ndarray, foot: np.ndarray, scale: float
) -> tuple[list[np.ndarray], list[Shape | Head]]:
    """One backdrop for each pose of bystanders who sway, and the bystanders' shapes.

    The first bystander stands behind the figure's back, the second one on the other side.
    """
    rng = np.random.default_rng(take.seed)
    back = -1 if looks_right(source) else 1
    middle, reach = image.shape[1] / 2, WIDTH / 2 - 0.11 * scale
    phase = np.arange(SWAYS) / SWAYS
    shapes: list[Shape | Head] = []
    for number, look in enumerate(source.crowd[: take.people - 1]):
        x = foot[0] + back * rng.uniform(0.5, 0.65) * scale if number == 0 else -back * np.inf
        at = np.array([np.clip(x, middle - reach, middle + reach), foot[1] - 0.1 * scale])
        view = View(np.radians(rng.uniform(50, 130)), 0.82 * scale, np.repeat(at[None], SWAYS, 0))
        shadow(image, at, 0.2 * scale)
        pose = MOTIONS["idle"]((phase + rng.uniform()) % 1, view.near)
        shapes += Painter(view, look, DULL).shapes(pose)
    layers = [image.copy() for _ in phase]
    for t, layer in enumerate(layers):
        for shape in shapes:
            shape.paint(layer, t)
    return layers, shapes


def wear(film: np.ndarray, take: Take) -> None:
    """Blur and grain of a poor recording, the same in every channel, so that hues stay."""
    if take.quality == "goo":
        return
    rng = np.random.default_rng(take.seed)
    strength = 1.3 if take.quality == "med" else 3.0
    grain = np.rint(rng.normal(0, strength, (HEIGHT + 64, WIDTH + 64, 1))).astype(np.int16)
    grain = np.repeat(grain, 3, -1)
    for t, (y, x) in enumerate(rng.integers(0, 64, (len(film), 2))):
        picture = cv2.blur(film[t], (3, 3)) if take.quality == "bad" else film[t]
        film[t] = cv2.add(picture, grain[y : y + HEIGHT, x : x + WIDTH], dtype=cv2.CV_8U)
