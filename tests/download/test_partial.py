"""What a source says of a file is believed as far as it can be true."""

import errno
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from tqdm import tqdm

from tests.download.hosts import Host, begun, contents
from twostream_lib.download import fetching
from twostream_lib.download.partial import PartialFile, announced
from twostream_lib.errors import InputError

URL = "http://127.0.0.1:9/set.zip"


def answer(**headers):
    return SimpleNamespace(headers={name.replace("_", "-"): said for name, said in headers.items()})


@pytest.mark.parametrize(
    ("said", "length"),
    [
        ("12", 12),
        ("0012", 12),
        ("-12", None),
        ("", None),
        ("1e3", None),
        ("\u0663", None),
        ("1 2", None),
    ],
)
def test_a_length_is_a_number_or_none(said, length):
    assert announced(answer(Content_Length=said)) == length
    assert announced(answer(Content_Length=said, Transfer_Encoding="chunked")) is None


def test_an_absurd_length_stays_larger_than_any_archive():
    assert announced(answer(Content_Length="9" * 5000)) > 10**17
    assert announced(answer()) is None


@pytest.mark.parametrize(
    "said",
    [
        "bytes 500-999/2000",  # not where it was asked to go on
        "bytes 1000-999/2000",
        "bytes 1000-1999/1500",
        "bytes 1000-1999/3000",  # another length than before
        "bytes 1000-1999/*0",
        "bytes -1000-1999/2000",
        "bytes 1000-/2000",
        "bytes */2000",
        "bytes 1000-" + "9" * 5000 + "/*",
        "bytes 1000-99999999/*",
        "bytes 1000-1999/" + "9" * 5000,
        "bytes \u0661000-1999/2000",
        "items 1000-1999/2000",
        "",
    ],
)
def test_a_range_that_cannot_be_is_none(tmp_path, said):
    begun(tmp_path, URL, bytes(1000), 2000)
    part = PartialFile(tmp_path, URL, largest=5000)
    assert not part.continues(answer(Content_Range=said))
    assert (part.size, part.total) == (1000, 2000)
    assert part.continues(answer(Content_Range="bytes 1000-1999/2000", ETag='"one"'))
    assert not part.continues(answer(Content_Range="bytes 1000-1999/2000", ETag='"two"'))


@pytest.mark.parametrize("said", ["bytes 100000-451491/451492", "bytes 0-1/2", "", "bytes 9-8/*"])
def test_what_goes_on_at_another_place_is_fetched_from_its_start(tmp_path, answer_with, body, said):
    def lying(question):
        if "Range" in question:
            head = f"HTTP/1.1 206 Partial\r\nContent-Range: {said}\r\nContent-Length: 9\r\n\r\n"
            return [head.encode() + bytes(9)]
        return [b"HTTP/1.1 200 OK\r\n\r\n" + body]

    url = f"{answer_with(lying)}/set.zip"
    begun(tmp_path, url, body[:50_000], len(body))
    assert fetching.fetch([url], tmp_path).read_bytes() == body


@pytest.mark.parametrize("tag", ["a\tb", " padded", "", "ünïcode", "x" * 9999])
def test_a_tag_that_cannot_be_sent_back_is_none(tmp_path, tag):
    part = PartialFile(tmp_path, URL)
    part.begin(answer(ETag=tag, Content_Length="2000"))
    assert part.said["etag"] == ""
    part.path.write_bytes(b"PK")
    assert part.wishes() == {"Accept-Encoding": "identity", "Range": "bytes=2-"}


@pytest.mark.parametrize(
    "note",
    [
        "",
        "{",
        "[]",
        "null",
        "\x00\x00",
        "{}",
        json.dumps({"url": 1, "etag": "", "modified": "", "total": 2}),
        json.dumps({"url": URL, "etag": None, "modified": "", "total": 2}),
        json.dumps({"url": URL, "etag": "", "modified": "", "total": -2}),
        json.dumps({"url": URL, "etag": "", "modified": "", "total": "2"}),
        json.dumps({"url": URL, "etag": "", "modified": "", "total": 10**30}),
        json.dumps({"url": URL, "etag": "", "modified": ""}),
        json.dumps({"url": URL, "etag": "", "modified": "", "total": True}),
        "[" * 100_000,
    ],
)
def test_a_damaged_note_is_said_and_the_download_starts_over(tmp_path, serve, body, note):
    url = f"{serve(Host({'set.zip': body}))}/set.zip"
    begun(tmp_path, url, b"spoiled", len(body)).note.write_text(note.replace(URL, url))
    with pytest.warns(UserWarning, match=r"part.json is damaged: the download starts over"):
        assert fetching.fetch([url], tmp_path).read_bytes() == body
    assert contents(tmp_path) == {"set.zip": body}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_a_full_disk_names_the_file(tmp_path):
    part = PartialFile(tmp_path, URL)
    part.path = Path("/dev/full")
    with pytest.raises(OSError) as error:
        part.append(bytes(10**6), tqdm(disable=True))
    assert (error.value.errno, error.value.filename) == (errno.ENOSPC, "/dev/full")


def test_a_part_of_another_program_is_left_alone(tmp_path):
    (tmp_path / "set.zip.part").write_text("mine")
    with pytest.raises(InputError, match=r"set.zip.part was left by another program"):
        fetching.fetch([URL], tmp_path)
    assert contents(tmp_path) == {"set.zip.part": b"mine"}
