"""Where a run keeps its stores: beside the rest, or on the machine's own disk.

A store is read again and again, at random, and is large: of HMDB-51, at the paper's size, 10 GB of
images. It can always be made anew. What is worth keeping is small: checkpoints, scores, the report.
So where a run lies on a slow or small disk, such as Drive, its stores do not.
"""

import hashlib
import os
from pathlib import Path

SWITCH = "TWOSTREAM_STORES"  # an environment variable: the folder for the stores of all runs
DRIVE = Path("/content/drive")  # where Colab mounts Drive
BESIDE_DRIVE = Path("/content/two-stream-stores")  # on the disk of Colab's machine


def of_stores(run: Path) -> Path:
    """The folder of the stores of a run whose folder is `run`.

    It is `store` in the run's folder, unless that lies on Colab's Drive, or the environment
    variable `TWOSTREAM_STORES` names another disk. There each run has a folder of its own.
    """
    run = run.absolute()
    disk = Path(asked).expanduser() if (asked := os.environ.get(SWITCH, "")) else None
    if disk is None and DRIVE in run.parents:
        disk = BESIDE_DRIVE
    if disk is None:
        return run / "store"
    return disk.absolute() / f"{run.name}-{hashlib.sha256(str(run).encode()).hexdigest()[:8]}"
