"""Split files, and the clip table with their tags: which clips train and which test.

HMDB-51 has files ``<class>_test_split<k>.txt``; a line is a clip's file name and its tag. UCF-101
has ``trainlist0<k>.txt`` and ``testlist0<k>.txt``; a line is ``<class>/<file name>``, and in the
training lists the class's number follows, as in ``classInd.txt``, which may be absent. The lists
may be in UTF-8, UTF-16 or UTF-32, with any ends of lines.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twostream_lib.clips.folders import SPLIT_FOLDERS, has_films, is_system
from twostream_lib.clips.holdout import hold_out
from twostream_lib.clips.matching import NOT_THERE, difference, match
from twostream_lib.clips.table import (
    TEST,
    TRAINING,
    UNUSED,
    as_table,
    names,
    parse_name,
    read_folder,
    without_suffix,
)
from twostream_lib.clips.texts import composed, first_three, quoted, read_lines
from twostream_lib.errors import InputError, cause_of, shown

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
    is taken, unless it has films. If there is none, a warning says so, and about 70 % of the clips
    become training clips, whole sources at a time. Clips that no split file lists have tag 0.

    Raises InputError for a missing or empty folder, for a split other than 1, 2 and 3, for split
    files that name absent clips or classes or give a clip two tags, for a class without a split
    file, and, where there are no split files, for clips that all come from one source, or one clip
    of each label.
    """
    folder = Path(videos).absolute()
    table = read_folder(folder)
    found = Path(splits) if splits else find_splits(folder)
    if found:
        return _tagged(table, read_splits(found, split), folder, found)
    check_split(split)
    warnings.warn(
        f"{folder} has no split files: about 70 % of its clips are taken for training, whole "
        "sources at a time.",
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

    The columns are ``name, label, source, tag`` and the fields of an HMDB-51 name. A clip that is
    listed twice with one tag is there once. Raises InputError for a missing folder, a split other
    than 1 to 3, no file for that split, a file that is no text, a line that is not what it should
    be, and a clip with two tags.
    """
    check_split(split)
    folder = Path(splits)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the folder of the split files.")
    listed = _ucf101_lists(folder, split) if is_ucf101(folder) else _hmdb51_lists(folder, split)
    return as_table(_each_once(listed, folder), "name")


def read_all(splits: str | os.PathLike[str]) -> dict[int, pd.DataFrame]:
    """``read_splits`` of each split that the folder has files for; InputError where it has none."""
    there = [split for split in SPLITS if _has_split(Path(splits), split)]
    return {split: read_splits(splits, split) for split in there or SPLITS[:1]}


def preview(splits: Path | None) -> str:
    """How a folder of split files begins: their number, and the first lines of the first one.

    Without such a folder it is a sentence on what is done instead.
    """
    if not splits:
        return (
            "There are no split files, so about 70 % of the clips are taken for training, whole "
            "sources at a time."
        )
    files = [file for file in _files(splits) if file.suffix == ".txt"]
    if not files:
        return f"{shown(splits.name)} has no split files."
    lines = [shown(line) for _, line in read_lines(files[0])[:4]]
    return "\n".join([f"{len(files)} files. {shown(files[0].name)} begins:", *lines])


def find_splits(videos: Path) -> Path | None:
    """The folder of split files beside or inside a folder of videos, if there is one.

    One of such a name that has films is a class.
    """
    places = [place / name for place in (videos.parent, videos) for name in SPLIT_FOLDERS]
    return next((place for place in places if place.is_dir() and not has_films(place)), None)


def is_ucf101(splits: Path) -> bool:
    """Whether a folder holds UCF-101's lists."""
    lists = [name for split in SPLITS for name in _ucf101_names(split)]
    return any((splits / name).is_file() for name in ("classInd.txt", *lists))


def check_split(split: int) -> None:
    """Raises InputError unless the number of a split is 1, 2 or 3."""
    if split not in SPLITS:
        raise InputError(f"split is {split}: it must be 1, 2 or 3.")


def _files(folder: Path) -> list[Path]:
    """The files of a folder, sorted, without hidden ones and those that systems leave."""
    try:
        return sorted(path for path in folder.iterdir() if not is_system(path.name))
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {cause_of(error, folder)}.") from error


def _has_split(folder: Path, split: int) -> bool:
    if is_ucf101(folder):
        return any((folder / name).is_file() for name in _ucf101_names(split))
    return any(not is_system(path.name) for path in folder.glob(f"*_test_split{split}.txt"))


@dataclass(frozen=True)
class Listed:
    """One line of a split file."""

    label: str
    name: str
    tag: int
    where: str


def _each_once(listed: Iterable[Listed], folder: Path) -> list[dict[str, Any]]:
    """The rows of what is listed; a clip with two tags is refused."""
    known: dict[tuple[str, str], Listed] = {}
    for one in listed:
        first = known.setdefault((one.label, one.name), one)
        if first.tag != one.tag:
            raise InputError(
                f"{shown(folder)} gives {shown(f'{one.label}/{one.name}')} two tags, {first.tag} "
                f"({first.where}) and {one.tag} ({one.where}): take one of the lines out."
            )
    return [{"name": o.name, **parse_name(o.name, o.label), "tag": o.tag} for o in known.values()]


def _where(path: Path, number: int) -> str:
    return f"{shown(path.name)}, line {number}"


# --- HMDB-51's ---------------------------------------------------------------------------------


def _hmdb51_lists(folder: Path, split: int) -> Iterator[Listed]:
    ending = f"_test_split{split}.txt"
    files = [path for path in _files(folder) if path.name.endswith(ending)]
    if not files:
        raise InputError(f"{folder} has no file named <class>{ending}: choose the right folder.")
    for path in files:
        label = composed(path.name.removesuffix(ending))
        for number, line in read_lines(path):
            parts = line.rsplit(maxsplit=1)
            if len(parts) != 2 or parts[1] not in {"0", "1", "2"}:
                raise InputError(
                    f"{shown(path)}, line {number}, must be a clip's file name and a tag of 0, 1 "
                    f"or 2: correct {quoted(line)}."
                )
            yield Listed(label, parts[0].strip(), int(parts[1]), _where(path, number))


# --- UCF-101's ---------------------------------------------------------------------------------


def _ucf101_names(split: int) -> tuple[str, str]:
    """The names of the lists of training and of test clips."""
    return f"trainlist{split:02}.txt", f"testlist{split:02}.txt"


def _ucf101_lists(folder: Path, split: int) -> Iterator[Listed]:
    numbers = _Numbers(folder / "classInd.txt")
    for file, tag in zip(_ucf101_names(split), (TRAINING, TEST), strict=True):
        path = folder / file
        if not path.is_file():
            raise InputError(f"{path} is not there: put it beside the other split files.")
        for number, line in read_lines(path):
            text = line.strip()
            match = UCF_LINE.fullmatch(text if "/" in text else text.replace("\\", "/"))
            if not match or not numbers.fit(match["label"], match["number"]):
                raise InputError(
                    f"{shown(path)}, line {number}, must be <class>/<file name>, perhaps with the "
                    f"class's number, {numbers.rule}: correct {quoted(line)}."
                )
            yield Listed(match["label"], match["name"], tag, _where(path, number))


class _Numbers:
    """The numbers of the classes: those of ``classInd.txt``, or as the lists tell them."""

    def __init__(self, path: Path) -> None:
        self.of_labels: dict[str, str] = {}
        self.told = path.is_file()
        self.rule = "as classInd.txt has it" if self.told else "the same in all lines"
        if not self.told:
            return
        for number, line in read_lines(path):
            parts = line.split(maxsplit=1)
            if len(parts) != 2 or not parts[0].isdigit():
                raise InputError(
                    f"{shown(path)}, line {number}, must be a number and a class: correct "
                    f"{quoted(line)}."
                )
            self.of_labels[parts[1].strip()] = parts[0]

    def fit(self, label: str, number: str | None) -> bool:
        """Whether a class, and its number where a line has one, agree with what is known."""
        if self.told:
            return label in self.of_labels and number in (None, self.of_labels[label])
        if number is None:
            return True
        taken = number in self.of_labels.values() and label not in self.of_labels
        return not taken and self.of_labels.setdefault(label, number) == number


# --- lists and clips ---------------------------------------------------------------------------


def _tagged(table: pd.DataFrame, listed: pd.DataFrame, folder: Path, splits: Path) -> pd.DataFrame:
    """The table with the tags of the split files, which must fit it."""
    _check_classes(set(table["label"]), set(listed["label"]), folder, splits)
    places = match(listed, table)
    tags = dict(zip(places, listed["tag"].tolist(), strict=True))
    listed_names = [f"{one.label}/{without_suffix(one.name)}" for one in listed.itertuples()]
    absent = [name for name, at in zip(listed_names, places, strict=True) if at == NOT_THERE]
    if absent:
        there = [without_suffix(name) for name in names(table)]
        surplus = [name for place, name in enumerate(there) if place not in tags]
        raise InputError(
            f"{len(absent)} clips that {splits} lists are not in {folder} "
            f"({difference(sorted(absent), surplus)}): fetch them, or correct the split files."
        )
    return table.assign(tag=[tags.get(place, UNUSED) for place in range(len(table))])


def _check_classes(present: set[str], listed: set[str], folder: Path, splits: Path) -> None:
    unknown, without = sorted(listed - present), sorted(present - listed)
    if unknown:
        raise InputError(
            f"{splits} lists {len(unknown)} classes that have no clips in {folder} "
            f"({difference(unknown, without)}): fetch them, or take their split files away."
        )
    if without:
        raise InputError(
            f"{splits} has no split file for {len(without)} classes of {folder} "
            f"({first_three(without)}): add the files, or take the folders away."
        )
