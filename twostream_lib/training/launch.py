"""The same loop on several devices: one process for each, started from a program or a notebook.

`torchrun` and `accelerate launch` start a script once for each device, on one machine or on many;
in it `loop.fit` needs nothing from here. A notebook is no script: its processes are started by
torch's elastic launcher, each anew. (Accelerate's own launcher for notebooks forks, which CUDA does
not survive.)
"""

import os
import uuid
from pathlib import Path

import joblib
import torch
from torch import nn
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch
from torch.utils.data import Dataset

from twostream_lib.data.augmentation import Augmentation
from twostream_lib.errors import InputError
from twostream_lib.training import checkpoints, loop
from twostream_lib.training.recipes import Recipe


def devices() -> int:
    """How many devices a training is shared by: the GPUs of CUDA, or one."""
    return max(1, torch.cuda.device_count())


def fit(
    net: nn.Module,
    train: Dataset,
    valid: Dataset | None,
    recipe: Recipe,
    folder: Path,
    seed: int = 0,
    augment: Augmentation | None = None,
    name: str = "stream",
    processes: int | None = None,
) -> list[dict]:
    """`loop.fit` with so many processes, each of which computes its part of each batch.

    With one process, or where a launcher has started this program already, it is `loop.fit` itself.

    Args:
        processes: None: one for each GPU.

    Raises:
        InputError: what `loop.fit` raises it for, or a process was lost.
    """
    processes = processes or devices()
    arguments = (net, train, valid, recipe, folder, seed, augment, name)
    if processes == 1 or "LOCAL_RANK" in os.environ:
        return loop.fit(*arguments)
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        start_method="spawn",
        max_restarts=0,
    )
    try:
        found = elastic_launch(config, _fit)(*arguments)
    except ChildFailedError as error:
        raise _lost(error, folder) from error
    said = next((history for history in found.values() if isinstance(history, str)), None)
    if said is not None:
        raise InputError(said)
    checkpoints.load(net, folder)
    return found[0]


def _fit(*arguments) -> list[dict] | str:
    """What one process does; an InputError goes back as its sentence."""
    threads = max(1, joblib.cpu_count() // int(os.environ["LOCAL_WORLD_SIZE"]))
    torch.set_num_threads(threads)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))  # Accelerate would choose it, and say so
    try:
        return loop.fit(*arguments)
    except InputError as error:
        return str(error)
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


def _lost(error: ChildFailedError, folder: Path) -> InputError:
    rank, failure = error.get_first_failure()
    kept = folder / checkpoints.LAST
    left = f"; what was trained until {kept} is kept" if kept.is_file() else ""
    return InputError(
        f"Process {rank} of the training ended with code {failure.exitcode}, and the others were "
        f"stopped{left}: start it again, with fewer processes if memory was short."
    )
