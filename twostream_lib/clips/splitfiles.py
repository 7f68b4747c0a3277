"""Split files, and the clip table with their tags: which clips train and which test.

HMDB-51 has files ``<class>_test_split<k>.txt``; a line is a clip's file name and its tag. UCF-101
has ``trainlist0<k>.txt`` and ``testlist0<k>.txt``; a line is ``<class>/<file name>``, and in the
training lists the class's number follows, as in ``classInd.txt``.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from twostream_lib.clips.holdout import hold_out
from twostream_lib.clips.table import (
    SPLIT_FOLDERS,
    TEST,
    TRAINING,
    UNUSED,
    as_table,
    first_three,
    parse_name,
    read_folder,
    stems,
)
from twostream_lib.errors import InputError

SPLITS = (1, 2, 3)
UCF_LINE = re.compile(r"(?P<label>[^/]+)/(?P<name>.+\.\w+)(\s+(?P<number>\d+))?")


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


def read_splits(splits: str | os.PathLike[str], split: int = 1) -> pd.DataFrame:
    """What a folder of HMDB-51's or UCF-101's split files lists, a row a clip.

    The columns are ``name, label, source, tag`` and the fields of an HMDB-51 name. Raises
    InputError for a missing folder, a split other than 1 to 3, no file for that split, and a line
    that is not what it should be.
    """
    check_split(split)
    folder = Path(splits)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the folder of the split files.")
    if is_ucf101(folder):
        return as_table(_ucf101_rows(folder, split), "name")
    return as_table(_hmdb51_rows(folder, split), "name")


def read_all(splits: str | os.PathLike[str]) -> dict[int, pd.DataFrame]:
    """``read_splits`` of each split that the folder has files for; InputError where it has none."""
    there = [split for split in SPLITS if _has_split(Path(splits), split)]
    return {split: read_splits(splits, split) for split in there or SPLITS[:1]}


def preview(splits: Path | None) -> str:
    """How a folder of split files begins: their number, and the first lines of the first one.

    Without such a folder it is a sentence on what is done instead.
    """
    if not splits:
        return "There are no split files, so about 70 % of the sources are taken for training."
    files = sorted(splits.glob("*.txt"))
    lines = files[0].read_text(encoding="utf-8", errors="backslashreplace").splitlines()[:4]
    return "\n".join([f"{len(files)} files. {files[0].name} begins:", *lines])


def find_splits(videos: Path) -> Path | None:
    """The folder of split files beside or inside a folder of videos, if there is one."""
    places = [place / name for place in (videos.parent, videos) for name in SPLIT_FOLDERS]
    return next((place for place in places if place.is_dir()), None)


def is_ucf101(splits: Path) -> bool:
    """Whether a folder holds UCF-101's lists."""
    return any((splits / name).is_file() for name in ("classInd.txt", "trainlist01.txt"))


def check_split(split: int) -> None:
    """Raises InputError unless the number of a split is 1, 2 or 3."""
    if split not in SPLITS:
        raise InputError(f"split is {split}: it must be 1, 2 or 3.")


def _has_split(folder: Path, split: int) -> bool:
    if is_ucf101(folder):
        return (folder / f"trainlist{split:02}.txt").is_file()
    return any(folder.glob(f"*_test_split{split}.txt"))


def _hmdb51_rows(folder: Path, split: int) -> list[dict]:
    ending = f"_test_split{split}.txt"
    files = sorted(path for path in folder.iterdir() if path.name.endswith(ending))
    if not files:
        raise InputError(f"{folder} has no file named <class>{ending}: choose the right folder.")
    return [
        {"name": name, **parse_name(name, path.name.removesuffix(ending)), "tag": tag}
        for path in files
        for name, tag in _hmdb51_lines(path)
    ]


def _hmdb51_lines(path: Path) -> Iterator[tuple[str, int]]:
    """(clip's file name, tag) of each line."""
    for number, line in _lines(path):
        parts = line.rsplit(maxsplit=1)
        if len(parts) != 2 or parts[1] not in {"0", "1", "2"}:
            raise InputError(
                f"{path}, line {number}, must be a clip's file name and a tag of 0, 1 or 2: "
                f"correct {line!r}."
            )
        yield parts[0], int(parts[1])


def _ucf101_rows(folder: Path, split: int) -> list[dict]:
    numbers = _class_numbers(folder / "classInd.txt")
    lists = {f"trainlist{split:02}.txt": TRAINING, f"testlist{split:02}.txt": TEST}
    return [
        {"name": name, **parse_name(name, label), "tag": tag}
        for file, tag in lists.items()
        for label, name in _ucf101_lines(folder / file, numbers)
    ]


def _ucf101_lines(path: Path, numbers: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(class, clip's file name) of each line; a class's number, where there is one, must fit."""
    for number, line in _lines(path):
        match = UCF_LINE.fullmatch(line.strip())
        known = numbers.get(match["label"]) if match else None
        if not match or known is None or match["number"] not in (None, known):
            raise InputError(
                f"{path}, line {number}, must be <class>/<file name>, perhaps with the class's "
                f"number, as classInd.txt has it: correct {line!r}."
            )
        yield match["label"], match["name"]


def _class_numbers(path: Path) -> dict[str, str]:
    """The number of each class."""
    numbers = {}
    for number, line in _lines(path):
        parts = line.split()
        if len(parts) != 2 or not parts[0].isdigit():
            raise InputError(
                f"{path}, line {number}, must be a number and a class: correct {line!r}."
            )
        numbers[parts[1]] = parts[0]
    return numbers


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, with their numbers."""
    if not path.is_file():
        raise InputError(f"{path} is not there: put it beside the other split files.")
    text = path.read_text(encoding="utf-8", errors="backslashreplace")
    return ((n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip())


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
