"""One film that nobody has labelled: it may be anything, and is looked at before it is used."""

from __future__ import annotations

import os
from pathlib import Path

import joblib
import pandas as pd

from twostream_lib.clips.probing import probe_clips
from twostream_lib.clips.table import UNUSED, as_table
from twostream_lib.errors import InputError
from twostream_lib.video.lengths import claimed_seconds
from twostream_lib.video.opening import check_is_file

MOST_BYTES = 8 * 10**9
MOST_SECONDS = 20 * 60


def read_unlabelled(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The film as a probed clip table of one row, see ``probe_clips``; its label is empty.

    The whole film is decoded once, a frame at a time, in this process. Raises InputError for what
    is no plain file or cannot be read; for a file that is empty, a text, a picture, or of more than
    8 GB; for a film that cannot be decoded, or is longer than 20 minutes. Texts are never handed to
    the decoder: some are playlists, which would make it open other files.
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
    """Raise InputError unless this may be a film: a plain file of a fair size that is no text."""
    try:
        check_is_file(file)
        size = file.stat().st_size
        kind = recognising.kind_by_content(file) if size <= MOST_BYTES else recognising.FILM
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", "") or error
        raise InputError(f"{file} cannot be read ({why}): check the path.") from error
    if not size:
        raise InputError(f"{file} is empty: fetch it again or leave it out.")
    if size > MOST_BYTES:
        raise InputError(
            f"{file} has {size / 1e9:.1f} GB, more than the {MOST_BYTES / 1e9:g} GB that are read: "
            "cut out the part in question, or re-encode it smaller."
        )
    if kind != recognising.FILM:
        raise InputError(f"{file} is no film but a {kind}: give a film.")


def _check_seconds(file: Path, seconds: float, says: str) -> None:
    if seconds > MOST_SECONDS:
        raise InputError(
            f"{file} {says} {seconds / 60:.0f} minutes, more than the {MOST_SECONDS / 60:.0f} that "
            "are looked at: cut out the part in question."
        )
