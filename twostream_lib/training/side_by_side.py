"""Several small trainings at once, each on a core of its own.

A small network gives one core enough to do and a second one little: two of them side by side are
done sooner than one after the other on all cores.
"""

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import joblib
from joblib.externals.loky import get_reusable_executor
from tqdm import tqdm

from twostream_lib.training.devices import best_device, give_back_memory


def side_by_side(task: Callable, arguments: Iterable[tuple], words: str) -> list[Any]:
    """`task(*each)` for each of the arguments, in their order, with a bar that says `words`.

    On a CPU as many at once as there are cores, each in a process of its own, with its share of
    the threads. A GPU is one device and is busy with one training: there it is one after the
    other, in this process.
    """
    tasks = [joblib.delayed(task)(*each) for each in arguments]
    cores = joblib.cpu_count() if best_device().type == "cpu" else 1
    jobs = max(1, min(cores, len(tasks)))
    give_back_memory()
    with (
        joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=cores // jobs),
        warnings.catch_warnings(),
    ):
        # joblib replaces a process that has grown by 300 MB, as trainings do, and nothing is lost.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        done = joblib.Parallel(return_as="generator")(tasks)
        try:
            return list(tqdm(done, words, len(tasks), unit="training"))
        finally:
            if jobs > 1:  # idle ones would hold their memory, and after Ctrl-C others would go on
                get_reusable_executor(reuse=True).shutdown(kill_workers=True)
