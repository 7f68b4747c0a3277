"""What a sentence about other people's files may say, and how."""

import pickle

import pytest

from twostream_lib.errors import InputError, shown


@pytest.mark.parametrize(
    "name",
    [
        "wave",
        "C:\\clips\\a b.avi",
        "brush_$hair$ {x} <b> | *",
        "schön",
        "scho\u0308n",
        "挥手",
        "👩\u200d🚒",
    ],
)
def test_what_can_be_printed_stays_as_it_is(name):
    assert shown(name) == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\nb\r\x00\x7f\x9b", r"a\nb\r\x00\x7f\x9b"),
        ("evil\u202eiva.exe", r"evil\u202eiva.exe"),
        ("a\xa0b\u2028c", r"a\xa0b\u2028c"),
        ("caf\udce9", r"caf\udce9"),  # a byte that is no UTF-8, as Python hands it over
    ],
)
def test_what_would_change_a_console_is_escaped(name, said):
    assert shown(name) == said == shown(said)
    assert said.isprintable() and said.encode()


def test_a_sentence_about_input_is_one_printable_line_also_from_another_process():
    error = InputError("There is no class wa\nve\x1b[31m: check the path.")
    assert str(error) == r"There is no class wa\nve\x1b[31m: check the path."
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
