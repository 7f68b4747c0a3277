"""Open notebooks as Colab does: python -m tests.notebooks.colab PYTHON

PYTHON's environment has what Colab has, and no more. The notebooks lie in a folder of their own,
and their first cells have to fetch the course from its address, and whatever else is missing. The
course that they get is this one, as its files are now.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from tests.fork import ROOT, repository

NUMBERS = ("00", "01", "02", "06")


def open_all(python: str) -> None:
    """Execute the notebooks; stop at the first that fails, and leave its folder for a look."""
    folder = Path(tempfile.mkdtemp(prefix="colab-"))
    content = folder / "content"
    content.mkdir()
    published = publish(folder / "published")
    before = versions(python)
    for number in NUMBERS:
        (notebook,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
        copy = Path(shutil.copy(notebook, content))
        execute(python, copy, published)
        print(f"\n{copy.stem}\n{first_output(copy)}", flush=True)
        shutil.rmtree(published, ignore_errors=True)  # the first has fetched it for all
    after = versions(python)
    moved = {name: (old, after.get(name)) for name, old in before.items() if after.get(name) != old}
    if moved:
        sys.exit(f"What Colab has must stay as it is, and the first cells moved {moved}.")
    print("\nBrought:", *(f"{name} {after[name]}" for name in sorted(after.keys() - before)))
    shutil.rmtree(folder)


def publish(folder: Path) -> Path:
    """A repository with one commit: every file here that git would not ignore."""
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():  # and not removed since
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    person = ("-c", "user.name=course", "-c", "user.email=course@localhost")
    git(folder, *person, "commit", "--quiet", "--message", "As it is now")
    return folder


def git(folder: Path, *words: str) -> str:
    """What git prints."""
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def execute(python: str, notebook: Path, published: Path) -> None:
    """Execute a notebook where it lies; git finds the published course at the true address."""
    environment = {
        **os.environ,
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # Python 3.13 has frozen modules: the debugger warns
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{published.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"https://github.com/{repository()}",
    }
    environment.pop("PYTHONPATH", None)
    command = [python, "-m", "jupyter", "execute", "--inplace", str(notebook)]
    if subprocess.run(command, env=environment).returncode:
        sys.exit(f"{notebook} failed.")


def versions(python: str) -> dict[str, str]:
    """What is installed there, by name."""
    command = [python, "-m", "pip", "list", "--format", "json"]
    listed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {package["name"]: package["version"] for package in json.loads(listed)}


def first_output(notebook: Path) -> str:
    """What the first code cell printed."""
    cells = nbformat.read(notebook, as_version=4).cells
    first = next(cell for cell in cells if cell.cell_type == "code")
    return "".join(output.get("text", "") for output in first.outputs)


if __name__ == "__main__":
    open_all(os.path.abspath(sys.argv[1]))
