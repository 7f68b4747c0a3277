"""StickHMDB, the embedded clip set: real .avi files in HMDB-51's folders, names and split files.

Its classes are arranged so that neither stream alone can win. Motion twins are each other played
backwards, so no single picture tells them apart; appearance twins differ in one hue of equal luma,
so nothing gray does. Twins are cut from the same films and come clip by clip: where one is tested,
so is the other. Every motion goes round a circle of phases and starts anywhere on it, so that the
frame at any fixed time of a clip shows every phase equally often, whichever twin it is.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import cv2
import joblib
import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from . import encoding
from .errors import InputError
from .stickclip import FPS, paint, render, shoot
from .stickfactors import RECIPES, draw_source, draw_take
from .stickplan import plan

__all__ = [
    "APPEARANCE_TWINS",
    "CLASSES",
    "MOTION_TWINS",
    "ceilings",
    "contact_sheet",
    "is_stickhmdb",
    "make_clips",
    "plan",
    "render",
]

VERSION = 2  # of the generator: another one draws other clips
MANIFEST = "stickhmdb.json"
UNFINISHED = "stickhmdb.unfinished.json"  # lies there while clips are being drawn

CLASSES = sorted(RECIPES)
MOTION_TWINS = [(a, b) for a, b in combinations(RECIPES, 2) if RECIPES[a].shows == RECIPES[b].shows]
APPEARANCE_TWINS = [
    (a, b) for a, b in combinations(RECIPES, 2) if RECIPES[a].moves == RECIPES[b].moves
]


def ceilings(table: pd.DataFrame) -> dict[str, float]:
    """The best accuracies that are possible on a table's test clips, as fractions.

    ``table`` has the columns ``label`` and ``tag``; rows with tag 2 count. ``spatial`` is what a
    reader gets who is told of each clip only what one picture shows, and names the commonest class
    that shows it; ``temporal`` the same for gray motion, and ``both`` for the two together. In
    StickHMDB's splits each test clip has its twins among the test clips, equal up to what the
    encoder rounds: luck hardly helps there, and knowing the film does not.
    Raises InputError when there is no test clip or a label is not StickHMDB's.
    """
    labels = table.loc[table["tag"] == 2, "label"]
    strange = sorted(set(labels) - set(RECIPES))
    if strange or labels.empty:
        wrong = f"{strange[0]} is not one of its classes" if strange else "there are no test clips"
        raise InputError(f"StickHMDB's ceilings are not known for this table, because {wrong}.")
    told = pd.DataFrame(
        [(label, RECIPES[label].shows, RECIPES[label].moves) for label in labels],
        columns=["label", "shows", "moves"],
    )
    views = {"spatial": ["shows"], "temporal": ["moves"], "both": ["shows", "moves"]}
    return {view: bayes_accuracy(told, known) for view, known in views.items()}


def bayes_accuracy(told: pd.DataFrame, known: list[str]) -> float:
    """The share of rows that are right when each group of ``known`` gets its commonest label."""
    counts = told.groupby([*known, "label"]).size()
    return float(counts.groupby(level=known).max().sum() / len(told))


def is_stickhmdb(videos: str | os.PathLike[str]) -> bool:
    """Whether a folder of videos, or the folder around it, is a finished StickHMDB."""
    videos = Path(videos)
    return any((folder / MANIFEST).is_file() for folder in (videos, videos.parent))


def make_clips(
    folder: str | os.PathLike[str],
    clips_per_class: int = 60,
    seed: int = 0,
    jobs: int = 2,
    progress: bool = True,
) -> Path:
    """Draw StickHMDB into ``folder``, or what is missing of it, and return the folder.

    It gets ``videos/<class>/*.avi``, ``splits/<class>_test_split{1,2,3}.txt`` and, last of all, a
    manifest; when that tells of these clips already, nothing is drawn. Clips of another seed or
    number give way to the new ones. The bytes depend on ``clips_per_class`` and ``seed`` alone, not
    on ``jobs``. Raises InputError when the folder holds something else or cannot be written.
    """
    folder, rows = Path(folder), plan(clips_per_class, seed)
    wanted = {
        "name": "StickHMDB",
        "version": VERSION,
        "seed": seed,
        "clips_per_class": clips_per_class,
    }
    try:
        found = read_manifest(folder)
        if found and {**found, "files": None} != {**wanted, "files": None}:
            clear(folder)
            found = None
        if not found or not is_whole(folder, found["files"]):
            draw_set(folder, rows, wanted, jobs, progress)
    except OSError as error:
        raise InputError(
            f"StickHMDB cannot be written to {folder} ({error.strerror or error}): "
            "free some space or choose another folder."
        ) from error
    return folder


def draw_set(folder: Path, rows: pd.DataFrame, wanted: dict, jobs: int, progress: bool) -> None:
    """Write the splits, the missing clips and the manifest, in this order."""
    write_text(folder / UNFINISHED, json.dumps({**wanted, "files": {}}))
    (folder / MANIFEST).unlink(missing_ok=True)
    write_splits(folder / "splits", rows)
    draw_missing(folder / "videos", rows, jobs, progress)
    names = [f"videos/{row.label}/{row.file}" for row in rows.itertuples()]
    sizes = {name: (folder / name).stat().st_size for name in sorted(names)}
    write_text(folder / MANIFEST, json.dumps({**wanted, "files": sizes}, indent=1))
    (folder / UNFINISHED).unlink()


def read_manifest(folder: Path) -> dict | None:
    """What a folder says it holds, with no ``files`` for an unfinished set; None for nothing."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    for file in (folder / UNFINISHED, folder / MANIFEST):
        if file.is_file():
            try:
                found = json.loads(file.read_text(encoding="utf-8"))
            except json.JSONDecodeError:
                break
            if isinstance(found, dict) and found.get("name") == "StickHMDB":
                return found
    raise InputError(f"{folder} holds something that is not StickHMDB: name a new or empty folder.")


def is_whole(folder: Path, files: dict[str, int]) -> bool:
    """Whether all files of a manifest are there in their sizes; an unfinished one has none."""
    paths = [(folder / name, size) for name, size in files.items()]
    return bool(paths) and all(p.is_file() and p.stat().st_size == size for p, size in paths)


def clear(folder: Path) -> None:
    """Remove a set of another seed, number or version; the mark that it is ours goes last."""
    for name in ("videos", "splits"):
        if (folder / name).exists():
            shutil.rmtree(folder / name)
    for name in (MANIFEST, UNFINISHED):
        (folder / name).unlink(missing_ok=True)


def write_text(file: Path, text: str) -> None:
    """Write a text file beside its place, then rename it there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, file)


def write_splits(folder: Path, rows: pd.DataFrame) -> None:
    """Write the split files, three a class, with a line ``name tag`` for each clip."""
    for label, clips in rows.groupby("label"):
        for split in (1, 2, 3):
            pairs = zip(clips["file"], clips[f"tag{split}"], strict=True)
            text = "".join(sorted(f"{file} {tag} \n" for file, tag in pairs))
            write_text(folder / f"{label}_test_split{split}.txt", text)


def draw_missing(videos: Path, rows: pd.DataFrame, jobs: int, progress: bool) -> None:
    """Draw the clips that have no file yet; a file under its final name is whole."""
    for label in rows["label"].unique():
        (videos / label).mkdir(parents=True, exist_ok=True)
        for part in (videos / label).glob("*.part.avi"):  # of an interrupted run
            part.unlink()
    # Twins of one hue are the same film, forwards and backwards, which is painted once.
    films: dict[tuple, dict[Path, bool]] = {}
    for row in rows.itertuples():
        file, recipe = videos / row.label / row.file, RECIPES[row.label]
        if not file.is_file():
            film = (recipe.kind, row.source_seed, row.take, recipe.hue)
            films.setdefault(film, {})[file] = recipe.backwards
    work = [joblib.delayed(draw)(*film, files) for film, files in films.items()]
    run = joblib.Parallel(n_jobs=jobs, return_as="generator")
    threads, count = cv2.getNumThreads(), sum(map(len, films.values()))
    with tqdm(desc="StickHMDB", total=count, disable=not progress, unit="clip") as bar:
        for written in run(work):
            bar.update(written)
    cv2.setNumThreads(threads)


def draw(
    kind: str, source_seed: tuple[int, ...], take: int, hue: str, files: dict[Path, bool]
) -> int:
    """Draw a film into files, each forwards or backwards, and say how many they are.

    For a process that has one core to itself.
    """
    cv2.setNumThreads(1)
    film = shoot(kind, source_seed, take, hue)
    for file, backwards in files.items():
        encoding.write(file, film[::-1] if backwards else film, FPS)
    return len(files)


# --- contact sheet --------------------------------------------------------------------------------

# For each kind of action a source that shows it well, the share of a round that is shown, and what
# its classes have to do with each other.
SHEET = {
    "blade": (14, 0.92, "Four with a sword: two hues, and each of them forwards and backwards"),
    "seat": (15, 0.92, "Motion twins: the same pictures, forwards and backwards"),
    "ball": (16, 0.3, "Motion twins: the same pictures, forwards and backwards"),
    "snack": (13, 0.25, "Appearance twins: the same motion, another hue"),
    "swing": (14, 0.5, "Appearance twins: the same motion, another hue"),
}
CELL = (176, 132)
LABELS, GAP, HEADING = 190, 5, 34
INK, PAPER, QUIET = (40, 40, 48), (250, 249, 246), (112, 110, 118)


def contact_sheet(columns: int = 5) -> np.ndarray:
    """All classes on one page, uint8 RGB ``[H, W, 3]``: a row each, twins together, time to the
    right.
    """
    kinds = [recipe.kind for recipe in RECIPES.values()]
    height = len(RECIPES) * (CELL[1] + GAP) + len(SHEET) * HEADING + GAP
    page = Image.new("RGB", (LABELS + columns * (CELL[0] + GAP) + GAP, height), PAPER)
    pen, top = ImageDraw.Draw(page), GAP
    for number, (label, recipe) in enumerate(RECIPES.items()):
        if recipe.kind not in kinds[:number]:
            pen.text((14, top + 10), SHEET[recipe.kind][2], QUIET, ImageFont.load_default(15))
            top += HEADING
        write_label(pen, label, top)
        for column, picture in enumerate(sheet_row(label, columns)):
            page.paste(Image.fromarray(picture), (LABELS + column * (CELL[0] + GAP), top))
        top += CELL[1] + GAP
    return np.asarray(page)


def write_label(pen: ImageDraw.ImageDraw, label: str, top: int) -> None:
    """A class's name, what one picture shows of it, and what moves."""
    middle = top + CELL[1] // 2
    pen.text((14, middle - 34), label, INK, ImageFont.load_default(19))
    pen.text((14, middle - 4), RECIPES[label].shows, QUIET, ImageFont.load_default(14))
    pen.text((14, middle + 15), RECIPES[label].moves, QUIET, ImageFont.load_default(14))


def sheet_row(label: str, columns: int) -> list[np.ndarray]:
    """Small pictures of one class, evenly spaced in time."""
    recipe = RECIPES[label]
    seed, share, _ = SHEET[recipe.kind]
    source = replace(draw_source((seed,), recipe.kind), body="f")
    take = draw_take((seed,), 0, source)
    take = replace(take, camera="nm", people=1, quality="goo", shift=(0.0, 0.0))
    take = replace(take, frames=round(share * 60), period=2.0, phase=0.03)
    film = paint(source, take, recipe.hue)[:: -1 if recipe.backwards else 1]
    picked = np.linspace(0, len(film) - 1, columns).round().astype(int)
    return [cv2.resize(film[t], CELL, interpolation=cv2.INTER_AREA) for t in picked]
