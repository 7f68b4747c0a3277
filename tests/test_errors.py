"""What a sentence about other people's files may say, and how."""

import errno
import os
import pickle
import socket
import ssl
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from IPython.core.interactiveshell import InteractiveShell

from twostream_lib.errors import CAUSES, CannotBeHad, InputError, cause_of, shown


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


# --- errors of the system --------------------------------------------------------------------


def raised(action):
    with pytest.raises(OSError) as error:
        action()
    return error.value


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder in which a file, a full folder and a link to itself lie; all paths are relative."""
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    Path("full").mkdir()
    Path("full/clip").write_text("mine")
    Path("circle").symlink_to("circle")
    Path("other").mkdir()


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (
            lambda: Path("n" * 300).write_text(""),
            "the name nnnnnnnnnnnnnnnnnnnn… of 300 bytes is too long",
        ),
        (lambda: Path("é" * 200).write_text(""), "of 400 bytes is too long"),
        (lambda: Path("a/" * 3000).write_text(""), "the path a/a/"),
        (lambda: Path("gone/in/here").write_text(""), "there is no gone (any more)"),
        (lambda: Path("full/gone").read_text(), "there is no full/gone (any more)"),
        (lambda: os.replace("gone", "full/clip"), "there is no gone (any more)"),
        (lambda: Path("file/in/here").write_text(""), "the file file is where a folder must be"),
        (lambda: os.makedirs("file/in"), "the file file is where a folder must be"),
        (lambda: Path("file").mkdir(exist_ok=True), "the file file is in the way"),
        (lambda: Path("full").write_text(""), "the folder full is where a file must be"),
        (lambda: os.replace("file", "full"), "the folder full is where a file must be"),
        (lambda: os.replace("other", "full"), "the folder full is not empty"),
        (lambda: Path("circle").read_text(), "links in circle lead in a circle"),
    ],
)
def test_the_true_cause_is_said(here, action, said):
    assert said in cause_of(raised(action))


@pytest.mark.parametrize("number", CAUSES, ids=errno.errorcode.get)
def test_only_a_full_disk_needs_room_and_each_cause_has_its_advice(here, number):
    error = OSError(number, os.strerror(number))
    nameless, words = cause_of(error), cause_of(error, "full/{0}")
    named = cause_of(OSError(number, os.strerror(number), "full/{0}"), "another")
    assert named == words or number == errno.ETIMEDOUT  # of a disk if a path is known
    for said in (nameless, words, named):
        assert ("make room" in said) == (number in (errno.ENOSPC, errno.EDQUOT))
        assert "; " in said and not said.endswith(".")
    of_no_path = number in (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
    assert ("full" in named) != of_no_path


def test_a_full_disk_names_its_folder(tmp_path):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert f"the disk of {tmp_path} is full; make room" in cause_of(full, tmp_path / "clips.csv")
    assert f"the disk of {tmp_path} is full; make room" in cause_of(full, tmp_path)


def test_an_unknown_error_is_said_in_the_systems_words():
    odd = OSError(errno.EXDEV, "Invalid\ncross-device link", "a", None, "/runs/b")
    assert cause_of(odd).startswith("the system says of a 'Invalid cross-device link'; ")
    assert cause_of(OSError("what\never")).startswith("the system says 'what ever'; ")
    assert cause_of(OSError()).startswith("the system says 'OSError'; ")


@pytest.mark.parametrize(
    "error",
    [
        HTTPError("https://example.org/net.pth", 404, "Not Found", Message(), None),
        URLError(socket.gaierror(-2, "Name or service not known")),
        ssl.SSLError(1, "certificate verify failed"),  # its 1 is not that of "no permission"
        TimeoutError("timed out"),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
        OSError(errno.ENETUNREACH, "Network is unreachable"),
    ],
)
def test_an_error_of_the_network_is_none_of_the_disk(error):
    assert cause_of(error, "/weights/net.pth").startswith("the network does not give it (")


def test_a_server_that_is_not_there_is_of_the_network():
    error = raised(lambda: urlopen("http://127.0.0.1:9/weights"))
    assert "the network does not give it (" in cause_of(error, "/weights/net.pth")


def test_a_notebook_shows_the_sentence_alone(capsys):
    shell = InteractiveShell()
    for kind in (InputError, CannotBeHad):
        shell.user_ns["kind"] = kind
        done = shell.run_cell("def inner():\n    raise kind('The film is too short.')\ninner()")
        assert isinstance(done.error_in_exec, InputError)
        assert capsys.readouterr().out.strip() == "The film is too short."
