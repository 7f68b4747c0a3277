"""Texts are read as people's programs write them, and names are shown without harm."""

import codecs

import pytest

from twostream_lib.clips.texts import composed, first_three, quoted, read_lines, read_text
from twostream_lib.errors import InputError, shown

LINES = ["Zoë_wave_1.avi 1", "anna_wave_1.avi 2"]
WAYS = {
    "plain": lambda text: text.encode(),
    "marked": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16, big end first": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "utf-16 without mark": lambda text: text.encode("utf-16-le"),
    "utf-16 without mark, big end first": lambda text: text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("way", WAYS)
def test_a_list_is_read_in_every_encoding_with_all_ends_of_lines(tmp_path, way, end):
    file = tmp_path / "list.txt"
    file.write_bytes(WAYS[way](end.join([LINES[0], "", LINES[1], ""])))
    assert read_lines(file) == [(1, LINES[0]), (3, LINES[1])]


def test_only_ends_of_lines_end_a_line(tmp_path):
    file = tmp_path / "list.txt"
    file.write_text("a\x0bb\x85c\u2028d.avi 1\n")
    assert [number for number, _ in read_lines(file)] == [1]


def test_letters_are_composed(tmp_path):
    (tmp_path / "list.txt").write_text("cafe\u0301")
    assert read_text(tmp_path / "list.txt") == "caf\u00e9" == composed("cafe\u0301")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("a 1\r\nb 1\ncafé 1\n".encode("cp1252"), "line 3, is not in UTF-8: save it as UTF-8"),
        (codecs.BOM_UTF16_LE + b"a", "line 1, is not in UTF-16: save"),
        (b"\0\5\x16\7\0\2\0\0Mac OS X", "no text but has other bytes"),
        (b"a.avi 1\n" + bytes(1000), "no text but has other bytes"),
    ],
)
def test_what_is_no_text_is_refused_without_printing_it(tmp_path, data, words):
    (tmp_path / "list.txt").write_bytes(data)
    with pytest.raises(InputError, match=words) as told:
        read_text(tmp_path / "list.txt")
    assert str(told.value).isprintable() and len(str(told.value)) < 300


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read: the folder .* is where a file must be"):
        read_text(tmp_path)


def test_names_and_lines_are_shown_without_control_characters():
    assert shown("été 1 (2)/wave.avi") == "été 1 (2)/wave.avi"
    assert shown("a\nb\x1b[2J\0\u202e\u00a0\udcfc") == r"a\nb\x1b[2J\x00\u202e\xa0\udcfc"
    assert first_three(["a", "b\t", "c", "d"]) == r"a, b\t, c, ..."
    assert first_three(["a"]) == "a"
    assert quoted("x\0") == r"'x\x00'" and len(quoted("x" * 5000)) < 70
