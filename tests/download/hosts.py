"""Servers that misbehave, the archives that they have, and what a folder holds."""

import contextlib
import io
import random
import re
import socketserver
import time
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from twostream_lib.download.archives import Content
from twostream_lib.download.partial import PartialFile

REAL = Path(__file__).parent / "archives"
SPLITS, VIDEOS = Content(r".+_test_split[123]\.txt", 6), Content(r".+\.avi", 4, 2)
PAGE = b"<!doctype html><title>The lab has moved</title>"


@dataclass
class Host:
    """What a server has and how it behaves, and what it was asked."""

    files: dict[str, bytes]
    ranges: bool = True  # answers 206 to a Range
    conditions: bool = True  # minds If-Range
    tag: str = '"one"'
    cut: int | None = None  # bytes of a connection, then it breaks off
    lie: int = 0  # added to Content-Length
    length: bool = True  # says a length at all
    chunked: bool = False  # sends the body in chunks that say their own length
    page: bool = False  # sends a web page whatever is asked
    slow: float = 0.0  # seconds after every 30 kB
    busy: int = 0  # answers 503 so many times first
    asked: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0


class Handler(BaseHTTPRequestHandler):
    """Serves what its host has, as its host behaves."""

    protocol_version = "HTTP/1.1"
    host: Host

    def log_message(self, *_):
        pass

    def do_GET(self):
        host = self.host
        host.asked.append({"path": self.path, **self.headers})
        self.close_connection = True
        if host.busy:
            host.busy -= 1
            return self.answer(503)
        if host.page:
            return self.answer(200, {"Content-Length": str(len(PAGE))}, PAGE)
        body = host.files.get(self.path.rsplit("/", 1)[1])
        return self.answer(404) if body is None else self.send(host, body)

    def send(self, host, body):
        first = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = not host.conditions or self.headers.get("If-Range", host.tag) == host.tag
        start = int(first[1]) if first and host.ranges and same else 0
        headers = {"ETag": host.tag} if host.tag else {}
        if start and start >= len(body):
            return self.answer(416, headers | {"Content-Range": f"bytes */{len(body)}"})
        if host.chunked:
            headers["Transfer-Encoding"] = "chunked"
        elif host.length:
            headers["Content-Length"] = str(len(body) - start + host.lie)
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        stop = len(body) if host.cut is None else min(start + host.cut, len(body))
        stop = min(stop, len(body) + min(host.lie, 0))
        host.sent += stop - start
        sent = body[start:stop]
        if host.chunked:
            end = b"0\r\n\r\n" if stop == len(body) else b""
            sent = b"%x\r\n%b\r\n" % (len(sent), sent) + end
        return self.answer(206 if start else 200, headers, sent)

    def answer(self, code, headers=None, body=b""):
        self.send_response(code)
        for name, value in (headers or {"Content-Length": "0"}).items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a killed download hears no more of it
            for start in range(0, len(body), 30_000):
                self.wfile.write(body[start : start + 30_000])
                time.sleep(self.host.slow)


def zipped(names, size=30_000, seed=0):
    """A ZIP of entries that cannot be compressed."""
    noise, buffer = random.Random(seed), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, noise.randbytes(size))
    return buffer.getvalue()


def real(name):
    return (REAL / name).read_bytes()


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class Raw(socketserver.BaseRequestHandler):
    """Answers with whatever bytes `answers` yields for a question, until nobody takes them."""

    answers = None

    def handle(self):
        question = b""
        with contextlib.suppress(OSError):
            while b"\r\n\r\n" not in question:
                question += self.request.recv(4096) or b"\r\n\r\n"
            for piece in type(self).answers(question.decode("latin1")):
                self.request.sendall(piece)


def begun(folder, url, start, total, tag='"one"'):
    """Leave a part as an interrupted start leaves it."""
    part = PartialFile(folder, url)
    part.said = {"url": url, "etag": tag, "modified": "", "total": total}
    part._write_note()
    part.path.write_bytes(start)
    return part
