"""Decode once: all windows of a clip set in one memory-mapped array on disk (paper, III.A, mode 2).

A store is a folder with `windows.npy`, `index.csv` (one row a window) and `manifest.json` (what it
was made from, and checksums of the other two). The manifest is compared before a store is used:
other files, other sampling or another version of the library make a new one, and so does damage,
which is said. `planning` says which frames make the windows, and `cutting` decodes them and fills
the array.
"""

import copy
import csv
import hashlib
import json
import shutil
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import twostream_lib
from twostream_lib import clips, records
from twostream_lib.data import cutting, soundness
from twostream_lib.data.plan import Plan
from twostream_lib.data.planning import NUMBERS, plan_windows
from twostream_lib.errors import InputError, cause_of
from twostream_lib.files import size_of
from twostream_lib.flow.estimators import METHODS
from twostream_lib.locks import alone

Array = np.ndarray

# Of the files in a store's folder: another layout of theirs is not read, but made anew.
FORMAT = 4
FILES = {"windows.npy", "index.csv", "manifest.json"}
# How the columns of an index are held in memory, beside `NUMBERS`.
TEXT = ("video", "label", "source", "protocol")
LEFT_BY_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}  # in every folder that was looked into


@dataclass(frozen=True)
class Store:
    """Windows on disk.

    Attributes:
        file: the array as it lies on disk, uint8 `[N, channels, H, W]`.
        index: one row a window: video, label, source, tag, protocol, window, start (frame). Its
            text is categorical, its numbers are as small as `NUMBERS` says: a large store has
            millions of rows.
        plan: what was asked for.
        set_aside: the clips that could not be decoded, by name, each with the reason.
        windows: compares what is read with what was written; None: nobody does.
    """

    file: Path
    index: pd.DataFrame
    plan: Plan
    set_aside: dict[str, str]
    windows: soundness.Windows | None = None

    @property
    def array(self) -> Array:
        """uint8 `[N, H, W, channels]`, memory-mapped, read-only; not compared with `windows`, as
        what `read` gives is.

        Images: channels 0 to 2 are the RGB of the window's middle frame, 3 to 5 the gray of its
        three frames, earliest first, which is its SG3I. Flow: quantised u1 v1 u2 v2 …, 128 is
        still. Gray: the window's frames, earliest first.
        """
        return np.load(self.file, mmap_mode="r").transpose(0, 2, 3, 1)

    def read(self, rows: Array, channels: slice = slice(None)) -> Array:
        """A batch in memory: the windows `rows`, in that order, as uint8 `[N, C, H, W]`.

        Each window's channels are read straight into the batch, in the order of the disk. A
        memory map would do the same, but an epoch would leave all of its pages with the process.

        Raises:
            InputError: the file is shorter than its header says, or windows have changed since they
                were written.
        """
        if self.windows and (row := self.windows.compare_rows(rows)) is not None:
            raise InputError(
                f"The windows of {self.index.video[row]} in {self.file} have changed since they "
                f"were written: delete the folder {self.file.parent}, and it is made anew."
            )
        with open(self.file, "rb", buffering=0) as file:
            np.lib.format.read_magic(file)
            (_, of_window, *size), _, _ = np.lib.format.read_array_header_1_0(file)
            start, plane = file.tell(), int(np.prod(size))
            first, last, step = channels.indices(of_window)
            batch = np.empty((len(rows), last - first, *size), np.uint8)
            for place in np.argsort(rows):
                file.seek(start + (int(rows[place]) * of_window + first) * plane)
                if file.readinto(batch[place]) < batch[place].nbytes:
                    raise InputError(f"{self.file} has been cut short: delete the store's folder.")
        return batch[:, ::step]

    def checksums(self, rows: Array) -> list[int]:
        """Of the clips of these windows, what their windows add up to; empty where nobody knows."""
        return self.windows.checksums(rows) if self.windows else []


