"""A folder of class folders: which of its files are clips, what is left out, and why."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from twostream_lib.clips.texts import composed, first_three
from twostream_lib.errors import InputError, cause_of, shown
from twostream_lib.video import recognising

SPLIT_FOLDERS = ("splits", "testTrainMulti_7030_splits", "ucfTrainTestlist")
# A file in the folder of videos, with the pattern of its clips' names.
PATTERN_FILE = "sources.txt"
# Split files may lie beside the class folders.
LISTS = re.compile(r".+_test_split[123]\.txt|classInd\.txt|(train|test)list0[123]\.txt")
# What systems and disk stations leave in folders, besides names that begin with a dot.
SYSTEM = frozenset(
    {
        "__macosx", "icon\r", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "recycler",
        "system volume information", "lost+found", "@eadir", "#recycle", "#snapshot", "__pycache__",
    }
)  # fmt: skip
UNFINISHED_SUFFIXES = frozenset({".part", ".crdownload", ".download", ".opdownload", ".tmp"})
# A run's folder: its clip table, and a folder that notebooks leave beside it. StickHMDB's: its
# manifest, finished or not.
RUN_TABLE, RUN_FOLDERS = "clips.csv", {"store", "checkpoints", "scores", "played", "notebooks"}
SET_MANIFESTS = {"stickhmdb.json", "stickhmdb.unfinished.json"}
# Folders with these names hold the parts of a data set, and not its classes.
PARTS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev"})

# Why something is left out, and the same of several.
REASONS = {
    recognising.PICTURE: "pictures",
    recognising.SOUND: "sounds",
    recognising.TEXT: "texts",
    recognising.OTHER: "other files",
    "film in no class folder": "films in no class folder",
    "unfinished download or copy": "unfinished downloads or copies",
    "clip of the same name as another": "clips of the same name as others",
    "file that cannot be read": "files that cannot be read",
    "pipe or device": "pipes or devices",
    "link to nothing": "links to nothing",
    "name that is not UTF-8": "names that are not UTF-8",
    "folder that cannot be read": "folders that cannot be read",
    "folder that is read already": "folders that are read already",
    "folder of a run": "folders of runs",
    "folder without a film": "folders without a film",
    "hidden or system entry": "hidden or system entries",
}
(
    STRAY, UNFINISHED, TWIN, UNREADABLE, DEVICE, LINK, NAME, CLOSED, CIRCLE, RUN, EMPTY, HIDDEN
) = list(REASONS)[4:]  # fmt: skip
FOLDERS_TOO = frozenset({LINK, NAME, CLOSED, CIRCLE, RUN, EMPTY, HIDDEN})  # not of files alone


@dataclass(frozen=True)
class Contents:
    """What is in a folder of class folders.

    ``clips`` has the label and the path of each clip, sorted. ``left_out`` has, by reason (a key of
    ``REASONS``), what is no clip: its path from the folder on.
    """

    folder: Path
    clips: list[tuple[str, Path]] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def leave_out(self, reason: str, path: str | os.PathLike[str]) -> None:
        name = Path(path).relative_to(self.folder).as_posix()
        self.left_out.setdefault(reason, []).append(name)


def look_into(folder: Path) -> Contents:
    """Find the clips in the class folders of a folder, and in the folders below them.

    A file is a clip by its suffix or by its content: see ``video.recognising``. Links are followed,
    and no folder is read twice for one class. Raises InputError for a folder that cannot be read,
    and where the class folders are called like the parts of a data set.
    """
    found = Contents(folder)
    try:
        entries = _sorted(folder)
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {cause_of(error, folder)}.") from error
    for entry in entries:
        if _is_ours(entry) or _is_odd(entry, found):
            continue
        if _is_folder(entry):
            _read_class(Path(entry.path), found)
        elif _is_film(entry, found):
            found.leave_out(STRAY, entry.path)
    found.clips.sort(key=lambda clip: (clip[0], str(clip[1])))
    _leave_out_twins(found)
    _check_that_they_are_classes(found)
    in_order = {why: sorted(found.left_out[why]) for why in REASONS if why in found.left_out}
    return Contents(folder, found.clips, in_order)


def below(label: str, path: str | os.PathLike[str]) -> str:
    """A clip's name within its class: the file name, after the folders below the class folder.

    The class folder is the one nearest to the file that is called like the label. Where none is,
    only the file name counts.
    """
    *folders, file = composed(os.fspath(path)).replace(os.sep, "/").split("/")
    places = [place for place, name in enumerate(folders) if name == composed(label)]
    return "/".join([*folders[places[-1] + 1 :], file]) if places else file


def sentence(left_out: dict[str, list[str]]) -> str:
    """What is left out and why, with numbers and the first names; empty for nothing."""
    if not left_out:
        return ""
    number = sum(map(len, left_out.values()))
    folders_too = bool(FOLDERS_TOO & left_out.keys())
    if number == 1:
        what = "file or folder is" if folders_too else "file is"
    else:
        what = "files and folders are" if folders_too else "files are"
    parts = [
        f"{len(names)} {reason if len(names) == 1 else REASONS[reason]} ({first_three(names)})"
        for reason, names in left_out.items()
    ]
    return f"{number} {what} left out: {', '.join(parts)}."


# --- class folders -----------------------------------------------------------------------------


def _read_class(folder: Path, found: Contents) -> None:
    """Add the clips of a class folder and of the folders below it."""
    waiting, seen = [str(folder)], {_identity(found.folder)}
    read, with_films = [], set()
    for place in waiting:  # it grows
        entries = _entries_of(place, seen, found)
        if entries is None:
            continue
        read.append(Path(place))
        folders = [entry.path for entry in entries if _is_folder(entry)]
        files = [entry for entry in entries if not _is_folder(entry)]
        films = [entry.path for entry in files if _is_film(entry, found)]
        waiting += folders
        found.clips.extend((composed(folder.name), Path(film)) for film in films)
        if films:
            with_films |= {Path(place), *Path(place).parents}
    for one in read:
        if one not in with_films and (one == folder or one.parent in with_films):
            found.leave_out(EMPTY, one)


def _entries_of(
    place: str, seen: set[tuple[int, int]], found: Contents
) -> list[os.DirEntry[str]] | None:
    """The entries of a folder whose names are fit; None for a folder that is left out."""
    try:
        identity, entries = _identity(place), _sorted(place)
    except OSError:
        found.leave_out(CLOSED, place)
        return None
    if identity in seen:
        found.leave_out(CIRCLE, place)
        return None
    seen.add(identity)
    if _is_made_here({entry.name for entry in entries}):
        found.leave_out(RUN, place)
        return None
    return [entry for entry in entries if not _is_odd(entry, found)]


def _is_film(entry: os.DirEntry[str], found: Contents) -> bool:
    """Whether a file is a film; if not, it is noted why."""
    what = _what_is(entry)
    if what != recognising.FILM:
        found.leave_out(what, entry.path)
    return what == recognising.FILM


def _what_is(entry: os.DirEntry[str]) -> str:
    """``FILM``, or the reason why a file is left out."""
    suffix = os.path.splitext(entry.name)[1].lower()
    if suffix in recognising.SUFFIXES:
        return recognising.FILM
    if suffix in UNFINISHED_SUFFIXES:
        return UNFINISHED
    if not os.path.isfile(entry.path):
        return DEVICE if os.path.exists(entry.path) else LINK
    try:
        return recognising.kind(entry.path)
    except OSError:
        return UNREADABLE


def _sorted(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _identity(folder: str | os.PathLike[str]) -> tuple[int, int]:
    """By what a folder is known that several links lead to."""
    status = os.stat(folder)
    return status.st_dev, status.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def is_system(name: str) -> bool:
    """Whether a name is hidden, or one that systems leave in folders."""
    return name.startswith(".") or name.lower() in SYSTEM


def _is_ours(entry: os.DirEntry[str]) -> bool:
    """Whether something in the folder of videos is there for the course: split files, a pattern."""
    if _is_folder(entry):
        return entry.name in SPLIT_FOLDERS and _has_lists(entry) and not has_films(entry.path)
    return entry.name == PATTERN_FILE or bool(LISTS.fullmatch(entry.name))


def _has_lists(folder: os.DirEntry[str]) -> bool:
    try:
        return any(LISTS.fullmatch(entry.name) for entry in _sorted(folder))
    except OSError:  # which is noted where it is read
        return False


def has_films(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder, or one below it, has a film: a class can be called ``splits``."""
    found = Contents(Path(folder).parent)
    _read_class(Path(folder), found)
    return bool(found.clips)


