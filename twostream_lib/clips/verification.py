"""What is wrong with a folder of clips: each is decoded once and compared with the split files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from twostream_lib import sampling
from twostream_lib.clips.folders import sentence
from twostream_lib.clips.matching import NOT_THERE, match
from twostream_lib.clips.probing import frame_times, probe_clips
from twostream_lib.clips.splitfiles import find_splits, read_all
from twostream_lib.clips.table import TEST, TRAINING, contents_of, names, table_of
from twostream_lib.clips.texts import first_three
from twostream_lib.errors import shown

FIRST = 12  # findings that a notebook shows
KINDS = ("missing", "surplus", "broken", "damaged", "unusual", "short", "duplicates", "left_out")


def verify(
    videos: str | os.PathLike[str],
    splits: str | os.PathLike[str] | None = None,
    keep: str | os.PathLike[str] | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The probed table of a folder's clips, and the report of what is wrong with them.

    If ``splits`` is not given, it is looked for as in ``clips.read``. Clips that the split files
    list may be missing, and every row of the table has tag 0. ``keep`` goes to ``probe_clips``;
    what is in the report, see ``report``. Raises InputError for a missing or empty folder, for
    unreadable split files, and where they name a clip by which several may be meant.
    """
    folder = Path(videos).absolute()
    found = Path(splits) if splits else find_splits(folder)
    listed = read_all(found) if found else {}
    contents = contents_of(folder)
    table = probe_clips(table_of(contents), keep)
    return table, report(table, listed, contents.left_out)


def report(
    table: pd.DataFrame,
    listed: dict[int, pd.DataFrame],
    left_out: dict[str, list[str]] | None = None,
) -> dict[str, Any]:
    """What is wrong with the clips of a probed table.

    ``listed`` is what the split files list, by split; it may be empty. ``left_out`` is that of the
    folder's ``folders.Contents``, where somebody looked. The report has the numbers ``clips,
    classes, ok``, and lists in which a clip is called as in ``clips.names``:

    - ``missing``: clips that a split file lists and the folder does not have. ``surplus``: clips of
      the folder that no split file lists. Both are None where there are no split files.
    - ``broken``: clips that cannot be decoded to the end; they are not used. ``damaged``: clips
      that are used, although the decoder met errors or the header promises another number of
      frames. ``unusual``: clips that are used and are unlike most, such as those with uneven times,
      interlaced fields, pixels that are not square, HDR, or a rare coding of colours. ``short``:
      clips that are too short for one window of mode 2. Each with its ``why``.
    - ``duplicates``: groups of ``clips`` with the same bytes, with their ``tags`` in each split.
      ``train_and_test`` are the splits with one of the group in training (tag 1) and one in test.
    - ``left_out``: what is no clip, for each ``why`` the ``number`` and the ``files``. It is None
      where nobody looked.
    """
    named = table.assign(clip=names(table))
    return {
        "clips": len(table),
        "classes": int(table["label"].nunique()),
        "ok": int(table["ok"].sum()),
        **_against_the_lists(named, listed),
        "broken": _reasons(named[~named["ok"]], "why"),
        "damaged": _reasons(named[named["damage"] != ""], "damage"),
        "unusual": _reasons(named[named["unusual"] != ""], "unusual"),
        "short": _short(named[named["ok"]]),
        "duplicates": _duplicates(named, listed),
        "left_out": None if left_out is None else _by_reason(left_out),
    }


def counts(found: dict[str, Any]) -> pd.Series:
    """A report as numbers: all clips, those that can be used, and the findings of each kind.

    Kinds that nobody looked for, for example because there are no split files, are not among them.
    """
    kinds = {
        kind: sum(one["number"] for one in found[kind]) if kind == "left_out" else len(found[kind])
        for kind in KINDS
        if found[kind] is not None
    }
    return pd.Series({"clips": found["clips"], "can be used": found["ok"]} | kinds, name="number")


def findings(found: dict[str, Any]) -> pd.DataFrame:
    """A report as a table, a row for each finding: ``problem, clip, why``."""
    rows = [
        {"problem": kind, "clip": clip, "why": why}
        for kind in KINDS
        for clip, why in _told(kind, found[kind] or [])
    ]
    return pd.DataFrame(rows, columns=["problem", "clip", "why"])