def build(table: pd.DataFrame, folder: Path, plan: Plan, jobs: int = -1) -> Store:
    """The store of the clips in `table`, made unless `folder` holds just this one already.

    Every clip gives its mode-2 windows (protocol `window`); test clips (tag 2) also their centre
    window (`video-1`) and ten evenly spaced ones (`video-10`). Clips too short for one window are
    left out of the index; so are clips that turn out to be broken, and a warning names those.

    A build that was stopped, even killed, is resumed: clips that are done are not decoded again. Of
    several processes that ask for one store, one makes it and the others wait. The bytes of a store
    depend on the clips and the plan alone.

    Raises:
        InputError: no window at all, a folder that cannot be written or holds something else, or
            a disk that is too small. What was done by then is kept for the next start.
    """
    folder = Path(folder)
    wanted = describe(table, plan)
    found, _ = _find(folder, wanted, plan)
    if found is None:
        index, frames = plan_windows(table, plan)
        if index.empty:
            raise InputError(f"None of the {len(table)} clips is long enough for one window.")
        _check_place(folder)
        with alone(folder, "makes this store"):
            found, fault = _find(folder, wanted, plan)  # whom it waited for may have made it
            if fault:
                warnings.warn(f"{fault}: the store is made anew.", stacklevel=2)
            if found is None:
                _make(table, index, frames, wanted, folder, plan, jobs)
                found, fault = _find(folder, wanted, plan)
    if found is None:
        raise InputError(f"{fault}, just after it was written: use another disk.")
    if found.set_aside:
        warnings.warn(_set_aside_sentence(folder, found.set_aside), stacklevel=2)
    return found


def describe(table: pd.DataFrame, plan: Plan) -> dict:
    """What a store is made from: format, library version, plan, and what is known of every file.

    The last thing that is known of a file is the SHA-256 of its bytes: a film that is turned round
    in its header keeps its size. A table need not have it.
    """
    content = table["content"] if "content" in table else [""] * len(table)
    files = [[*known, digest] for known, digest in zip(measured(table), content, strict=True)]
    made_from = {"format": FORMAT, "version": twostream_lib.__version__, "plan": asdict(plan)}
    return json.loads(json.dumps(made_from | {"files": files}))


def measured(table: pd.DataFrame) -> list[list]:
    """Of every file its name, bytes, source, tag, frames, frames a second, and times."""
    return [
        [name, size_of(c.path), c.source, int(c.tag), int(c.frames), float(c.fps), c.times]
        for c, name in zip(table.itertuples(), clips.names(table), strict=True)
    ]


def read_manifest(folder: Path) -> dict | None:
    """The manifest of the store in `folder`, or None where there is no store.

    It is what `describe` says; `set_aside`, the clips that could not be decoded, and why; and the
    checksums `index` and `windows`, see `soundness`.

    Raises:
        InputError: it is damaged.
    """
    try:
        return records.read(folder / "manifest.json", "delete the store's folder.")
    except FileNotFoundError:
        return None


def _find(folder: Path, wanted: dict, plan: Plan) -> tuple[Store | None, str]:
    """The whole store that `wanted` describes, if `folder` holds it; and what is damaged of it."""
    try:
        manifest = read_manifest(folder)
    except InputError:
        return None, f"{folder / 'manifest.json'} is damaged"
    if manifest is None:
        lost = (folder / "windows.npy").is_file()
        return None, f"{folder / 'manifest.json'} is lost" if lost else ""
    if any(manifest.get(name) != value for name, value in wanted.items()):
        return None, ""
    file = folder / "index.csv"
    if not file.is_file() or soundness.of_index(file) != manifest["index"]:
        return None, f"{file} is not there or no longer what was written"
    windows = soundness.Windows(folder / "windows.npy", plan, manifest["windows"])
    if fault := windows.fault():
        return None, f"{windows.file} is damaged ({fault})"
    return Store(windows.file, read_index(file), plan, manifest["set_aside"], windows), ""


