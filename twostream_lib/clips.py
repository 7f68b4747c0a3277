"""The clip table: a folder of videos and its split files as one pandas DataFrame.

One row a clip, with the columns ``path, label, source, tag`` and the fields of an HMDB-51 file name
``body, camera, people, view, quality``. ``tag`` is HMDB-51's: 0 unused, 1 training, 2 test.
``source`` is the video that the clip was cut from. Clips of one source look alike, so whatever is
chosen on some of them must be tested on others: see ``leakage`` and ``hold_out``.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

from . import video
from .errors import InputError

SUFFIXES = frozenset({".avi", ".mp4", ".mov", ".mkv", ".webm"})
SPLIT_FOLDERS = ("splits", "testTrainMulti_7030_splits")
SPLITS = (1, 2, 3)
UNUSED, TRAINING, TEST = 0, 1, 2
NAME_FIELDS = ("body", "camera", "people", "view", "quality")
HMDB_FIELDS = (
    r"(?P<body>[hufl])_(?P<camera>nm|cm)_np(?P<people>\d+)"
    r"_(?P<view>fr|ba|le|ri)_(?P<quality>goo|med|bad)_\d+"
)


def read_hmdb51(
    videos: str | os.PathLike[str],
    splits: str | os.PathLike[str] | None = None,
    split: int = 1,
) -> pd.DataFrame:
    """The clip table of a folder with one subfolder a class, sorted by label and path.

    ``splits`` is the folder of ``<class>_test_split<k>.txt`` files, ``split`` the k. Without it, a
    folder ``splits`` or ``testTrainMulti_7030_splits`` beside or inside ``videos`` is taken; where
    there is none, a warning says so and about 70 % of the sources become training clips. Clips that
    no split file lists have tag 0. Raises InputError for a missing or empty folder, split files
    that name absent clips or classes, and a class without a split file.
    """
    folder = Path(videos).absolute()
    table = _read_folder(folder)
    found = Path(splits) if splits else _find_splits(folder)
    if found is None:
        _check_split(split)
        warnings.warn(
            f"{folder} has no split files: about 70 % of its sources are taken for training.",
            stacklevel=2,
        )
        table["tag"] = np.where(hold_out(table, seed=split, fraction=0.3), TEST, TRAINING)
        return table
    return _tagged(table, read_splits(found, split), folder, found)


def read_splits(splits: str | os.PathLike[str], split: int = 1) -> pd.DataFrame:
    """The split files alone, no videos needed: ``name, label, source, tag`` and the name's fields.

    Raises InputError for a missing folder, a split other than 1 to 3, no file for that split, and a
    line that is not a clip's name and a tag.
    """
    _check_split(split)
    folder, ending = Path(splits), f"_test_split{split}.txt"
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the folder of the split files.")
    files = sorted(path for path in folder.iterdir() if path.name.endswith(ending))
    if not files:
        raise InputError(f"{folder} has no file named <class>{ending}: choose the right folder.")
    rows = []
    for path in files:
        label = path.name.removesuffix(ending)
        for name, tag in _read_split_file(path):
            rows.append({"name": name, **_parse_name(name, label), "tag": tag})
    return _typed(rows, ["name", "label", "source", "tag", *NAME_FIELDS])


def probe_clips(table: pd.DataFrame) -> pd.DataFrame:
    """The table with ``frames, fps, width, height, seconds, ok, why`` of each clip.

    Every clip is decoded once, on all cores. A clip that cannot be used stops nothing: it has
    ``ok=False`` and the reason in ``why``.
    """
    probing = Parallel(n_jobs=-1, return_as="generator")(
        delayed(video.probe)(path) for path in table["path"]
    )
    found = list(tqdm(probing, total=len(table), desc="Looking at clips", unit="clip"))
    return table.assign(**pd.DataFrame(found, index=table.index))


def leakage(table: pd.DataFrame) -> dict[str, Any]:
    """How many test clips have a training clip of the same action cut from the same source.

    Works on a clip table and on ``read_splits`` alone. Under ``tags``, for the official training
    clips (``"1"``) and for the paper's (``"0+1"``): the number of training clips, of leaking test
    clips and their share of all, of leaking sources, and the five worst of these.
    """
    test = table[table["tag"] == TEST]
    return {
        "test_clips": len(test),
        "tags": {
            "+".join(map(str, tags)): _leakage_from(table[table["tag"].isin(tags)], test)
            for tags in ((TRAINING,), (UNUSED, TRAINING))
        },
    }


def training_clips(table: pd.DataFrame, tags: Collection[int] = (TRAINING,)) -> pd.DataFrame:
    """The rows with one of ``tags``, less those that probing found unusable.

    Raises InputError when none is left. The paper trains on tags 0 and 1: see ``leakage``.
    """
    return _usable(table, tags, "training")


def test_clips(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with tag 2, less those that probing found unusable; InputError when none is left."""
    return _usable(table, (TEST,), "test")


