"""How long a film says it is."""

from __future__ import annotations

import os
from pathlib import Path

import av

from twostream_lib.video.opening import _open


def claimed_seconds(path: str | os.PathLike[str]) -> float:
    """The length that a film's header claims, seconds; 0.0 where it claims none.

    Nothing is decoded, so this is no more than a claim. Raises InputError for a missing file, or
    one that is no video.
    """
    with _open(Path(path)) as container:
        return (container.duration or 0) / av.time_base
