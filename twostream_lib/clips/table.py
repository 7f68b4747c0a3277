"""The clip table: a folder with one subfolder a class, and what the names of its clips tell.

HMDB-51 and UCF-101 write into a file name which video a clip was cut from, and HMDB-51 five more
fields. One's own clips do so where a pattern says how to read their names. Which clips are for
training and which for testing is added by `splitfiles`.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from twostream_lib.errors import InputError

SUFFIXES = frozenset({".avi", ".mp4", ".mov", ".mkv", ".webm"})
SPLIT_FOLDERS = ("splits", "testTrainMulti_7030_splits", "ucfTrainTestlist")
UNUSED, TRAINING, TEST = 0, 1, 2
NAME_FIELDS = ("body", "camera", "people", "view", "quality")
HMDB_FIELDS = (
    r"(?P<body>[hufl])_(?P<camera>nm|cm)_np(?P<people>\d+)"
    r"_(?P<view>fr|ba|le|ri)_(?P<quality>goo|med|bad)_\d+"
)
# The class is not compared: UCF-101 spells one in two ways (HandstandPushups, HandStandPushups).
UCF_NAME = r"v_.+_(?P<source>g\d+)_c\d+"
# A file in the folder of videos, with the pattern of its clips' names.
PATTERN_FILE = "sources.txt"


def read_folder(videos: str | os.PathLike[str]) -> pd.DataFrame:
    """Every clip of a folder, with tag 0: ``path, label, source, tag`` and the name's fields.

    A file ``sources.txt`` in the folder may hold a regular expression with a group ``source``,
    which is searched for in each file name without its suffix. If there is no such file, the names
    of HMDB-51, of UCF-101 and ``<source>_<label>…`` are tried. A clip whose name tells no source
    counts as a source of its own, and a warning says that splits may leak. Raises InputError for a
    missing or empty folder, and for a text in ``sources.txt`` that is no regular expression or has
    no such group.
    """
    folder = Path(videos).absolute()
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the folder that has one folder a class.")
    paths = sorted(path for path in folder.glob("*/*") if _is_clip(path))
    paths = _leave_out_unreadable_names(paths, folder)
    if not paths:
        raise InputError(
            f"{folder} has no clips: put them into one folder a class, such as {folder}/wave/*.avi."
        )
    pattern = _pattern_of(folder)
    rows = [
        {"path": str(path), **parse_name(path.name, path.parent.name, pattern), "tag": UNUSED}
        for path in sorted(paths, key=lambda path: (path.parent.name, str(path)))
    ]
    _warn_of_untold_sources(rows, folder)
    return as_table(rows, "path")


def parse_name(name: str, label: str, pattern: re.Pattern[str] | None = None) -> dict[str, Any]:
    """A file name's label, source and fields; the source is None where the name tells none.

    A source's own name can contain the label too: what counts is the last place where it fits.
    """
    stem = Path(name).stem
    between = f"(?P<source>.+)_{re.escape(label)}"
    full = re.fullmatch(f"{between}_{HMDB_FIELDS}", stem)
    fields: dict[str, Any] = dict.fromkeys(NAME_FIELDS)
    if full:
        fields = {field: full[field] for field in NAME_FIELDS}
        fields["people"] = int(full["people"])
    if pattern:
        match = pattern.search(stem)
    else:
        plain = f"{between}(?![A-Za-z]).*"
        match = full or re.fullmatch(UCF_NAME, stem) or re.fullmatch(plain, stem)
    return {"label": label, "source": (match["source"] or None) if match else None, **fields}


def as_table(rows: list[dict[str, Any]], name: str) -> pd.DataFrame:
    """Parsed names as a table; ``name`` is the column with the path or file name.

    A clip that tells no source is a source of its own.
    """
    columns = [name, "label", "source", "tag", *NAME_FIELDS]
    table = pd.DataFrame(rows, columns=columns).astype({"people": "Int64", "tag": "int64"})
    stems = [Path(file).stem for file in table[name]]
    return table.assign(source=table["source"].where(table["source"].notna(), stems))


def names(table: pd.DataFrame) -> list[str]:
    """The name of each clip in stores, scores and reports: ``<label>/<file name>``.

    The file name alone is not enough: two classes may have files of the same name.
    """
    return [
        f"{label}/{Path(path).name}"
        for label, path in zip(table["label"], table["path"], strict=True)
    ]


def stems(table: pd.DataFrame, column: str = "path") -> list[tuple[str, str]]:
    """The label and the file name without its suffix of each row.

    The suffix is left out because split files may write another one.
    """
    return [
        (label, Path(name).stem) for label, name in zip(table["label"], table[column], strict=True)
    ]


def first_three(words: list[str]) -> str:
    """The first three of a list, for a sentence."""
    return ", ".join(words[:3]) + (", ..." if len(words) > 3 else "")


def classes(table: pd.DataFrame) -> list[str]:
    """The labels of the table, sorted: a label's place in the list is its class index."""
    return sorted(table["label"].unique())


def training_clips(table: pd.DataFrame, tags: Collection[int] = (TRAINING,)) -> pd.DataFrame:
    """The rows with one of ``tags``, without the clips that probing found unusable.

    Raises InputError when none is left. The paper trains on tags 0 and 1: see ``leakage``.
    """
    return _usable(table, tags, "training")


def test_clips(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with tag 2, without unusable clips; raises InputError when none is left."""
    return _usable(table, (TEST,), "test")


def _is_clip(path: Path) -> bool:
    return (
        path.suffix.lower() in SUFFIXES
        and not path.name.startswith(".")
        and path.parent.name not in SPLIT_FOLDERS
    )


def _leave_out_unreadable_names(paths: list[Path], folder: Path) -> list[Path]:
    """The paths whose names are UTF-8: others fit no file that is written from the table."""
    kept = [path for path in paths if _is_utf8(path.name) and _is_utf8(path.parent.name)]
    if len(kept) < len(paths):
        odd = [ascii(path.name) for path in paths if path not in set(kept)]
        warnings.warn(
            f"{len(odd)} clips of {folder} are left out because their names are not UTF-8 "
            f"({first_three(odd)}): rename them to use them.",
            stacklevel=4,
        )
    return kept


def _is_utf8(name: str) -> bool:
    """Whether the bytes of a file name were UTF-8: Python keeps others as lone surrogates."""
    return not re.search("[\ud800-\udfff]", name)


def _pattern_of(folder: Path) -> re.Pattern[str] | None:
    file = folder / PATTERN_FILE
    return _checked_pattern(file.read_text(encoding="utf-8").strip()) if file.is_file() else None


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


def _warn_of_untold_sources(rows: list[dict[str, Any]], folder: Path) -> None:
    untold = [Path(row["path"]).name for row in rows if row["source"] is None]
    if untold:
        warnings.warn(
            f"{len(untold)} of {len(rows)} clips of {folder} have names that tell no source "
            f"({first_three(untold)}), so each counts as a source of its own and splits may leak: "
            f"write a regular expression with a group named source into {folder / PATTERN_FILE}.",
            stacklevel=4,
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
