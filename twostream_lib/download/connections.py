"""A question to a server that may answer anything, and at any pace, with an end in each case.

A server can send a byte a minute or headers without end, and what makes a package raise errors that
nobody expects. So each question is asked in a thread of its own, where whatever is raised counts as
a broken connection, and who waits for its answer has `Patience`. A thread that nobody waits for any
longer ends with its connection, or with the program.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread

import requests
import urllib3

CHUNK = 1 << 16  # bytes at most that are taken at once
TIMEOUT = (10, 60)  # seconds to connect, and without a byte
PATIENCE = 120.0  # seconds at most that a source can be behind the slowest that is borne
SLOWEST = 50_000  # bytes a second
END = b""

Heard = Queue[requests.Response | bytes | Exception]


class Refused(Exception):
    """A source does not give the archive; the message says why. The next source is tried."""


class Broken(Exception):
    """A connection ended too early, or was never made; the message says why."""


class Patience:
    """How long one source may still take, over all of its connections.

    Waiting costs time, and bytes bring back what they would take at the slowest pace, up to
    `PATIENCE` seconds. So a source that is slower is given up after `PATIENCE` seconds or little
    more, whatever it sent before; and none takes longer than its bytes at the slowest pace.
    """

    def __init__(self) -> None:
        self._left = PATIENCE

    def wait_for(self, heard: Heard) -> requests.Response | bytes:
        """What comes next; raises Refused when it takes too long, Broken when nothing will come."""
        start = time.monotonic()
        try:
            item = heard.get(timeout=max(self._left, 0))
        except Empty:
            pace = f"{SLOWEST / 1000:.0f} kB a second"
            raise Refused(f"it is too slow: it does not send {pace}") from None
        self._left -= time.monotonic() - start
        if isinstance(item, bytes):
            self._left = min(PATIENCE, self._left + len(item) / SLOWEST)
        if isinstance(item, Exception):
            raise Broken(_words(item)) from item
        return item


@contextmanager
def asked(
    url: str, headers: dict[str, str], patience: Patience
) -> Iterator[tuple[requests.Response, Iterator[bytes]]]:
    """The answer to a question, of which only the headers are read, and the bytes that come.

    Raises, here and while bytes come, Broken for a connection that fails, and Refused for a source
    that is too slow.
    """
    heard: Heard = Queue(maxsize=16)
    stop = Event()
    Thread(target=_listen, args=(url, headers, heard, stop), daemon=True).start()
    try:
        answer = patience.wait_for(heard)
        assert isinstance(answer, requests.Response)
        yield answer, _arriving(heard, patience)
    finally:
        stop.set()


def _arriving(heard: Heard, patience: Patience) -> Iterator[bytes]:
    while chunk := patience.wait_for(heard):
        assert isinstance(chunk, bytes)
        yield chunk


def _listen(url: str, headers: dict[str, str], heard: Heard, stop: Event) -> None:
    """Put into the queue the answer, its bytes and an end; or what was raised."""
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            _put(answer, heard, stop)
            # requests' own iterator loses the last bytes of a broken connection.
            raw: urllib3.HTTPResponse = answer.raw
            while chunk := raw.read1(CHUNK, decode_content=False):
                if not _put(chunk, heard, stop):
                    return
            _put(END, heard, stop)
    except Exception as error:
        _put(error, heard, stop)


def _put(item: requests.Response | bytes | Exception, heard: Heard, stop: Event) -> bool:
    """Whether somebody still waits for it."""
    while not stop.is_set():
        try:
            heard.put(item, timeout=0.5)
            return True
        except Full:
            continue
    return False


def _words(error: Exception) -> str:
    """What is wrong with a source, told from what the packages raise."""
    if isinstance(error, requests.TooManyRedirects):
        return "it sends on without end"
    bad_header = isinstance(error, requests.exceptions.InvalidHeader)
    if isinstance(error, ValueError) and not bad_header:  # what is left are errors about addresses
        return "it sends on to an address that cannot be used"
    words = type(error).__name__
    if not isinstance(error, requests.RequestException | urllib3.exceptions.HTTPError):
        words += f": {error}"[:100]  # of this machine, such as a file of certificates that is gone
    return f"it cannot be reached ({words})"
