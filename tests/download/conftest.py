"""Servers on this machine, and a small archive to serve."""

import shutil
import socketserver
from collections import namedtuple
from http.server import ThreadingHTTPServer
from threading import Thread

import pytest
import rarfile

from tests.download.hosts import Handler, Raw, zipped
from twostream_lib.download import fetching, reading


@pytest.fixture
def listen(monkeypatch):
    """Let a server answer until the test ends; its address."""
    monkeypatch.setattr(fetching, "PAUSE", 0)
    servers = []

    def start(server):
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def serve(listen):
    """Start a server for a host; its address."""

    def start(host):
        handler = type("HostHandler", (Handler,), {"host": host})
        return listen(ThreadingHTTPServer(("127.0.0.1", 0), handler))

    return start


@pytest.fixture
def answer_with(listen):
    """Start a server whose answers are pieces of bytes, whatever they are; its address."""

    def start(answers):
        handler = type("RawHandler", (Raw,), {"answers": staticmethod(answers)})
        return listen(socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler))

    return start


@pytest.fixture(scope="session")
def body():
    return zipped([f"set/{label}/{k}.avi" for label in "abc" for k in range(5)])


@pytest.fixture
def leave_room(monkeypatch):
    """Let every disk have this many bytes free."""

    def leave(room):
        usage = namedtuple("usage", "free")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(room))

    return leave


@pytest.fixture
def no_tool(monkeypatch):
    for name in ("UNRAR", "UNAR", "BSDTAR", "SEVENZIP", "SEVENZIP2"):
        monkeypatch.setattr(rarfile, f"{name}_TOOL", f"no-{name.lower()}-here")
    monkeypatch.setattr(reading.importlib.util, "find_spec", lambda _: None)
    yield
    rarfile.CURRENT_SETUP = None
