"""Every clip of a table is decoded once, on all cores, and what was found is kept in a file.

A clip that cannot be used stops nothing: its row says why. The file's size and time of change are
kept too, so a clip is decoded again only after it has changed.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, effective_n_jobs
from tqdm import tqdm

from twostream_lib import video
from twostream_lib.errors import InputError, cause_of
from twostream_lib.files import replacing, write_text

# The columns that probing adds to the row of a clip.
PROBED = {
    "frames": "int64",
    "fps": "float64",
    "width": "int64",
    "height": "int64",
    "seconds": "float64",
    "ok": "bool",
    "why": "str",
    "damage": "str",
    "unusual": "str",
    "times": "str",
    "bytes": "int64",
    "modified": "int64",
    "content": "str",
}
CLIPS_A_TURN = 8  # for each worker: after each turn the bar moves and the findings are kept

Found = dict[str, dict[str, Any]]


def probe_clips(table: pd.DataFrame, keep: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """The table with more columns: what decoding each clip once tells of it.

    The new columns are ``frames, fps, width, height, seconds, ok, why, damage, unusual`` as
    ``video.probe`` gives them; ``times``, which ``frame_times`` reads; ``bytes`` (the file's size)
    and ``modified`` (its time of change in nanoseconds), by which a change of the file is noticed;
    and ``content``, the SHA-256 of its bytes. A clip that cannot be used has ``ok=False`` and the
    reason in ``why``. The clips are decoded on all cores, or where ``joblib.parallel_config`` says.

    ``keep`` is a .csv file that holds the table from one call to the next: clips in it are not
    decoded again unless they changed. A call that is interrupted leaves its notes beside the file,
    and the next call continues with them. Raises InputError when ``keep`` is another kind of file
    or cannot be written.
    """
    file = Path(keep) if keep else None
    found = _known(file) if file else {}
    found = {path: found[path] for path in table["path"] if _unchanged(path, found.get(path))}
    for turn in _probe_in_turns([path for path in table["path"] if path not in found]):
        found |= turn
        if file:
            _note(turn, file)
    rows = [found[path] for path in table["path"]]
    columns = pd.DataFrame(rows, columns=list(PROBED), index=table.index).astype(PROBED)
    probed = table.assign(**columns)
    if file:
        _write(probed, file)
    return probed


# --- probing clips -----------------------------------------------------------------------------


def _probe_in_turns(paths: list[str]) -> Iterator[Found]:
    """What is found of each path, a few clips at a time.

    Not every backend of joblib can return the results one by one as they come.
    """
    if not paths:
        return
    size = CLIPS_A_TURN * effective_n_jobs(-1)
    bar = tqdm(total=len(paths), unit="clip", desc="Looking at clips")
    with Parallel(n_jobs=-1) as parallel, bar:
        for start in range(0, len(paths), size):
            turn = paths[start : start + size]
            yield dict(zip(turn, parallel(delayed(probe_clip)(path) for path in turn), strict=True))
            bar.update(len(turn))


def probe_clip(path: str) -> dict[str, Any]:
    """The columns ``PROBED`` of one clip; no error of the file is raised."""
    stamp = _stamp(path)
    found = {**video.probe(path), "bytes": 0, "modified": 0, "content": ""}
    found["times"] = _times_as_text(found["times"])
    if stamp:
        found |= {"bytes": stamp[0], "modified": stamp[1], "content": _digest(path)}
    return found


def _times_as_text(times: np.ndarray | None) -> str:
    """Whole microseconds with spaces between; empty where the frames are evenly spaced."""
    return "" if times is None else " ".join(map(str, np.rint(times * 1e6).astype(np.int64)))


def frame_times(clip: Any) -> np.ndarray | None:
    """Seconds from the first frame of a clip to each, float ``[frames]``.

    ``clip`` is a row of a probed table. None where its frames are evenly spaced.
    """
    return np.array(clip.times.split(), float) / 1e6 if clip.times else None


def _stamp(path: str) -> tuple[int, int] | None:
    """Size in bytes and time of change of a file; None where there is no plain file."""
    if not os.path.isfile(path):
        return None
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


def _digest(path: str) -> str:
    """SHA-256 of the bytes; empty for a file that cannot be read, which ``why`` says already."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


# --- what is known already ---------------------------------------------------------------------


def _unchanged(path: str, found: dict[str, Any] | None) -> bool:
    return found is not None and _stamp(path) == (found["bytes"], found["modified"])


def _known(file: Path) -> Found:
    """What the kept table and the notes of an interrupted call say of each path."""
    return _read_table(file) | _read_notes(_notes(file))


def _read_table(file: Path) -> Found:
    if not file.is_file():
        return {}
    try:
        columns = pd.read_csv(file, nrows=0).columns
        if not {"path", *PROBED} <= set(columns):  # an older table that lacks some columns
            return {}
        # Some versions of pandas do not read a decimal fraction back as it was; Python does.
        exact = dict.fromkeys(["path", "fps", "seconds"], "str")
        table = pd.read_csv(
            file, usecols=["path", *PROBED], dtype=PROBED | exact, keep_default_na=False
        ).astype({"fps": "float64", "seconds": "float64"})
    except ValueError as error:
        raise InputError(
            f"{file} is not a clip table ({error}): take it away, and the clips are probed anew."
        ) from error
    return dict(zip(table.pop("path"), table.to_dict("records"), strict=True))


def _notes(file: Path) -> Path:
    return file.with_name(f"{file.stem}.unfinished.jsonl")


def _note(turn: Found, file: Path) -> None:
    """Add what was found to the notes, a line for each clip."""
    lines = [json.dumps({"path": path, **found}) + "\n" for path, found in turn.items()]
    # Added to in place and not renamed: the notes are there to survive a kill.
    with _writing(file), open(_notes(file), "a", encoding="utf-8") as notes:
        notes.writelines(lines)


def _read_notes(notes: Path) -> Found:
    if not notes.is_file():
        return {}
    text = notes.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:  # a kill in the middle of a line: the next one must not go on from there
        write_text(notes, whole)
    rows = [json.loads(line) for line in whole.split("\n") if line]
    return {row.pop("path"): row for row in rows}


def _write(table: pd.DataFrame, file: Path) -> None:
    """Write the whole table in one step; the notes are no longer needed."""
    with _writing(file):
        with replacing(file) as beside:
            table.to_csv(beside, index=False, quoting=csv.QUOTE_NONNUMERIC)
        _notes(file).unlink(missing_ok=True)


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"The clip table {file} cannot be written: {cause_of(error, file)}."
        ) from error
