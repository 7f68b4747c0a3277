"""One clip of StickHMDB: its factors are drawn, then its frames are painted.

Factors come from a seed and from the kind of action alone, never from the class: so twins get the
same person, place, camera and timing, and only the intended thing tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .stickfigure import MOTIONS
from .stickpaint import Look, Painter, View
from .stickscene import PLACES, Canvas, Colour, field, muted, shade, with_luma

HEIGHT, WIDTH, FPS = 240, 320, 30
MARGIN_X, MARGIN_Y = 26, 8  # how far a moving camera looks beyond the picture

# The hues that tell classes apart; those of a pair have one BT.601 luma.
HUES: dict[str, Colour] = {
    "red": with_luma((225, 42, 38), 98),
    "blue": with_luma((26, 110, 222), 98),
    "azure": with_luma((48, 136, 228), 118),
    "orange": with_luma((232, 88, 20), 118),
    "lawn": with_luma((100, 166, 74), 134),
    "clay": with_luma((208, 108, 74), 134),
}
# Everything else that is not a person or a place: dull colours.
DULL: dict[str, Colour] = {
    "dark": (66, 58, 56),
    "brass": (150, 132, 96),
    "cream": (238, 230, 214),
    "ball": (98, 72, 58),
    "glint": (176, 146, 124),
}


@dataclass(frozen=True)
class Recipe:
    """How a class is drawn, and what can be seen of that.

    ``kind`` of action, ``hue`` of the thing that is told by colour (or none), ``backwards`` in time.
    ``shows`` says what one picture tells, ``moves`` what gray motion tells.
    """

    kind: str
    hue: str
    backwards: bool
    shows: str
    moves: str


# Twins stand together: four with a sword, then pairs.
RECIPES: dict[str, Recipe] = {
    "draw_sword": Recipe("blade", "red", False, "red blade", "blade rises"),
    "sword": Recipe("blade", "red", True, "red blade", "blade falls"),
    "sword_exercise": Recipe("blade", "blue", False, "blue blade", "blade rises"),
    "fencing": Recipe("blade", "blue", True, "blue blade", "blade falls"),
    "sit": Recipe("seat", "", False, "a stool", "body goes down"),
    "stand": Recipe("seat", "", True, "a stool", "body comes up"),
    "throw": Recipe("ball", "", False, "balls", "balls leave"),
    "catch": Recipe("ball", "", True, "balls", "balls arrive"),
    "drink": Recipe("snack", "azure", False, "blue beaker", "hand to mouth"),
    "eat": Recipe("snack", "orange", False, "orange muffin", "hand to mouth"),
    "golf": Recipe("swing", "lawn", False, "green ground", "club swings"),
    "swing_baseball": Recipe("swing", "clay", False, "clay ground", "club swings"),
}


@dataclass(frozen=True)
class Framing:
    """Pixels per figure height, and the rows of the feet and of the horizon."""

    scale: float
    feet: float
    horizon: int


# What of the body is in the picture, by kind of action: only what keeps the action visible.
FRAMINGS: dict[str, dict[str, Framing]] = {
    "blade": {"f": Framing(152, 228, 176), "u": Framing(212, 308, 226)},
    "seat": {"f": Framing(186, 228, 172), "u": Framing(232, 294, 226)},
    "ball": {"f": Framing(160, 226, 172), "u": Framing(232, 314, 226)},
    "snack": {"f": Framing(196, 230, 176), "u": Framing(306, 366, 236), "h": Framing(400, 448, 238)},
    "swing": {"f": Framing(160, 224, 128), "u": Framing(220, 300, 132)},
}
CENTRES = {"blade": 0.4, "seat": 0.5, "ball": 0.28, "snack": 0.44, "swing": 0.5}


@dataclass(frozen=True)
class Source:
    """The film that clips are cut from: one person, one place, one camera habit."""

    kind: str
    look: Look
    crowd: tuple[Look, ...]
    place: str
    place_seed: int
    body: str
    view: str
    yaw: float
    stature: float
    gain: float
    shaky: float
    worn: float


@dataclass(frozen=True)
class Take:
    """What differs between the clips of one source; ``shift`` is in pixels, angles in radians."""

    frames: int
    period: float
    phase: float
    shift: tuple[float, float]
    turn: float
    camera: str
    pan: tuple[float, float, float]
    people: int
    quality: str
    noise_seed: int


CLOTH = (0.22, 0.95)  # hues that are not mistaken for skin


def draw_look(rng: np.random.Generator) -> Look:
    """A person's clothes, hair and build."""
    tone = rng.uniform()
    skin = tuple((1 - tone) * np.array((244, 208, 180)) + tone * np.array((150, 104, 78)))
    hairs = [(52, 42, 40), (84, 62, 48), (122, 94, 68), (196, 170, 122), (150, 148, 148), (34, 34, 40)]
    styles = ["short", "long", "bun", "curly", "cap", "short", "bald"]
    style = styles[rng.integers(len(styles))]
    hair = muted(rng, 70, 120, 0.28) if style == "cap" else hairs[rng.integers(len(hairs))]
    return Look(
        skin=skin,
        hair=hair,
        shirt=muted(rng, 80, 200, 0.32, hues=CLOTH),
        trousers=muted(rng, 55, 120, 0.28, hues=CLOTH),
        shoes=muted(rng, 45, 90, 0.2),
        hairstyle=style,
        legs=str(rng.choice(["trousers", "trousers", "shorts", "skirt"])),
        long_sleeves=bool(rng.uniform() < 0.5),
        stripes=bool(rng.uniform() < 0.35),
        glasses=bool(rng.uniform() < 0.2),
        build=float(rng.uniform(0.9, 1.2)),
        head=float(rng.uniform(0.96, 1.12)),
    )


