"""What a notebook's first cell does: it sees to what the course needs, and says what it found.

It runs where nothing may be installed yet. So it imports the standard library, until all is there.
"""

import importlib
import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib import metadata, util
from pathlib import Path

from twostream_lib.errors import InputError

CLONE = Path(__file__).resolve().parents[1]  # or site-packages, if pip put the library there
OLDEST_PYTHON = (3, 11)

# Packages whose module has another name.
MODULES = {"opencv-contrib-python-headless": "cv2", "pillow": "PIL", "scikit-learn": "sklearn"}
# Packages that bring the same module. Colab has three of these already, and one more would
# overwrite their files.
OPENCV = "opencv-contrib-python-headless"
ALIKE = {OPENCV: (OPENCV, "opencv-contrib-python", "opencv-python-headless", "opencv-python")}


def prepare() -> None:
    """Install what the course needs and this machine lacks, and print what was found.

    A package that is there is left as it is, torch above all: torchvision fits one torch only.
    A second call finds everything there, and installs nothing.

    Raises:
        InputError: pip failed, or a package or Python is too old, or torchvision does not fit
            torch; the sentence says what to do.
    """
    check_python()
    missing = [name for name in requirements() if not is_there(name)]
    if missing:
        install(missing)
    check()
    show_the_clone_to_children()
    print(words())


def check() -> None:
    """Raise InputError if Python or a package that the course needs is missing or too old."""
    check_python()
    amiss = {name: what_is_amiss(name, bound) for name, bound in requirements().items()}
    amiss = {name: what for name, what in amiss.items() if what}
    if amiss:
        listed = ", ".join(f"{spec(name)} ({what})" for name, what in amiss.items())
        raise InputError(
            f"The course needs {listed}: run `{command(amiss)}` in a terminal, then start anew "
            "(in a notebook: restart the kernel)."
        )


def check_python() -> None:
    """Raise InputError if this Python is too old."""
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        raise InputError(
            f"This is Python {platform.python_version()}, and the course needs {oldest} or newer: "
            "take one from https://www.python.org and start with that."
        )


# --- what is needed, and what is there -----------------------------------------------------------


def requirements() -> dict[str, str]:
    """The packages that the course needs, and the lowest version of each that will do.

    They stand in the clone's `requirements.txt`, or where pip keeps them if it put the library into
    site-packages.

    Raises:
        InputError: they stand in neither.
    """
    file = CLONE / "requirements.txt"
    try:
        lines = file.read_text() if file.is_file() else _known_to_pip()
    except metadata.PackageNotFoundError as error:
        raise InputError(
            f"{file} is missing, which says what the library needs: take the whole clone of the "
            "course, not this folder alone."
        ) from error
    return dict(re.findall(r"^([\w-]+)>=([\d.]+)$", lines, flags=re.MULTILINE))


def _known_to_pip() -> str:
    """The requirements of the installed library, a line each; those of extras have more in it."""
    return "\n".join(metadata.requires("two-stream-course") or [])


def is_there(name: str) -> bool:
    """Whether the package's module is found, whichever package brought it."""
    return util.find_spec(MODULES.get(name, name)) is not None


def what_is_amiss(name: str, bound: str) -> str:
    """`missing`, or which version is too old; empty if all is well."""
    if not is_there(name):
        return "missing"
    found = versions(name)  # none, if its module came by another way than pip's
    if not found or any(release(version) >= release(bound) for version in found):
        return ""
    return f"here: {', '.join(found)}"


def versions(name: str) -> list[str]:
    """The installed versions of all packages that bring this package's module."""
    found = []
    for package in ALIKE.get(name, (name,)):
        try:
            found.append(metadata.version(package))
        except metadata.PackageNotFoundError:
            continue
    return found


def release(version: str) -> tuple[int, ...]:
    """The numbers that a version starts with: (2, 11, 0) for `2.11.0+cu128`."""
    return tuple(int(number) for number in re.findall(r"\d+", re.split(r"[^\d.]", version)[0]))


# --- installing ----------------------------------------------------------------------------------


def install(names: list[str]) -> None:
    """Let pip install these packages, and nothing in place of what the course finds here.

    Raises:
        InputError: pip failed, with its last words.
    """
    print(f"Installing {', '.join(names)} …", flush=True)
    kept = [f"{name}=={found[0]}" for name in requirements() if (found := versions(name))]
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "kept.txt"
        constraints.write_text("\n".join(kept))
        asked = ["--quiet", "--constraint", str(constraints), *map(spec, names)]
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", *asked], capture_output=True, text=True
        )
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        errors = [line for line in said if line.lower().startswith("error")] or said
        raise InputError(
            f"pip could not install {', '.join(names)} ({' '.join(errors[-2:]) or 'no word why'}): "
            f"connect this machine to the internet, or run `{command(names)}` in a terminal and "
            "mend what it says, then run this cell again."
        )
    importlib.invalidate_caches()


def command(names: Iterable[str]) -> str:
    """What to type to install these packages."""
    return shlex.join([sys.executable, "-m", "pip", "install", *map(spec, names)])


def spec(name: str) -> str:
    """The package and its lowest version, as pip takes them."""
    return f"{name}>={requirements()[name]}"


def show_the_clone_to_children() -> None:
    """Let `!python -m twostream_lib …` in a cell find the library, though nobody installed it."""
    known = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(CLONE) not in known:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(CLONE), *filter(None, known)])


# --- what was found ------------------------------------------------------------------------------


def words() -> str:
    """This machine in four lines: versions, processors and memory, GPU, and the course's place.

    Raises:
        InputError: torchvision does not fit torch.
    """
    import joblib
    import psutil

    try:
        import torch
        import torchvision
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        torch_version, its_version = map(metadata.version, ("torch", "torchvision"))
        raise InputError(
            f"torchvision {its_version} does not fit torch {torch_version} ({error}): install two "
            "that belong together (https://pytorch.org/get-started) and restart the kernel; in "
            "Colab, choose Runtime, Disconnect and delete runtime, and start anew."
        ) from error
    versions = f"torch {torch.__version__}, torchvision {torchvision.__version__}"
    return "\n".join(
        [
            f"Python {platform.python_version()}, {versions}",
            f"Processors: {joblib.cpu_count()}, memory: {gib(psutil.virtual_memory().total)}",
            gpu(),
            f"The course lies in {CLONE}",
        ]
    )


def gpu() -> str:
    """The GPU that torch can use and its memory, or that there is none."""
    import torch

    if torch.cuda.is_available():
        found = torch.cuda.get_device_properties(0)
        return f"GPU: {found.name}, {gib(found.total_memory)} of memory"
    if torch.backends.mps.is_available():
        return "GPU: Apple's, which shares the memory"
    return (
        "No GPU that this torch can use: the quick run needs none, training on HMDB-51 does "
        "(in Colab: Runtime, Change runtime type)"
    )


def gib(size: int) -> str:
    """Bytes in words: `14.7 GiB`."""
    return f"{size / 2**30:.1f} GiB"
