"""One film that nobody has labelled: it may be anything, and is looked at before it is used."""

from __future__ import annotations

import os
from pathlib import Path

import joblib
import pandas as pd

from twostream_lib.clips.probing import probe_clips
from twostream_lib.clips.table import UNUSED, as_table
from twostream_lib.errors import InputError, cause_of
from twostream_lib.video import recognising
from twostream_lib.video.opening import claimed_seconds

MOST_BYTES = 8 * 10**9
MOST_SECONDS = 20 * 60


def read_unlabelled(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The film as a probed clip table of one row, see ``probe_clips``; its label is empty.

    The whole film is decoded once, a frame at a time, in this process. Raises InputError for what
    is no plain file or cannot be read; for a file that is empty, no film by its content, see
    ``recognising.kind_by_content``, or of more than 8 GB; for a film that cannot be decoded, or is
    longer than 20 minutes.
    """
    file = Path(path).absolute()
    _check_file(file)
    _check_seconds(file, claimed_seconds(file), "claims to last")
    row = {"path": str(file), "label": "", "source": file.stem, "tag": UNUSED}
    with joblib.parallel_config("sequential"):
        table = probe_clips(as_table([row], "path"))
    (clip,) = table.itertuples()
    if not clip.ok:
        raise InputError(clip.why)
    _check_seconds(file, clip.seconds, "lasts")
    return table


def _check_file(file: Path) -> None:
    """Raise InputError unless this is a plain file of a fair size that holds a film."""
    try:
        there, size = file.is_file(), os.path.getsize(file)
        large = size > MOST_BYTES
        kind = recognising.kind_by_content(file) if there and size and not large else ""
    except OSError as error:
        raise InputError(f"{file} cannot be read: {cause_of(error, file)}.") from error
    if not there:
        raise InputError(f"{file} is not a file: check the path.")
    if not size:
        raise InputError(f"{file} is empty: fetch it again or leave it out.")
    if large:
        raise InputError(
            f"{file} has {size / 1e9:.1f} GB, more than the {MOST_BYTES / 1e9:g} GB that are read: "
            "cut out the part in question, or re-encode it smaller."
        )
    if kind == recognising.OTHER:
        raise InputError(f"{file} cannot be read as a film: fetch it again, or give another file.")
    if kind != recognising.FILM:
        raise InputError(f"{file} is a {kind} and no film: give a film.")


def _check_seconds(file: Path, seconds: float, says: str) -> None:
    if seconds > MOST_SECONDS:
        raise InputError(
            f"{file} {says} {seconds / 60:.0f} minutes, more than the {MOST_SECONDS / 60:.0f} that "
            "are looked at: cut out the part in question."
        )