def draw_yaw(rng: np.random.Generator, kind: str) -> tuple[str, float]:
    """The view's code and angle; a swing is seen from the front or the back, the rest sideways."""
    turn = rng.uniform(-1, 1)
    if kind == "swing":
        view = str(rng.choice(["fr", "ba"], p=[0.7, 0.3]))
        return view, float((90 if view == "fr" else -90) + 18 * turn)
    view = str(rng.choice(["ri", "le", "fr", "ba"], p=[0.38, 0.38, 0.16, 0.08]))
    yaw = {"ri": 6 + 14 * turn, "le": 6 + 14 * turn, "fr": 42 + 6 * turn, "ba": -36 + 5 * turn}[view]
    mirrored = view == "le" or (view in ("fr", "ba") and rng.uniform() < 0.5)
    return view, float(180 - yaw if mirrored else yaw)


def draw_source(seed: tuple[int, ...], kind: str) -> Source:
    """The factors of a source, from its seed and the kind of action."""
    rng = np.random.default_rng((*seed, 1))
    look, crowd = draw_look(rng), (draw_look(rng), draw_look(rng))
    bodies = list(FRAMINGS[kind])
    weights = {1: [1.0], 2: [0.66, 0.34], 3: [0.34, 0.44, 0.22]}[len(bodies)]
    view, yaw = draw_yaw(rng, kind)
    return Source(
        kind=kind,
        look=look,
        crowd=crowd,
        place=str(rng.choice(list(PLACES))),
        place_seed=int(rng.integers(2**31)),
        body=str(rng.choice(bodies, p=weights)),
        view=view,
        yaw=float(np.radians(yaw)),
        stature=float(rng.uniform(0.94, 1.05)),
        gain=float(rng.uniform(0.93, 1.06)),
        shaky=float(rng.uniform()),
        worn=float(rng.uniform()),
    )


