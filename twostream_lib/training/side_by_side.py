"""Several small trainings at once, each on a core or a GPU of its own.

A small network gives one core enough to do and a second one little: two of them side by side are
done sooner than one after the other on all cores. Of several GPUs each takes one training after the
other, where sharing each training among them would have them wait for each other at every step.
"""

import os
import queue
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

import joblib
import torch
from joblib.externals.loky import ProcessPoolExecutor, get_reusable_executor
from tqdm import tqdm

from twostream_lib.orphans import end_with_parent
from twostream_lib.training.devices import best_device, give_back_memory

# Environment variables: which GPUs a process sees, and whether it is one of several side by side.
VISIBLE = "CUDA_VISIBLE_DEVICES"
ONE_OF_SEVERAL = "TWOSTREAM_ONE_OF_SEVERAL"


def side_by_side(task: Callable, arguments: Iterable[tuple], words: str) -> list[Any]:
    """`task(*each)` for each of the arguments, in their order, with a bar that says `words`.

    On a CPU as many at once as there are cores, each in a process of its own, with its share of
    the threads. On several GPUs as many as there are, each in a process that sees one of them. A
    single GPU is busy with one training: there it is one after the other, in this process. So it is
    where a launcher has started a process for each GPU: each training is then shared by all; and
    where this process is itself one of several side by side.
    """
    tasks = [partial(task, *each) for each in arguments]
    give_back_memory()
    gpus = visible_gpus()
    if "LOCAL_RANK" in os.environ or ONE_OF_SEVERAL in os.environ:
        found: Iterable = (task() for task in tasks)
    elif len(gpus) > 1 and len(tasks) > 1:
        found = one_to_each(tasks, [{VISIBLE: gpu} for gpu in gpus[: len(tasks)]])
    else:
        found = _on_cores(tasks)
    return list(tqdm(found, words, len(tasks), unit="training"))


def visible_gpus() -> list[str]:
    """The GPUs of CUDA that this process may use, by the names that `CUDA_VISIBLE_DEVICES` has."""
    named = os.environ.get(VISIBLE, "")
    count = torch.cuda.device_count()
    return named.split(",")[:count] if named else [str(number) for number in range(count)]


def one_to_each(tasks: Sequence[Callable], settings: Sequence[dict]) -> Iterator[Any]:
    """What each task gives, in their order; whichever process is free takes the next one.

    Args:
        tasks: are called without arguments, in other processes.
        settings: the environment variables of each process, set before it imports anything.
    """
    processes = [ProcessPoolExecutor(1, env=setting) for setting in settings]
    free: queue.Queue[ProcessPoolExecutor] = queue.Queue()
    for process in processes:
        free.put(process)

    starting = Lock()  # processes that two threads start at once may get in each other's way

    def call(task: Callable) -> Any:
        process = free.get()
        try:
            with starting:
                found = process.submit(_as_one_of_several, task, os.getpid())
            return found.result()
        finally:
            free.put(process)

    waiting = ThreadPoolExecutor(len(processes))
    try:
        yield from waiting.map(call, tasks)
    finally:  # also after Ctrl-C, and after the first error
        waiting.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.shutdown(kill_workers=True)


def _on_cores(tasks: Sequence[Callable]) -> Iterator[Any]:
    cores = joblib.cpu_count() if best_device().type == "cpu" else 1
    jobs = max(1, min(cores, len(tasks)))
    if jobs == 1:
        yield from (task() for task in tasks)
        return
    with (
        joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=cores // jobs),
        warnings.catch_warnings(),
    ):
        # joblib replaces a process that has grown by 300 MB, as trainings do, and nothing is lost.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        calls = [joblib.delayed(_as_one_of_several)(task, os.getpid()) for task in tasks]
        try:
            yield from joblib.Parallel(return_as="generator")(calls)
        finally:  # idle ones would hold their memory, and after Ctrl-C others would go on
            get_reusable_executor(reuse=True).shutdown(kill_workers=True)


def _as_one_of_several(task: Callable, asked_by: int) -> Any:
    """A process that was started for this leaves the other cores alone, and ends with this one."""
    if os.getpid() != asked_by:  # joblib starts none where it may not
        os.environ[ONE_OF_SEVERAL] = "1"
        end_with_parent()
    return task()