def _is_odd(entry: os.DirEntry[str], found: Contents) -> bool:
    """Whether the name alone tells that something is left out, which is noted."""
    if is_system(entry.name):
        found.leave_out(HIDDEN, entry.path)
    elif re.search("[\ud800-\udfff]", entry.name):  # so Python keeps bytes that are not UTF-8
        found.leave_out(NAME, entry.path)
    else:
        return False
    return True


def _is_made_here(names: set[str]) -> bool:
    """Whether a folder is a run's or StickHMDB's: their films are none of the person's own."""
    return bool(names & SET_MANIFESTS) or (RUN_TABLE in names and bool(names & RUN_FOLDERS))


def _leave_out_twins(found: Contents) -> None:
    """Keep the first of several clips with one name: stores and scores know a clip by its name.

    They are a file and one in a folder that is called like the class, or two names that differ only
    in how their letters are composed.
    """
    known = set()
    for label, path in list(found.clips):
        name = (label, below(label, path))
        if name in known:
            found.clips.remove((label, path))
            found.leave_out(TWIN, path)
        known.add(name)


def _check_that_they_are_classes(found: Contents) -> None:
    labels = sorted({label for label, _ in found.clips})
    if len(labels) > 1 and PARTS.issuperset(map(str.lower, labels)):
        raise InputError(
            f"The folders {' and '.join(labels)} of {shown(found.folder)} are called like the "
            "parts of a data set, and each would be a class: put all clips into one folder a "
            "class, and write into split files which of them train and test."
        )
