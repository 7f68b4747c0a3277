"""Pairs of frames whose motion is known, and the error of a flow that was estimated between them.

Nobody knows the true flow of a real film. Here are two kinds of pairs whose flow is known: any
frame, shifted and turned by a known map; and two neighbouring frames of a StickHMDB clip as they
are drawn, before wear and encoding. The truth of the second kind comes from `true_flow`.
"""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from twostream_lib.errors import InputError
from twostream_lib.stickhmdb import true_flow
from twostream_lib.stickhmdb.actions import ACTIONS

SHIFT = (3.0, -2.0)  # pixels to the right and down
TURN = 2.0  # degrees, against the clock, about the middle of the frame
PAN = 2  # pixels a frame
MOVING = 0.5  # pixels a step; what is slower counts as still
FEWEST = 200  # pixels that move, or a pair says nothing of motion
FIRST_SEED = 100  # of the pairs of each action

# Label, seed and take of a clip, and the first of the two frames, counted in forward time.
DRAWN: dict[str, tuple[str, int, int, int]] = {
    "sit, still camera": ("sit", 25, 0, 30),
    "wave, still camera": ("wave", 13, 0, 23),
    "drink, moving camera": ("drink", 10, 0, 20),
}


class Pair(NamedTuple):
    """Two frames, uint8 ``[2, H, W]``, with their true flow.

    ``truth`` is float32 ``[H, W, 2]``: u to the right and v down, in pixels, at the pixels of the
    first frame. It holds where ``known``, bool ``[H, W]``.
    """

    name: str
    frames: np.ndarray
    truth: np.ndarray
    known: np.ndarray


def pairs(gray: np.ndarray) -> list[Pair]:
    """The frame ``gray``, uint8 ``[H, W]``, shifted and turned, and the pairs of `DRAWN`.

    Raises InputError for anything but a gray frame.
    """
    return [*warped(gray), *drawn()]


def warped(gray: np.ndarray) -> list[Pair]:
    """One frame, uint8 ``[H, W]``, shifted by `SHIFT`, and turned by `TURN`.

    What leaves the frame is unknown. Raises InputError for anything but a gray frame.
    """
    if gray.ndim != 2 or gray.dtype != np.uint8:
        raise InputError(
            f"Known motion is made of one gray frame, uint8 [H, W], not {gray.dtype} "
            f"{list(gray.shape)}; take one from video.decode_gray."
        )
    height, width = gray.shape
    shift = np.array([[1, 0, SHIFT[0]], [0, 1, SHIFT[1]]])
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), TURN, 1)
    return [warp("a shift", gray, shift), warp("a turn", gray, turn)]


def warp(name: str, gray: np.ndarray, matrix: np.ndarray) -> Pair:
    """A frame, uint8 ``[H, W]``, and what becomes of it when each place (x, y, 1) moves to
    ``matrix``, ``[2, 3]``, times it; what leaves the frame is unknown.
    """
    height, width = gray.shape
    after = cv2.warpAffine(
        gray, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    rows, columns = np.indices(gray.shape)
    there = np.stack([columns, rows, np.ones_like(rows)], -1) @ matrix.T
    known = ((there >= 0) & (there <= [width - 1, height - 1])).all(-1)
    truth = (there - np.stack([columns, rows], -1)).astype(np.float32)
    return Pair(name, np.stack([gray, after]), truth, known)


def drawn() -> list[Pair]:
    """The pairs of `DRAWN`, of 240 x 320 pixels."""
    return [_drawn(name, *row) for name, row in DRAWN.items()]


def of_each_action(takes: int = 2) -> list[Pair]:
    """Pairs as `drawn` has them, of each take of each action in which something moves."""
    pairs = [
        _drawn(f"{label}, take {take}", label, FIRST_SEED + number, take, number % 20 + 10)
        for number, label in enumerate(ACTIONS)
        for take in range(takes)
    ]
    return [pair for pair in pairs if moving(pair).sum() > FEWEST]


def _drawn(name: str, label: str, seed: int, take: int, frame: int) -> Pair:
    scene = true_flow.scene_of(label, seed, take)
    two = [cv2.cvtColor(scene.frame(t), cv2.COLOR_RGB2GRAY) for t in (frame, frame + 1)]
    return Pair(name, np.stack(two), *true_flow.Truth(scene).flow(frame, frame + 1))


def panned(gray: np.ndarray) -> np.ndarray:
    """The film ``gray``, uint8 ``[T, H, W]``, under a camera that pans to the right.

    A window that moves on by `PAN` pixels a frame, and is narrower by as much in all: up to 16
    frames, uint8 ``[T, H, W - 16 * PAN]``. What stands still moves to the left by `PAN`.
    """
    width = gray.shape[2] - 16 * PAN
    return np.stack([frame[:, PAN * i : PAN * i + width] for i, frame in enumerate(gray[:16])])


def under_a_moving_camera(path: str | None, gray: np.ndarray) -> tuple[np.ndarray, str]:
    """A film whose camera moves, uint8 ``[T, H, W]``, and in words where it is from.

    It is the first ten seconds of the clip at ``path``, its longer side at most 640 pixels. Where
    there is none, because no file name says that a camera moves, it is the film ``gray``, uint8
    ``[T, H, W]``, panned as `panned` does it.
    """
    if path is None:
        return panned(gray), "No name says so: our own clip, panned"
    # Whoever measures the error of a flow alone does without PyAV.
    from twostream_lib import video

    count, _ = video.beginning(path, 10)
    return video.decode_gray(path, range(count), 640), Path(path).name


def moving(pair: Pair) -> np.ndarray:
    """The known pixels that move by more than `MOVING`, bool ``[H, W]``."""
    return pair.known & (np.linalg.norm(pair.truth, axis=-1) > MOVING)


def end_point_error(found: np.ndarray, truth: np.ndarray, known: np.ndarray) -> float:
    """How far the ends of two fields of arrows are apart, in pixels, on average over ``known``.

    Both fields are ``[H, W, 2]``, ``known`` is bool ``[H, W]``. Otte and Nagel (1994) measured so,
    and the benchmark of Baker et al. (IJCV 2011) does. Raises InputError for fields of different
    shapes, and where nothing is known.
    """
    return float(end_point_errors(found, truth, known).mean())


def end_point_errors(found: np.ndarray, truth: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The same for each known pixel, float ``[N]``; raises as `end_point_error`."""
    if found.shape != truth.shape or known.shape != truth.shape[:-1]:
        raise InputError(
            f"The flow is {list(found.shape)}, the truth {list(truth.shape)} and what is known of "
            f"it {list(known.shape)}; give [H, W, 2] twice, and [H, W]."
        )
    if not known.any():
        raise InputError("The truth is known at no pixel; take another pair.")
    return np.linalg.norm(found - truth, axis=-1)[known]
