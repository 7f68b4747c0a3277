"""The same loop on several devices: one process for each, started from a program or a notebook.

`torchrun` and `accelerate launch` start a script once for each device, on one machine or on many;
in it `loop.fit` needs nothing from here. A notebook is no script: its processes are started by
torch's elastic launcher, each anew. All of them need the run folder: on several machines it lies on
a disk that they share. (Accelerate's own launcher for notebooks forks, which CUDA does
not survive.)
"""

import os
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import joblib
import torch
from torch import nn
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch
from torch.utils.data import Dataset

from twostream_lib.data.augmentation import Augmentation
from twostream_lib.errors import CannotBeHad, InputError
from twostream_lib.training import checkpoints, loop
from twostream_lib.training.devices import best_device
from twostream_lib.training.recipes import Recipe

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


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
    if processes == 1 or "LOCAL_RANK" in os.environ or _is_done(folder, recipe):
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
    with _own_signals():
        try:
            found = elastic_launch(config, _fit)(*arguments)
        except ChildFailedError as error:
            raise _lost(error, folder) from error
        except SignalException as error:
            raise KeyboardInterrupt from error
    net.to(best_device()).to(memory_format=torch.channels_last)
    checkpoints.load(net, folder)
    return found[0]


def _fit(*arguments) -> list[dict]:
    """What one process does. An error of one leaves at once, and the launcher stops the others."""
    threads = max(1, joblib.cpu_count() // int(os.environ["LOCAL_WORLD_SIZE"]))
    torch.set_num_threads(threads)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))  # Accelerate would choose it, and say so
    history = loop.fit(*arguments)
    torch.distributed.destroy_process_group()
    return history


def _is_done(folder: Path, recipe: Recipe) -> bool:
    """Whether there is nothing left to train: nobody else is needed to read the network."""
    there = (folder / "history.json").is_file()
    return there and len(checkpoints.read_history(folder)) == recipe.epochs


@contextmanager
def _own_signals() -> Iterator[None]:
    """The launcher takes the signals of the program, and does not give them back by itself."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only there they can be taken
        return
    names = [name for name in SIGNALS if hasattr(signal, name)]
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _lost(error: ChildFailedError, folder: Path) -> InputError:
    """What ended the training: the sentence of whoever refused it, or a process that is gone."""
    for failure in error.failures.values():
        said = failure.message
        text = str(said.get("message", "") if isinstance(said, dict) else said)
        kind, _, sentence = text.partition(": ")
        if kind in (InputError.__name__, CannotBeHad.__name__):
            return InputError(sentence)
    rank, failure = error.get_first_failure()
    kept = folder / checkpoints.LAST
    left = f"; what was trained until {kept} is kept" if kept.is_file() else ""
    return InputError(
        f"Process {rank} of the training ended with code {failure.exitcode}, and the others were "
        f"stopped{left}: start it again, with fewer processes if memory was short."
    )
