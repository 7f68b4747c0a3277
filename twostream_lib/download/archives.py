"""RAR and ZIP archives to folders: looked through, checked, unpacked in one step.

HMDB-51 comes as a RAR that holds one RAR a class, UCF-101 as one RAR and a ZIP of lists. `reading`
hands over their bytes, and the place of each file is chosen here. So no entry of an archive can
write outside its folder, and no archive more files than are wanted.
"""

import os
import re
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from twostream_lib.download.reading import CHUNK, ELSEWHERE, File, Flaw, Reader, opened
from twostream_lib.errors import InputError, shown
from twostream_lib.files import naming, replacing, write_text

SHRUNK = 100  # times at most: clips hardly are, and lists 5 to 20 times
NESTED = frozenset({".rar", ".zip"})
# What a staging folder can have in it, see `_Staging`.
STAGED = re.compile(r"of|done|out|inner\.(rar|zip)|.+\.part")


@dataclass(frozen=True)
class Content:
    """Which files of an archive are wanted, and how many there must be.

    Attributes:
        pattern: regular expression that their whole names match, without folders.
        files: how many there are.
        classes: in how many class folders; 0 if they all go into one folder.
    """

    pattern: str
    files: int
    classes: int = 0


class OtherContent(Flaw):
    """An archive has more or fewer files than were published."""


def unpack(path: Path, folder: Path, content: Content) -> None:
    """Put the wanted files of an archive, and of the archives within it, into a new `folder`.

    They go to `folder/<class>/<name>` or, without classes, to `folder/<name>`. The class is the
    folder in which an entry lies; if there is none, it is the name of the archive within the
    archive. Everything is unpacked beside `folder`, counted, and renamed, so a folder that exists
    is whole. Files that an earlier, interrupted call unpacked are kept if their checksums are
    right. Raises InputError for an entry that points outside, a damaged or encrypted archive, too
    little disk space, a missing program, and another number of files or classes than wanted; no
    more files than that are written.
    """
    staging = _Staging(path, folder, content)
    try:
        try:
            _fill(path, staging)
        except OtherContent:
            if not staging.resumed:
                raise
            staging.start_over()  # perhaps somebody changed what was there
            _fill(path, staging)
    except Flaw as flaw:
        raise InputError(f"{path} cannot be unpacked ({flaw}): {flaw.advice}.") from flaw
    folder.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staging.out, folder)
    shutil.rmtree(staging.folder)


def require_whole(folder: Path, content: Content, advice: str) -> None:
    """Raise InputError unless a folder has the files and classes that it should.

    `advice` ends the sentence.
    """
    other = _otherwise(*count(folder), content)
    if other:
        raise InputError(f"{folder} has {other}: {advice}")


def _otherwise(files: int, classes: int, content: Content) -> str:
    """How many files and classes there are, where there should be others; else empty."""
    if (files, classes) == (content.files, content.classes):
        return ""
    return f"{files} files in {classes} class folders, not {content.files} in {content.classes}"


def count(folder: Path) -> tuple[int, int]:
    """The number of files and of folders in a folder, at any depth, without hidden ones."""
    seen = [path for path in folder.rglob("*") if not path.name.startswith(".")]
    folders = sum(path.is_dir() for path in seen)
    return len(seen) - folders, folders


def require_room(folder: Path, needed: int, purpose: str) -> None:
    """Raise InputError if the disk of `folder` has less than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"{purpose} needs {needed / 1e9:.2f} GB in {folder}, where {free / 1e9:.2f} GB are "
            "free: make room there, or choose another folder."
        )


# --- where files go --------------------------------------------------------------------------


class _Staging:
    """The folder beside the target in which one archive is unpacked.

    It survives an interruption, and the next start continues in it. It holds `out`, which becomes
    the target; `done`, a list of the archives within the archive that are finished; and `of`, which
    says whose staging folder it is. What is left of another archive is removed; a folder of this
    name with anything else in it is somebody's, and left alone.

    `resumed` says whether an earlier start left something here.
    """

    def __init__(self, path: Path, target: Path, content: Content) -> None:
        self.archive, self.content = path, content
        self.folder = target.with_name(f".{target.name}.part")
        self.out, self.done, of = (self.folder / name for name in ("out", "done", "of"))
        self._require_ours()
        about = path.stat()
        self._name = f"{path.name} {about.st_size} {about.st_mtime_ns}"
        same = of.is_file() and of.read_text("utf-8", errors="replace") == self._name
        self.resumed = same and self.out.is_dir()
        if not self.resumed:
            self.start_over()
        self._planned = {
            file
            for file in self.out.rglob("*")
            if file.is_file() and re.fullmatch(content.pattern, file.name)
        }

    def start_over(self) -> None:
        """Forget what is there."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.out.mkdir(parents=True)
        write_text(self.folder / "of", self._name)
        self.resumed, self._planned = False, set()

    def _require_ours(self) -> None:
        there = self.folder.is_symlink() or self.folder.exists()
        plain = self.folder.is_dir() and not self.folder.is_symlink()
        if there and not (plain and all(map(STAGED.fullmatch, os.listdir(self.folder)))):
            raise InputError(
                f"{self.folder} is where archives are unpacked, and it has something else in it: "
                "move it away, or choose another folder."
            )

    def place(self, entry: PurePosixPath, within: str) -> Path | None:
        """Where a file goes that an archive calls `entry`; None if it is not wanted.

        Nothing in a hidden folder is: such a folder is no class.
        """
        if not re.fullmatch(self.content.pattern, entry.name):
            return None
        if not self.content.classes:
            return self.out / entry.name
        label = entry.parent.name or within
        if not label:
            raise Flaw(f"{entry} lies in no class folder", ELSEWHERE)
        return None if label.startswith(".") else self.out / label / entry.name

    def plan(self, places: list[Path]) -> None:
        """Raise OtherContent for too many files or classes, before they are written."""
        self._planned |= set(places)
        files = len(self._planned)
        classes = len({place.parent for place in self._planned} - {self.out})
        if files > self.content.files or classes > self.content.classes:
            raise OtherContent(f"it has {_otherwise(files, classes, self.content)}", ELSEWHERE)

    def finished(self) -> set[str]:
        """Archives within the archive that need not be opened again: their files are all there.

        A line of `done` is the name of one and the checksums of its files.
        """
        text = self.done.read_text("utf-8", errors="replace") if self.done.exists() else ""
        names = set()
        for line in text.split("\n"):
            name, _, sums = line.partition("\t")
            pairs = [pair.rsplit(" ", 1) for pair in sums.split("\t") if " " in pair]
            if all(str(_checksum(self.out / place)) == sum_ for place, sum_ in pairs):
                names.add(name)
        return names

    def finish(self, name: str, places: list[Path]) -> None:
        sums = [f"{place.relative_to(self.out)} {_checksum(place)}" for place in places]
        with naming(self.done), self.done.open("a", encoding="utf-8") as file:
            file.write("\t".join([name, *sums]) + "\n")


