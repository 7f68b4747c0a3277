"""Whether a store on disk still is what was written: its index, its size, and its windows.

The manifest keeps a checksum of the index, and for each clip how many windows it has and the
checksum that `cutting` found while it wrote them. Of a store of up to `AT_ONCE` bytes all windows
are compared when it is opened, of a larger one some clips from its beginning to its end. The rest
is compared clip by clip, when one is read for the first time.
"""

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from twostream_lib.data import cutting
from twostream_lib.data.plan import Plan

Array = np.ndarray
AT_ONCE = 2**30


def of_index(file: Path) -> str:
    """The checksum of an index: SHA-256 of the file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def of_windows(clip_of: Array, checksums: dict[int, int]) -> list[list[int]]:
    """For each clip, in the order of its windows, how many they are and their checksum.

    Args:
        clip_of: int `[N]`, the clip of each window, in rising order.
        checksums: of each clip's windows, see `cutting.read_done`.
    """
    clips, counts = np.unique(clip_of, return_counts=True)
    return [[int(count), checksums[int(clip)]] for clip, count in zip(clips, counts, strict=True)]


@dataclass
class Windows:
    """The windows of a store's file, and which clips' have been compared with their checksums.

    Attributes:
        file: the array, `.npy`.
        plan: what each window is made of.
        clips: for each clip how many windows it has and their checksum, see `of_windows`: held as
            int64 `[clips, 2]`.
    """

    file: Path
    plan: Plan
    clips: Array
    compared: Array = field(init=False)

    def __post_init__(self) -> None:
        self.clips = np.asarray(self.clips, np.int64)
        counts = self.clips[:, 0]
        self.first = np.concatenate([[0], counts.cumsum()])
        self.clip_of = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        self.compared = np.zeros(len(counts), bool)
        header = io.BytesIO()
        cutting.write_header(header, len(self.clip_of), self.plan)
        self.header = header.getvalue()

    def fault(self) -> str:
        """What is wrong with the file, in a few words; empty where nothing was found."""
        if not self.file.is_file():
            return "it is not there"
        wanted = len(self.header) + len(self.clip_of) * self.plan.window_bytes
        if (size := self.file.stat().st_size) != wanted:
            return f"it has {size:,} bytes for {wanted:,}"
        with open(self.file, "rb") as file:
            if file.read(len(self.header)) != self.header:
                return "its header is no longer what was written"
        every = max(1, -(-wanted // AT_ONCE))
        changed = self.compare(range(0, len(self.clips), every))
        if changed is None:
            return ""
        return f"windows {self.first[changed]} to {self.first[changed + 1] - 1} have changed"

    def compare(self, clips: Iterable[int]) -> int | None:
        """The first of these clips, by number, whose windows have changed; None: none has.

        A clip is compared once.
        """
        with open(self.file, "rb") as file:
            for clip in clips:
                if self.compared[clip]:
                    continue
                count, checksum = self.clips[clip].tolist()
                start = len(self.header) + int(self.first[clip]) * self.plan.window_bytes
                if cutting.checksum(file, start, count * self.plan.window_bytes) != checksum:
                    return clip
                self.compared[clip] = True
        return None

    def compare_rows(self, rows: Array) -> int | None:
        """The first window of a clip that has changed, of the clips of these windows; or None."""
        clips = self.clip_of[rows]
        unknown = np.unique(clips[~self.compared[clips]])
        changed = self.compare(unknown.tolist()) if len(unknown) else None
        return None if changed is None else int(self.first[changed])

    def checksums(self, rows: Array) -> list[int]:
        """The checksums of the clips of these windows, in the order of the store."""
        return self.clips[np.unique(self.clip_of[rows]), 1].tolist()
