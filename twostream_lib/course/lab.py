"""A reader's own copies of the notebooks: a click in one changes no file of the course."""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from twostream_lib.course.parameters import CHECKOUT
from twostream_lib.errors import InputError
from twostream_lib.files import write_text

NOTEBOOKS, LAB = CHECKOUT / "notebooks", CHECKOUT / "lab"
NOTE = ".copied.json"  # the digest of each copy, as it was when it was made


def open_copies(lab: Path = LAB) -> int:
    """Bring the copies up to date, say where they are, and open JupyterLab on them.

    Returns:
        JupyterLab's exit code.

    Raises:
        InputError: JupyterLab is not there, or would start a Python that is gone.
    """
    check_jupyter()
    kept = update(lab)
    print(f"The notebooks are opened as copies in {lab}: they are yours, and git ignores them.")
    for name in kept:
        print(
            f"{name} has changed in the course since you worked on your copy, which is kept: "
            "rename it to get the new one."
        )
    return subprocess.call([sys.executable, "-m", "jupyterlab", str(lab)])


def update(lab: Path) -> list[str]:
    """Copy the notebooks and their pictures into `lab`; what somebody worked on stays as it is.

    Returns:
        The names of copies that were worked on, and whose originals are newer than they.

    Raises:
        InputError: there are no notebooks to copy.
    """
    originals = sorted(NOTEBOOKS.glob("*.ipynb"))
    if not originals:
        raise InputError(f"There are no notebooks in {NOTEBOOKS}: open them in a clone.")
    note = lab / NOTE
    copied = json.loads(note.read_text()) if note.is_file() else {}
    kept = []
    for original in originals:
        copy, known = lab / original.name, copied.get(original.name)
        if copy.is_file() and digest(copy) != known:
            if digest(original) not in (known, digest(copy)):
                kept.append(original.name)
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, copy)
        copied[original.name] = digest(copy)
    shutil.copytree(NOTEBOOKS / "images", lab / "images", dirs_exist_ok=True)
    write_text(note, json.dumps(copied, indent=1))
    return kept


def digest(file: Path) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def check_jupyter() -> None:
    """Raise InputError unless JupyterLab is there and its kernel `python3` can be started."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise InputError(
            f"JupyterLab is not installed beside {sys.executable}: `make lab` sees to it in a "
            "clone, or `python -m pip install jupyterlab`."
        )
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel as error:
        raise InputError(
            "There is no kernel python3: `python -m pip install ipykernel`."
        ) from error
    if os.path.isabs(spec.argv[0]) and not shutil.which(spec.argv[0]):
        raise InputError(
            f"The kernel python3 of {spec.resource_dir} starts {spec.argv[0]}, which is not there "
            "any more: delete that folder, and the notebooks run in this Python."
        )
