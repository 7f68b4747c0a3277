"""A file is whole or as it was before."""

import pytest

from twostream_lib.files import replacing, write_text


def test_the_new_file_takes_the_place_of_the_old_one(tmp_path):
    file = tmp_path / "folder" / "words.txt"
    write_text(file, "old")
    write_text(file, "neu, schön")
    assert file.read_text(encoding="utf-8") == "neu, schön"
    assert list(file.parent.iterdir()) == [file]


def test_after_an_error_the_old_file_is_there_and_nothing_else(tmp_path):
    file = tmp_path / "words.txt"
    write_text(file, "old")
    with pytest.raises(RuntimeError), replacing(file) as beside:
        beside.write_text("half of the new o")
        raise RuntimeError
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
