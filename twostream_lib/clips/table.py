"""The clip table: a folder with one subfolder a class, and what the names of its clips tell.

HMDB-51 and UCF-101 write into a file name which video a clip was cut from, and HMDB-51 five more
fields. One's own clips do so where a pattern says how to read their names. Which clips are for
training and which for testing is added by `splitfiles`.
"""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from twostream_lib.clips.folders import HIDDEN, PATTERN_FILE, Contents, below, look_into, sentence
from twostream_lib.clips.texts import composed, first_three, read_text
from twostream_lib.errors import InputError, shown

UNUSED, TRAINING, TEST = 0, 1, 2
NAME_FIELDS = ("body", "camera", "people", "view", "quality")
HMDB_FIELDS = (
    r"(?P<body>[hufl])_(?P<camera>nm|cm)_np(?P<people>\d+)"
    r"_(?P<view>fr|ba|le|ri)_(?P<quality>goo|med|bad)_\d+"
)
# The class is not compared: UCF-101 spells one in two ways (HandstandPushups, HandStandPushups). It
# is part of the source: groups are numbered anew in each action, and g01 of two are other films.
UCF_NAME = r"(?P<source>v_.+_g\d+)_c\d+"


def read_folder(videos: str | os.PathLike[str]) -> pd.DataFrame:
    """Every clip of a folder, with tag 0: ``path, label, source, tag`` and the name's fields.

    A clip is any film in a class folder or in a folder below it, whatever its suffix; a warning
    says what else is there, and why it is left out. A label is the name of a class folder, its
    letters composed (NFC), so that it is the same on every system.

    A file ``sources.txt`` in the folder may hold a regular expression with a group ``source``,
    which is searched for in each file name without its suffix, and then with the folders below the
    class folder before it. If there is no such file, the names of HMDB-51, of UCF-101 and
    ``<source>_<label>…`` are tried. A clip whose name tells no source counts as a source of its
    own, and a warning says that splits may leak. Raises InputError for a missing or empty folder,
    for class folders that are called train and test, and for a text in ``sources.txt`` that is no
    regular expression or has no such group.
    """
    contents = contents_of(videos)
    if contents.left_out.keys() - {HIDDEN}:
        warnings.warn(f"{shown(contents.folder)}: {sentence(contents.left_out)}", stacklevel=3)
    return table_of(contents)


def contents_of(videos: str | os.PathLike[str]) -> Contents:
    """What is in a folder of videos; raises InputError where that is no clip."""
    folder = Path(videos).absolute()
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the folder that has one folder a class.")
    contents = look_into(folder)
    if not contents.clips:
        raise InputError(
            f"{folder} has no clips: put them into one folder a class, such as "
            f"{folder}/wave/*.avi. {sentence(contents.left_out)}".rstrip()
        )
    return contents


def table_of(contents: Contents) -> pd.DataFrame:
    """The table that ``read_folder`` makes of a folder's contents."""
    pattern = _pattern_of(contents.folder)
    rows = [
        {"path": str(path), **parse_name(below(label, path), label, pattern), "tag": UNUSED}
        for label, path in contents.clips
    ]
    _warn_of_one_class(contents)
    _warn_of_untold_sources(rows, contents.folder)
    return as_table(rows, "path")


def parse_name(name: str, label: str, pattern: re.Pattern[str] | None = None) -> dict[str, Any]:
    """A clip's label, source and fields by its name, which may have folders before the file's.

    The source is None where the name tells none. A source's own name can contain the label too:
    what counts is the last place where it fits.
    """
    name, label = composed(name), composed(label)
    stem = PurePosixPath(name).stem
    between = f"(?P<source>.+)_{re.escape(label)}"
    full = re.fullmatch(f"{between}_{HMDB_FIELDS}", stem)
    fields: dict[str, Any] = dict.fromkeys(NAME_FIELDS)
    if full:
        fields = {field: full[field] for field in NAME_FIELDS}
        fields["people"] = int(full["people"])
    if pattern:
        match = pattern.search(stem) or pattern.search(without_suffix(name))
    else:
        plain = f"{between}(?![A-Za-z]).*"
        match = full or re.fullmatch(UCF_NAME, stem) or re.fullmatch(plain, stem)
    return {"label": label, "source": (match["source"] or None) if match else None, **fields}


