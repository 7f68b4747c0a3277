"""Plans and clips that are decoded in a moment."""

from pathlib import Path

import numpy as np
import pandas as pd

from twostream_lib.data.plan import Plan

PLAN = Plan("images", size=(48, 64))
FAST = Plan("images", size=(24, 32))

# The classes of clips for mode 1, and the height and width of its samples.
CLASSES = ["run", "walk"]
SIZE = (32, 40)


def square_clip(frames: int = 40, speed: int = 2) -> np.ndarray:
    """uint8 RGB [frames, 96, 128, 3]: a red square that moves to the right."""
    pictures = np.full((frames, 96, 128, 3), 60, np.uint8)
    for t in range(frames):
        pictures[t, 30:60, 5 + speed * t : 25 + speed * t] = (220, 40, 40)
    return pictures


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of each file in a folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def table_of(lengths, paths=None, classes=CLASSES):
    """A clip table; two clips in a row are of one source."""
    rows = [
        {
            "path": str(paths[i]) if paths else f"/clips/{i}.avi",
            "label": classes[i // 2 % len(classes)],
            "source": f"s{i // 2}",
            "frames": frames,
            "width": 64,
            "height": 48,
            "times": "",
        }
        for i, frames in enumerate(lengths)
    ]
    return pd.DataFrame(rows)
