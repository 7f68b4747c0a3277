"""The first cell of a notebook, where nothing is installed: it finds the course, or fetches it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.fork import ROOT, repository

ADDRESS = f"https://github.com/{repository()}"
NAME = repository().split("/")[1]
STUB = "def prepare():\n    print(__file__)\n"  # what bootstrap does itself is tested elsewhere


@pytest.fixture(scope="module")
def cell() -> str:
    notebook = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
    return next(cell.source for cell in notebook.cells if cell.cell_type == "code")


@pytest.fixture
def clone(tmp_path) -> Path:
    """A clone of a course whose bootstrap says where it lies."""
    folder = tmp_path / "some where" / "a clone"
    (folder / "twostream_lib").mkdir(parents=True)
    (folder / "notebooks" / "copies").mkdir(parents=True)
    for name, text in {"__init__": "", "bootstrap": STUB}.items():
        (folder / "twostream_lib" / f"{name}.py").write_text(text)
    return folder


@pytest.fixture
def published(clone) -> str:
    """The same as a repository that git can fetch: its address."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed: nothing can be fetched")
    person = ("-c", "user.name=course", "-c", "user.email=course@localhost")
    for words in (["init"], ["add", "--all"], [*person, "commit", "--message", "course"]):
        subprocess.run(["git", "-C", clone, *words], check=True, capture_output=True)
    return clone.as_uri()


@pytest.fixture
def content(tmp_path) -> Path:
    """A folder that is no clone, and lies in none."""
    folder = tmp_path / "content"
    folder.mkdir()
    return folder


def start(cell: str, folder: Path, found_at: str = "file:///nowhere", **environment: str):
    """Run the cell in a folder, in a Python without any packages; git looks elsewhere."""
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{found_at}.insteadOf",
        "GIT_CONFIG_VALUE_0": ADDRESS,
        **environment,
    }
    command = [sys.executable, "-S", "-c", cell]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def used(done: subprocess.CompletedProcess) -> Path:
    """The clone whose bootstrap was run."""
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip()).resolve().parents[1]


def test_in_a_fresh_folder_the_course_is_fetched_once(cell, content, published):
    assert used(start(cell, content, published)) == content / NAME
    again = start(cell, content)  # where git finds nothing any more
    assert used(again) == content / NAME
    assert [path.name for path in content.iterdir()] == [NAME]


@pytest.mark.parametrize("inside", [".", "notebooks", "notebooks/copies"])
def test_in_a_clone_nothing_is_fetched(cell, clone, inside):
    assert used(start(cell, clone / inside)) == clone


def test_a_clone_that_lies_around_the_notebook_goes_before_an_installed_library(
    cell, clone, tmp_path
):
    installed = tmp_path / "site-packages"
    shutil.copytree(clone / "twostream_lib", installed / "twostream_lib")
    path = {"PYTHONPATH": str(installed)}
    assert used(start(cell, clone / "notebooks", **path)) == clone


def test_an_installed_library_is_used_where_there_is_no_clone(cell, clone, content):
    assert used(start(cell, content, PYTHONPATH=str(clone))) == clone
    assert list(content.iterdir()) == []


def test_two_starts_in_one_kernel_are_as_good_as_one(cell, content, published):
    twice = f"cell = {cell!r}\nimport sys\nexec(cell)\nbefore = [*sys.path]\nexec(cell)\n"
    done = start(twice + "assert sys.path == before", content, published)
    assert done.returncode == 0 and len(set(done.stdout.split("\n"))) == 2, done.stderr


def last_words(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


@pytest.mark.usefixtures("published")  # for its check that there is git
def test_without_a_network_it_says_what_to_do(cell, content):
    said = last_words(start(cell, content))
    assert said.startswith(f"RuntimeError: The course could not be fetched from {ADDRESS} (")
    assert "nowhere" in said and "connect to the internet" in said
    assert f"put a clone of it beside this notebook as {content / NAME}" in said
    assert list(content.iterdir()) == []


def test_without_git_it_says_so(cell, content):
    assert "'git'" in last_words(start(cell, content, PATH=str(content)))


def test_what_a_broken_off_start_left_is_named(cell, content, published):
    (content / NAME / ".git").mkdir(parents=True)
    said = last_words(start(cell, content, published))
    assert NAME in said and "already exists and is not an empty directory" in said
