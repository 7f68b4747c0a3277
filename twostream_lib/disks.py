"""Which disk is for what: a run may lie on a slow or small one, and what is large or urgent not.

A store is read again and again, at random, and is large: of HMDB-51, at the paper's size, 10 GB of
images. It can always be made anew. What is worth keeping is small: checkpoints, scores, the report.
So where a run lies on a slow or small disk, such as Drive, its stores do not, and its checkpoints
are written to the machine's own disk first, and copied.
"""

import hashlib
import os
from pathlib import Path

SWITCH = "TWOSTREAM_STORES"  # an environment variable: the folder for the stores of all runs
DRIVE = Path("/content/drive")  # where Colab mounts Drive
BESIDE_DRIVE = Path("/content/two-stream-stores")  # on the disk of Colab's machine


def near(folder: Path) -> Path | None:
    """The place on the machine's own disk that belongs to a folder; None: that is the folder.

    A folder on Colab's Drive has one, and any folder where the environment variable
    `TWOSTREAM_STORES` names another disk. Each has its own.
    """
    folder = folder.absolute()
    disk = Path(asked).expanduser() if (asked := os.environ.get(SWITCH, "")) else None
    if disk is None and DRIVE in folder.parents:
        disk = BESIDE_DRIVE
    if disk is None:
        return None
    return disk.absolute() / f"{folder.name}-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def of_stores(run: Path) -> Path:
    """The folder of the stores of a run whose folder is `run`: `store` in it, or one `near`."""
    return near(run) or run.absolute() / "store"
