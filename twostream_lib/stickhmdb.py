"""StickHMDB, the embedded clip set: real .avi files in HMDB-51's folders, names and split files.

Twelve classes are arranged so that neither stream alone can win. What a single picture can tell of
a class is its *appearance signature*, what gray motion can tell its *motion signature*
(``SIGNATURES``); motion twins share the first, appearance twins the second. Motion twins are each
other played backwards, appearance twins differ in one hue of equal luma. Every motion goes round a
circle of phases and starts anywhere on it, so that the frame at any fixed time of a clip shows
every phase equally often, whichever of two motion twins it belongs to.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import cv2
import joblib
import numpy as np
import pandas as pd
from tqdm import tqdm

from . import stickclip, video
from .errors import InputError

VERSION = 1
MANIFEST = "stickhmdb.json"
UNFINISHED = "stickhmdb.unfinished.json"

# Class: what one picture shows of it, what gray motion shows of it.
SIGNATURES: dict[str, tuple[str, str]] = {
    "draw_sword": ("red blade", "blade rises"),
    "sword": ("red blade", "blade falls"),
    "sword_exercise": ("blue blade", "blade rises"),
    "fencing": ("blue blade", "blade falls"),
    "sit": ("stool", "goes down"),
    "stand": ("stool", "comes up"),
    "throw": ("balls", "balls leave"),
    "catch": ("balls", "balls arrive"),
    "drink": ("blue thing at the mouth", "hand to mouth"),
    "eat": ("orange thing at the mouth", "hand to mouth"),
    "golf": ("green ground", "swing"),
    "swing_baseball": ("clay ground", "swing"),
}
CLASSES = sorted(SIGNATURES)
MOTION_TWINS = [
    ("draw_sword", "sword"),
    ("sword_exercise", "fencing"),
    ("sit", "stand"),
    ("throw", "catch"),
]
APPEARANCE_TWINS = [
    ("draw_sword", "sword_exercise"),
    ("sword", "fencing"),
    ("drink", "eat"),
    ("golf", "swing_baseball"),
]

# HMDB-51's shares of a class's clips: 70 to train on, 30 to test on, 32 in neither.
TRAIN_SHARE, TEST_SHARE = 0.53, 0.23
# Share of HMDB-51's test clips (split 1) that have a tag-0 clip of the same class and source.
SIBLING_SHARE = 647 / 1530

FIRST = ("Blue Golden Silent Wooden Lucky Crazy Little Old Secret Summer Winter Paper Midnight "
         "Lonely Merry Electric Velvet Broken Flying Hidden Last Lost Quiet Rainy Royal Rusty Sunny "
         "Tiny Wild Distant").split()  # fmt: skip
SECOND = ("Garden Harbour River Station Kitchen Castle Island Letter Teacher Captain Window Bicycle "
          "Orchestra Mountain Pirate Lantern Circus Sparrow Hotel Dragon Piano Umbrella Village "
          "Detective Balloon Robot Cactus Lighthouse Holiday Penguin").split()  # fmt: skip
TUBE = ("How_to_{c}", "my_first_{c}", "{c}_lesson_{n}", "Best_of_{c}_{n}", "learn_{c}_in_{n}_days",
        "{c}_training_{n}")  # fmt: skip
FILM = ("{a}{b}", "{a}_{b}", "The_{a}_{b}", "{b}{n}", "{a}_{b}_trailer", "{a}_{b}_{n}")


def ceilings(table: pd.DataFrame) -> dict[str, float]:
    """The best accuracies that are possible on a table's test clips.

    ``table`` has the columns ``label`` and ``tag``; rows with tag 2 count. ``spatial`` is the
    accuracy of a reader who knows of each clip its appearance signature and nothing else, who can
    only name the commonest class that has it; ``temporal`` the same with the motion signature, and
    ``both`` with both. They hold for readers who learned from other sources: who recognises a
    source can beat them. Raises InputError when a label is not one of StickHMDB's classes.
    """
    labels = table.loc[table["tag"] == 2, "label"]
    strange = sorted(set(labels) - set(CLASSES))
    if strange:
        raise InputError(
            f"StickHMDB has no class {strange[0]}: ceilings are known only for {', '.join(CLASSES)}."
        )
    seen = pd.DataFrame([SIGNATURES[label] for label in labels], columns=["look", "move"])
    seen["label"] = labels.to_numpy()
    views = {"spatial": ["look"], "temporal": ["move"], "both": ["look", "move"]}
    return {view: _bayes(seen, columns) for view, columns in views.items()}


def _bayes(seen: pd.DataFrame, columns: list[str]) -> float:
    """Accuracy of naming the commonest class of each group."""
    counts = seen.groupby([*columns, "label"]).size()
    return float(counts.groupby(level=columns).max().sum() / len(seen))


def plan(clips_per_class: int = 60, seed: int = 0) -> pd.DataFrame:
    """What would be drawn, one row a clip, nothing written.

    Columns: ``label, source, source_seed`` (a tuple), ``take`` (counts a source's clips), ``file``
    (the name) and ``tag1, tag2, tag3``, the clip's tag in each of the three splits. Raises
    InputError for fewer than 6 clips a class, which three splits need.
    """
    if clips_per_class < 6:
        raise InputError(
            f"StickHMDB with {clips_per_class} clips a class cannot be split: ask for 6 or more."
        )
    names: set[str] = set()
    rows = [
        row
        for number, label in enumerate(SIGNATURES)
        for row in _plan_class(label, number, clips_per_class, seed, names)
    ]
    return pd.DataFrame(rows)


def _plan_class(label: str, number: int, clips: int, seed: int, names: set[str]) -> list[dict]:
    rng = np.random.default_rng((seed, number, 0))
    sizes = _source_sizes(rng, clips)
    tags = [_tag_sources(rng, sizes, split) for split in range(3)]
    rows: list[dict] = []
    for index, size in enumerate(sizes):
        source = _title(rng, label, names)
        source_seed = (seed, number, index)
        for take in range(size):
            row = {"label": label, "source": source, "source_seed": source_seed, "take": take}
            row["file"] = f"{source}_{label}_{_codes(label, source_seed, take)}_{take}.avi"
            row |= {f"tag{k + 1}": tags[k][index][take] for k in range(3)}
            rows.append(row)
    return rows


def _codes(label: str, source_seed: tuple[int, ...], take: int) -> str:
    """HMDB's fields: body, camera, people, view, quality."""
    source = stickclip.draw_source(source_seed, stickclip.RECIPES[label].kind)
    clip = stickclip.draw_take(source_seed, take, source)
    return f"{source.body}_{clip.camera}_np{clip.people}_{source.view}_{clip.quality}"


def _source_sizes(rng: np.random.Generator, clips: int) -> list[int]:
    """How many clips each source has: 2 to 4, or 2 to 3 in a small set, which splits more evenly."""
    sizes: list[int] = []
    while (left := clips - sum(sizes)) > 5:
        sizes.append(int(rng.integers(2, 5 if clips >= 24 else 4)))
    return sizes + ([left] if left < 4 else [2, left - 2])


def _tag_sources(rng: np.random.Generator, sizes: list[int], split: int) -> list[list[int]]:
    """Tags of one split, a list for each source: a source has test clips or training clips.

    Each split looks for its test sources from another third of the list on. The first ones give all
    their clips; the last ones keep one back with tag 0, so that about SIBLING_SHARE of the test
    clips have a tag-0 clip of their source.
    """
    clips = sum(sizes)
    train, test = round(TRAIN_SHARE * clips), round(TEST_SHARE * clips)
    tags = [[-1] * size for size in sizes]
    found, start = 0, round(split * len(sizes) / 3)
    for index in [*range(start, len(sizes)), *range(start)]:
        if found == test:
            break
        size = sizes[index]
        whole = found + size / 2 <= (1 - SIBLING_SHARE) * test
        count = min(size if whole else size - 1, test - found)
        tags[index] = [2] * count + [0] * (size - count)
        found += count
    free = [(i, j) for i, row in enumerate(tags) for j, tag in enumerate(row) if tag < 0]
    chosen = rng.permutation(len(free))
    for order, place in enumerate(chosen):
        i, j = free[place]
        tags[i][j] = 1 if order < train else 0
    return tags


def _title(rng: np.random.Generator, label: str, names: set[str]) -> str:
    """A made-up film or video title that no other source has."""
    while True:
        form = str(rng.choice(TUBE if rng.uniform() < 0.3 else FILM))
        words = {"a": rng.choice(FIRST), "b": rng.choice(SECOND), "n": rng.integers(2, 30)}
        title = form.format(c=label, **words)
        if title.lower() not in names:
            names.add(title.lower())
            return title


def is_stickhmdb(videos: str | os.PathLike[str]) -> bool:
    """Whether a folder of videos is a finished StickHMDB's."""
    videos = Path(videos)
    return (videos / MANIFEST).is_file() or (videos.parent / MANIFEST).is_file()


def make_clips(
    folder: str | os.PathLike[str],
    clips_per_class: int = 60,
    seed: int = 0,
    jobs: int = 2,
    progress: bool = True,
) -> Path:
    """Draw StickHMDB into ``folder``, or what is missing of it, and return the folder.

    It gets ``videos/<class>/*.avi``, ``splits/<class>_test_split{1,2,3}.txt`` and, last, a
    manifest. When the manifest already tells of these clips nothing is drawn; clips of another seed
    or number give way. The bytes depend on ``clips_per_class`` and ``seed`` alone. Raises
    InputError when the folder holds something else, or cannot be written.
    """
    folder, rows = Path(folder), plan(clips_per_class, seed)
    wanted = {"name": "StickHMDB", "version": VERSION, "seed": seed, "clips": clips_per_class}
    try:
        return _make(folder, rows, wanted, jobs, progress)
    except OSError as error:
        raise InputError(
            f"StickHMDB cannot be written to {folder} ({error.strerror or error}): "
            "free some space or choose another folder."
        ) from error


def _make(folder: Path, rows: pd.DataFrame, wanted: dict, jobs: int, progress: bool) -> Path:
    old = _manifest(folder)
    if old and old["files"] and {**old, "files": 0} == {**wanted, "files": 0} and _whole(folder, old["files"]):
        return folder
    if old and {**old, "files": 0} != {**wanted, "files": 0}:
        _clear(folder)
    _write_json(folder / UNFINISHED, {**wanted, "files": {}})
    (folder / MANIFEST).unlink(missing_ok=True)
    _write_splits(folder / "splits", rows)
    _draw_missing(folder / "videos", rows, jobs, progress)
    files = sorted((folder / "videos").rglob("*.avi"))
    sizes = {file.relative_to(folder).as_posix(): file.stat().st_size for file in files}
    _write_json(folder / MANIFEST, {**wanted, "files": sizes})
    (folder / UNFINISHED).unlink()
    return folder


def _manifest(folder: Path) -> dict | None:
    """What the folder says it holds; None for a new or empty one."""
    for name in (UNFINISHED, MANIFEST):
        if (folder / name).is_file():
            return json.loads((folder / name).read_text(encoding="utf-8"))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"{folder} holds something that is not StickHMDB: name a new or an empty folder."
        )
    return None


