"""All classes of StickHMDB on one page."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from twostream_lib.stickhmdb.actions import ACTIONS, draw_source, draw_take
from twostream_lib.stickhmdb.rendering import paint, told_of

# For each kind of action: a source that shows it well, the seconds that are shown, and what its
# classes have to do with each other.
SHEET = {
    "clubs": (14, 0.7, "Twelve with two clubs: hues and paces, each a matter of degree"),
    "seat": (15, 1.84, "Motion twins: the same pictures, forwards and backwards"),
    "snack": (13, 0.5, "Appearance twins: the same motion, another hue"),
    "ball": (16, 0.6, "Needs both streams: what a motion means depends on the hue"),
    "cloud": (14, 0.5, "What only three gray frames show, and what only flow shows"),
}


CELL = (176, 132)
LABELS, GAP, HEADING = 190, 5, 34
INK, PAPER, QUIET = (40, 40, 48), (250, 249, 246), (112, 110, 118)


def contact_sheet(columns: int = 3) -> np.ndarray:
    """All classes on one page, uint8 RGB ``[H, W, 3]``.

    Each class has a row of pictures, and time goes to the right. The acts with clubs are on the
    left, the others on the right, twins next to each other.
    """
    left = [label for label, action in ACTIONS.items() if action.place]
    halves = [half_page(left, columns), half_page([a for a in ACTIONS if a not in left], columns)]
    tallest = max(half.height for half in halves)
    page = Image.new("RGB", (sum(half.width for half in halves), tallest), PAPER)
    for number, half in enumerate(halves):
        page.paste(half, (number * halves[0].width, 0))
    return np.asarray(page)


def half_page(labels: list[str], columns: int) -> Image.Image:
    """Classes below each other, with a heading above each kind."""
    kinds = [ACTIONS[label].kind for label in labels]
    height = len(labels) * (CELL[1] + GAP) + len(set(kinds)) * HEADING + GAP
    page = Image.new("RGB", (LABELS + columns * (CELL[0] + GAP) + GAP, height), PAPER)
    pen, top = ImageDraw.Draw(page), GAP
    for number, (label, kind) in enumerate(zip(labels, kinds, strict=True)):
        if kind not in kinds[:number]:
            pen.text((14, top + 10), SHEET[kind][2], QUIET, ImageFont.load_default(15))
            top += HEADING
        write_label(pen, label, top)
        for column, picture in enumerate(sheet_row(label, columns)):
            page.paste(Image.fromarray(picture), (LABELS + column * (CELL[0] + GAP), top))
        top += CELL[1] + GAP
    return page


def write_label(pen: ImageDraw.ImageDraw, label: str, top: int) -> None:
    """A class's name, what one picture shows of it, and what moves."""
    middle = top + CELL[1] // 2
    pen.text((14, middle - 34), label, INK, ImageFont.load_default(19))
    pen.text((14, middle - 4), ACTIONS[label].shows, QUIET, ImageFont.load_default(14))
    pen.text((14, middle + 15), ACTIONS[label].gray, QUIET, ImageFont.load_default(14))


def sheet_row(label: str, columns: int) -> list[np.ndarray]:
    """Small pictures of one class, evenly spaced in time."""
    seed, seconds, _ = SHEET[ACTIONS[label].kind]
    source = replace(draw_source((seed,), ACTIONS[label].kind), body="f", vivid=1.0)
    take = draw_take((seed,), 0, source)
    take = replace(take, camera="nm", people=1, quality="goo", shift=(0.0, 0.0), coin=0)
    take = replace(take, frames=round(seconds * 30), period=2.0, phases=(0.03, 0.03))
    film = paint(source, take, told_of(label, (seed,), 0, source, take))
    picked = np.linspace(0, len(film) - 1, columns).round().astype(int)
    return [cv2.resize(film[t], CELL, interpolation=cv2.INTER_AREA) for t in picked]
