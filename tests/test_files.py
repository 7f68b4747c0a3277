"""A file is whole or as it was before."""

from pathlib import Path

import pytest

from twostream_lib.files import naming, replacing, size_of, write_text


def test_the_new_file_takes_the_place_of_the_old_one(tmp_path):
    file = tmp_path / "folder" / "words.txt"
    write_text(file, "old")
    write_text(file, "neu, schön")
    assert file.read_text(encoding="utf-8") == "neu, schön"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_is_not_there_has_a_size_of_its_own(tmp_path):
    (tmp_path / "words.txt").write_bytes(b"four")
    (tmp_path / "empty.txt").touch()
    sizes = [size_of(str(tmp_path / name)) for name in ("words.txt", "empty.txt", "none.txt", ".")]
    assert sizes == [4, 0, -1, -1]


def test_after_an_error_the_old_file_is_there_and_nothing_else(tmp_path):
    file = tmp_path / "words.txt"
    write_text(file, "old")
    with pytest.raises(RuntimeError), replacing(file) as beside:
        beside.write_text("half of the new o")
        raise RuntimeError
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["n" * 300, "n" * 253, "a folder"])
def test_an_error_names_the_file_and_not_the_one_beside_it(tmp_path, name):
    (tmp_path / "a folder").mkdir()
    with pytest.raises(OSError) as error:
        write_text(tmp_path / name, "text")
    assert (error.value.filename, error.value.filename2) == (str(tmp_path / name), None)
    assert [path.name for path in tmp_path.iterdir()] == ["a folder"]


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="/dev/full is Linux's")
def test_a_full_disk_gets_a_name():
    with pytest.raises(OSError) as error, naming(Path("/runs/a")), FULL.open("w") as file:
        file.write("text")
        file.flush()
    assert error.value.filename == "/runs/a"
    with pytest.raises(FileNotFoundError) as gone, naming(Path("/runs/a")):
        Path("/no/such/file").read_text()
    assert gone.value.filename == "/no/such/file"


class ReadOnly(OSError):
    """As PyAV's errors are: whom they name cannot be changed."""

    named: str | None = None
    filename = property(lambda error: error.named)


@pytest.mark.parametrize("named", [None, "beside"])
def test_an_error_that_cannot_be_given_a_name_is_told_by_one_that_has_it(tmp_path, named):
    file = tmp_path / "clip.mp4"
    with pytest.raises(OSError) as error, replacing(file) as beside:
        beside.write_text("half of a cl")
        full = ReadOnly(28, "No space left on device")
        full.named = named and str(beside)
        raise full
    told = error.value
    assert (told.errno, told.strerror) == (28, "No space left on device")
    assert (told.filename, told.filename2) == (str(file), None)
    assert isinstance(told.__cause__, ReadOnly) and not list(tmp_path.iterdir())
