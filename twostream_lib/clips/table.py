"""The clip table: a folder of videos and its split files as one pandas DataFrame."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from twostream_lib.clips.folder import (
    TEST,
    TRAINING,
    UNUSED,
    first_three,
    read_folder,
    stems,
)
from twostream_lib.clips.holdout import hold_out
from twostream_lib.clips.splitfiles import check_split, find_splits, read_splits
from twostream_lib.errors import InputError


def read(
    videos: str | os.PathLike[str],
    splits: str | os.PathLike[str] | None = None,
    split: int = 1,
) -> pd.DataFrame:
    """The clip table of HMDB-51, UCF-101, StickHMDB or one's own clips, sorted by label and path.

    ``videos`` has one subfolder a class. ``splits`` has the split files of HMDB-51 or UCF-101 (see
    ``splitfiles``), and ``split`` is the number of the split. If ``splits`` is not given, a folder
    ``splits``, ``testTrainMulti_7030_splits`` or ``ucfTrainTestlist`` beside or inside ``videos``
    is taken. If there is none, a warning says so, and about 70 % of the clips become training
    clips, whole sources at a time. Clips that no split file lists have tag 0.

    Raises InputError for a missing or empty folder, for split files that name absent clips or
    classes, for a class without a split file, and, where there are no split files, for clips that
    all come from one source.
    """
    folder = Path(videos).absolute()
    table = read_folder(folder)
    found = Path(splits) if splits else find_splits(folder)
    if found:
        return _tagged(table, read_splits(found, split), folder, found)
    check_split(split)
    warnings.warn(
        f"{folder} has no split files: about 70 % of its sources are taken for training.",
        stacklevel=2,
    )
    return table.assign(tag=np.where(hold_out(table, split, fraction=0.3), TEST, TRAINING))


def read_hmdb51(
    videos: str | os.PathLike[str],
    splits: str | os.PathLike[str] | None = None,
    split: int = 1,
) -> pd.DataFrame:
    """The same as ``read``: the clip table of HMDB-51, or of a folder that is laid out like it."""
    return read(videos, splits, split)


def training_clips(table: pd.DataFrame, tags: Collection[int] = (TRAINING,)) -> pd.DataFrame:
    """The rows with one of ``tags``, without the clips that probing found unusable.

    Raises InputError when none is left. The paper trains on tags 0 and 1: see ``leakage``.
    """
    return _usable(table, tags, "training")


def test_clips(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with tag 2, without unusable clips; raises InputError when none is left."""
    return _usable(table, (TEST,), "test")


def classes(table: pd.DataFrame) -> list[str]:
    """The labels of the table, sorted: a label's place in the list is its class index."""
    return sorted(table["label"].unique())


def _tagged(table: pd.DataFrame, listed: pd.DataFrame, folder: Path, splits: Path) -> pd.DataFrame:
    """The table with the tags of the split files, which must fit it."""
    _check_classes(set(table["label"]), set(listed["label"]), folder, splits)
    tags = dict(zip(stems(listed, "name"), listed["tag"], strict=True))
    keys = stems(table)
    absent = sorted(f"{label}/{stem}" for label, stem in tags.keys() - set(keys))
    if absent:
        raise InputError(
            f"{len(absent)} clips that {splits} lists are not in {folder} "
            f"({first_three(absent)}): fetch them, or take them out of the split files."
        )
    return table.assign(tag=[tags.get(key, UNUSED) for key in keys])


def _check_classes(present: set[str], listed: set[str], folder: Path, splits: Path) -> None:
    if unknown := sorted(listed - present):
        raise InputError(
            f"{splits} lists {len(unknown)} classes that have no clips in {folder} "
            f"({first_three(unknown)}): fetch them, or take their split files away."
        )
    if without := sorted(present - listed):
        raise InputError(
            f"{splits} has no split file for {len(without)} classes of {folder} "
            f"({first_three(without)}): add the files, or take the folders away."
        )


def _usable(table: pd.DataFrame, tags: Collection[int], purpose: str) -> pd.DataFrame:
    chosen = table[table["tag"].isin(list(tags))]
    usable = chosen[chosen["ok"]] if "ok" in chosen else chosen
    if usable.empty:
        raise InputError(
            f"None of the {len(chosen)} {purpose} clips can be used: check the split files, "
            "and the column `why` of the clip table."
        )
    return usable
