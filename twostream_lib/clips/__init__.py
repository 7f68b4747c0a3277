"""Which clips there are, which may be used, and which belong together: the clip table.

One row a clip, with the columns ``path, label, source, tag`` and the fields of an HMDB-51 file name
``body, camera, people, view, quality``. ``tag`` is HMDB-51's: 0 unused, 1 training, 2 test.
``source`` is the video that the clip was cut from. Clips of one source look alike, so whatever is
chosen on some of them must be tested on others: see ``leakage`` and ``folds``.
"""

from twostream_lib.clips.copies import copy_plainly
from twostream_lib.clips.holdout import folds, hold_out
from twostream_lib.clips.leaks import leakage
from twostream_lib.clips.probing import frame_times, probe_clips
from twostream_lib.clips.splitfiles import read, read_hmdb51, read_splits
from twostream_lib.clips.table import (
    HMDB_FIELDS,
    TEST,
    TRAINING,
    UNUSED,
    classes,
    names,
    training_clips,
)
from twostream_lib.clips.unlabelled import read_unlabelled

__all__ = [
    "HMDB_FIELDS",
    "TEST",
    "TRAINING",
    "UNUSED",
    "classes",
    "copy_plainly",
    "folds",
    "frame_times",
    "hold_out",
    "leakage",
    "names",
    "probe_clips",
    "read",
    "read_hmdb51",
    "read_splits",
    "read_unlabelled",
    "training_clips",
]
