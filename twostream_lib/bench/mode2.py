"""How fast a store is built and read, beside a plain loop, and how its memory grows."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import psutil

from twostream_lib import clips
from twostream_lib.bench import baselines, rounds
from twostream_lib.data import cutting, datasets, order, planning, store
from twostream_lib.data.store import Store
from twostream_lib.training.profiles import PROFILES, SMALL

CLIPS, TIMES = 1000, 10
BATCH = 128
PLAN = PROFILES["paper"].plan

# It runs in a process of its own, whose memory holds nothing but the build; it prints its seconds.
BUILD = """
import sys, time
import pandas as pd
from twostream_lib.data import store
from twostream_lib.data.plan import Plan
start = time.perf_counter()
table = pd.read_csv(sys.argv[1], keep_default_na=False)
store.build(table, sys.argv[2], Plan("images", {size}))
print(time.perf_counter() - start)
"""

Numbers = dict[str, float]
# From a path and the numbers of the wanted frames in each layout of PyAV to these frames.
Convert = Callable[[str, dict[str, set[int]]], dict[str, baselines.Frames]]


def measure(table: pd.DataFrame, folder: Path, turns: int) -> Numbers:
    """The numbers of building, reading and memory; `turns` is the number of rounds.

    `table` is of probed clips, all of them usable; stores are made in `folder`, which is not
    cleared up.
    """
    many = repeated(table, CLIPS, folder / "many")
    building, built = _building(many, folder, turns)
    reading = _reading(built, turns)
    shutil.rmtree(folder / "store")
    return {
        "clips": len(many),
        "windows": len(built.index),
        "bytes_a_pixel": PLAN.window_bytes / (PLAN.size[0] * PLAN.size[1]),
        **building,
        **reading,
        **_growing(table, folder),
    }


def repeated(table: pd.DataFrame, count: int, folder: Path) -> pd.DataFrame:
    """A table of `count` clips: those of `table`, again and again under new names (symlinks)."""
    rows = table.iloc[np.arange(count) % len(table)].reset_index(drop=True)
    paths = []
    for number, clip in enumerate(rows.itertuples()):
        path = folder / clip.label / f"{number}_{Path(clip.path).name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(clip.path)
        paths.append(str(path))
    return rows.assign(path=paths)


def plain_store(table: pd.DataFrame, file: Path, convert: Convert) -> None:
    """Build a store by a plain loop over the clips; `convert` reads the frames that are needed."""
    index, frames = planning.plan_windows(table, PLAN)
    windows = np.lib.format.open_memmap(file, "w+", np.uint8, (len(index), *PLAN.size, 6))
    for clip, rows in index.groupby("clip").indices.items():
        gray, middle = frames[rows], frames[rows, 1]
        wanted = {"gray": set(gray.ravel().tolist()), "rgb24": set(middle.tolist())}
        found = convert(table.path[clip], wanted)
        for row, three, one in zip(rows, gray, middle, strict=True):
            small = cutting.resize(np.stack([found["gray"][t] for t in three]), PLAN.size)
            windows[row, ..., 3:] = small.transpose(1, 2, 0)
            windows[row, ..., :3] = cutting.resize(found["rgb24"][one][None], PLAN.size)[0]


def _building(table: pd.DataFrame, folder: Path, turns: int) -> tuple[Numbers, Store]:
    """Throughputs of building, and the store of the last round, which stays in the folder."""

    def ours() -> int:
        shutil.rmtree(folder / "store", ignore_errors=True)
        store.build(table, folder / "store", PLAN)
        return len(table)

    def plain(convert: Convert) -> int:
        plain_store(table, folder / "plain.npy", convert)
        (folder / "plain.npy").unlink()
        return len(table)

    loops: dict[str, Convert] = {"build_plain": baselines.some_frames}
    if baselines.optional("torchcodec"):
        loops["build_torchcodec"] = baselines.some_frames_with_torchcodec
    ways = {name: partial(plain, convert) for name, convert in loops.items()}
    found = rounds.throughputs(ways | {"build": ours}, turns)
    built = store.build(table, folder / "store", PLAN)
    numbers = rounds.summary(found, "clips_per_second", dict.fromkeys(loops, "build"))
    windows = numbers["build_clips_per_second"] * len(built.index) / len(table)
    return numbers | {"windows_per_second": windows}, built


def _reading(built: Store, turns: int) -> Numbers:
    """A shuffled epoch of each view, beside copying all bytes twice into one buffer."""
    array = np.load(built.file, mmap_mode="r")
    buffer = np.empty((BATCH, *array.shape[1:]), np.uint8)

    def copy_twice() -> int:
        for first in [*range(0, len(array), BATCH)] * 2:
            part = array[first : first + BATCH]
            np.copyto(buffer[: len(part)], part)
        return array.nbytes

    def epoch() -> int:
        everything = np.ones(len(built.index), bool)
        for view in ("rgb", "sg3i"):
            data = datasets.WindowDataset(built, everything, view, clips.classes(built.index))
            for _ in datasets.in_batches(data, BATCH, order.epoch(len(data), 0, 0)):
                pass
        return array.nbytes

    ways = {"copy": copy_twice, "epoch": epoch}
    found = rounds.throughputs(ways, turns)
    return {
        "epoch_mb_per_second": median(found["epoch"]) / 1e6,
        "epoch_ratio": rounds.ratio(found["epoch"], found["copy"]),
    }


def _growing(table: pd.DataFrame, folder: Path) -> Numbers:
    """Peak memory and time of a build in a process of its own, for N clips and for 10 N."""
    sizes = {"1": CLIPS, str(TIMES): CLIPS * TIMES}
    found = {
        name: _build_apart(repeated(table, count, folder / f"grow{name}"), folder)
        for name, count in sizes.items()
    }
    (memory, seconds), (more_memory, more_seconds) = found.values()
    return {
        "memory_mb": memory,
        f"memory_{TIMES}_times_the_clips_mb": more_memory,
        "memory_growth_ratio": more_memory / memory,
        "time_growth_ratio": more_seconds / (TIMES * seconds),
    }


def _build_apart(table: pd.DataFrame, folder: Path) -> tuple[float, float]:
    """Peak memory in MiB, and seconds, of a process that builds a store of small windows."""
    table.to_csv(folder / "table.csv", index=False)
    code = BUILD.format(size=SMALL)
    command = [sys.executable, "-c", code, str(folder / "table.csv"), str(folder / "apart")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        largest = 0.0
        while process.poll() is None:
            largest = max(largest, _resident_mb(psutil.Process(process.pid)))
            time.sleep(0.1)
        said = process.communicate()[0]
    shutil.rmtree(folder / "apart")
    return largest, float(said)


def _resident_mb(process: psutil.Process) -> float:
    """Resident memory of a process and its children, in MiB; shared pages count several times."""
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:  # ended between the two looks: the next look will tell
        return 0.0
    return total / 2**20
