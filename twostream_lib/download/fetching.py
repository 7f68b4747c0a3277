"""One archive from the network, over as many connections and starts as it takes.

What arrived before an interruption is kept, with a note of what its source said of it: size, ETag
and date. The next connection asks for the rest only (RFC 9110, section 14), on the condition that
the file there is still the same. If the source ignores this, or has another file by now, the
download starts over.
"""

import hashlib
import itertools
import json
import os
import re
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from tqdm import tqdm

from twostream_lib.download import archives, reading
from twostream_lib.errors import InputError
from twostream_lib.files import write_text

CHUNK = 1 << 16  # bytes at most that are taken at once
TIMEOUT = (10, 60)  # seconds to connect, and without a byte
TRIES = 5  # in a row that bring nothing new, then a source is given up
PAUSE = 2.0  # seconds before the second of these tries; as much more before each further one
BUSY = frozenset({429, 500, 502, 503, 504})  # answers of a server that may soon do better


class Refused(Exception):
    """A source does not give the archive; the message says why. The next source is tried."""


def fetch(sources: Sequence[str], folder: Path, md5: str = "") -> Path:
    """Fetch an archive into `folder` from the first of its `sources` that gives it; its path.

    An archive that is there already is taken as it is. A source whose download was begun earlier
    is tried first. A warning names each source that fails.

    Args:
        sources: addresses of the same archive.
        folder: where it is kept; made if need be.
        md5: of the archive, where it is known.

    Raises:
        InputError: no source gives it; the disk has no room for the archive and for what comes out
            of it; it is a RAR that no program here can unpack.
    """
    folder.mkdir(exist_ok=True)
    downloads = [_Download(folder, url) for url in sources]
    there = [download.whole for download in downloads if download.whole.is_file()]
    whole = there[0] if there else _fetch_from_any(downloads, md5)
    for download in downloads:
        download.drop()
    return whole


def names(sources: Sequence[str]) -> list[str]:
    """The file names that an archive has at its sources, each once."""
    return list(dict.fromkeys(map(_name, sources)))


def _name(url: str) -> str:
    return Path(urlsplit(url).path).name


def _fetch_from_any(downloads: "list[_Download]", md5: str) -> Path:
    why = []
    for download in sorted(downloads, key=lambda download: download.size == 0):
        try:
            return _fetch_from(download, md5)
        except Refused as error:
            why.append(f"{download.url}: {error}")
            warnings.warn(why[-1], stacklevel=2)
    wanted = " or ".join(names([download.url for download in downloads]))
    raise InputError(
        f"No source gives {wanted} ({'; '.join(why)}): try later, or get it by hand and name its "
        "folder with --archives."
    )


def _fetch_from(download: "_Download", md5: str) -> Path:
    """The whole archive from one source, over as many connections as bring it further."""
    if download.whole.suffix == ".rar":
        reading.find_tool()  # before the long wait, not after it
    furthest, idle = download.size, 0
    with tqdm(desc=download.whole.name, unit="B", unit_scale=True, initial=download.size) as bar:
        while not download.complete:
            why = _receive(download, bar)
            idle = 0 if download.size > furthest else idle + 1
            furthest = max(furthest, download.size)
            if not download.complete and (not download.size or idle == TRIES):
                raise Refused(why)
            time.sleep(PAUSE * idle)
    _require_sound(download, md5)
    os.replace(download.path, download.whole)  # not `files.replacing`: the part survives a kill
    return download.whole


