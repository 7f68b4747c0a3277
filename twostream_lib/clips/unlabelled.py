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
HEAD = 4096  # bytes from the beginning by which a text is told


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
    if clip.frames < 2:
        raise InputError(f"{file} is a picture, or a film of one frame: give a film.")
    _check_seconds(file, clip.seconds, "lasts")
    return table


def _check_file(file: Path) -> None:
    """Raise InputError unless this may be a film: a plain file of a fair size that is no text."""
    try:
        check_is_file(file)
        size = file.stat().st_size
        with open(file, "rb") as opened:
            head = opened.read(HEAD)
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
    if _is_text(head):
        raise InputError(f"{file} is a text and not a film: give a film.")


def _is_text(head: bytes) -> bool:
    """Whether a file that begins so is a text; no film begins with so many printable characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # the byte-order mark of UTF-16
        return True
    # The last character may have been cut in two.
    words = head.decode("utf-8", errors="ignore")
    whole = len(words.encode()) >= len(head) - 3
    return whole and all(letter.isprintable() or letter.isspace() for letter in words)


def _check_seconds(file: Path, seconds: float, says: str) -> None:
    if seconds > MOST_SECONDS:
        raise InputError(
            f"{file} {says} {seconds / 60:.0f} minutes, more than the {MOST_SECONDS / 60:.0f} that "
            "are looked at: cut out the part in question."
        )
