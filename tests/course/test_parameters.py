"""The parameters of a run, checked one by one."""

import pytest

from twostream_lib import course
from twostream_lib.course import parameters
from twostream_lib.errors import InputError


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"split": 4}, r"split = 4 is not a whole number from 1 to 3"),
        ({"split": "1"}, r"split = '1' is not a whole number"),
        ({"split": True}, r"split = True is not a whole number"),
        ({"seed": -1}, r"seed = -1 is not a whole number"),
        ({"seed": 10**5000}, r"seed = a number of many digits is not a whole number"),
        ({"seed": "1" * 5000}, r"seed = '1{63} is not a whole number"),
        ({"videos": __file__}, r"videos = '.*test_parameters.py' is a file: give a folder"),
        ({"videos": "a\0b"}, r"videos = 'a\\x00b' is no name in UTF-8"),
        ({"runs": "a\0b"}, r"runs = 'a\\x00b' is no name in UTF-8"),
        ({"weights": "a\udcffb"}, r"weights = 'a\\udcffb' is no name in UTF-8"),
        ({"videos": "a" * 5000}, r"is not there: check the path"),
        ({"videos": "/nowhere/at/all"}, r"videos = '/nowhere/at/all' is not there"),
        ({"splits": "/nowhere/at/all"}, r"splits = '/nowhere/at/all' is not there"),
        ({"weights": "resnet.pth"}, r"'resnet.pth' is no file: give 'imagenet', 'none' or a file"),
    ],
)
def test_a_wrong_value_is_refused_and_leaves_no_folder(tmp_path, wrong, sentence):
    with pytest.raises(InputError, match=sentence):
        course.configure(**{"runs": str(tmp_path / "run")} | wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        InputError,
        match=r"run folder .*file/run cannot be written: the file .*file is where a folder must be",
    ):
        course.configure(runs=str(tmp_path / "file" / "run"))


def test_a_folder_that_can_be_written_is_made_and_left_empty(tmp_path):
    parameters.make_writable(tmp_path / "some" / "run")
    assert list((tmp_path / "some" / "run").iterdir()) == []


def test_weights_keep_their_words_and_files_get_their_whole_path(tmp_path, monkeypatch):
    (tmp_path / "net.pth").touch()
    monkeypatch.chdir(tmp_path)
    assert [parameters.known_weights(word) for word in ("", "none", "imagenet")] == [
        "",
        "none",
        "imagenet",
    ]
    assert parameters.known_weights("net.pth") == str(tmp_path.resolve() / "net.pth")


def test_the_repository_is_found_from_a_folder_inside_it(tmp_path, monkeypatch):
    (tmp_path / "notebooks" / "images").mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path / "notebooks" / "images")
    assert parameters.repository() == tmp_path
    (tmp_path / "pyproject.toml").unlink()
    assert parameters.repository() == tmp_path / "notebooks" / "images"