def _receive(download: "_Download", bar: tqdm) -> str:
    """Append what one connection brings, and say why it stopped if that was too early.

    Raises Refused for an answer that would be no better at another try.
    """
    try:
        with requests.get(
            download.url, headers=download.wishes(), stream=True, timeout=TIMEOUT
        ) as answer:
            if download.size and answer.status_code in BUSY:
                return f"it answers {answer.status_code} {answer.reason}"
            if download.size and answer.status_code == 416 and download.ends_here(answer):
                return ""
            if (
                download.size
                and answer.status_code in (206, 416)
                and not download.continues(answer)
            ):
                download.drop()  # another file by now, or not the bytes that were asked for
                return _receive(download, bar)
            _take(download, answer, bar)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        if not download.size:
            return f"it cannot be reached ({type(error).__name__})"
    return f"it broke off after {download.size} of {download.total or 'some number of'} bytes"


def _take(download: "_Download", answer: requests.Response, bar: tqdm) -> None:
    """Append the bytes of a good answer: status 206 goes on, 200 starts over."""
    if answer.status_code != 200 and not (download.size and answer.status_code == 206):
        raise Refused(f"it answers {answer.status_code} {answer.reason}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(f"it sends the archive encoded ({answer.headers['Content-Encoding']})")
    chunks = _arriving(answer)
    if answer.status_code == 200:
        first = next(chunks, b"")
        _require_archive(first)  # a web page must not cost what was fetched before
        chunks = itertools.chain([first], chunks)
        download.begin(answer)
        bar.reset()
        bar.initial = 0
    archives.require_room(
        download.path.parent, download.room_needed, f"Fetching {download.whole.name}"
    )
    bar.total = download.total
    for chunk in chunks:
        download.append(chunk, bar)
    download.end()


def _arriving(answer: requests.Response) -> Iterator[bytes]:
    """Bytes as they come in; requests' own iterator loses the last ones of a broken connection."""
    while chunk := answer.raw.read1(CHUNK, decode_content=False):
        yield chunk


def _require_archive(start: bytes) -> None:
    """Raise Refused unless these are the first bytes of an archive."""
    if not start:
        raise Refused("it sends nothing")
    if not reading.looks_like_archive(start):
        page = start.lstrip().startswith(b"<")
        raise Refused(f"it sends {'a web page' if page else 'something else'}, not the archive")


def _require_sound(download: "_Download", md5: str) -> None:
    """Raise Refused, and keep nothing, if the file is incomplete or its MD5 is another one."""
    why = reading.why_incomplete(download.path)
    if md5 and not why:
        with download.path.open("rb") as file:
            found = hashlib.file_digest(file, "md5").hexdigest()
        why = "" if found == md5 else f"its MD5 is {found}, not {md5}"
    if why:
        download.drop()
        raise Refused(f"what it sends is not the archive: {why}")


class _Download:
    """A file on its way: `<name>.part`, and beside it, as JSON, what its source said of it.

    The partial file stays when a download is interrupted or killed: the next start continues it.
    It gets the archive's own name only when it is whole and has been checked.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self.whole = folder / _name(url)
        self.path = self.whole.with_name(f"{self.whole.name}.part")
        self.note = self.whole.with_name(f"{self.whole.name}.part.json")
        said = json.loads(self.note.read_text("utf-8")) if self.note.exists() else {}
        self.said: dict[str, Any] = said if said.get("url") == url else {}

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

    def begin(self, answer: requests.Response) -> None:
        """Forget what was there: the file is sent from its start."""
        length = answer.headers.get("Content-Length", "")
        self.said = {
            "url": self.url,
            "etag": answer.headers.get("ETag", ""),
            "modified": answer.headers.get("Last-Modified", ""),
            "total": int(length) if length.isdecimal() else None,
        }
        self.path.unlink(missing_ok=True)
        self._write_note()

    def continues(self, answer: requests.Response) -> bool:
        """Whether an answer continues, at the right byte, the same file that was begun."""
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
        if not found or int(found[1]) != self.size:
            return False
        total = None if found[2] == "*" else int(found[2])
        now = {"etag": answer.headers.get("ETag"), "modified": answer.headers.get("Last-Modified")}
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
        """Put bytes at the end."""
        with self.path.open("ab") as file:
            file.write(chunk)
        bar.update(len(chunk))

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