# --- unpacking -------------------------------------------------------------------------------


def _fill(path: Path, staging: _Staging) -> None:
    """Unpack an archive into the staging folder, and raise OtherContent if it is not all there."""
    wanted, there = staging.content.files, count(staging.out)[0]
    with tqdm(total=wanted, initial=there, desc=shown(path.name), unit="file") as bar:
        _unpack(path, staging, bar)
    other = _otherwise(*count(staging.out), staging.content)
    if other:
        raise OtherContent(f"it has {other}", ELSEWHERE)


def _unpack(path: Path, staging: _Staging, bar: tqdm, within: str = "") -> list[Path]:
    """Unpack one archive into the staging folder; `within` names an archive within the archive.

    Returns the places of its own files.
    """
    with opened(path) as reader:
        wanted = _wanted(reader, staging, within)
        missing = [(file, place) for file, place in wanted if not _is_there(place, file)]
        nested = [] if within else _nested(reader, staging)
        _require_room_for(nested, missing, staging)
        for file, place in missing:
            _copy(reader, file, place)
            bar.update()
        for file in nested:
            _unpack_nested(reader, file, staging, bar)
    return [place for _, place in wanted]


def _unpack_nested(reader: Reader, file: File, staging: _Staging, bar: tqdm) -> None:
    inner = staging.folder / f"inner{file.name.suffix.lower()}"
    _copy(reader, file, inner)
    try:
        places = _unpack(inner, staging, bar, within=file.name.stem)
    except OtherContent:
        raise  # it is about all of them together
    except Flaw as flaw:
        raise Flaw(f"{file.name} within it: {flaw}", flaw.advice) from flaw
    inner.unlink()
    staging.finish(str(file.name), places)


def _wanted(reader: Reader, staging: _Staging, within: str) -> list[tuple[File, Path]]:
    """The files that are wanted, each with its place."""
    places = [(file, staging.place(file.name, within)) for file in reader.files]
    wanted = [(file, place) for file, place in places if place]
    staging.plan([place for _, place in wanted])
    return wanted


def _nested(reader: Reader, staging: _Staging) -> list[File]:
    """The archives in it that were not unpacked yet."""
    done = staging.finished()
    nested = [file for file in reader.files if file.name.suffix.lower() in NESTED]
    return [file for file in nested if str(file.name) not in done]


def _require_room_for(
    nested: list[File], missing: list[tuple[File, Path]], staging: _Staging
) -> None:
    """Raise InputError unless there is room for the files and for the archives within.

    Clips hardly shrink in an archive, so an archive within needs about its own size when it is
    unpacked, and the largest one lies there itself at the same time. Raises Flaw for sizes that no
    archive of clips or lists can hold.
    """
    inner = [file.size for file in nested]
    needed = sum(file.size for file, _ in missing) + sum(inner) + max(inner, default=0)
    if needed > SHRUNK * staging.archive.stat().st_size:
        raise Flaw(f"it says that {needed / 1e9:,.2f} GB come out of it", ELSEWHERE)
    require_room(staging.folder, needed, f"Unpacking {staging.archive.name}")


def _copy(reader: Reader, file: File, place: Path) -> None:
    """One file of an archive to its place, in one step."""
    with replacing(place) as beside, beside.open("wb") as sink:
        for chunk in reader.chunks(file):
            sink.write(chunk)


def _is_there(place: Path, file: File) -> bool:
    """Whether an earlier start unpacked a file, and it is still as it was."""
    if not place.is_file() or place.stat().st_size != file.size:
        return False
    return file.checksum is None or _checksum(place) == file.checksum


def _checksum(place: Path) -> int:
    """CRC-32, as archives have it; that of nothing for a file that is not there."""
    checksum = 0
    if not place.is_file():
        return checksum
    with place.open("rb") as file:
        while chunk := file.read(CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum
