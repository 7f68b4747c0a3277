"""A fork changes the course's address in one place, with one command."""

import re
import shutil

import pytest

from tests import fork
from twostream_lib.errors import InputError

LINK = re.compile(r"(?<![.\w])github(?:\.com)?/([\w-]+/[\w-]+)")


@pytest.fixture
def copy(tmp_path):
    """The files that name the repository, in a folder of their own."""
    for file in fork.files():
        target = tmp_path / file.relative_to(fork.ROOT)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(file, target)
    return tmp_path


def links(root):
    """Each address on GitHub in each of the files."""
    return {file.name: LINK.findall(file.read_text(encoding="utf-8")) for file in fork.files(root)}


def test_every_notebook_names_the_address_of_pyproject_in_its_badge_and_its_first_cell():
    found = links(fork.ROOT)
    notebooks = {name: named for name, named in found.items() if name.endswith(".ipynb")}
    assert len(notebooks) == 10
    assert all(named == [fork.repository()] * 2 for named in notebooks.values())


def test_the_address_stands_in_no_other_file():
    others = [*fork.ROOT.glob("twostream_lib/**/*.*"), *fork.ROOT.glob("tests/**/*.py")]
    others += [fork.ROOT / "Makefile", fork.ROOT / ".ci" / "run"]
    readable = [file for file in others if file.suffix in (".py", ".jinja", "")]
    named = [file for file in readable if f"/{fork.repository()}" in file.read_text("utf-8")]
    assert len(readable) > 200 and named == []


@pytest.mark.parametrize("new", ["somebody/their-course", "a-b/c_1.d", "two-stream-course/other"])
def test_one_command_moves_all_of_them_and_back(copy, new):
    before = {file: file.read_bytes() for file in fork.files(copy)}
    old, places = fork.repository(copy), sum(map(len, links(copy).values()))
    assert fork.move(new, copy) == places > 20
    assert fork.repository(copy) == new
    assert not any(f"/{old}" in file.read_text(encoding="utf-8") for file in fork.files(copy))
    assert fork.move(old, copy) == places
    assert {file: file.read_bytes() for file in fork.files(copy)} == before


@pytest.mark.parametrize(
    "new", ["", "owner", "https://github.com/owner/name", "a/b/c", "a/b c", "../b"]
)
def test_what_is_no_owner_and_name_is_refused(copy, new):
    before = {file: file.read_bytes() for file in fork.files(copy)}
    with pytest.raises(InputError, match="owner/name"):
        fork.move(new, copy)
    assert {file: file.read_bytes() for file in fork.files(copy)} == before
