"""Draws one clip of StickHMDB: backdrop, figure, camera and wear, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from twostream_lib.stickhmdb.actions import (
    ACTIONS,
    HUES,
    Source,
    Take,
    draw_source,
    draw_take,
)
from twostream_lib.stickhmdb.heads import Head
from twostream_lib.stickhmdb.painting import Painter, Shape, View
from twostream_lib.stickhmdb.scenery import PLACES, Canvas, Colour, field, on_circle, shade
from twostream_lib.stickhmdb.skeleton import MOTIONS

HEIGHT, WIDTH, FPS = 240, 320, 30
MARGIN = np.array([26, 8])  # pixels that a moving camera sees beyond the picture
# Where the figure stands, as a share of the width before it: room for what it does ahead of it.
PLACE_OF = {"clubs": 0.5, "seat": 0.5, "ball": 0.28, "snack": 0.44, "cloud": 0.42}
SWAYS = 12  # poses of a bystander's sway

# Colours of things that do not tell the class.
DULL: dict[str, Colour] = {
    "dark": (66, 58, 56),
    "leaf": (112, 84, 62),
    "cream": (238, 230, 214),
    "glint": (176, 146, 124),
}


# What a distance between two neighbours is, see `evidence`: degrees of hue, sweeps of the clubs a
# second, and rounds of the leaves.
STEP_OF_HUE, STEP_OF_SWEEP, STEP_OF_DRIFT = 36.0, 0.35, 0.2
# The middle of each circle of hues in degrees, its BT.601 luma and its strength.
CLUBS_CIRCLE, COURT_CIRCLE = (60.0, 118.0, 66.0), (230.0, 134.0, 44.0)
# A shake at the rate of SG3I's frames, 6 a second, is always met at the same phase.
SHAKES = 6.0
CLOUD_FADES = (140.0, 204.0)  # from this luma to that one, and back


def render(label: str, seed: int | tuple[int, ...], take: int = 0) -> np.ndarray:
    """The frames of one clip, uint8 RGB ``[T, 240, 320, 3]``, before any encoding.

    ``seed`` stands for the source, ``take`` counts its clips. With the same seed and take, motion
    twins have the same frames in reversed order, and appearance twins differ in one hue, while
    their BT.601 luma is equal up to rounding.
    """
    seed = seed if isinstance(seed, tuple) else (seed,)
    source = draw_source(seed, ACTIONS[label].kind)
    factors = draw_take(seed, take, source)
    return paint(source, factors, told_of(label, seed, take, source, factors))


@dataclass(frozen=True)
class Told:
    """What tells a clip's class: the colours of the thing and of the court, if they tell anything,
    how often a second the two parts of the motion go round, and whether the film runs backwards.
    """

    thing: Colour | None
    court: Colour | None
    rates: tuple[float, float]
    backwards: bool


def told_of(label: str, seed: tuple[int, ...], take: int, source: Source, factors: Take) -> Told:
    """What tells the class of one clip of a source, whose other factors are drawn already."""
    action, steady = ACTIONS[label], 1 / factors.period
    if action.place:
        club, court, sweep, drift = action.place.draw(seed, take)
        hues = ((club, CLUBS_CIRCLE), (court, COURT_CIRCLE))
        team, ground = (
            on_circle(middle + STEP_OF_HUE * place, luma, source.vivid * strength)
            for place, (middle, luma, strength) in hues
        )
        rates = (STEP_OF_SWEEP * sweep, STEP_OF_DRIFT * drift)
        return Told(shade(team, source.gain), shade(ground, source.gain), rates, False)
    if action.kind == "cloud":
        shakes, fades = action.flow == "body shakes", action.gray == "cloud fades"
        return Told(None, None, (SHAKES * shakes, 1.5 * steady * fades), False)
    hue = HUES[action.hues[factors.coin]] if action.hues else None
    thing = shade(hue, source.gain) if hue else None
    return Told(thing, None, (steady, steady), action.backwards[factors.coin])


@dataclass(frozen=True)
class Scene:
    """What a clip is painted from, in forward time.

    Frame t is seen by a camera at ``path[t]`` (whole pixels, int ``[T, 2]``). It shows backdrop
    ``sway[t]`` (int ``[T]``) of ``layers``, in which ``crowd`` is painted already, and the figure's
    ``shapes``. The two parts of the figure's motion, ``kind``, are at ``phases``, float ``[2, T]``
    from 0 to 1.
    """

    kind: str
    path: np.ndarray
    phases: np.ndarray
    sway: np.ndarray
    layers: list[np.ndarray]
    crowd: list[Shape | Head]
    shapes: list[Shape | Head]

    def frame(self, t: int) -> np.ndarray:
        """One frame without wear, uint8 ``[240, 320, 3]``."""
        x, y = self.path[t] + MARGIN
        picture = self.layers[self.sway[t]][y : y + HEIGHT, x : x + WIDTH].copy()
        for shape in self.shapes:
            shape.paint(picture, t)
        return picture


def paint(source: Source, take: Take, told: Told) -> np.ndarray:
    """Paint all frames of a clip, uint8 ``[T, 240, 320, 3]``."""
    scene = build(source, take, told)
    film = np.stack([scene.frame(t) for t in range(take.frames)])
    wear(film, take)
    return film[::-1] if told.backwards else film


def build(source: Source, take: Take, told: Told) -> Scene:
    """All that the frames of a clip are painted from, in forward time."""
    path, scale = camera_path(take), source.framing.scale * source.stature
    view = View(source.yaw + take.turn, scale, stand(source, take) - path)
    seconds = np.arange(take.frames) / FPS
    phases = (np.array(take.phases)[:, None] + np.outer(told.rates, seconds)) % 1
    palette: dict[str, Colour | np.ndarray] = DULL | {"cloud": cloud(phases[1])}
    if told.thing:
        palette["told"] = told.thing
    pose = MOTIONS[source.kind](phases, view.near)
    # A team on a court wears the hue of its clubs.
    look = replace(source.look, shirt=told.thing) if told.court and told.thing else source.look
    shapes = Painter(view, look, palette).shapes(pose)
    layers, crowd = backdrop(source, take, told, view)
    sway = ((take.phases[0] + seconds / take.period) % 1 * len(layers)).astype(int)
    return Scene(source.kind, path, phases, sway, layers, crowd, shapes)


def cloud(phase: np.ndarray) -> np.ndarray:
    """The gray of a cloud in each frame, float ``[T, 3]``: it fades in and out, steadily.

    Nothing moves, so true flow is zero; what a method estimates has a faint trace of it.
    """
    dark, light = CLOUD_FADES
    return np.repeat((dark + (light - dark) * np.abs(2 * phase - 1))[:, None], 3, 1)


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
    source: Source, take: Take, told: Told, view: View
) -> tuple[list[np.ndarray], list[Shape | Head]]:
    """What lies behind the figure, wider than a frame by MARGIN on each side.

    It is one picture, or with bystanders one picture for each pose of their sway. The second value
    are the bystanders' shapes.
    """
    width, height = (WIDTH, HEIGHT) + 2 * MARGIN
    floor = source.framing.horizon + int(MARGIN[1])
    canvas = Canvas(np.random.default_rng(source.place_seed), (int(height), int(width)), floor)
    if told.court:
        field(canvas, told.court)
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
        swaying = (phase + rng.uniform()) % 1
        pose = MOTIONS["idle"](np.stack([swaying, swaying]), view.near)
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