def _whole(folder: Path, files: dict[str, int]) -> bool:
    paths = ((folder / name, size) for name, size in files.items())
    return all(path.is_file() and path.stat().st_size == size for path, size in paths)


def _clear(folder: Path) -> None:
    for name in ("videos", "splits"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (MANIFEST, UNFINISHED):
        (folder / name).unlink(missing_ok=True)


def _write_json(file: Path, content: dict) -> None:
    _write_text(file, json.dumps(content, indent=1))


def _write_text(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, file)


def _write_splits(folder: Path, rows: pd.DataFrame) -> None:
    for label, group in rows.groupby("label"):
        for split in (1, 2, 3):
            lines = sorted(
                f"{file} {tag} \n"
                for file, tag in zip(group["file"], group[f"tag{split}"], strict=True)
            )
            _write_text(folder / f"{label}_test_split{split}.txt", "".join(lines))


def _draw_missing(videos: Path, rows: pd.DataFrame, jobs: int, progress: bool) -> None:
    """Draw the clips that have no file yet; a file under its final name is whole."""
    work = [
        joblib.delayed(_draw)(videos / row.label / row.file, row.label, row.source_seed, row.take)
        for row in rows.itertuples()
        if not (videos / row.label / row.file).is_file()
    ]
    for label in set(rows["label"]):
        (videos / label).mkdir(parents=True, exist_ok=True)
    run = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=4)
    for _ in tqdm(run(work), total=len(work), desc="StickHMDB", unit="clip", disable=not progress):
        pass


def _draw(file: Path, label: str, source_seed: tuple[int, ...], take: int) -> None:
    cv2.setNumThreads(1)
    video.write(file, stickclip.render(label, source_seed, take), stickclip.FPS)
