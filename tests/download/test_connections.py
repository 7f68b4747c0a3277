"""Whatever a server answers, and at whatever pace: there is an end, and the next has its turn."""

import hashlib
import itertools
import os
import threading
import time
from queue import Queue

import pytest

from tests.download.hosts import Host, contents
from tests.download.mutations import noises, spoiled
from twostream_lib.download import connections, fetching
from twostream_lib.download.connections import Broken, Patience, Refused
from twostream_lib.errors import InputError

MUTATIONS = int(os.environ.get("TWOSTREAM_MUTATIONS", "60"))
OK, WHOLE = b"HTTP/1.1 200 OK\r\n", b"PK\x03\x04" + bytes(60_000)


def fetched(folder, bad, serve, body, **budget):
    """The warning about a bad source; the good one beside it gives the archive."""
    urls = [f"{bad}/set.zip", f"{serve(Host({'set.zip': body}))}/set.zip"]
    with pytest.warns(UserWarning) as warned:
        assert fetching.fetch(urls, folder, **budget).read_bytes() == body
    assert contents(folder) == {"set.zip": body}
    (said,) = [str(warning.message) for warning in warned]
    assert said.startswith(f"{urls[0]}: ") and said.isprintable() and len(said) < 300
    return said.removeprefix(f"{urls[0]}: ")


@pytest.fixture
def impatient(monkeypatch):
    """Half a second for the first source, all the time for the others."""
    seconds = itertools.chain([0.5], itertools.repeat(connections.PATIENCE))

    def patience():
        made = Patience()
        made._left = next(seconds)
        return made

    monkeypatch.setattr(fetching, "Patience", patience)


# --- headers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        b"file:///etc/passwd",
        b"ftp://127.0.0.1/set.zip",
        b"javascript:alert(1)",
        b"data:application/zip;base64,UEsDBA==",
        b"http://[::1/set.zip",
        b"http://127.0.0.1:99999/set.zip",
        b"http://127.0.0.1:port/set.zip",
        b"http://" + b"a" * 70 + b".example/set.zip",
        b"http://..",
        b"http://",
        b"http://\xff\xfe\x80/set.zip",
        b"\xff\xfe\x80",
        b"//",
        b"http://\x1b[2J/",
        b"/" + b"a" * 60_000,
        b"/set.zip",  # in a circle
    ],
)
def test_a_redirect_that_leads_nowhere_costs_one_source(tmp_path, answer_with, serve, body, place):
    head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + place + b"\r\n\r\n"
    said = fetched(tmp_path, answer_with(lambda _: [head]), serve, body)
    assert "it sends on" in said or "cannot be reached" in said or "it answers 302" in said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (b"18446744073709551616", "it announces 1,000,000,000.00 GB"),
        (b"9" * 5000, "it announces 1,000,000,000.00 GB"),
        (b"20000000001", "it announces 20.00 GB, and the archive has at most 20.00"),
        (b"0", "it sends nothing"),
        (b"5, 6", "cannot be reached"),
    ],
)
def test_an_absurd_length_costs_one_source(tmp_path, answer_with, serve, body, length, said):
    head = OK + b"Content-Length: " + length + b"\r\n\r\n"
    assert said in fetched(tmp_path, answer_with(lambda _: [head, body]), serve, body)


@pytest.mark.parametrize("length", [b"-1", b"-99999999999999999999", b"many", b"1e5", b"", b"\xb2"])
def test_a_length_that_is_no_number_is_none(tmp_path, answer_with, body, length):
    head = OK + b"Content-Length: " + length + b"\r\n\r\n"
    url = answer_with(lambda _: [head, body])
    assert fetching.fetch([f"{url}/set.zip"], tmp_path).read_bytes() == body


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\xff" * 500,
        b"HTTP/9.9 nonsense\r\n\r\n",
        b"HTTP/1.1 99999999999999 No\r\n\r\n",
        b"HTTP/1.1 404 \x1b[2J\x1b]0;title\x07" + b"no" * 5000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 206 OK\r\nContent-Length: 4\r\nContent-Range: bytes 0-3/4\r\n\r\nPK\x03\x04",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        OK + b"Content-Encoding: \x1b[2J\r\nContent-Length: 4\r\n\r\nPK\x03\x04",
        OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
        OK + b"X: y\r\n" * 2000 + b"\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nPK\x03\x04",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nPK\x03\x04\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nPK\x03\x04",
        OK + b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n4\r\nPK\x03\x04\r\n0\r\n\r\n",
    ],
)
def test_an_answer_that_is_none_costs_one_source(tmp_path, answer_with, serve, body, answer):
    assert fetched(tmp_path, answer_with(lambda _: [answer]), serve, body)