def as_table(rows: list[dict[str, Any]], name: str) -> pd.DataFrame:
    """Parsed names as a table; ``name`` is the column with the path or name within the class.

    A clip that tells no source is a source of its own.
    """
    columns = [name, "label", "source", "tag", *NAME_FIELDS]
    table = pd.DataFrame(rows, columns=columns).astype({"people": "Int64", "tag": "int64"})
    if name == "path":
        own = [below(*clip) for clip in zip(table["label"], table["path"], strict=True)]
    else:
        own = table[name].tolist()
    own = list(map(without_suffix, own))
    return table.assign(source=table["source"].where(table["source"].notna(), own))


def names(table: pd.DataFrame) -> list[str]:
    """The name of each clip in stores, scores and reports: ``<label>/<file name>``.

    The file name alone is not enough: two classes may have files of the same name. Where a clip
    lies in a folder below its class folder, that folder stands between: ``wave/anna/1.mp4``.
    """
    pairs = zip(table["label"], table["path"], strict=True)
    return [f"{label}/{below(label, path)}" for label, path in pairs]


def without_suffix(name: str) -> str:
    """A clip's name within its class, without its suffix."""
    return os.path.splitext(name)[0]


def classes(table: pd.DataFrame) -> list[str]:
    """The labels of the table, sorted: a label's place in the list is its class index."""
    return sorted(table["label"].unique())


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the clips that probing found whole; all of a table that was not probed.

    Raises InputError when none is left.
    """
    whole = table[table["ok"].astype(bool)] if "ok" in table else table
    if whole.empty:
        raise InputError("None of the clips can be read; look at the column 'why' of the table.")
    return whole


def training_clips(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with tag 1, without the clips that probing found unusable.

    Raises InputError when none is left.
    """
    chosen = table[table["tag"] == TRAINING]
    usable = chosen[chosen["ok"]] if "ok" in chosen else chosen
    if usable.empty:
        raise InputError(
            f"None of the {len(chosen)} training clips can be used: check the split files, "
            "and the column `why` of the clip table."
        )
    return usable


def _pattern_of(folder: Path) -> re.Pattern[str] | None:
    file = folder / PATTERN_FILE
    return _checked_pattern(read_text(file).strip()) if file.is_file() else None


def _checked_pattern(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InputError(
            f"The pattern of sources {pattern!r} is no regular expression ({error}): correct it."
        ) from error
    if "source" not in compiled.groupindex:
        raise InputError(
            f"The pattern of sources {compiled.pattern!r} has no group named source: "
            r"write one, such as (?P<source>.+)_\d+ for film_1.avi and film_2.avi."
        )
    return compiled


def _warn_of_one_class(contents: Contents) -> None:
    """Say so where the folder above the class folders may have been given."""
    above = {path.relative_to(contents.folder).parts[:-1] for _, path in contents.clips}
    if len({parts[0] for parts in above}) == 1 and len(above) > 1 and min(map(len, above)) > 1:
        (only,) = {parts[0] for parts in above}
        warnings.warn(
            f"{shown(contents.folder)} has one class, {shown(only)}, and all its clips lie in "
            f"folders below: if these are the classes, give {shown(contents.folder / only)}.",
            stacklevel=5,
        )


def _warn_of_untold_sources(rows: list[dict[str, Any]], folder: Path) -> None:
    untold = [below(row["label"], row["path"]) for row in rows if row["source"] is None]
    if untold:
        warnings.warn(
            f"{len(untold)} of {len(rows)} clips of {folder} have names that tell no source "
            f"({first_three(untold)}), so each counts as a source of its own and splits may leak: "
            f"write a regular expression with a group named source into {folder / PATTERN_FILE}.",
            stacklevel=5,
        )