def draw_take(seed: tuple[int, ...], take: int, source: Source) -> Take:
    """The factors of one clip of a source."""
    rng = np.random.default_rng((*seed, 2, take))
    people = int(rng.choice([1, 2, 3], p=[0.74, 0.19, 0.07]))
    quality = "bad" if source.worn < 0.08 else "med" if source.worn < 0.5 else "goo"
    return Take(
        frames=int(rng.integers(45, 76)),
        period=float(rng.uniform(1.7, 2.2)),
        phase=float(rng.uniform()),
        shift=(float(rng.uniform(-9, 9)), float(rng.uniform(-2, 2))),
        turn=float(np.radians(rng.uniform(-3, 3))),
        camera="cm" if rng.uniform() < 0.25 + 0.5 * source.shaky else "nm",
        pan=(float(rng.uniform(-1, 1)), float(rng.uniform(0, 1)), float(rng.uniform(0, 2 * np.pi))),
        people=people,
        quality=quality,
        noise_seed=int(rng.integers(2**31)),
    )


def camera_path(take: Take) -> np.ndarray:
    """Where the camera looks, whole pixels int ``[T, 2]``; a still one always at the same place."""
    time = np.linspace(-0.5, 0.5, take.frames)
    drift, shake, start = take.pan
    across = MARGIN_X * 1.5 * drift * time
    wobble = time * take.frames / FPS * 2 * np.pi
    across = across + (1 + 2 * shake) * np.sin(1.3 * wobble + start)
    down = (0.8 + 1.4 * shake) * np.sin(1.7 * wobble + 2 * start)
    path = np.rint(np.stack([across, down], -1)).astype(int)
    return path * (take.camera == "cm")


def render(label: str, seed: int | tuple[int, ...], take: int = 0) -> np.ndarray:
    """The frames of one clip, uint8 RGB ``[T, 240, 320, 3]``, before any encoding.

    ``seed`` stands for the source, ``take`` counts its clips. Twins with the same seed and take are
    each other's frames in reversed order, or differ in one hue at equal luma.
    """
    recipe = RECIPES[label]
    seed = seed if isinstance(seed, tuple) else (seed,)
    source = draw_source(seed, recipe.kind)
    frames = paint(source, draw_take(seed, take, source), recipe.hue)
    return frames[::-1] if recipe.backwards else frames


def paint(source: Source, take: Take, hue: str) -> np.ndarray:
    """Paint all frames of a clip, in forward time."""
    framing = FRAMINGS[source.kind][source.body]
    path = camera_path(take)
    yaw = source.yaw + take.turn
    centre = CENTRES[source.kind]
    across = WIDTH * (centre if np.cos(yaw) >= 0 else 1 - centre)
    if source.kind == "swing":
        across = WIDTH / 2
    base = np.array([across + take.shift[0], framing.feet + take.shift[1]])
    scale = framing.scale * source.stature
    layers = backdrop(source, take, hue, base, scale, yaw)
    view = View(yaw, scale, base - path)
    phase = (take.phase + np.arange(take.frames) / (FPS * take.period)) % 1
    colours = DULL | {"told": shade(HUES[hue], source.gain)} if hue else DULL
    pose = MOTIONS[source.kind](phase, view.near)
    parts = Painter(view, source.look, colours).parts(pose)
    swing = np.rint(phase * len(layers)).astype(int) % len(layers)
    film = np.empty((take.frames, HEIGHT, WIDTH, 3), np.uint8)
    for t, (x, y) in enumerate(path + [MARGIN_X, MARGIN_Y]):
        film[t] = layers[swing[t]][y : y + HEIGHT, x : x + WIDTH]
        for part in parts:
            part.paint(film[t], t)
    wear(film, take)
    return film


def backdrop(source: Source, take: Take, hue: str, base, scale: float, yaw: float) -> list:
    """The still part of a clip, as one picture or, with bystanders, one for each of their poses."""
    framing = FRAMINGS[source.kind][source.body]
    size = (HEIGHT + 2 * MARGIN_Y, WIDTH + 2 * MARGIN_X)
    canvas = Canvas(np.random.default_rng(source.place_seed), size, framing.horizon + MARGIN_Y)
    if source.kind == "swing":
        field(canvas, shade(HUES[hue], source.gain))
    else:
        PLACES[source.place](canvas)
    foot = base + [MARGIN_X, MARGIN_Y]
    shadow(canvas.image, foot, 0.3 * scale)
    if source.kind == "seat":
        stool(canvas, foot, scale, yaw)
    if take.people == 1:
        return [canvas.image]
    return crowd(source, take, canvas.image, foot, scale)