def read_index(file: Path) -> pd.DataFrame:
    """The index of a store, see `Store`.

    With the names of HMDB-51 and six windows a clip, it takes less than 40 bytes a window.
    """
    kinds = dict.fromkeys(TEXT, "category") | NUMBERS
    index = pd.read_csv(file, dtype=kinds, keep_default_na=False)
    index["window"] = pd.to_numeric(index["window"], downcast="signed")
    for name in TEXT:
        # A copy of the names has no hash table beside it, by which they were found to differ.
        index[name] = copy.deepcopy(index[name].array)
    return index


def _set_aside_sentence(folder: Path, set_aside: dict[str, str]) -> str:
    return (
        f"{len(set_aside)} clips could not be decoded and are left out of the store {folder} "
        f"({', '.join(set_aside)}): its manifest.json says why; mend them and delete the store to "
        "have them in it."
    )


def _check_place(folder: Path) -> None:
    """A folder with anything but a store in it would be lost."""
    if not folder.exists():
        return
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name}
    if not (there <= FILES | LEFT_BY_SYSTEMS and _looks_like_a_store(folder, there & FILES)):
        raise InputError(f"{folder} is there and is not a store: choose another place for it.")


def _looks_like_a_store(folder: Path, there: set[str]) -> bool:
    """Whether files of these names are a store's; a damaged one need not have all three."""
    if not there or "windows.npy" in there:
        return True
    try:
        return "plan" in (read_manifest(folder) or {})
    except InputError:
        return False


def _make(
    table: pd.DataFrame,
    index: pd.DataFrame,
    frames: Array,
    wanted: dict,
    folder: Path,
    plan: Plan,
    jobs: int,
) -> None:
    """Fill a folder beside `folder`, then put it in its place in one step.

    The name of the folder beside follows from what is wanted, so that the next start finds it.
    Unfinished folders of other plans are deleted.
    """
    beside, word = f"{folder.name}.part-", hashlib.sha256(json.dumps(wanted).encode()).hexdigest()
    unfinished = folder.with_name(beside + word[:12])
    store = unfinished / "store"
    try:
        for old in folder.parent.iterdir():
            if old.name.startswith(beside) and old != unfinished:
                shutil.rmtree(old)
        store.mkdir(parents=True, exist_ok=True)
        if _find(store, wanted, plan)[0] is None:
            _fill(store, table, index, frames, wanted, plan, jobs)
        shutil.rmtree(folder, ignore_errors=True)
        store.rename(folder)
        shutil.rmtree(unfinished)
    except OSError as error:
        raise InputError(
            f"The store {folder} could not be finished: {cause_of(error, folder)}; the clips "
            "that are done are kept for the next start."
        ) from error


def _fill(
    store: Path,
    table: pd.DataFrame,
    index: pd.DataFrame,
    frames: Array,
    wanted: dict,
    plan: Plan,
    jobs: int,
) -> None:
    """The three files of a store. The array comes last: with it, the store is whole."""
    if plan.kind == "flow":
        METHODS[plan.method]()  # one that cannot be had is no fault of the clips: say so now
    file, done = store.parent / "windows.npy", store.parent / "done.txt"
    clip_of = index["clip"].to_numpy()
    broken = cutting.fill(file, done, table.path.tolist(), clip_of, frames, plan, jobs)
    kept = ~np.isin(clip_of, list(broken))
    if not kept.any():
        raise InputError(
            f"None of the {len(broken)} clips can be decoded; of the first: {broken[clip_of[0]]}"
        )
    rows = index[kept].drop(columns="clip")
    rows.to_csv(store / "index.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
    names = clips.names(table)
    found = {
        "set_aside": {names[clip]: why for clip, why in broken.items()},
        "index": soundness.of_index(store / "index.csv"),
        "windows": soundness.of_windows(clip_of[kept], cutting.read_done(done)),
    }
    records.write(store / "manifest.json", wanted | found)
    cutting.move(file, store / "windows.npy", kept, plan)
