"""Decode once: all windows of a clip set in one memory-mapped array on disk (paper, III.A, mode 2).

A store is a folder with `windows.npy`, `index.csv` (one row a window) and `manifest.json` (what it
was made from). The manifest is compared before a store is used: other files, other sampling or
another version of the library make a new one.
"""

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from tqdm import tqdm

import twostream_lib
from twostream_lib import clips, flow, sampling, video
from twostream_lib.errors import InputError

Array = np.ndarray


@dataclass(frozen=True)
class Plan:
    """What a store holds.

    Attributes:
        kind: `"images"` (one RGB frame and three gray ones, 6 channels) or `"flow"` (2L channels).
        size: height and width of the stored windows, pixels. The whole frame is squeezed into it.
        rate: frames a second that a window's frames are taken at (the paper: 6).
        step: seconds from one training window to the next (the paper: 1).
        length: frames in an image window (3), or flow fields in a stack (L).
        method: how flow is estimated, see `flow.estimate`.
    """

    kind: str = "images"
    size: tuple[int, int] = (224, 224)
    rate: float = 6.0
    step: float = 1.0
    length: int = 3
    method: str = "dis"

    @property
    def channels(self) -> int:
        return 6 if self.kind == "images" else 2 * self.length

    @property
    def frames(self) -> int:
        """Frames that one window spans: a flow field lies between two of them."""
        return self.length if self.kind == "images" else self.length + 1


@dataclass(frozen=True)
class Store:
    """Windows on disk.

    Attributes:
        array: uint8 `[N, H, W, channels]`, memory-mapped, read-only. Images: channels 0 to 2 are
            the RGB of the window's middle frame, 3 to 5 the gray of its three frames, earliest
            first, which is its SG3I. Flow: quantised u1 v1 u2 v2 …, 128 is still.
        index: one row a window: video, label, source, tag, protocol, window, start (frame).
        plan: what was asked for.
    """

    array: Array
    index: pd.DataFrame
    plan: Plan


def build(table: pd.DataFrame, folder: Path, plan: Plan, jobs: int = -1) -> Store:
    """The store of the clips in `table`, made unless `folder` holds just this one already.

    Every clip gives its mode-2 windows (protocol `window`); test clips (tag 2) also their centre
    window (`video-1`) and ten evenly spaced ones (`video-10`). Clips too short for one window are
    left out of the index.

    Raises:
        InputError: no window at all, or a folder that cannot be written.
    """
    folder = Path(folder)
    index, frames = plan_windows(table, plan)
    if index.empty:
        raise InputError(f"None of the {len(table)} clips is long enough for one window.")
    manifest = describe(table, plan)
    if read_manifest(folder) != manifest:
        _write_store(table, index, frames, manifest, folder, plan, jobs)
    index = pd.read_csv(folder / "index.csv", dtype={"video": str, "label": str, "source": str})
    return Store(np.load(folder / "windows.npy", mmap_mode="r"), index, plan)


def plan_windows(table: pd.DataFrame, plan: Plan) -> tuple[pd.DataFrame, Array]:
    """The index of a store, and the frame numbers `[N, plan.frames]` behind each of its rows."""
    rows, frames = [], []
    for clip, name in zip(table.itertuples(), clips.names(table), strict=True):
        of_clip = (clip.Index, name, clip.label, clip.source, clip.tag)
        for protocol, windows in _windows_of(clip, plan).items():
            for number, window in enumerate(windows):
                rows.append((*of_clip, protocol, number, int(window[0])))
                frames.append(window)
    columns = ["clip", "video", "label", "source", "tag", "protocol", "window", "start"]
    return pd.DataFrame(rows, columns=columns), np.array(frames, dtype=np.int64)


def _windows_of(clip, plan: Plan) -> dict[str, Array]:
    length = plan.frames
    windows = {"window": sampling.mode2(clip.frames, clip.fps, plan.rate, length, plan.step)}
    if clip.tag == 2:
        for count in (1, 10):
            windows[f"video-{count}"] = sampling.spread(
                clip.frames, clip.fps, count, plan.rate, length
            )
    return windows


