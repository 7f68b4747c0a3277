"""The places of StickHMDB: muted colours and painted backgrounds.

A background is uint8 RGB ``[H, W, 3]``. No place has a saturated colour: these are kept for the
things that tell classes apart. The one exception is the playing field, which is such a thing.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import cv2
import numpy as np

Colour = tuple[float, float, float]
Number = float | np.number
LUMA = np.array([0.299, 0.587, 0.114])  # BT.601


def shade(colour: Colour, factor: float) -> Colour:
    """A colour made darker or lighter; its hue stays where nothing is clipped."""
    r, g, b = (float(min(255.0, max(0.0, c * factor))) for c in colour)
    return r, g, b


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """A colour with a share of another one in it."""
    r, g, b = ((1 - share) * p + share * q for p, q in zip(colour, other, strict=True))
    return r, g, b


def with_luma(colour: Colour, luma: float) -> Colour:
    """The same hue at a given BT.601 luma."""
    return shade(colour, luma / float(LUMA @ np.asarray(colour)))


def tint(hue: float, strength: float, luma: float) -> Colour:
    """A colour from its hue (0 to 1), saturation (0 to 1) and BT.601 luma."""
    r, g, b = colorsys.hsv_to_rgb(hue, strength, 1.0)
    return with_luma((255 * r, 255 * g, 255 * b), luma)


def on_circle(degrees: float, luma: float, strength: float) -> Colour:
    """A colour on a circle of hues that all have one BT.601 luma: nothing gray tells them apart.

    ``strength`` is the radius in the plane of Cb and Cr; 0 degrees are blue, 90 red, 180 yellow.
    """
    cb, cr = strength * np.cos(np.radians(degrees)), strength * np.sin(np.radians(degrees))
    green = luma - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587
    return float(luma + 1.402 * cr), float(green), float(luma + 1.772 * cb)


WOOD = (0.06, 0.12)


def muted(
    rng: np.random.Generator,
    low: float,
    high: float,
    strength: float = 0.2,
    hues: tuple[float, float] = (0.0, 1.0),
) -> Colour:
    """A random dull colour: luma between ``low`` and ``high``, saturation up to ``strength``."""
    hue, saturation = rng.uniform(*hues), rng.uniform(0.3, 1.0) * strength
    return tint(hue, saturation, rng.uniform(low, high))


class Canvas:
    """A background being painted; ``floor`` is the row where wall or sky meets the ground."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], floor: int):
        self.rng, self.floor = rng, floor
        self.height, self.width = size
        self.image = np.zeros((*size, 3), np.uint8)

    def gradient(self, top: int, bottom: int, above: Colour, below: Colour) -> None:
        """A vertical gradient between two rows."""
        share = np.linspace(0, 1, max(bottom - top, 1))[:, None]
        rows = (1 - share) * above + share * np.asarray(below)
        rows = rows[max(-top, 0) :]
        top = max(top, 0)
        self.image[top:bottom] = np.rint(rows)[: max(self.height - top, 0), None][: bottom - top]

    def box(self, x: Number, y: Number, width: Number, height: Number, colour: Colour) -> None:
        """A filled rectangle."""
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        self.polygon(corners, colour)

    def polygon(self, corners, colour: Colour) -> None:
        """A filled polygon of (x, y) corners."""
        points = np.rint(np.asarray(corners, float) * 16).astype(np.int32)
        cv2.fillPoly(self.image, [points], colour, cv2.LINE_AA, 4)

    def blob(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """A filled ellipse."""
        centre, axes = (round(x * 16), round(y * 16)), (round(rx * 16), round(ry * 16))
        cv2.ellipse(self.image, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA, 4)


def room(canvas: Canvas) -> None:
    """A living room: wallpaper, a window, a picture and floor boards."""
    rng, floor = canvas.rng, canvas.floor
    wall = muted(rng, 165, 205)
    canvas.gradient(0, floor, shade(wall, 1.04), shade(wall, 0.95))
    step = rng.uniform(22, 40)
    for x in np.arange(rng.uniform(0, step), canvas.width, step):
        canvas.box(x, 0, step * 0.4, floor, shade(wall, 0.965))
    boards(canvas, muted(rng, 145, 170, 0.3, WOOD))
    canvas.box(0, floor - 9, canvas.width, 9, shade(wall, 0.8))
    window(canvas, rng.uniform(10, 200), floor - rng.uniform(120, 140), 74, 84)
    x, y = rng.uniform(120, 300), floor - rng.uniform(115, 145)
    canvas.box(x, y, 46, 36, shade(wall, 0.55))
    canvas.box(x + 4, y + 4, 38, 28, muted(rng, 150, 200))
    canvas.blob(x + 16, y + 24, 10, 7, muted(rng, 110, 150))


def boards(canvas: Canvas, wood: Colour) -> None:
    """A floor of boards that run towards the vanishing point."""
    floor = canvas.floor
    canvas.gradient(floor, canvas.height, shade(wood, 0.9), shade(wood, 1.06))
    middle = canvas.width / 2
    for x in np.arange(-400, canvas.width + 400, 46):
        foot = middle + (x - middle) * 1.9
        canvas.polygon(
            [(x, floor), (x + 1.2, floor), (foot + 2.4, canvas.height), (foot, canvas.height)],
            shade(wood, 0.8),
        )


def window(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    """A window with a pale sky."""
    rng = canvas.rng
    canvas.box(x - 5, y - 5, width + 10, height + 10, muted(rng, 195, 215, 0.08))
    sky = muted(rng, 195, 215, 0.12)
    canvas.box(x, y, width, height, sky)
    canvas.blob(x + width * 0.3, y + height * 0.3, width * 0.2, height * 0.1, shade(sky, 1.1))
    canvas.box(x + width / 2 - 2, y, 4, height, muted(rng, 195, 215, 0.08))
    canvas.box(x, y + height / 2 - 2, width, 4, muted(rng, 195, 215, 0.08))


def gym(canvas: Canvas) -> None:
    """A gym: high windows, wall bars, a mat and painted lines."""
    rng, floor = canvas.rng, canvas.floor
    wall = muted(rng, 160, 195, 0.14)
    canvas.gradient(0, floor, shade(wall, 0.98), wall)
    for x in np.arange(rng.uniform(-30, 10), canvas.width, 62):
        canvas.box(x, floor - 165, 46, 40, muted(rng, 205, 218, 0.08))
    wood = muted(rng, 145, 165, 0.3, WOOD)
    start = rng.uniform(0, canvas.width - 110)
    for y in np.arange(floor - 100, floor - 8, 13):
        canvas.box(start, y, 92, 4, wood)
    for x in (start, start + 44, start + 88):
        canvas.box(x, floor - 106, 5, 106, shade(wood, 0.85))
    boards(canvas, muted(rng, 150, 175, 0.3, WOOD))
    left, right = floor + rng.uniform(14, 26), canvas.width
    line = [(0, left), (right, left + 12), (right, left + 16), (0, left + 3)]
    canvas.polygon(line, wall)


def sky(canvas: Canvas) -> None:
    """A pale sky with clouds, down to the horizon."""
    rng = canvas.rng
    blue = tint(rng.uniform(0.53, 0.63), rng.uniform(0.1, 0.25), rng.uniform(175, 205))
    canvas.gradient(0, canvas.floor, blue, shade(blue, 1.1))
    for _ in range(rng.integers(2, 5)):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0.05, 0.5) * canvas.floor
        for dx, r in ((-16, 9), (0, 14), (17, 10), (5, 8)):
            canvas.blob(x + dx, y + 4 - 0.3 * r, r * 1.3, r * 0.8, (226, 226, 226))


def hills(canvas: Canvas, rise: float) -> None:
    """Two ranges of hills on the horizon."""
    rng = canvas.rng
    x = np.arange(0, canvas.width + 8, 8)
    for k, luma in enumerate((182, 165)):
        wave = np.sin(x / rng.uniform(38, 70) + rng.uniform(0, 6))
        wave = wave + 0.5 * np.sin(x / rng.uniform(15, 30) + rng.uniform(0, 6))
        top = canvas.floor - rise * (1.2 - 0.5 * k) - wave * rise * 0.35
        shape = [*zip(x, top, strict=True), (canvas.width + 8, canvas.floor), (0, canvas.floor)]
        canvas.polygon(shape, tint(rng.uniform(0.2, 0.5), 0.16, luma))


def tree(canvas: Canvas, x: float, size: float) -> None:
    """A round tree on the horizon, in muted green."""
    rng = canvas.rng
    green = tint(rng.uniform(0.2, 0.36), 0.26, rng.uniform(140, 160))
    y = canvas.floor + 4
    canvas.box(x - size * 0.07, y - size * 0.6, size * 0.14, size * 0.6, (112, 98, 86))
    for dx, dy, r in ((-0.22, 0.72, 0.27), (0.22, 0.7, 0.27), (0, 0.95, 0.32), (0, 0.7, 0.3)):
        canvas.blob(x + dx * size, y - dy * size, r * size, r * size, green)
    canvas.blob(x - 0.08 * size, y - 1.02 * size, 0.17 * size, 0.14 * size, shade(green, 1.1))


def park(canvas: Canvas) -> None:
    """A park: hills, trees and a gravel ground."""
    rng = canvas.rng
    sky(canvas)
    hills(canvas, rng.uniform(14, 26))
    for x in rng.uniform(0, canvas.width, rng.integers(3, 6)):
        tree(canvas, x, rng.uniform(55, 95))
    ground = muted(rng, 150, 175, 0.16)
    canvas.gradient(canvas.floor, canvas.height, shade(ground, 0.92), shade(ground, 1.05))
    for _ in range(30):
        x, y = rng.uniform(0, canvas.width), rng.uniform(canvas.floor + 4, canvas.height)
        canvas.blob(x, y, 3, 1.2, shade(ground, rng.uniform(0.86, 1.08)))


def street(canvas: Canvas) -> None:
    """A street: houses with lit windows, a pavement and a kerb."""
    rng, floor = canvas.rng, canvas.floor
    sky(canvas)
    x = -rng.uniform(0, 40)
    while x < canvas.width:
        width, height = rng.uniform(55, 95), rng.uniform(90, 170)
        front = muted(rng, 155, 190, 0.24)
        canvas.box(x, floor - height, width, height, front)
        canvas.box(x, floor - height, width, 6, shade(front, 0.8))
        for wx in np.arange(x + 10, x + width - 16, 22):
            for wy in np.arange(floor - height + 16, floor - 34, 30):
                canvas.box(wx, wy, 12, 17, shade(front, 0.8 if rng.uniform() < 0.7 else 1.15))
        x += width + rng.choice([0, 0, 6])
    ground = muted(rng, 140, 165, 0.06)
    canvas.gradient(floor, canvas.height, shade(ground, 1.08), ground)
    canvas.box(0, floor + 12, canvas.width, 3, shade(ground, 0.8))
    for x in np.arange(rng.uniform(0, 60), canvas.width, 60):
        canvas.box(x, floor, 1.5, 12, shade(ground, 0.85))


def beach(canvas: Canvas) -> None:
    """A beach: sea with a boat, sand and a parasol."""
    rng, floor = canvas.rng, canvas.floor
    sky(canvas)
    sea = tint(rng.uniform(0.48, 0.58), 0.25, rng.uniform(140, 165))
    canvas.gradient(floor - 42, floor, sea, shade(sea, 1.12))
    for _ in range(14):
        x, y = rng.uniform(0, canvas.width), rng.uniform(floor - 38, floor - 4)
        canvas.box(x, y, rng.uniform(8, 24), 1.3, shade(sea, 1.15))
    x = rng.uniform(20, canvas.width - 40)
    y = floor - 44
    canvas.polygon([(x, y), (x + 30, y), (x + 24, y + 6), (x + 5, y + 6)], (120, 108, 100))
    canvas.polygon([(x + 14, y - 3), (x + 14, y - 30), (x + 30, y - 5)], (222, 220, 214))
    sand = tint(rng.uniform(0.1, 0.13), 0.24, rng.uniform(175, 195))
    canvas.gradient(floor, canvas.height, shade(sand, 0.94), shade(sand, 1.04))
    x = rng.uniform(20, canvas.width - 20)
    canvas.box(x - 1.5, floor - 50, 3, 62, (140, 130, 122))
    for left in range(-40, 40, 20):
        foot = [(x + left, floor - 40), (x + left + 20, floor - 40)]
        canvas.polygon([(x, floor - 66), *foot], muted(rng, 165, 205, 0.25))


def library(canvas: Canvas) -> None:
    """A library: shelves of books in quiet colours, and a carpet."""
    rng, floor = canvas.rng, canvas.floor
    wood = muted(rng, 150, 165, 0.28, WOOD)
    canvas.gradient(0, floor, wood, shade(wood, 0.92))
    for top in np.arange(floor - 46, -50, -44):
        canvas.box(0, top, canvas.width, 36, shade(wood, 0.86))
        x = -rng.uniform(0, 8)
        while x < canvas.width:
            width, height = rng.uniform(5, 11), rng.uniform(24, 33)
            if rng.uniform() < 0.92:
                canvas.box(x, top + 36 - height, width - 0.8, height, muted(rng, 158, 192, 0.2))
            x += width
    carpet = muted(rng, 140, 165, 0.2)
    canvas.gradient(floor, canvas.height, shade(carpet, 0.9), shade(carpet, 1.05))
    canvas.box(0, floor - 6, canvas.width, 6, shade(wood, 0.8))


def field(canvas: Canvas, ground: Colour) -> None:
    """A playing field whose ground has a hue of its own, mown in stripes, below trees and hills."""
    rng = canvas.rng
    sky(canvas)
    hills(canvas, rng.uniform(12, 24))
    for x in rng.uniform(0, canvas.width, rng.integers(2, 6)):
        tree(canvas, x, rng.uniform(36, 60))
    canvas.gradient(canvas.floor, canvas.height, shade(ground, 0.97), shade(ground, 1.03))
    middle, lean = rng.uniform(60, canvas.width - 60), rng.uniform(2.0, 3.0)
    for k in range(-9, 10, 2):
        top = [(middle + 34 * (k + d), canvas.floor) for d in (0, 1)]
        foot = [(middle + 34 * lean * (k + d), canvas.height) for d in (1, 0)]
        canvas.polygon([*top, *foot], shade(ground, 0.94))


PLACES: dict[str, Callable[[Canvas], None]] = {
    "room": room,
    "gym": gym,
    "park": park,
    "street": street,
    "beach": beach,
    "library": library,
}
