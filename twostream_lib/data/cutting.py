"""Clips cut into windows: those of one clip in memory, those of many clips in one file.

The file is filled by several processes side by side, and can be resumed after a kill. Each clip has
its own place in the file, known beforehand, so clips may be finished in any order. A list beside
the file tells which are done, with a checksum of each one's windows. It is believed only where the
bytes in the file agree: a line that was cut short, or windows that never reached the disk, cost one
clip that is decoded once more.
"""

import os
import re
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import cv2
import numpy as np
from joblib import Parallel, delayed
from tqdm import tqdm

from twostream_lib import flow, sg3i, video
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.files import replacing
from twostream_lib.flow import stacking

Array = np.ndarray


# --- one clip ----------------------------------------------------------------------------


def windows_of_clip(path: str, frames: Array, plan: Plan) -> Array:
    """The windows of a clip, which is decoded once.

    Args:
        path: the video file.
        frames: int `[N, plan.frames]`, the frames of each window.
        plan: what a window is made of.

    Returns:
        uint8 `[N, channels, H, W]`.

    Raises:
        InputError: the clip cannot be decoded, see `video.decode`.
    """
    needed, places = np.unique(frames, return_inverse=True)
    places = places.reshape(frames.shape)
    if plan.kind == "flow":
        gray = video.decode_gray(path, needed.tolist())
        return _flow_windows(resize(gray, plan.estimate_at or plan.size), places, plan)
    if plan.kind == "gray":
        return resize(video.decode_gray(path, needed.tolist()), plan.size)[places]
    middle = frames[:, frames.shape[1] // 2]
    colour, rows = np.unique(middle, return_inverse=True)
    rgb, gray = video.decode_both(path, colour.tolist(), needed.tolist())
    windows = np.empty((len(frames), plan.channels, *plan.size), np.uint8)
    windows[:, :3] = resize(rgb, plan.size).transpose(0, 3, 1, 2)[rows]
    three = resize(gray, plan.size)[places]
    windows[:, 3:] = sg3i.stack_many(list(three.swapaxes(0, 1))).transpose(0, 3, 1, 2)
    return windows


def _flow_windows(gray: Array, places: Array, plan: Plan) -> Array:
    """Flow stacks, each field without its mean vector, in 8 bits."""
    stacks = np.empty((len(places), plan.channels, *plan.size), np.uint8)
    stacked = stacking.windows(gray, places, plan.method, plan.size)
    for window, fields in zip(stacks, stacked, strict=True):
        levels = flow.quantise(flow.subtract_mean(fields), plan.bound)
        window[:] = stacking.as_channels(levels)
    return stacks


def resize(frames: Array, size: tuple[int, int]) -> Array:
    """uint8 `[T, H, W]` or `[T, H, W, 3]` squeezed into `size`, each pixel a mean over its area."""
    height, width = size
    return np.stack(
        [cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in frames]
    )


# --- many clips --------------------------------------------------------------------------


def fill(
    file: Path, done: Path, paths: Sequence[str], clips: Array, frames: Array, plan: Plan, jobs: int
) -> dict[int, str]:
    """Write the windows of many clips to `file`, and what is finished to `done`.

    Args:
        file: an `.npy` file for the array uint8 `[N, channels, H, W]`. If it is there, what it
            holds is kept.
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
    """The checksum of each clip that is said to be done, by the clip's number."""
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
            windows = windows_of_clip(path, frames, plan)
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
    with open(file, "rb") as source, replacing(target) as beside, open(beside, "wb") as out:
        start = source.seek(-len(kept) * plan.window_bytes, os.SEEK_END)
        _write_header(out, int(kept.sum()), plan)
        for row in np.flatnonzero(kept):
            source.seek(start + int(row) * plan.window_bytes)
            out.write(source.read(plan.window_bytes))
