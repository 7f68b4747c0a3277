"""A folder of clips such as somebody makes who films at home, for a lesson about such folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from twostream_lib.clips.table import classes, test_clips

CLASSES, CLIPS = 4, 3  # in the folder, and in each of its classes


def copy_plainly(table: pd.DataFrame, folder: Path) -> list[Path]:
    """Copy a few test clips into ``folder/<class>/film<n>_<class>.<suffix>``; return the copies.

    They are of four classes that lie far apart in the alphabet, and of up to three sources each.
    Raises InputError when no test clip can be used.
    """
    names = classes(table)
    chosen = names[:: max(1, len(names) // CLASSES)][:CLASSES]
    clips = test_clips(table).drop_duplicates(["label", "source"])
    copies = []
    for label, group in clips[clips["label"].isin(chosen)].groupby("label"):
        (folder / label).mkdir(parents=True)
        for number, path in enumerate(map(Path, group["path"].head(CLIPS)), start=1):
            copy = folder / label / f"film{number}_{label}{path.suffix}"
            copies.append(Path(shutil.copy(path, copy)))
    return copies
