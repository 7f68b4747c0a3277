"""Put a fork's address wherever the course names its own: python -m tests.fork OWNER/NAME

The address stands in `pyproject.toml`. The notebooks repeat it in their badges and first cells,
which have to work where there is nothing but the notebook.
"""

import re
import sys
import tomllib
from pathlib import Path

from twostream_lib.errors import InputError

ROOT = Path(__file__).resolve().parents[1]


def repository(root: Path = ROOT) -> str:
    """Owner and name on GitHub, as pyproject.toml has them."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"].removeprefix("https://github.com/")


def files(root: Path = ROOT) -> list[Path]:
    """The files that may name the repository."""
    patterns = ("*.toml", "*.cff", "*.md", "docs/*.md", "notebooks/*.ipynb")
    return sorted(file for pattern in patterns for file in root.glob(pattern))


def move(new: str, root: Path = ROOT) -> int:
    """Write a new owner and name over the old ones; give the number of places.

    Raises:
        InputError: `new` is no owner and name with a slash between.
    """
    if not re.fullmatch(r"[A-Za-z\d-]+/[\w.-]+", new, flags=re.ASCII):
        raise InputError(f"'{new}' is no address on GitHub: make fork REPOSITORY=owner/name")
    old = re.compile(rf"(github(?:\.com)?/){re.escape(repository(root))}(?![\w-])")
    places = 0
    for file in files(root):
        text, found = old.subn(rf"\g<1>{new}", file.read_bytes().decode("utf-8"))
        file.write_bytes(text.encode("utf-8"))
        places += found
    return places


if __name__ == "__main__":
    try:
        print(f"{move(' '.join(sys.argv[1:]))} places now name {repository()}.")
    except InputError as error:
        sys.exit(str(error))
