"""The head of StickHMDB's person: a picture drawn once, and pasted into every frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from twostream_lib.stickhmdb.looks import Look
from twostream_lib.stickhmdb.scenery import Colour, mix, shade


@dataclass
class Head:
    """A picture of the head, uint8 ``[S, S, 4]``, pasted into every frame at ``centre``."""

    depth: float
    picture: np.ndarray
    centre: np.ndarray
    nod: np.ndarray

    def paint(self, image: np.ndarray, frame: int) -> None:
        """Paste the head into one frame, as far as it lies inside."""
        if (found := self.paste(frame, image.shape[:2])) is None:
            return
        pasted, place = found
        under = image[place]
        veil = cv2.cvtColor(255 - pasted[..., 3], cv2.COLOR_GRAY2RGB)
        colours = cv2.cvtColor(pasted, cv2.COLOR_RGBA2RGB)
        under[:] = cv2.add(colours, cv2.multiply(under, veil, scale=1 / 255))

    def paste(self, frame: int, shape: tuple[int, ...]) -> tuple[np.ndarray, tuple] | None:
        """What is pasted into a frame of this height and width, and where; None outside of it."""
        size = len(self.picture)
        middle = size / 2 - 0.5
        corner = np.floor(self.centre[frame]).astype(int) - size // 2
        low, high = np.maximum(corner, 0), np.minimum(corner + size, shape[::-1])
        if np.any(low >= high):
            return None
        turn = cv2.getRotationMatrix2D((middle, middle), np.degrees(self.nod[frame]), 1)
        turn[:, 2] += self.centre[frame] - low - middle
        box = (int(high[0] - low[0]), int(high[1] - low[1]))
        pasted = cv2.warpAffine(self.picture, turn, box)
        return pasted, np.s_[low[1] : high[1], low[0] : high[0]]


def portrait(look: Look, yaw: float, radius: float) -> np.ndarray:
    """A head seen from ``yaw``: uint8 ``[S, S, 4]``, colour times opacity, and opacity."""
    fine = 3 if radius < 24 else 2
    size = 2 * int(np.ceil(1.75 * radius))
    span = (np.arange(size * fine) + 0.5) / fine - size / 2
    picture = np.zeros((size * fine, size * fine, 4), np.uint8)
    for mask, colour in Face(look, yaw, span / radius).layers(max(0.9, 0.07 * radius) * fine):
        picture[mask] = (*colour, 255)
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)


class Face:
    """A head of radius 1 as masks on a pixel grid: what is skin, hair, eye."""

    def __init__(self, look: Look, yaw: float, span: np.ndarray):
        self.look = look
        self.x, self.y = np.meshgrid(span, -span)
        self.cos, self.sin = np.cos(yaw), np.sin(yaw)
        self.skin = (self.x / 0.94) ** 2 + self.y**2 < 1
        deep = np.sqrt(np.maximum(1 - (self.x / 0.94) ** 2 - self.y**2, 0))
        self.ahead = self.x * self.cos + deep * self.sin

    def disc(self, x: float, y: float, width: float, height: float) -> np.ndarray:
        """An ellipse in the picture."""
        return ((self.x - x) / width) ** 2 + ((self.y - y) / height) ** 2 < 1

    def spot(self, ahead: float, up: float, right: float, width: float, height: float):
        """An ellipse around a place on the head, or nothing where that is turned away."""
        if ahead * self.sin + right * self.cos < 0.12:
            return np.zeros_like(self.skin)
        return self.disc(ahead * self.cos - right * self.sin, up, width, height)

    def layers(self, rim: float) -> list[tuple[np.ndarray, Colour]]:
        """Masks and their colours in the order of painting; ``rim`` is the dark edge in pixels."""
        look, (cap, loose) = self.look, self.hair()
        nose = self.disc(0.98 * self.cos, -0.12, 0.17, 0.17) & (self.sin > -0.3)
        whole = self.skin | loose
        found = [(grow(whole, rim), shade(look.hair, 0.6)), (loose, look.hair)]
        found += [(grow(self.skin | nose, rim), shade(look.skin, 0.62)), (nose, look.skin)]
        found += [(self.skin, look.skin), (cap & self.skin, look.hair)]
        if self.sin < -0.35:  # seen from behind, loose hair covers the head
            found.append((loose, look.hair))
        return found + self.features(nose)

    def features(self, nose: np.ndarray) -> list[tuple[np.ndarray, Colour]]:
        """Cheeks, ears, eyes, glasses, nose and mouth."""
        skin = self.look.skin
        blush = mix(skin, (214, 118, 118), 0.2)
        found: list[tuple[np.ndarray, Colour]] = []
        for side in (1, -1):
            found.append((self.spot(0.74, -0.28, 0.62 * side, 0.21, 0.15), blush))
            found.append((self.spot(0.05, -0.04, 0.98 * side, 0.15, 0.21), shade(skin, 0.85)))
            if self.look.glasses:
                found.append((self.spot(0.82, 0.07, 0.42 * side, 0.31, 0.31), (72, 68, 74)))
                found.append((self.spot(0.82, 0.07, 0.42 * side, 0.24, 0.24), shade(skin, 1.12)))
            found.append((self.spot(0.82, 0.07, 0.42 * side, 0.13, 0.18), (44, 38, 40)))
            found.append((self.spot(0.84, 0.14, 0.4 * side, 0.05, 0.06), (236, 236, 236)))
        if self.sin > 0.3:
            found.append((nose, shade(skin, 0.85)))
        smile = self.spot(0.88, -0.38, 0, 0.34, 0.24) & ~self.spot(0.88, -0.3, 0, 0.44, 0.24)
        return [*found, (smile & self.skin, shade(skin, 0.42))]

    def hair(self) -> tuple[np.ndarray, np.ndarray]:
        """Hair on the head's surface, and hair that hangs or stands away from it."""
        nothing = np.zeros_like(self.skin)
        style, back = self.look.hairstyle, -self.cos
        crown = 0.85 * self.y - 0.5 * self.ahead
        if style == "bald":
            return nothing, nothing
        if style == "cap":
            return self.y > 0.33, self.disc(0.9 * self.cos, 0.36, 0.6, 0.13) & (self.sin > -0.4)
        if style == "bun":
            return crown > 0.2, self.disc(0.75 * back, 0.95, 0.42, 0.42)
        if style == "long":
            return crown > 0.08, self.disc(0.5 * back, -0.35, 0.78, 1.05) & (self.y < 0.6)
        if style == "curly":
            turns = np.radians([20, 55, 90, 125, 160, 195])
            spots = [(0.18 * back + 0.9 * np.cos(a), 0.9 * np.sin(a)) for a in turns]
            return crown > 0.22, np.any([self.disc(x, y, 0.4, 0.4) for x, y in spots], axis=0)
        return crown > 0.18, nothing


def grow(mask: np.ndarray, pixels: float) -> np.ndarray:
    """A mask grown on all sides."""
    width = 2 * max(1, round(pixels)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return cv2.dilate(mask.astype(np.uint8), kernel) > 0
