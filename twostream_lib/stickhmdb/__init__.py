"""StickHMDB, the embedded clip set: real .avi files with real split files, and known ceilings.

The library draws it in HMDB-51's format. Its classes are arranged so that neither stream alone can
win. Motion twins are each other played backwards, so no single picture tells them apart.
Appearance twins differ in one hue, and both hues have the same luma, so nothing gray tells them
apart. Twins are cut from the same films, clip for clip: where one is tested, so is the other.
Every motion goes round a circle of phases and starts anywhere on it. So the frame at a fixed time
of a clip shows every phase equally often, whichever twin it is.
"""

from twostream_lib.stickhmdb.actions import ACTIONS, APPEARANCE_TWINS, CLASSES, MOTION_TWINS
from twostream_lib.stickhmdb.ceilings import (
    bayes_accuracy,
    ceilings_in_words,
    ceilings_of,
    evidence,
)
from twostream_lib.stickhmdb.clipset import is_stickhmdb, make_clips
from twostream_lib.stickhmdb.rendering import render
from twostream_lib.stickhmdb.sheet import contact_sheet

__all__ = [
    "ACTIONS",
    "APPEARANCE_TWINS",
    "CLASSES",
    "MOTION_TWINS",
    "bayes_accuracy",
    "ceilings_in_words",
    "ceilings_of",
    "contact_sheet",
    "evidence",
    "is_stickhmdb",
    "make_clips",
    "render",
]
