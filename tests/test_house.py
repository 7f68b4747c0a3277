"""The house is as CONTRIBUTING draws it: rooms with one sentence, tests as namesakes."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "twostream_lib"
ROOMS = sorted(path.parent for path in LIBRARY.glob("*/__init__.py"))
MODULES = [path for path in sorted(LIBRARY.rglob("*.py")) if not path.stem.startswith("__")]
PLACES = re.compile(r"`([a-z0-9_/]+)`")


def sentence(room: Path) -> str:
    """The first paragraph of a room's docstring."""
    words = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
    assert words, f"{room.name} does not say what it is for"
    return " ".join(words.split("\n\n")[0].split())


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_the_map_has_each_room_with_its_own_sentence(room):
    line = f"| `{room.name}` | {sentence(room)} |"
    assert line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def has_logic(path: Path) -> bool:
    """Whether a module defines a function, or a class with one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(tree))


# Exercises are data, and tested together.
TESTED_ALONE = [path for path in MODULES if has_logic(path) and path.parent.name != "exercises"]


@pytest.mark.parametrize("path", TESTED_ALONE, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_every_module_with_logic_has_its_namesake_among_the_tests(path):
    namesake = ROOT / "tests" / path.relative_to(LIBRARY).with_name(f"test_{path.name}")
    assert namesake.is_file(), f"there is no {namesake.relative_to(ROOT)}"


def test_every_place_that_contributing_names_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = [name for name in PLACES.findall(text) if "/" in name and "NN" not in name]
    folders = [LIBRARY, ROOT]
    missing = [
        name
        for name in named
        if not any(
            (folder / name).exists() or (folder / f"{name}.py").exists() for folder in folders
        )
    ]
    assert named and missing == []
