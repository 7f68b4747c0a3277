"""Lists and names from outside: texts in the encodings that people have."""

from __future__ import annotations

import codecs
import re
import unicodedata
from pathlib import Path

from twostream_lib.errors import InputError, cause_of, shown

# Byte-order marks and what they tell. UTF-32's begins like UTF-16's.
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# The ends of lines of Unix, Windows and old Macs; str.splitlines would cut at other characters too.
LINE_END = re.compile("\r\n|\r|\n")
MOST = 60  # characters of a line that a sentence quotes


def read_text(path: Path) -> str:
    """A text file in UTF-8, UTF-16 or UTF-32, with or without byte-order mark, its ends of lines
    as they are, its characters composed (see ``composed``).

    Raises InputError for a file that cannot be read, is no text, or is in another encoding.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {cause_of(error, path)}.") from error
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        number = len(LINE_END.split(before))
        raise InputError(
            f"{shown(path)}, line {number}, is not in {encoding.removesuffix('-sig').upper()}: "
            "save it as UTF-8."
        ) from error
    if "\0" in text:
        raise InputError(f"{shown(path)} is no text but has other bytes in it: take it away.")
    return composed(text)


def read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a text file that are not empty, with their numbers, as ``read_text`` reads."""
    lines = LINE_END.split(read_text(path))
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def composed(text: str) -> str:
    """The text with each letter and its accents as one character where there is one (NFC).

    Macs may write é as an e and an accent, and other systems as one character. Both look alike.
    """
    return unicodedata.normalize("NFC", text)


def quoted(line: str) -> str:
    """The beginning of a line, in quotation marks."""
    return repr(line if len(line) <= MOST else f"{line[:MOST]}…")


def first_three(words: list[str]) -> str:
    """The first three of a list, for a sentence."""
    return ", ".join(map(shown, words[:3])) + (", ..." if len(words) > 3 else "")


def _encoding(data: bytes) -> str:
    """The encoding that a byte-order mark tells, or NULs where UTF-16 has them in most texts."""
    marked = next((encoding for mark, encoding in MARKS.items() if data.startswith(mark)), None)
    if marked:
        return marked
    halves = {"utf-16-le": (data[1::2], data[::2]), "utf-16-be": (data[::2], data[1::2])}
    for encoding, (upper, lower) in halves.items():
        if upper.count(0) > len(upper) // 2 and not lower.count(0):
            return encoding
    return "utf-8"
