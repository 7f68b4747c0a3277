"""A reader's copies: git ignores them, and nobody's work is overwritten."""

import json
import subprocess

import pytest

from twostream_lib.course import lab
from twostream_lib.errors import InputError


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two notebooks and a picture."""
    folder = tmp_path / "notebooks"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a.png").write_bytes(b"a picture")
    for name in ("00_a", "01_b"):
        (folder / f"{name}.ipynb").write_text(name)
    monkeypatch.setattr(lab, "NOTEBOOKS", folder)
    return folder


def test_copies_are_made_with_their_pictures(course, tmp_path):
    assert lab.update(tmp_path / "lab") == []
    for file in ("00_a.ipynb", "01_b.ipynb", "images/a.png"):
        assert (tmp_path / "lab" / file).read_bytes() == (course / file).read_bytes()


def test_what_somebody_worked_on_is_kept_and_named_once_the_course_has_changed(course, tmp_path):
    mine, other = (tmp_path / "lab" / f"{name}.ipynb" for name in ("00_a", "01_b"))
    lab.update(tmp_path / "lab")
    mine.write_text("my work")
    assert lab.update(tmp_path / "lab") == [] and mine.read_text() == "my work"
    for name in ("00_a", "01_b"):
        (course / f"{name}.ipynb").write_text("new in the course")
    assert lab.update(tmp_path / "lab") == ["00_a.ipynb"]
    assert (mine.read_text(), other.read_text()) == ("my work", "new in the course")
    mine.rename(mine.with_name("mine.ipynb"))
    assert lab.update(tmp_path / "lab") == []
    assert mine.read_text() == "new in the course"
    assert mine.with_name("mine.ipynb").read_text() == "my work"


def test_a_file_that_was_there_before_is_not_overwritten(course, tmp_path):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "00_a.ipynb").write_text("somebody's")
    assert lab.update(tmp_path / "lab") == ["00_a.ipynb"]
    assert (tmp_path / "lab" / "00_a.ipynb").read_text() == "somebody's"


def test_git_ignores_the_copies():
    command = ["git", "-C", str(lab.CHECKOUT), "check-ignore", "-q", str(lab.LAB / "00_a.ipynb")]
    if not (lab.CHECKOUT / ".git").exists():
        pytest.skip("not a git checkout")
    assert subprocess.run(command, check=False).returncode == 0


def test_jupyterlab_is_opened_on_the_copies(course, tmp_path, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr(lab.subprocess, "call", lambda command: opened.append(command[-1]) or 0)
    monkeypatch.setattr(lab, "check_jupyter", lambda: None)
    assert lab.open_copies(tmp_path / "lab") == 0
    assert opened == [str(tmp_path / "lab")] and opened[0] in capsys.readouterr().out


def test_a_kernel_whose_python_is_gone_is_one_sentence(tmp_path, monkeypatch):
    spec = tmp_path / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ["/gone/python", "-m", "x"], "display_name": "Python 3"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda _: True)
    with pytest.raises(InputError, match="starts /gone/python, which is not there any more"):
        lab.check_jupyter()


def test_without_jupyterlab_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="make lab"):
        lab.check_jupyter()