def describe(table: pd.DataFrame, plan: Plan) -> dict:
    """What a store is made from: plan, library version, and name, size and tag of every file."""
    files = [
        [name, os.path.getsize(c.path), int(c.tag), int(c.frames)]
        for c, name in zip(table.itertuples(), clips.names(table), strict=True)
    ]
    plan_as_json = json.loads(json.dumps(asdict(plan)))
    return {"version": twostream_lib.__version__, "plan": plan_as_json, "files": files}


def read_manifest(folder: Path) -> dict | None:
    """The manifest of the store in `folder`, or None where there is no store."""
    file = folder / "manifest.json"
    return json.loads(file.read_text()) if file.is_file() else None


def _write_store(
    table: pd.DataFrame,
    index: pd.DataFrame,
    frames: Array,
    manifest: dict,
    folder: Path,
    plan: Plan,
    jobs: int,
) -> None:
    """Fill a folder beside `folder`, then put it in its place in one step."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
    except OSError as error:
        raise InputError(
            f"The store {folder} cannot be written ({error.strerror}): choose another runs folder."
        ) from error
    try:
        _fill(part / "windows.npy", table, index, frames, plan, jobs)
        index.drop(columns="clip").to_csv(part / "index.csv", index=False)
        (part / "manifest.json").write_text(json.dumps(manifest))
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    except OSError as error:
        raise InputError(
            f"The store {folder} could not be finished ({error.strerror}): free some disk, or "
            "choose another runs folder."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _fill(
    file: Path, table: pd.DataFrame, index: pd.DataFrame, frames: Array, plan: Plan, jobs: int
) -> None:
    shape = (len(index), *plan.size, plan.channels)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    with open(file, "wb") as out:
        np.lib.format.write_array_header_1_0(out, header)
        start = out.tell()
        out.truncate(start + int(np.prod(shape)))
    window_bytes = int(np.prod(shape[1:]))
    # The rows of a clip stand together, so each clip is one write at its own place.
    rows = index.groupby("clip", sort=False).indices
    tasks = (
        delayed(_write_clip)(file, start + int(r[0]) * window_bytes, table.path[c], frames[r], plan)
        for c, r in rows.items()
    )
    bar = tqdm(total=len(rows), desc=f"Decoding into the store ({plan.kind})", unit="clip")
    with bar:
        for _ in Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks):
            bar.update()


def _write_clip(file: Path, offset: int, path: str, frames: Array, plan: Plan) -> None:
    # A plain write, not a memory map: on a full disk it raises an error where a map would crash.
    with open(file, "r+b") as out:
        out.seek(offset)
        out.write(windows_of_clip(path, frames, plan).tobytes())


def windows_of_clip(path: str, frames: Array, plan: Plan) -> Array:
    """Decode a clip once and cut its windows: frame numbers `[N, plan.frames]` → uint8
    `[N, H, W, channels]`."""
    needed, places = np.unique(frames, return_inverse=True)
    places = places.reshape(frames.shape)
    if plan.kind == "flow":
        gray = video.decode_gray(path, needed.tolist())
        return _flow_windows(_resize(gray, plan.size), places, plan)
    middle = frames[:, frames.shape[1] // 2]
    colour, rows = np.unique(middle, return_inverse=True)
    rgb, gray = video.decode_both(path, colour.tolist(), needed.tolist())
    rgb, gray = _resize(rgb, plan.size)[rows], _resize(gray, plan.size)[places]
    return np.concatenate([rgb, gray.transpose(0, 2, 3, 1)], axis=3)


def _flow_windows(gray: Array, places: Array, plan: Plan) -> Array:
    """Flow stacks; a pair of frames that two windows share is estimated once."""
    pairs = np.stack([places[:, :-1].ravel(), places[:, 1:].ravel()], axis=1)
    unique, back = np.unique(pairs, axis=0, return_inverse=True)
    fields = np.stack([flow.estimate(gray[pair], plan.method)[0] for pair in unique])
    fields = flow.quantise(flow.subtract_mean(fields))
    by_window = fields[back.ravel()].reshape(len(places), plan.length, *plan.size, 2)
    return by_window.transpose(0, 2, 3, 1, 4).reshape(len(places), *plan.size, plan.channels)


def _resize(frames: Array, size: tuple[int, int]) -> Array:
    height, width = size
    return np.stack(
        [cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in frames]
    )
