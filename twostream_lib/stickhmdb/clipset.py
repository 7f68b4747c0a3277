"""The embedded clip set on disk: real .avi files in HMDB-51's folders, names and split files."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import cv2
import joblib
import pandas as pd
from tqdm import tqdm

from twostream_lib import records
from twostream_lib.errors import InputError, cause_of
from twostream_lib.files import write_text
from twostream_lib.stickhmdb.casting import cast_clips
from twostream_lib.stickhmdb.rendering import FPS, render
from twostream_lib.threads import one_opencv_thread

VERSION = 3  # of the generator: another one draws other clips
MANIFEST = "stickhmdb.json"
UNFINISHED = "stickhmdb.unfinished.json"  # lies there while clips are being drawn
_MADE_BY_US = {"name", "version", "seed", "clips_per_class", "files"}  # what either file says


def is_stickhmdb(videos: str | os.PathLike[str]) -> bool:
    """Whether a folder of videos, or the folder around it, is a finished StickHMDB."""
    videos = Path(videos)
    return any((folder / MANIFEST).is_file() for folder in (videos, videos.parent))


def make_clips(
    folder: str | os.PathLike[str],
    clips_per_class: int = 80,
    seed: int = 0,
    jobs: int = 2,
) -> Path:
    """Draw StickHMDB into ``folder``, or what is missing of it, and return the folder.

    The folder gets ``videos/<class>/*.avi``, ``splits/<class>_test_split{1,2,3}.txt`` and, last of
    all, a manifest. When the manifest tells of these clips already, nothing is drawn. Clips of
    another seed or number are replaced, and so is a clip whose size is no longer that in the
    manifest. The bytes depend on ``clips_per_class`` and ``seed`` alone,
    not on ``jobs``. Raises InputError when the folder holds something else or cannot be written.
    """
    folder = Path(folder)
    wanted = {
        "name": "StickHMDB",
        "version": VERSION,
        "seed": seed,
        "clips_per_class": clips_per_class,
    }
    try:
        found = read_manifest(folder)
        alike = found is not None and {**found, "files": None} == {**wanted, "files": None}
        if found and alike and is_whole(folder, found["files"]):
            return folder
        rows = cast_clips(clips_per_class, seed)  # which refuses numbers before anything is lost
        if found and not alike:
            check_strangers(folder, found)
            clear(folder)
            found = None
        forget_changed(folder, found["files"] if found else {})
        draw_set(folder, rows, wanted, jobs)
    except OSError as error:
        raise InputError(
            f"StickHMDB cannot be written to {folder}: {cause_of(error, folder)}."
        ) from error
    return folder


def draw_set(folder: Path, rows: pd.DataFrame, wanted: dict, jobs: int) -> None:
    """Write the splits, the missing clips and the manifest, in this order."""
    records.write(folder / UNFINISHED, {**wanted, "files": {}})
    (folder / MANIFEST).unlink(missing_ok=True)
    write_splits(folder / "splits", rows)
    draw_missing(folder / "videos", rows, jobs)
    names = [f"videos/{row.label}/{row.file}" for row in rows.itertuples()]
    sizes = {name: (folder / name).stat().st_size for name in sorted(names)}
    records.write(folder / MANIFEST, {**wanted, "files": sizes})
    (folder / UNFINISHED).unlink()


def read_manifest(folder: Path) -> dict | None:
    """The manifest in a folder, without ``files`` if the set is unfinished; None if it is empty."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    files = [file for file in (folder / UNFINISHED, folder / MANIFEST) if file.is_file()]
    move = "move it away, or name a new or empty folder."
    if files:
        found = records.read(files[0], f"it is not StickHMDB's, or damaged; {move}")
        if set(found) >= _MADE_BY_US:
            return found
    raise InputError(f"{folder} holds something that is not StickHMDB: {move}")


def check_strangers(folder: Path, found: dict) -> None:
    """Raise InputError where files that no manifest names would be lost with a set."""
    rows = cast_clips(found["clips_per_class"], found["seed"])
    ours = {f"videos/{row.label}/{row.file}" for row in rows.itertuples()} | found["files"].keys()
    there = [path for name in ("videos", "splits") for path in sorted((folder / name).rglob("*"))]
    strangers = [
        path.name
        for path in there
        if path.is_file()
        and path.relative_to(folder).as_posix() not in ours
        and not re.fullmatch(r".+_test_split[123]\.txt|.+\.avi\.part|\..*", path.name)
    ]
    if strangers:
        raise InputError(
            f"{folder} has {len(strangers)} files that are not StickHMDB's, such as "
            f"{strangers[0]}: move them away, or name another folder."
        )


def forget_changed(folder: Path, files: dict[str, int]) -> None:
    """Remove the clips whose size is not that of the manifest, so that they are drawn again."""
    for name, size in files.items():
        if (folder / name).is_file() and (folder / name).stat().st_size != size:
            (folder / name).unlink()


def is_whole(folder: Path, files: dict[str, int]) -> bool:
    """Whether all ``files`` of a manifest are there and have their sizes, and there are some."""
    paths = [(folder / name, size) for name, size in files.items()]
    return bool(paths) and all(p.is_file() and p.stat().st_size == size for p, size in paths)


def clear(folder: Path) -> None:
    """Remove a set of another seed, number or version; the mark that it is ours goes last."""
    for name in ("videos", "splits"):
        if (folder / name).exists():
            shutil.rmtree(folder / name)
    for name in (MANIFEST, UNFINISHED):
        (folder / name).unlink(missing_ok=True)


def write_splits(folder: Path, rows: pd.DataFrame) -> None:
    """Write the split files, three a class, with a line ``name tag`` for each clip."""
    for label, clips in rows.groupby("label"):
        for split in (1, 2, 3):
            pairs = zip(clips["file"], clips[f"tag{split}"], strict=True)
            text = "".join(sorted(f"{file} {tag} \n" for file, tag in pairs))
            write_text(folder / f"{label}_test_split{split}.txt", text)


def draw_missing(videos: Path, rows: pd.DataFrame, jobs: int) -> None:
    """Draw the clips that have no file yet; a file under its final name is whole."""
    for label in rows["label"].unique():
        for beside in (videos / label).glob("*.part"):  # of a process that was killed
            beside.unlink()
    missing = [
        (videos / row.label / row.file, row)
        for row in rows.itertuples()
        if not (videos / row.label / row.file).is_file()
    ]
    work = [joblib.delayed(draw)(file, r.label, r.source_seed, r.take) for file, r in missing]
    run = joblib.Parallel(n_jobs=jobs, return_as="generator")
    with one_opencv_thread():  # with one job, clips are drawn in this process
        for _ in tqdm(run(work), desc="StickHMDB", total=len(work), unit="clip"):
            pass


def draw(file: Path, label: str, source_seed: tuple[int, ...], take: int) -> None:
    """Write one clip. It computes on one core: several of it work side by side."""
    # Whoever looks at classes and ceilings alone does without PyAV.
    from twostream_lib.video import encoding

    cv2.setNumThreads(1)
    encoding.write(file, render(label, source_seed, take), FPS)
