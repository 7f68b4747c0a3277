"""Plans and clips that are decoded in a moment."""

from pathlib import Path

import numpy as np

from twostream_lib.data.plan import Plan

PLAN = Plan("images", size=(48, 64))
FAST = Plan("images", size=(24, 32))


def square_clip(frames: int = 40, speed: int = 2) -> np.ndarray:
    """uint8 RGB [frames, 96, 128, 3]: a red square that moves to the right."""
    pictures = np.full((frames, 96, 128, 3), 60, np.uint8)
    for t in range(frames):
        pictures[t, 30:60, 5 + speed * t : 25 + speed * t] = (220, 40, 40)
    return pictures


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of each file in a folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
