"""What a run is made on: machine, cores, threads and packages, and how much of a disk it takes."""

import os
import platform
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import joblib

from twostream_lib import bootstrap

CPUINFO = Path("/proc/cpuinfo")  # on Linux


def describe() -> dict:
    """The processor's name, the cores that may be used, torch's threads, and the version of every
    package that the course requires."""
    return {
        "machine": processor(),
        "cores": joblib.cpu_count(),
        "threads": threads(),
        "packages": packages(),
    }


def threads() -> int:
    """How many threads OMP_NUM_THREADS asks for; where it says nothing that OpenMP would take, as
    many as there are cores. Of a list, which is for loops inside loops, the first is torch's."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(asked) if asked.isdecimal() and int(asked) else joblib.cpu_count()


def processor() -> str:
    """The name of this machine's processor, as the system has it."""
    if CPUINFO.is_file():
        lines = CPUINFO.read_text(errors="replace").splitlines()
        named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        if named:
            return named[0]
    return platform.processor() or platform.machine() or "unknown"


def packages() -> dict[str, str]:
    """The versions of the packages that `requirements.txt` names, under these names."""
    found = {name: bootstrap.versions(name) for name in bootstrap.requirements()}
    return {name: versions[0] for name, versions in found.items() if versions}


def size(folders: Iterable[Path]) -> int:
    """The bytes of all files in these folders and below; what is in several of them counts once."""
    files = {
        file
        for folder in folders
        for file in folder.resolve().rglob("*")
        if file.is_file() and not file.is_symlink()
    }
    total = 0
    for file in files:
        with suppress(FileNotFoundError):  # another process has just taken it away
            total += file.stat().st_size
    return total
