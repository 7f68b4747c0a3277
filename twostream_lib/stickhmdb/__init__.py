"""StickHMDB, the embedded clip set: real .avi files with real split files, and known ceilings.

The library draws it in HMDB-51's format. Its evidence is graded and overlaps, as in real films, and
its classes are arranged so that neither stream alone can win, see `evidence`. Nothing gray tells
hues apart, since they have one luma; no single picture tells how fast or which way a thing goes,
since every motion goes round circles of phases and starts anywhere on them. A source has
one class, and its clips look alike, so a network can know its training clips by heart.
"""

from twostream_lib.stickhmdb import kinds
from twostream_lib.stickhmdb.actions import (
    ACTIONS,
    APPEARANCE_TWINS,
    CLASSES,
    JOINT_TWINS,
    MOTION_TWINS,
)
from twostream_lib.stickhmdb.ceilings import (
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
    "JOINT_TWINS",
    "MOTION_TWINS",
    "ceilings_in_words",
    "ceilings_of",
    "contact_sheet",
    "evidence",
    "is_stickhmdb",
    "kinds",
    "make_clips",
    "render",
]
