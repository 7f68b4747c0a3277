"""One archive from the network, over as many connections and starts as it takes.

What arrived before an interruption is kept, with a note of what its source said of it: size, ETag
and date. The next connection asks for the rest only (RFC 9110, section 14), on the condition that
the file there is still the same. If the source ignores this, or has another file by now, the
download starts over. A source has a budget of time (see `connections`) and one of bytes (see
`partial`); when it is used up, or nothing more comes, the next source is asked.
"""

import hashlib
import itertools
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import requests
from tqdm import tqdm

from twostream_lib.download import archives, connections, reading
from twostream_lib.download.connections import Broken, Patience, Refused
from twostream_lib.download.partial import LARGEST, PartialFile, announced, name_of
from twostream_lib.errors import InputError, shown

TRIES = 5  # in a row that bring nothing new, then a source is given up
PAUSE = 2.0  # seconds before the second of these tries; as much more before each further one
BUSY = frozenset({429, 500, 502, 503, 504})  # answers of a server that may soon do better


def fetch(sources: Sequence[str], folder: Path, md5: str = "", largest: int = LARGEST) -> Path:
    """Fetch an archive into `folder` from the first of its `sources` that gives it; its path.

    An archive that is there already is taken as it is. A source whose download was begun earlier
    is tried first. A warning names each source that fails.

    Args:
        sources: addresses of the same archive.
        folder: where it is kept; made if need be.
        md5: of the archive, where it is known.
        largest: bytes that it can have; a source that says or sends more is refused.

    Raises:
        InputError: no source gives it; the disk has no room for the archive and for what comes out
            of it; it is a RAR that no program here can unpack; a file lies in the way.
    """
    folder.mkdir(exist_ok=True)
    downloads = [PartialFile(folder, url, largest) for url in sources]
    there = [download.whole for download in downloads if download.whole.is_file()]
    whole = there[0] if there else _fetch_from_any(downloads, md5)
    for download in downloads:
        download.drop()
    return whole


def names(sources: Sequence[str]) -> list[str]:
    """The file names that an archive has at its sources, each once."""
    return list(dict.fromkeys(map(name_of, sources)))


def _fetch_from_any(downloads: list[PartialFile], md5: str) -> Path:
    why = []
    for download in sorted(downloads, key=lambda download: download.size == 0):
        try:
            return _fetch_from(download, md5)
        except Refused as error:
            why.append(shown(f"{download.url}: {error}"))
            warnings.warn(why[-1], stacklevel=2)
    wanted = " or ".join(names([download.url for download in downloads]))
    raise InputError(
        f"No source gives {wanted} ({'; '.join(why)}): try later, or get it by hand and name its "
        "folder with --archives."
    )


def _fetch_from(download: PartialFile, md5: str) -> Path:
    """The whole archive from one source, over as many connections as bring it further."""
    if download.whole.suffix == ".rar":
        reading.find_tool()  # before the long wait, not after it
    furthest, idle, patience = download.size, 0, Patience()
    with tqdm(desc=download.whole.name, unit="B", unit_scale=True, initial=download.size) as bar:
        while not download.complete:
            why = _receive(download, bar, patience)
            idle = 0 if download.size > furthest else idle + 1
            furthest = max(furthest, download.size)
            if not download.complete and (not download.size or idle == TRIES):
                raise Refused(why)
            time.sleep(PAUSE * idle)
    _require_sound(download, md5)
    os.replace(download.path, download.whole)  # not `files.replacing`: the part survives a kill
    return download.whole


def _receive(download: PartialFile, bar: tqdm, patience: Patience) -> str:
    """Append what one connection brings, and say why it stopped if that was too early.

    Raises Refused for an answer that would be no better at another try.
    """
    try:
        with connections.asked(download.url, download.wishes(), patience) as (answer, chunks):
            if download.size and answer.status_code in BUSY:
                return f"it answers {_status(answer)}"
            if download.size and answer.status_code == 416 and download.ends_here(answer):
                return ""
            if (
                download.size
                and answer.status_code in (206, 416)
                and not download.continues(answer)
            ):
                download.drop()  # another file by now, or not the bytes that were asked for
                return _receive(download, bar, patience)
            _take(download, answer, chunks, bar)
    except Broken as error:
        if not download.size:
            return str(error)
    return f"it broke off after {download.size} of {download.total or 'some number of'} bytes"


def _status(answer: requests.Response) -> str:
    return f"{answer.status_code} {(answer.reason or '')[:40]}".strip()


def _take(
    download: PartialFile, answer: requests.Response, chunks: Iterator[bytes], bar: tqdm
) -> None:
    """Append the bytes of a good answer: status 206 goes on, 200 starts over."""
    if answer.status_code != 200 and not (download.size and answer.status_code == 206):
        raise Refused(f"it answers {_status(answer)}")
    encoding = answer.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise Refused(f"it sends the archive encoded ({encoding[:40]})")
    if answer.status_code == 200:
        download.require_possible(announced(answer))
        first = next(chunks, b"")
        _require_archive(first)  # a web page must not cost what was fetched before
        chunks = itertools.chain([first], chunks)
        download.begin(answer)
        bar.reset()
        bar.initial = 0
    purpose = f"Fetching {download.whole.name}"
    archives.require_room(download.path.parent, download.room_needed, purpose)
    bar.total = download.total
    for chunk in chunks:
        download.append(chunk, bar)
    download.end()


def _require_archive(start: bytes) -> None:
    """Raise Refused unless these are the first bytes of an archive."""
    if not start:
        raise Refused("it sends nothing")
    if not reading.looks_like_archive(start):
        page = start.lstrip().startswith(b"<")
        raise Refused(f"it sends {'a web page' if page else 'something else'}, not the archive")


def _require_sound(download: PartialFile, md5: str) -> None:
    """Raise Refused, and keep nothing, if the file is incomplete or its MD5 is another one."""
    why = reading.why_incomplete(download.path)
    if md5 and not why:
        with download.path.open("rb") as file:
            found = hashlib.file_digest(file, "md5").hexdigest()
        why = "" if found == md5 else f"its MD5 is {found}, not {md5}"
    if why:
        download.drop()
        raise Refused(f"what it sends is not the archive: {why}")