def hold_out(table: pd.DataFrame, seed: int, fraction: float = 0.2) -> np.ndarray:
    """Which rows to hold out: bool ``[len(table)]``, whole sources, about ``fraction`` of all.

    The rows are dealt into 1 / ``fraction`` folds by source, balanced by label
    (StratifiedGroupKFold); the fold is held out that leaves the fewest labels without a clip on
    either side, and of these the one nearest to ``fraction``. Raises InputError when there is only
    one source, which cannot be on both sides, or one clip a label.
    """
    if not 0 < fraction <= 0.5:
        raise InputError(f"fraction is {fraction}: hold out more than 0 and at most 0.5.")
    sources = table["source"].nunique()
    if sources < 2:
        raise InputError(
            f"The {len(table)} clips come from {sources} source, and a held-out part needs clips "
            "of another one: add clips cut from a second video."
        )
    largest = int(table["label"].value_counts().max())
    if largest < 2:
        raise InputError("Every label has one clip only: add clips, so that some can be held out.")
    labels = table["label"].to_numpy()
    count = max(2, min(round(1 / fraction), sources, largest))
    folds = _deal(labels, table["source"].to_numpy(), count, seed)
    return min(folds, key=lambda held: (_labels_missing(labels, held), abs(held.mean() - fraction)))


def classes(table: pd.DataFrame) -> list[str]:
    """The labels of the table, sorted: a label's place in the list is its class index."""
    return sorted(table["label"].unique())


def names(table: pd.DataFrame) -> list[str]:
    """What each clip is called everywhere behind the table: ``<label>/<file name>``.

    Two classes may have files of the same name, as people's own clips often do.
    """
    return [
        f"{label}/{Path(path).name}"
        for label, path in zip(table["label"], table["path"], strict=True)
    ]


def _read_folder(folder: Path) -> pd.DataFrame:
    """Every clip of the folder, with tag 0."""
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give the folder that has one folder a class.")
    paths = sorted(path for path in folder.glob("*/*") if _is_clip(path))
    paths = _leave_out_unreadable_names(paths, folder)
    if not paths:
        raise InputError(
            f"{folder} has no clips: put them into one folder a class, such as {folder}/wave/*.avi."
        )
    rows = [
        {"path": str(path), **_parse_name(path.name, path.parent.name), "tag": UNUSED}
        for path in sorted(paths, key=lambda path: (path.parent.name, str(path)))
    ]
    return _typed(rows, ["path", "label", "source", "tag", *NAME_FIELDS])


def _is_clip(path: Path) -> bool:
    return (
        path.suffix.lower() in SUFFIXES
        and not path.name.startswith(".")
        and path.parent.name not in SPLIT_FOLDERS
    )


def _leave_out_unreadable_names(paths: list[Path], folder: Path) -> list[Path]:
    """Names that are not UTF-8 fit neither the table nor any file that is written from it."""
    kept = [path for path in paths if _is_utf8(path.name)]
    if len(kept) < len(paths):
        odd = [ascii(path.name) for path in paths if path not in set(kept)]
        warnings.warn(
            f"{len(odd)} clips of {folder} are left out because their names are not UTF-8 "
            f"({_first_three(odd)}): rename them to use them.",
            stacklevel=4,
        )
    return kept


def _is_utf8(name: str) -> bool:
    """Whether the bytes of a file name were UTF-8: Python keeps others as lone surrogates."""
    return not re.search("[\ud800-\udfff]", name)


def _parse_name(name: str, label: str) -> dict[str, Any]:
    """A file name's label, source and fields; a plain name such as daria_bend.avi has no fields.

    A source's own name can contain the label too, hence the last place where it fits.
    """
    stem = Path(name).stem
    between = f"(?P<source>.+)_{re.escape(label)}"
    full = re.fullmatch(f"{between}_{HMDB_FIELDS}", stem)
    match = full or re.fullmatch(f"{between}(?![A-Za-z]).*", stem)
    fields: dict[str, Any] = dict.fromkeys(NAME_FIELDS)
    if full:
        fields = {field: full[field] for field in NAME_FIELDS}
        fields["people"] = int(full["people"])
    return {"label": label, "source": match["source"] if match else stem, **fields}


