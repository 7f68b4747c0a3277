"""Fill one file with the windows of many clips, side by side, so that a killed run is taken up.

Each clip has its own place in the file, known beforehand, so clips may be finished in any order. A
list beside the file tells which are done and the checksum of each one's windows. It is believed
only where the bytes in the file agree: a line that was cut short, or windows that never reached the
disk, cost one clip that is decoded once more.
"""

import os
import re
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
from joblib import Parallel, delayed
from tqdm import tqdm

from twostream_lib.data import cutting
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError

Array = np.ndarray


def fill(
    file: Path, done: Path, paths: Sequence[str], clips: Array, frames: Array, plan: Plan, jobs: int
) -> dict[int, str]:
    """Write the array uint8 `[N, channels, H, W]` to `file`, and what is finished to `done`.

    Args:
        file: an `.npy` file, taken up where it was if it is there.
        done: the list beside it.
        paths: the clips.
        clips: int `[N]`, the number of each window's clip in `paths`, in rising order.
        frames: int `[N, plan.frames]`, the frames of each window.
        plan: what the windows are made of.
        jobs: how many processes decode, as joblib counts them.

    Returns:
        The clips that could not be decoded, by number, each with the reason. The places of their
        windows hold nothing of use: see `move`.

    Raises:
        InputError: the disk has no room for what is missing.
        OSError: what came in the way of writing.
    """
    checksums = read_done(done)
    numbers, firsts, counts = np.unique(clips, return_index=True, return_counts=True)
    missing = int(counts[~np.isin(numbers, list(checksums))].sum()) * plan.window_bytes
    _check_room(file.parent.parent, missing)
    start = _make_room(file, len(clips), plan)
    tasks = (
        delayed(_fill_clip)(
            file,
            start + int(first) * plan.window_bytes,
            int(number),
            paths[number],
            frames[first : first + count],
            plan,
            checksums.get(int(number)),
        )
        for number, first, count in zip(numbers, firsts, counts, strict=True)
    )
    broken = {}
    with open(done, "a") as out, _bar(len(numbers), plan) as bar:
        for number, checksum, why in Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks):
            if why:
                broken[number] = why
            elif checksums.get(number) != checksum:
                # The line break comes first: it ends a line that was cut short by a kill.
                out.write(f"\n{number} {checksum}")
                out.flush()
            bar.update()
    return dict(sorted(broken.items()))


def _bar(total: int, plan: Plan) -> tqdm:
    return tqdm(total=total, desc=f"Decoding into the store ({plan.kind})", unit="clip")


def read_done(done: Path) -> dict[int, int]:
    """The checksum of each clip that is said to be done."""
    text = done.read_text(errors="replace") if done.is_file() else ""
    return {int(number): int(sum_) for number, sum_ in re.findall(r"^(\d+) (\d+)$", text, re.M)}


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise InputError(
            f"The store needs {needed / 1e6:,.0f} MB more and the disk of {folder} has "
            f"{free / 1e6:,.0f} MB: free some, or choose another runs folder; what is done is kept."
        )


def _make_room(file: Path, count: int, plan: Plan) -> int:
    """Give the file its header and its size; the place of the first window, in bytes."""
    with open(file, "r+b" if file.exists() else "wb") as out:
        start = _write_header(out, count, plan)
        out.truncate(start + count * plan.window_bytes)
    return start


def _write_header(out: IO[bytes], count: int, plan: Plan) -> int:
    shape = (count, plan.channels, *plan.size)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(out, header)
    return out.tell()


def _fill_clip(
    file: Path,
    offset: int,
    number: int,
    path: str,
    frames: Array,
    plan: Plan,
    checksum: int | None,
) -> tuple[int, int, str]:
    """A clip's windows at their place, and (number, checksum, why not). Runs beside others."""
    with open(file, "r+b") as out:
        out.seek(offset)
        if checksum is not None:
            if zlib.crc32(out.read(len(frames) * plan.window_bytes)) == checksum:
                return number, checksum, ""
            out.seek(offset)
        try:
            windows = cutting.windows_of_clip(path, frames, plan)
        except InputError as error:
            return number, 0, str(error)
        # A plain write, not a memory map: on a full disk it raises an error where a map would
        # crash.
        out.write(windows.data)
    return number, zlib.crc32(windows.data), ""


def move(file: Path, target: Path, kept: Array, plan: Plan) -> None:
    """Put a filled file in its place in one step, with the windows that are `kept`, bool `[N]`."""
    if kept.all():
        os.replace(file, target)
        return
    beside = target.with_suffix(".part")
    with open(file, "rb") as source, open(beside, "wb") as out:
        start = source.seek(-len(kept) * plan.window_bytes, os.SEEK_END)
        _write_header(out, int(kept.sum()), plan)
        for row in np.flatnonzero(kept):
            source.seek(start + int(row) * plan.window_bytes)
            out.write(source.read(plan.window_bytes))
    os.replace(beside, target)
