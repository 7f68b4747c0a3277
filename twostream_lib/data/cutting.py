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
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np
from joblib import Parallel, delayed
from tqdm import tqdm

from twostream_lib import flow, sg3i, video
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.files import replacing
from twostream_lib.threads import one_opencv_thread
from twostream_lib.video.planes import ToRgb

Array = np.ndarray
CHUNK = 2**22  # bytes that are read at once for a checksum


# --- one clip ----------------------------------------------------------------------------


def windows_of_clip(path: str, frames: Array, plan: Plan) -> Array:
    """All windows of a clip in memory, see ``each_window``: uint8 `[N, channels, H, W]`."""
    windows = np.empty((len(frames), plan.channels, *plan.size), np.uint8)
    for row, window in each_window(path, frames, plan):
        windows[row] = window
    return windows


def each_window(path: str, frames: Array, plan: Plan) -> Iterator[tuple[int, Array]]:
    """The windows of a clip, which is decoded once, as they become complete.

    Frames are shrunk as they come and kept no longer than a window needs them. So the memory that
    this takes does not grow with the length of the clip.

    Args:
        path: the video file.
        frames: int `[N, plan.frames]`, the frames of each window, earliest first.
        plan: what a window is made of.

    Yields:
        The row of a window in `frames`, and the window, uint8 `[channels, H, W]`.

    Raises:
        InputError: the clip cannot be decoded, see `video.decode`.
    """
    cutter = CUTTERS[plan.kind](plan, frames)
    last_use: dict[int, int] = {}
    complete_at: dict[int, list[int]] = {}
    for row, window in enumerate(frames.tolist()):
        complete_at.setdefault(window[-1], []).append(row)
        for index in window:
            last_use[index] = max(last_use.get(index, 0), window[-1])
    for index, frame in video.picked(path, sorted(last_use)):
        cutter.see(index, frame)
        for row in complete_at.get(index, []):
            yield row, cutter.cut(frames[row].tolist())
        for old in [kept for kept in cutter.kept if last_use[kept] <= index]:
            cutter.forget(old)


class GrayCutter:
    """Windows of gray frames, uint8 `[length, H, W]`."""

    def __init__(self, plan: Plan, frames: Array) -> None:
        self.plan, self.size = plan, plan.size
        self.kept: dict[int, Array] = {}  # gray frames, by their number in the clip

    def see(self, index: int, frame: video.Frame) -> None:
        """Take what windows need of a frame."""
        self.kept[index] = video.shrink(video.gray(frame), self.size)

    def cut(self, window: list[int]) -> Array:
        """The window of these frames, all of which were seen."""
        return np.stack([self.kept[index] for index in window])

    def forget(self, index: int) -> None:
        """No later window needs this frame."""
        del self.kept[index]


class ImageCutter(GrayCutter):
    """RGB of the middle frame and the SG3I of all three, uint8 `[6, H, W]`."""

    def __init__(self, plan: Plan, frames: Array) -> None:
        super().__init__(plan, frames)
        self.middles = set(frames[:, frames.shape[1] // 2].tolist())
        self.to_rgb = ToRgb()
        self.colour: dict[int, Array] = {}

    def see(self, index: int, frame: video.Frame) -> None:
        super().see(index, frame)
        if index in self.middles:
            self.colour[index] = video.shrink(self.to_rgb(frame), self.size)

    def cut(self, window: list[int]) -> Array:
        colour = self.colour[window[len(window) // 2]]
        image = sg3i.stack(super().cut(window))
        return np.concatenate([colour, image], axis=2).transpose(2, 0, 1)

    def forget(self, index: int) -> None:
        super().forget(index)
        self.colour.pop(index, None)


class FlowCutter(GrayCutter):
    """Flow stacks, each field without its mean vector, in 8 bits, uint8 `[2L, H, W]`."""

    def __init__(self, plan: Plan, frames: Array) -> None:
        super().__init__(plan, frames)
        self.size = plan.estimate_at or plan.size
        self.estimate = flow.estimator(plan.method)
        self.fields: dict[tuple[int, int], Array] = {}

    def cut(self, window: list[int]) -> Array:
        fields = np.stack([self._field(pair) for pair in pairwise(window)])
        levels = flow.quantise(flow.subtract_mean(fields), self.plan.bound)
        return flow.as_channels(levels)

    def _field(self, pair: tuple[int, int]) -> Array:
        """The field between two frames, estimated once however many windows share it."""
        if pair not in self.fields:
            now, after = (self.kept[index] for index in pair)
            self.fields[pair] = flow.resize(self.estimate(now, after), self.plan.size)
        return self.fields[pair]

    def forget(self, index: int) -> None:
        super().forget(index)
        for pair in [pair for pair in self.fields if index in pair]:
            del self.fields[pair]


CUTTERS = {"images": ImageCutter, "gray": GrayCutter, "flow": FlowCutter}


def resize(frames: Array, size: tuple[int, int]) -> Array:
    """uint8 `[T, H, W]` or `[T, H, W, 3]` squeezed into `size`, each pixel a mean over its area."""
    return np.stack([video.shrink(frame, size) for frame in frames])


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
        start = write_header(out, count, plan)
        out.truncate(start + count * plan.window_bytes)
    return start


def write_header(out: IO[bytes], count: int, plan: Plan) -> int:
    """Write what comes before `count` windows in an `.npy` file; the place of the first one."""
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
    known: int | None,
) -> tuple[int, int, str]:
    """A clip's windows at their place, and (number, checksum, why not). Runs beside others, so on
    one core."""
    with open(file, "r+b") as out, one_opencv_thread():
        size = len(frames) * plan.window_bytes
        if known is not None and checksum(out, offset, size) == known:
            return number, known, ""
        try:
            for row, window in each_window(path, frames, plan):
                # A plain write, not a memory map: on a full disk it raises an error where a map
                # would crash.
                out.seek(offset + row * plan.window_bytes)
                out.write(np.ascontiguousarray(window).data)
        except InputError as error:
            return number, 0, str(error)
        except MemoryError:
            return number, 0, f"{path} needs more memory than there is: make its frames smaller."
        return number, checksum(out, offset, size), ""


def checksum(file: IO[bytes], start: int, size: int) -> int:
    """The CRC-32 of a part of a file, of which a few megabytes at a time are read."""
    file.seek(start)
    found = 0
    for done in range(0, size, CHUNK):
        found = zlib.crc32(file.read(min(CHUNK, size - done)), found)
    return found


def move(file: Path, target: Path, kept: Array, plan: Plan) -> None:
    """Put a filled file in its place in one step, with the windows that are `kept`, bool `[N]`."""
    if kept.all():
        os.replace(file, target)
        return
    with open(file, "rb") as source, replacing(target) as beside, open(beside, "wb") as out:
        start = source.seek(-len(kept) * plan.window_bytes, os.SEEK_END)
        write_header(out, int(kept.sum()), plan)
        for row in np.flatnonzero(kept):
            source.seek(start + int(row) * plan.window_bytes)
            out.write(source.read(plan.window_bytes))
