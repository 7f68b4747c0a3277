"""A file on its way from a source: what arrived of it, and what the source said of it.

What a source says is believed only as far as it can be true, and no more bytes are kept than an
archive can have.
"""

import json
import re
import shutil
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from tqdm import tqdm

from twostream_lib.download.connections import Refused
from twostream_lib.errors import InputError
from twostream_lib.files import naming, write_text

LARGEST = 20 * 10**9  # bytes of an archive, where nothing else is known of it
LOOK = 1 << 26  # bytes after which the disk is looked at again, where a source says no length


class PartialFile:
    """A file on its way: `<name>.part`, and beside it, as JSON, what its source said of it.

    The partial file stays when a download is interrupted or killed: the next start continues it.
    It gets the archive's own name only when it is whole and has been checked.
    """

    def __init__(self, folder: Path, url: str, largest: int = LARGEST) -> None:
        self.url, self.largest = url, largest
        self.whole = folder / name_of(url)
        self.path = self.whole.with_name(f"{self.whole.name}.part")
        self.note = self.whole.with_name(f"{self.whole.name}.part.json")
        if self.path.exists() and not self.note.exists():
            raise InputError(
                f"{self.path} was left by another program, and a download would replace it: move "
                "it away, or choose another folder."
            )
        said = self._read_note()
        self.said = said if said.get("url") == url else {}

    def _read_note(self) -> dict[str, Any]:
        """What a source said of itself in an earlier start; nothing if the note is damaged."""
        if not self.note.exists():
            return {}
        try:
            said = json.loads(self.note.read_text("utf-8"))
            texts = [said["url"], said["etag"], said["modified"]]
            total = said["total"]
            good = all(isinstance(text, str) for text in texts)
            good = good and (total is None or (type(total) is int and 0 < total <= self.largest))
        except (ValueError, TypeError, KeyError, RecursionError):
            good = False
        if good:
            return said
        warnings.warn(f"{self.note} is damaged: the download starts over.", stacklevel=2)
        self.drop()
        return {}

    @property
    def size(self) -> int:
        """Bytes here that are of this source's file."""
        return self.path.stat().st_size if self.said and self.path.exists() else 0

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, as far as the source said."""
        return self.said.get("total")

    @property
    def complete(self) -> bool:
        return self.size > 0 and self.size == self.total

    @property
    def room_needed(self) -> int:
        """Bytes for the rest, and for what will be unpacked: clips hardly shrink in an archive."""
        return 2 * self.total - self.size if self.total else 0

    def wishes(self) -> dict[str, str]:
        """Headers that ask for the rest if the file is still the same, and else for all of it."""
        headers = {"Accept-Encoding": "identity"}
        if self.size:
            headers["Range"] = f"bytes={self.size}-"
            # A weak ETag may not be used here: the bytes under it can differ.
            strong = not self.said["etag"].startswith("W/") and self.said["etag"]
            same = strong or self.said["modified"]
            headers |= {"If-Range": same} if same else {}
        return headers

    def require_possible(self, total: int | None) -> None:
        """Raise Refused for more bytes than the archive can have."""
        if total and total > self.largest:
            raise Refused(
                f"it announces {total / 1e9:,.2f} GB, and the archive has at most "
                f"{self.largest / 1e9:,.2f}"
            )

    def begin(self, answer: requests.Response) -> None:
        """Forget what was there: the file is sent from its start."""
        self.said = {
            "url": self.url,
            "etag": _tag(answer, "ETag"),
            "modified": _tag(answer, "Last-Modified"),
            "total": announced(answer),
        }
        self.path.unlink(missing_ok=True)
        self._write_note()

    def continues(self, answer: requests.Response) -> bool:
        """Whether an answer continues, at the right byte, the same file that was begun."""
        said = answer.headers.get("Content-Range", "")
        found = re.fullmatch(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", said)
        if not found or int(found[1]) != self.size:
            return False
        total = None if found[3] == "*" else int(found[3])
        stop = total or self.largest
        if not self.size <= int(found[2]) < stop <= self.largest:
            return False
        now = {"etag": _tag(answer, "ETag"), "modified": _tag(answer, "Last-Modified")}
        same = all(self.said[key] == value for key, value in now.items() if value)
        if same and self.total is None and total:
            self._learn(total)
        return same and total in (None, self.total)

    def ends_here(self, answer: requests.Response) -> bool:
        """Whether an answer 416 says that the file has as many bytes as are here."""
        if answer.headers.get("Content-Range") != f"bytes */{self.size}":
            return False
        self._learn(self.size)
        return True

    def append(self, chunk: bytes, bar: tqdm) -> None:
        """Put bytes at the end; raises Refused, and keeps nothing, if they are too many."""
        size = self.size + len(chunk)
        if size > (self.total or self.largest):
            limit = "it announced" if self.total else f"{self.largest / 1e9:,.2f} GB"
            self.drop()
            raise Refused(f"it sends more than {limit}")
        if not self.total and size // LOOK > self.size // LOOK:
            self._require_room_without_end(size)
        with naming(self.path), self.path.open("ab") as file:
            file.write(chunk)
        bar.update(len(chunk))

    def _require_room_without_end(self, size: int) -> None:
        """Raise Refused, and keep nothing, before a source without a length fills the disk."""
        free = shutil.disk_usage(self.path.parent).free
        if free < size:  # which is what will come out of it, at least
            self.drop()
            raise Refused(
                f"it says no length, and after {size / 1e9:,.2f} GB {self.path.parent} has only "
                f"{free / 1e9:,.2f} GB of room"
            )

    def end(self) -> None:
        """The source says that this was all; where it gave no length, this is it."""
        if self.total is None:
            self._learn(self.size)

    def drop(self) -> None:
        """Keep nothing."""
        self.said = {}
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def _learn(self, total: int) -> None:
        self.said["total"] = total
        self._write_note()

    def _write_note(self) -> None:
        write_text(self.note, json.dumps(self.said))


def name_of(url: str) -> str:
    """The file name that an archive has at its source."""
    return Path(urlsplit(url).path).name


def announced(answer: requests.Response) -> int | None:
    """Bytes that an answer announces; None where it does not, or not in a way that counts."""
    said = answer.headers.get("Content-Length", "")
    if answer.headers.get("Transfer-Encoding") or not re.fullmatch("[0-9]+", said):
        return None
    return int(said[-18:]) if len(said.lstrip("0")) < 19 else 10**18


def _tag(answer: requests.Response, name: str) -> str:
    """A header that tells one version of a file from another; empty if it cannot be sent back."""
    said = answer.headers.get(name, "")
    return said if re.fullmatch(r"[!-~][ -~]{0,198}", said) else ""