@pytest.mark.filterwarnings("ignore:http")
def test_a_spoiled_answer_costs_one_source_or_nothing(tmp_path, answer_with, serve, body):
    """With the right checksum, what arrives is the archive, whatever was sent before it."""
    answer = (
        OK + b'ETag: "one"\r\nLast-Modified: Fri, 27 Nov 2026 02:00:00 GMT\r\n'
        b"Accept-Ranges: bytes\r\nContent-Type: application/zip\r\nContent-Length: %d\r\n\r\n"
    ) % len(body)
    pieces = [answer]
    urls = [f"{answer_with(lambda _: [pieces[0], body])}/set.zip"]
    urls.append(f"{serve(Host({'set.zip': body}))}/set.zip")
    md5 = hashlib.md5(body).hexdigest()
    for k, noise in enumerate(noises("answer", MUTATIONS)):
        pieces[0] = spoiled(answer, noise, b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n")
        found = fetching.fetch(urls, tmp_path / str(k), md5)
        assert found.read_bytes() == body
        assert contents(tmp_path / str(k)) == {"set.zip": body}


# --- bytes without end -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "chunk"),
    [
        (b"", bytes(50_000)),
        (b"Content-Length: many\r\n", bytes(50_000)),
        (b"Transfer-Encoding: chunked\r\n", b"c350\r\n" + bytes(50_000) + b"\r\n"),
    ],
)
def test_a_body_without_end_is_cut_at_the_budget(tmp_path, answer_with, serve, body, head, chunk):
    start = b"PK\x03\x04" + bytes(49_996)
    if chunk[:1] == b"c":
        start = b"c350\r\n" + start + b"\r\n"
    sent = [0]

    def endless(_):
        yield OK + head + b"\r\n" + start
        while True:
            sent[0] += 50_000
            yield chunk

    said = fetched(tmp_path, answer_with(endless), serve, body, largest=10**6)
    assert said == "it sends more than 0.00 GB"
    assert sent[0] < 2 * 10**7  # what was on its way when the connection was closed


def test_a_body_without_end_does_not_fill_the_disk(
    tmp_path, answer_with, serve, body, leave_room, monkeypatch
):
    monkeypatch.setattr("twostream_lib.download.partial.LOOK", 10**5)
    leave_room(2 * len(body))
    url = answer_with(lambda _: itertools.chain([OK + b"\r\n"], itertools.repeat(WHOLE)))
    assert "it says no length, and after" in fetched(tmp_path, url, serve, body)


def test_more_than_was_announced_is_refused(tmp_path, answer_with, serve, body):
    """The length of a 206 is that of its range: what counts is that of the whole file."""

    def lying(question):
        if "Range" not in question:
            return [OK + b"Content-Length: 70000\r\n\r\n" + WHOLE]
        head = b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 60004-69999/70000\r\n"
        return [head + b"Content-Length: 99999\r\n\r\n" + bytes(99_999)]

    said = fetched(tmp_path, answer_with(lying), serve, body)
    assert said == "it sends more than it announced"


# --- time without end ------------------------------------------------------------------------


def dripping(start, drop, pause=0.02):
    """An answer that begins, and then never ends and hardly comes on."""

    def answers(_):
        yield start
        while True:
            time.sleep(pause)
            yield drop

    return answers


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"", b""),
        (b"HTTP/1.1 2", b"0"),
        (OK + b"X: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK + b"\r\nPK\x03\x04", b"\x00"),
        (OK + b"Content-Length: 90000\r\n\r\nPK\x03\x04", b"\x00"),
        (CHUNKED + b"4;", b"x"),
        (CHUNKED + b"4\r\nPK\x03\x04\r\n0\r\n", b"X: y\r\n"),
    ],
)
def test_a_source_that_hardly_comes_on_costs_its_patience(
    tmp_path, answer_with, serve, body, impatient, start, drop
):
    said = fetched(tmp_path, answer_with(dripping(start, drop)), serve, body)
    assert said == "it is too slow: it does not send 50 kB a second"


@pytest.mark.filterwarnings("ignore:http")
def test_what_a_slow_source_sent_is_kept_and_continued(tmp_path, answer_with, body, impatient):
    """At the next start it may be faster, and it is asked for the rest alone."""
    asked = []

    def answers(question):
        first = question.partition("Range: bytes=")[2].partition("-")[0]
        start = int(first or 0)
        asked.append(start)
        if not start:
            size = b'Content-Length: %d\r\nETag: "one"\r\n\r\n' % len(body)
            yield from itertools.islice(dripping(OK + size + body[:20_000], b"")(""), 200)
        head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %d-%d/%d\r\n\r\n"
        yield head % (start, len(body) - 1, len(body)) + body[start:]

    url = f"{answer_with(answers)}/set.zip"
    with pytest.raises(InputError, match=r"too slow.*try later"):
        fetching.fetch([url], tmp_path)
    assert (tmp_path / "set.zip.part").stat().st_size == 20_000
    assert fetching.fetch([url], tmp_path).read_bytes() == body
    assert asked == [0, 20_000]


@pytest.mark.filterwarnings("ignore:http")
def test_an_error_of_this_machine_is_told_in_its_own_words(tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/certificates.pem")
    with pytest.raises(InputError, match=r"cannot be reached \(OSError: .*/no/such/certificates"):
        fetching.fetch(["https://127.0.0.1:9/set.zip"], tmp_path)


def test_bytes_bring_back_the_time_that_they_may_take():
    patience, heard = Patience(), Queue()
    patience._left = 1.0
    heard.put(bytes(connections.SLOWEST * 7))
    patience.wait_for(heard)
    assert 7 < patience._left <= 8
    heard.put(bytes(connections.SLOWEST * 1000))
    patience.wait_for(heard)
    assert patience._left == connections.PATIENCE
    patience._left = 0.01
    with pytest.raises(Refused, match="too slow"):
        patience.wait_for(heard)
    heard.put(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"))
    with pytest.raises(Broken, match="an address that cannot be used"):
        patience.wait_for(heard)


def test_nobody_listens_any_longer_to_what_nobody_waits_for(answer_with):
    before = set(threading.enumerate())
    url = answer_with(lambda _: itertools.chain([OK + b"\r\n"], itertools.repeat(WHOLE)))
    with connections.asked(url, {}, Patience()) as (answer, chunks):
        assert answer.status_code == 200 and next(chunks)
    new = set(threading.enumerate()) - before
    listening = [thread for thread in new if "_listen" in thread.name]
    assert listening
    for thread in listening:
        thread.join(30)
        assert not thread.is_alive()