def shadow(image: np.ndarray, foot: np.ndarray, width: float) -> None:
    """A soft shadow on the ground."""
    x, y = np.rint(foot).astype(int)
    wide, high = round(width) + 8, round(width * 0.2) + 8
    left, top = max(x - wide, 0), max(y - high, 0)
    under = image[top : y + high, left : x + wide]
    mask = np.zeros(under.shape[:2], np.float32)
    if mask.size == 0:
        return
    cv2.ellipse(mask, (int(x - left), int(y - top)), (wide - 8, high - 8), 0, 0, 360, 0.3, -1)
    under[:] = under * (1 - cv2.GaussianBlur(mask, (0, 0), 2.5)[..., None]) + 0.5


def stool(canvas: Canvas, foot, scale: float, yaw: float) -> None:
    """The stool that is sat on, behind the figure."""
    x = foot[0] - 0.17 * scale * np.cos(yaw)
    y = foot[1] - 0.03 * scale
    wood = (128, 108, 90)
    for leg in (-0.09, 0.09):
        canvas.polygon(
            [(x + leg * scale * k + d, y - h * scale) for k, h, d in ((1, 0, 0), (0.8, 0.17, 0), (0.8, 0.17, 5), (1, 0, 5))],
            shade(wood, 0.75),
        )
    canvas.box(x - 0.12 * scale, y - 0.19 * scale, 0.24 * scale, 0.035 * scale, shade(wood, 0.7))
    canvas.blob(x, y - 0.192 * scale, 0.12 * scale, 0.022 * scale, wood)


def crowd(
    source: Source, take: Take, image: np.ndarray, foot: np.ndarray, scale: float, poses: int = 12
) -> list[np.ndarray]:
    """Bystanders behind the figure's back, who sway: the backdrop in each of their poses."""
    rng = np.random.default_rng(take.noise_seed)
    phase = np.arange(poses) / poses
    behind = -1 if np.cos(source.yaw) >= 0 else 1
    places = []
    for look, away in zip(source.crowd[: take.people - 1], (0.5, 0.85), strict=False):
        at = foot + [behind * (away + rng.uniform(0, 0.15)) * scale, -0.1 * scale]
        at[0] = np.clip(at[0], MARGIN_X + 0.1 * scale, image.shape[1] - MARGIN_X - 0.1 * scale)
        view = View(np.radians(rng.uniform(50, 130)), 0.82 * scale, np.repeat(at[None], poses, 0))
        shadow(image, at, 0.2 * scale)
        pose = MOTIONS["idle"]((phase + rng.uniform()) % 1, 1)
        places.append(Painter(view, look, DULL).parts(pose))
    layers = [image.copy() for _ in range(poses)]
    for t, layer in enumerate(layers):
        for part in (part for parts in places for part in parts):
            part.paint(layer, t)
    return layers


def wear(film: np.ndarray, take: Take) -> None:
    """Blur and grain of a poor recording, the same in every channel, so that hues stay."""
    if take.quality == "goo":
        return
    rng = np.random.default_rng(take.noise_seed)
    strength = 1.3 if take.quality == "med" else 3.0
    grain = np.rint(rng.normal(0, strength, (HEIGHT + 64, WIDTH + 64, 1))).astype(np.int16)
    grain = np.repeat(grain, 3, -1)
    for t, (y, x) in enumerate(rng.integers(0, 64, (len(film), 2))):
        picture = cv2.blur(film[t], (3, 3)) if take.quality == "bad" else film[t]
        noise = grain[y : y + HEIGHT, x : x + WIDTH]
        film[t] = cv2.add(picture, noise, dtype=cv2.CV_8U)
