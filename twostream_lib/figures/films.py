"""Films and clip sets at a glance: some moments of each film, some pictures of each class."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pandas as pd

from twostream_lib import stickhmdb, video
from twostream_lib.clips.table import readable
from twostream_lib.figures.display import Picture
from twostream_lib.figures.pictures import frames_strip, grid
from twostream_lib.figures.style import STYLE

MOMENTS = 5  # of a film
MOST_CLASSES = 12  # of clips that are not drawn; HMDB-51 has four times as many
THUMBNAIL = (160, 120)  # width and height, pixels
TITLE = 40  # pixels above the sheet


def film_rows(films: Mapping[str, np.ndarray], title: str) -> Picture:
    """Five moments of each film in a row under its name, and time runs to the right.

    films: uint8 [T, H, W] or [T, H, W, 3] each, all of one length and size.
    """
    frames = len(next(iter(films.values())))
    first = frames // 20  # at its very ends a film of a loop may have leapt
    moments = np.linspace(first, frames - 1 - first, MOMENTS).round().astype(int)
    rows = [[film[moment] for moment in moments] for film in films.values()]
    return grid(rows, list(films), [f"frame {moment}" for moment in moments], title)


def classes_shown(table: pd.DataFrame) -> Picture:
    """What the classes of a probed clip table look like.

    StickHMDB's stand in rows of frames, twins together. Of other clips it is the middle frame
    of one clip a class, for the first twelve classes. Raises InputError if no clip can be read.
    """
    whole = readable(table)
    if stickhmdb.is_stickhmdb(Path(whole["path"].iloc[0]).parents[1]):
        return _sheet()
    one_each = whole.groupby("label").head(1).head(MOST_CLASSES)
    middle = [_middle_frame(clip.path, clip.frames) for clip in one_each.itertuples()]
    title = f"The middle frame of a clip of each of {len(one_each)} classes"
    return frames_strip(np.stack(middle), list(one_each["label"]), title)


def _middle_frame(path: str, frames: int) -> np.ndarray:
    return cv2.resize(video.decode(path, [frames // 2], THUMBNAIL[0] * 4)[0], THUMBNAIL)


@matplotlib.rc_context(STYLE | {"figure.constrained_layout.use": False})
def _sheet() -> Picture:
    """StickHMDB's contact sheet, pixel for pixel, under a title."""
    sheet = stickhmdb.contact_sheet()
    height, width = sheet.shape[:2]
    figure = Picture(figsize=(width / 100, (height + TITLE) / 100))
    figure.figimage(sheet, origin="upper")
    title = f"The {len(stickhmdb.CLASSES)} classes of StickHMDB, and time runs to the right"
    figure.suptitle(title, y=1 - TITLE / 4 / (height + TITLE))
    return figure.described(
        "A row of frames for each class, twins together: " + ", ".join(stickhmdb.ACTIONS)
    )