def _typed(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns).astype({"people": "Int64", "tag": "int64"})


def _find_splits(folder: Path) -> Path | None:
    places = [place / name for place in (folder.parent, folder) for name in SPLIT_FOLDERS]
    return next((place for place in places if place.is_dir()), None)


def _check_split(split: int) -> None:
    if split not in SPLITS:
        raise InputError(f"split is {split}: it must be 1, 2 or 3.")


def _read_split_file(path: Path) -> list[tuple[str, int]]:
    """(clip's file name, tag) of each line."""
    pairs = []
    text = path.read_text(encoding="utf-8", errors="backslashreplace")
    for number, line in enumerate(text.splitlines(), start=1):
        parts = line.rsplit(maxsplit=1)
        if not parts:
            continue
        if len(parts) != 2 or parts[1] not in {"0", "1", "2"}:
            raise InputError(
                f"{path}, line {number}, must be a clip's file name and a tag of 0, 1 or 2: "
                f"correct {line!r}."
            )
        pairs.append((parts[0], int(parts[1])))
    return pairs


def _tagged(table: pd.DataFrame, listed: pd.DataFrame, folder: Path, splits: Path) -> pd.DataFrame:
    """The table with the tags of the split files, which must fit it."""
    _check_classes(set(table["label"]), set(listed["label"]), folder, splits)
    tags = {
        (label, Path(name).stem): tag
        for label, name, tag in zip(listed["label"], listed["name"], listed["tag"], strict=True)
    }
    keys = [
        (label, Path(path).stem) for label, path in zip(table["label"], table["path"], strict=True)
    ]
    absent = sorted(f"{label}/{stem}" for label, stem in tags.keys() - set(keys))
    if absent:
        raise InputError(
            f"{len(absent)} clips that {splits} lists are not in {folder} "
            f"({_first_three(absent)}): fetch them, or take them out of the split files."
        )
    return table.assign(tag=[tags.get(key, UNUSED) for key in keys])


def _check_classes(present: set[str], listed: set[str], folder: Path, splits: Path) -> None:
    if unknown := sorted(listed - present):
        raise InputError(
            f"{splits} lists {len(unknown)} classes that have no clips in {folder} "
            f"({_first_three(unknown)}): fetch them, or take their split files away."
        )
    if without := sorted(present - listed):
        raise InputError(
            f"{splits} has no split file for {len(without)} classes of {folder} "
            f"({_first_three(without)}): add the files, or take the folders away."
        )


def _first_three(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _leakage_from(training: pd.DataFrame, test: pd.DataFrame) -> dict[str, Any]:
    key = ["label", "source"]
    counts = pd.concat(
        [test.groupby(key).size().rename("test"), training.groupby(key).size().rename("training")],
        axis=1,
        join="inner",
    ).sort_values(["test", "training"], ascending=False, kind="stable")
    leaking = int(counts["test"].sum())
    return {
        "training_clips": len(training),
        "leaking": leaking,
        "share": leaking / len(test) if len(test) else 0.0,
        "sources": len(counts),
        "worst": counts.head(5).reset_index().to_dict("records"),
    }


def _usable(table: pd.DataFrame, tags: Collection[int], part: str) -> pd.DataFrame:
    chosen = table[table["tag"].isin(list(tags))]
    usable = chosen[chosen["ok"]] if "ok" in chosen else chosen
    if usable.empty:
        raise InputError(
            f"None of the {len(chosen)} {part} clips can be used: check the split files, "
            "and the column `why` of the clip table."
        )
    return usable


def _deal(labels: np.ndarray, sources: np.ndarray, folds: int, seed: int) -> list[np.ndarray]:
    """The rows dealt into folds by source: one bool mask a fold, none empty, none everything."""
    dealer = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A label with fewer clips than folds is no news: hold_out's choice of the fold minds it.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        dealt = [held for _, held in dealer.split(labels, labels, sources)]
    masks = [np.isin(np.arange(len(labels)), held) for held in dealt]
    return [mask for mask in masks if mask.any() and not mask.all()]


def _labels_missing(labels: np.ndarray, held: np.ndarray) -> int:
    """How many labels have no clip on a side, the two sides added up."""
    everything = set(labels)
    return 2 * len(everything) - len(set(labels[held])) - len(set(labels[~held]))