def first_findings(found: dict[str, Any]) -> pd.DataFrame:
    """The first findings of a report as a table to look at; without any, one row says so."""
    rows = findings(found).head(FIRST)
    return rows if len(rows) else pd.DataFrame({"problem": ["no findings"], "clip": "", "why": ""})


def words(found: dict[str, Any]) -> str:
    """A report as lines for a terminal."""
    classes = "class" if found["classes"] == 1 else "classes"
    lines = [
        f"{found['ok']} of {found['clips']} clips in {found['classes']} {classes} can be used."
    ]
    if found["missing"] is None:
        lines.append("There are no split files, so none is missing or surplus.")
    lines += [
        f"{one.problem}: {shown(one.clip)}: {shown(one.why)}"
        for one in findings({**found, "left_out": None}).itertuples()
    ]
    if found["left_out"]:
        lines.insert(1, sentence({one["why"]: one["files"] for one in found["left_out"]}))
    return "\n".join(lines)


def _told(kind: str, entries: list) -> Iterator[tuple[str, str]]:
    """(clip, reason) of each entry of one list of a report."""
    for entry in entries:
        if kind in ("missing", "surplus"):
            where = "not in the folder" if kind == "missing" else "in no split file"
            yield entry, where
        elif kind == "left_out":
            yield from ((file, entry["why"]) for file in entry["files"])
        elif kind == "duplicates":
            both = ", ".join(map(str, entry["train_and_test"]))
            leak = f"; in training and in test of split {both}" if both else ""
            yield entry["clips"][0], f"same bytes as {first_three(entry['clips'][1:])}{leak}"
        else:
            yield entry["clip"], entry["why"]


def _against_the_lists(named: pd.DataFrame, listed: dict[int, pd.DataFrame]) -> dict[str, Any]:
    """Clips that are only in the split files or only in the folder; suffixes may differ."""
    if not listed:
        return {"missing": None, "surplus": None}
    missing, there = set(), set()
    for rows in listed.values():
        for one, place in zip(rows.itertuples(), match(rows, named), strict=True):
            there.add(place)
            if place == NOT_THERE:
                missing.add(f"{one.label}/{one.name}")
    surplus = [clip for place, clip in enumerate(named["clip"]) if place not in there]
    return {"missing": sorted(missing), "surplus": sorted(surplus)}


def _by_reason(left_out: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [{"why": why, "number": len(names), "files": names} for why, names in left_out.items()]


def _reasons(rows: pd.DataFrame, column: str) -> list[dict[str, str]]:
    return rows[["clip", column]].set_axis(["clip", "why"], axis=1).to_dict("records")


def _short(usable: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "clip": clip.clip,
            "why": f"{clip.frames} frames at {clip.fps:.3g} a second hold no window of mode 2",
        }
        for clip in usable.itertuples()
        if not len(sampling.mode2(clip.frames, clip.fps, times=frame_times(clip)))
    ]


def _duplicates(named: pd.DataFrame, listed: dict[int, pd.DataFrame]) -> list[dict[str, Any]]:
    tags = {split: _tags(rows, named) for split, rows in listed.items()}
    placed = named.assign(place=range(len(named)))
    twins = placed[(placed["bytes"] > 0) & (placed["content"] != "")]
    twins = twins[twins.duplicated("content", keep=False)]
    groups = []
    for _, group in twins.groupby("content", sort=False):
        of_splits = {
            split: [known.get(place) for place in group["place"]] for split, known in tags.items()
        }
        both = [split for split, found in of_splits.items() if {TRAINING, TEST} <= set(found)]
        groups.append(
            {
                "clips": group["clip"].tolist(),
                "tags": {str(split): found for split, found in of_splits.items()},
                "train_and_test": both,
            }
        )
    return groups


def _tags(listed: pd.DataFrame, table: pd.DataFrame) -> dict[int, int]:
    """The tag of each place of the table that is listed."""
    return dict(zip(match(listed, table), listed["tag"].tolist(), strict=True))
