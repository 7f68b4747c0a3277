"""A folder of clips such as somebody makes who films at home, for a lesson about such folders."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pandas as pd

from twostream_lib.clips.table import TEST, classes, training_clips

CLASSES, CLIPS = 4, 3  # in the folder, and in each of its classes


def copy_plainly(table: pd.DataFrame, folder: Path) -> list[Path]:
    """Copy a few test clips into ``folder/<class>/film<n>_<class>.<suffix>``; return the copies.

    They are of up to four classes that lie far apart in the alphabet, and of up to three sources
    each. The films are numbered in turn, through all classes: so the copies come from several films
    even where each class has only one test source, and a split by films has two parts. Where fewer
    than two test clips can be used, training clips are copied as well.

    Raises InputError when no clip can be used.
    """
    names = classes(table)
    chosen = names[:: max(1, len(names) // CLASSES)][:CLASSES]
    clips = first_of_sources(table[table["tag"] == TEST])
    if len(clips[clips["label"].isin(chosen)]) < 2:
        clips = pd.concat([clips, first_of_sources(training_clips(table))])
    copies, numbers = [], itertools.cycle(range(1, CLIPS + 1))
    for label, group in clips[clips["label"].isin(chosen)].groupby("label"):
        (folder / label).mkdir(parents=True)
        for path in map(Path, group["path"].head(CLIPS)):
            copy = folder / label / f"film{next(numbers)}_{label}{path.suffix}"
            copies.append(Path(shutil.copy(path, copy)))
    return copies


def first_of_sources(clips: pd.DataFrame) -> pd.DataFrame:
    """The first clip of each source of each class, of those that can be used."""
    return clips[clips["ok"]].drop_duplicates(["label", "source"])
