"""Every clip of a table is decoded once, on all cores, and what was found is kept in a file.

A clip that cannot be used stops nothing: its row says why. The file's size and time of change are
kept too, so a clip is decoded again only after it has changed. Each row that is kept has a checksum
of what was found: where it does not fit, the clip is looked at again.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import warnings
import zlib
from collections.abc import Callable, Iterator
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
CHECK = "check"  # one more column of the kept file, see `_check`
# A file with these columns is a kept table, perhaps an older one. Nothing else is overwritten.
OURS = {"path", "label", "source", "tag", "frames", "fps", "ok", "why"}
READ_AS: dict[str, Callable[[str], Any]] = {
    "int64": int,
    "float64": float,  # some versions of pandas do not read a decimal fraction back as it was
    "bool": {"True": True, "False": False}.__getitem__,
    "str": str,
}
CLIPS_A_TURN = 32  # for each worker: after each turn the bar moves and the findings are kept

Found = dict[str, dict[str, Any]]


def probe_clips(
    table: pd.DataFrame, keep: str | os.PathLike[str] | None = None, own: bool = False
) -> pd.DataFrame:
    """The table with more columns: what decoding each clip once tells of it.

    The new columns are ``frames, fps, width, height, seconds, ok, why, damage, unusual`` as
    ``video.probe`` gives them; ``times``, which ``frame_times`` reads; ``bytes`` (the file's size)
    and ``modified`` (its time of change in nanoseconds), by which a change of the file is noticed;
    and ``content``, the SHA-256 of its bytes. A clip that cannot be used has ``ok=False`` and the
    reason in ``why``. The clips are decoded on all cores, or where ``joblib.parallel_config`` says.

    ``keep`` is a .csv file that holds the table from one call to the next: clips in it are not
    decoded again unless they changed. A call that is interrupted leaves its notes beside the file,
    and the next call continues with them. What is damaged in it is looked at again, and a warning
    says so. Raises InputError when ``keep`` cannot be written, or holds something else: unless
    ``own`` says that nobody but us puts a file there, as in a run folder.
    """
    file = Path(keep) if keep else None
    found = _known(file, own) if file else {}
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


def _known(file: Path, own: bool) -> Found:
    """What the kept table and the notes of an interrupted call say of each path."""
    return _read_table(file, own) | _read_notes(_notes(file), own)


def _read_table(file: Path, own: bool) -> Found:
    if file.is_dir():
        raise InputError(f"The clip table {file} is a folder: give the name of a file.")
    if not file.is_file():
        return {}
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    except ValueError:  # pandas' word for what is no table, and Python's for what is no text
        table = pd.DataFrame()
    if not set(table) >= OURS:
        _refuse_unless(own, file)
        return {}
    if not set(table) >= {CHECK, *PROBED}:  # of an older version
        return {}
    rows = {path: _as_written(path, row) for path, row in _rows(table)}
    return _sound(rows, file)


def _rows(table: pd.DataFrame) -> Iterator[tuple[str, dict[str, str]]]:
    rows = table[[*PROBED, CHECK]].to_dict("records")
    return zip(table["path"], rows, strict=True)


def _as_written(path: str, row: dict[str, str]) -> dict[str, Any] | None:
    """A row of text as it was found; None where it is no longer what was written."""
    try:
        found = {name: READ_AS[kind](row[name]) for name, kind in PROBED.items()}
    except (KeyError, ValueError):
        return None
    return found if _check(path, found) == row[CHECK] else None


def _check(path: str, found: dict[str, Any]) -> str:
    """The checksum of what was found of a clip, eight hexadecimal digits."""
    values = [READ_AS[kind](str(found[name])) for name, kind in PROBED.items()]
    return f"{zlib.crc32(json.dumps([path, *values]).encode()):08x}"


def _sound(rows: dict[str, dict[str, Any] | None], file: Path) -> Found:
    """The rows that are as they were written, and a warning of the others."""
    sound = {path: row for path, row in rows.items() if row is not None}
    if lost := len(rows) - len(sound):
        warnings.warn(
            f"{lost} of {len(rows)} rows of {file} are no longer what was written: their clips "
            "are looked at again.",
            stacklevel=5,
        )
    return sound


def _refuse_unless(own: bool, file: Path) -> None:
    if not own:
        raise InputError(
            f"{file} is not a clip table, and is left as it is: give another name, or take it away."
        )
    warnings.warn(
        f"{file} is damaged: all clips are looked at again, and it is made anew.", stacklevel=5
    )


def _notes(file: Path) -> Path:
    return file.with_name(f"{file.stem}.unfinished.jsonl")


def _note(turn: Found, file: Path) -> None:
    """Add what was found to the notes, a line for each clip."""
    lines = [
        json.dumps({"path": path, **found, CHECK: _check(path, found)}) + "\n"
        for path, found in turn.items()
    ]
    # Added to in place and not renamed: the notes are there to survive a kill.
    with _writing(file), open(_notes(file), "a", encoding="utf-8") as notes:
        notes.writelines(lines)


def _read_notes(notes: Path, own: bool) -> Found:
    if not notes.is_file():
        return {}
    text = notes.read_text(encoding="utf-8", errors="replace")
    if text and not text.startswith('{"path": '):
        _refuse_unless(own, notes)
    whole = text[: text.rfind("\n") + 1]
    rows = dict(filter(None, map(_read_note, whole.split("\n"))))
    # A kill in the middle of a line: the next one must not go on from there.
    kept = [
        json.dumps({"path": path, **row, CHECK: _check(path, row)}) for path, row in rows.items()
    ]
    if whole != text or len(kept) < whole.count("\n"):
        write_text(notes, "".join(f"{line}\n" for line in kept))
    return rows


def _read_note(line: str) -> tuple[str, dict[str, Any]] | None:
    """The path and the row of one note; None where it is no longer what was written."""
    try:
        note = json.loads(line)
        path, text = note["path"], {name: str(value) for name, value in note.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    row = _as_written(path, text)
    return (path, row) if row is not None else None


def _write(table: pd.DataFrame, file: Path) -> None:
    """Write the whole table in one step; the notes are no longer needed."""
    with _writing(file):
        rows = table[list(PROBED)].to_dict("records")
        checks = [_check(path, row) for path, row in zip(table["path"], rows, strict=True)]
        with replacing(file) as beside:
            checked = table.assign(**{CHECK: checks})
            checked.to_csv(beside, index=False, quoting=csv.QUOTE_NONNUMERIC)
        _notes(file).unlink(missing_ok=True)


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"The clip table {file} cannot be written: {cause_of(error, file)}."
        ) from error
