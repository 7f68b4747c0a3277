"""The house: floors, dependencies, and the files that others rely on."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

import twostream_lib
from twostream_lib import bootstrap
from twostream_lib.course import metrics, showing

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "twostream_lib"
MODULES = sorted(LIBRARY.rglob("*.py"))

# All that lies at the top, and why it cannot lie lower.
TOP = {
    "notebooks": "the course",
    "twostream_lib": "its library",
    "tests": "and the tests of both",
    "docs": "the cards, the commands and the README's pictures: what would make it long",
    "README.md": "GitHub shows it",
    "CONTRIBUTING.md": "GitHub points to it",
    "CHANGELOG.md": "where people look for it",
    "LICENSE": "packed with the library, and read by GitHub",
    "CITATION.cff": "GitHub reads it, for its button to cite",
    "requirements.txt": "what pip and the first cells read",
    "pyproject.toml": "what pip, ruff, mypy and pytest read",
    "Makefile": "what make reads",
    "Dockerfile": "what docker build reads; it copies what lies below it",
    ".dockerignore": "read beside it",
    ".ci": "what continuous integration calls, whoever runs it",
    ".github": "GitHub looks for workflows here alone",
    ".gitignore": "read by git",
    ".pre-commit-config.yaml": "read by pre-commit",
}

# Names on PyPI of what is imported under another name.
PACKAGES = {
    "PIL": "pillow",
    "cv2": "opencv-contrib-python-headless",
    "sklearn": "scikit-learn",
    "IPython": "ipykernel",  # which brings it, and is what notebooks run on
    "jupyter_client": "ipykernel",
    "nbclient": "papermill",
    "markupsafe": "jinja2",
}


def imports(path: Path) -> Iterator[str]:
    """Dotted names of all modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = ".".join(filter(None, ["twostream_lib" if node.level else "", node.module]))
            yield from (f"{home}.{alias.name}" for alias in node.names)


def requirements() -> dict[str, str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pairs = (re.fullmatch(r"([\w-]+)(>=.+)", line) for line in lines if line and line[0] != "#")
    return {pair[1]: pair[2] for pair in pairs if pair}


def test_requirements_name_what_is_imported_and_nothing_else():
    names = {name.split(".")[0] for path in MODULES for name in imports(path)}
    foreign = names - set(sys.stdlib_module_names) - {"twostream_lib"}
    assert {PACKAGES.get(name, name) for name in foreign} == set(requirements())


def test_requirements_are_ranges_that_leave_newer_versions_alone():
    lines = [
        line for line in (ROOT / "requirements.txt").read_text().splitlines() if line[0] != "#"
    ]
    assert len(requirements()) == len(lines)
    assert all("<" not in spec and "==" not in spec for spec in requirements().values())


def test_colabs_versions_lie_inside_the_ranges():
    text = (ROOT / "tests" / "colab-versions.txt").read_text()
    colab = dict(re.findall(r"^([\w-]+)==(.+)$", text, flags=re.MULTILINE))
    brought = requirements().keys() - colab.keys()  # by a notebook's first cell, but for OpenCV
    assert brought == {"av", "captum", "papermill", "rarfile", bootstrap.OPENCV}
    assert "opencv-python-headless" in colab
    for name in requirements().keys() - brought:
        lowest = bootstrap.release(requirements()[name][2:])
        assert bootstrap.release(colab[name]) >= lowest, name


def test_the_package_takes_its_dependencies_from_requirements_txt():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["project"]["dynamic"]) == {"version", "dependencies"}
    dynamic = project["tool"]["setuptools"]["dynamic"]
    assert dynamic["dependencies"] == {"file": ["requirements.txt"]}
    assert re.fullmatch(r"\d+\.\d+\.\d+", twostream_lib.__version__)


def test_every_file_beside_the_modules_is_packed_with_them():
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"][
        "package-data"
    ]
    beside = [file for file in LIBRARY.rglob("*") if file.is_file() and file.suffix != ".py"]
    beside = [file for file in beside if "__pycache__" not in file.parts]
    assert len(beside) >= 3
    for file in beside:
        patterns = packed.get(".".join(file.parent.relative_to(ROOT).parts), [])
        assert any(fnmatch(file.name, pattern) for pattern in patterns), file


def test_nothing_lies_at_the_top_without_a_reason():
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone: nobody knows which files belong to it")
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert {name.split("/")[0] for name in listed.split("\0") if name} == set(TOP)


def test_the_top_level_is_whole_and_the_commands_exist():
    for name in TOP:
        assert (ROOT / name).exists(), name
    makefile = (ROOT / "Makefile").read_text()
    for target in (
        "course",
        "lab",
        "check",
        "test",
        "lowest",
        "colab",
        "baseline",
        "truth",
        "bench",
        "fresh",
        "pictures",
    ):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_nothing_in_the_library_is_loaded_by_unpickling():
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert "import pickle" not in text and "allow_pickle=True" not in text, path.name
        for call in re.findall(r"torch\.load\([^)]*\)", text):
            assert "weights_only=True" in call, f"{path.name}: {call}"


def test_the_readmes_table_is_that_of_the_baseline():
    """Both are made of one run: `compare --accept` writes the one and prints the other."""
    baseline = metrics.read(ROOT / "tests" / "baseline-quick.json")
    table, setting = showing.readme_table(baseline), showing.readme_setting(baseline)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(table.splitlines()) > 7
    assert table in readme, f"Put this in:\n{table}"
    assert setting in " ".join(readme.split()), f"Put this in:\n{setting}"
