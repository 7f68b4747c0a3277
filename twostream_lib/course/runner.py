"""Runs the notebooks in order without a person, and writes down what came of it."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import joblib
import nbformat
import papermill
import psutil
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from tqdm import tqdm

from twostream_lib import models
from twostream_lib.course import configuration, metrics, report
from twostream_lib.course.metrics import Outcome
from twostream_lib.course.parameters import CHECKOUT, possible_path, repository
from twostream_lib.course.run import Run
from twostream_lib.errors import CannotBeHad, InputError, shown
from twostream_lib.files import naming
from twostream_lib.locks import alone

NOTEBOOKS = CHECKOUT / "notebooks"
START_TIMEOUT = 300  # seconds for a kernel to come up, on a machine with other work


# Streams whose scores a notebook starts from, and the notebook that makes each.
NEEDED = {
    "04": ("spatial",),
    "05": ("spatial",),
    **dict.fromkeys(("06", "07", "08"), ("spatial", "temporal-sg3i")),
}
MAKERS = {"spatial": "03", "temporal-sg3i": "04"}


class NotebookFailed(Exception):
    """A notebook stopped with an error; the message names notebook, cell, error and copy."""


def run(
    profile: str = "quick",
    only: str = "",
    videos: str = "",
    splits: str = "",
    split: int = 1,
    backbone: str = "",
    weights: str = "",
    runs: str = "",
    name: str = "",
    seed: int = 0,
) -> dict:
    """Execute the notebooks into `<runs>/<name>/`, then write `metrics.json` and `report.html`.

    A notebook that fails does not stop the others, but for those that start from what it should
    have made. The results are written in any case, and say what failed.

    Args:
        only: numbers of notebooks with commas between, such as `03,04`; empty: all of them.
        runs: folder of all runs; empty: `runs` in the checkout.
        name: of this run's folder; empty: the profile's, and where that is another run's, or no
            `runs` was given, one of its own, see `configuration.own_folder`.
        profile, videos, splits, split, backbone, weights, seed: see `course.configure`.

    Returns:
        What was written to `metrics.json`, as `metrics.read` gives it: `failed` in its part `run`
        has a sentence for each notebook that failed.

    Raises:
        InputError: a wrong value, or clips that nothing can be trained on; raised before anything
            is run. Or another process runs the notebooks into this folder now.
    """
    chosen = choose(only)
    asked = configuration.checked(profile, videos, splits, split, seed, backbone, weights)
    if not name:
        name = configuration.own_folder(all_runs(runs), asked, profile if runs else "").name
    asked = configuration.begun(asked, run_folder(runs, name))
    copies = asked.folder / "notebooks"
    with alone(copies, "runs the course", wait=False):
        check(asked)
        copies.mkdir(exist_ok=True)
        outcome, memory = Outcome(), PeakMemory()
        try:
            with environment(kernel_environment()), memory:
                execute_all(chosen, copies, asked, outcome)
        finally:
            # The notebooks may have made what a fresh look at the run folder finds.
            metrics.write(
                metrics.collect(asked, outcome, memory.largest_mb), asked.folder / "metrics.json"
            )
            found = metrics.read(asked.folder)
            report.write(asked, found, asked.folder / "report.html")
    return found


def choose(only: str) -> list[Path]:
    """The notebooks whose two-digit numbers `only` lists, in order; all for an empty string.

    Raises:
        InputError: no notebooks at all, an empty place in the list, or a number that none has.
    """
    notebooks = {path.name[:2]: path for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))}
    if not notebooks:
        raise InputError(f"There are no notebooks in {NOTEBOOKS}: run from a clone of the course.")
    listed = [number.strip() for number in only.split(",")] if only else list(notebooks)
    if "" in listed:
        raise InputError(
            f"The list of notebooks '{only}' has no number beside one of its commas: write it as "
            "03,04."
        )
    numbers = {number.zfill(2) for number in listed}
    unknown = sorted(numbers - set(notebooks))
    if unknown:
        raise InputError(
            f"There is no notebook {', '.join(unknown)}: choose from {', '.join(notebooks)}."
        )
    return [notebooks[number] for number in sorted(numbers)]


def all_runs(runs: str) -> Path:
    """The folder of all runs."""
    possible_path("runs", runs)
    return Path(runs) if runs else repository() / "runs"


def run_folder(runs: str, name: str) -> Path:
    """The folder of one run.

    Raises:
        InputError: `name` is no plain name, or that of the clip set beside the runs; or the folder
            is the checkout itself, where the executed copies would replace the notebooks.
    """
    # A name that cannot be printed as it is would stand otherwise in reports and sentences.
    if Path(name).name != name or name in ("..", "stickhmdb") or not name.isprintable():
        raise InputError(f"A run cannot be named '{name}': give a plain name such as 'first-try'.")
    folder = all_runs(runs) / name
    if folder.resolve() == NOTEBOOKS.parent:
        raise InputError(f"A run cannot be kept in {folder}, beside the notebooks: name it anew.")
    return folder


def parameters(asked: Run) -> dict[str, str | int]:
    """What is put into each notebook: the same eight names everywhere, with absolute paths."""
    return {
        "profile": asked.name,
        "videos": str(asked.videos or ""),
        "splits": str(asked.splits or ""),
        "split": asked.split,
        "runs": str(asked.folder),
        "seed": asked.seed,
        "backbone": asked.backbone,
        "weights": asked.weights,
    }


def check(asked: Run) -> None:
    """Find out now, not an hour into the run, that clips or weights cannot be used. What the clips
    cannot give is printed.

    Raises:
        InputError: what `Run.table` and `models.make_backbone` have to say.
    """
    models.make_backbone(asked.backbone, asked.weights)
    if asked.videos:
        _ = asked.limits


# --- executing -------------------------------------------------------------------------------


def execute_all(notebooks: list[Path], copies: Path, asked: Run, outcome: Outcome) -> None:
    """Execute notebooks in order; what becomes of each is entered into `outcome` at once."""
    timeout, values = 60 * asked.settings.minutes, parameters(asked)
    with tqdm(notebooks, unit="notebook") as bar:
        for notebook in bar:
            name, copy = notebook.stem, copies / notebook.name
            bar.set_description(name)
            if reason := in_vain(name, asked, outcome):
                outcome.failed[name] = reason
                copy.unlink(missing_ok=True)  # an earlier run's is not this one's
                bar.write(shown(reason))
                continue
            start = time.monotonic()
            try:
                with naming(copy):
                    ended = execute(notebook, copy, values, timeout)
            except NotebookFailed as error:
                outcome.failed[name] = str(error)
                bar.write(shown(error))
            except KeyboardInterrupt:
                outcome.failed[name] = f"Notebook {name} was interrupted."
                raise
            else:
                if ended:
                    outcome.ended[name] = f"Notebook {name} ended early: {ended}"
                    bar.write(shown(outcome.ended[name]))
            finally:
                outcome.seconds[name] = time.monotonic() - start
            bar.write(f"{name:<32}{outcome.seconds[name]:7.1f} s")


def in_vain(name: str, asked: Run, outcome: Outcome) -> str:
    """Why a notebook is not run: another one failed to make what it starts from. Empty: it is."""
    for stream in NEEDED.get(name[:2], ()):
        made_by = next((other for other in outcome.failed if other[:2] == MAKERS[stream]), None)
        if made_by and not asked.scores_file(stream).is_file():
            return (
                f"Notebook {name} was not run: it needs the scores of the {stream} stream, which "
                f"{made_by} did not make."
            )
    return ""


class ThisPython(AsyncKernelManager):
    """Starts kernels in the Python that runs now. What else is called `python3` on this machine
    may belong to an environment that is gone."""

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


def execute(notebook: Path, copy: Path, values: dict[str, str | int], timeout: int) -> str:
    """Execute one notebook, leaving its cells' timing but no widget state in the copy.

    Args:
        timeout: seconds that one cell may take.

    Returns:
        Why it ended before its last cell, where the clips cannot give what a cell needed; otherwise
        nothing.

    Raises:
        NotebookFailed: an error in a cell, a time-out, or the end of the kernel.
    """
    try:
        papermill.execute_notebook(
            nbformat.read(notebook, as_version=4),
            str(copy).replace("{", "{{").replace("}", "}}"),  # papermill formats the path
            parameters=values,
            kernel_name="python3",
            kernel_manager_class=ThisPython,
            cwd=CHECKOUT,
            start_timeout=START_TIMEOUT,
            execution_timeout=timeout,
            store_widget_state=False,
            # ipykernel 7 warns of every kernel on this very machine that nobody encrypts its talk.
            extra_arguments=["--log-level=ERROR"],
            progress_bar=False,
        )
    # A kernel that dies, or does not come up, is a RuntimeError; a full disk is an OSError.
    except (PapermillExecutionError, CellTimeoutError, RuntimeError, OSError) as error:
        if isinstance(error, PapermillExecutionError) and error.ename == CannotBeHad.__name__:
            return one_sentence(error.evalue)
        raise NotebookFailed(
            f"Notebook {notebook.stem} failed in {failing_cell(copy)}: "
            f"{what_happened(error, timeout)} The partly executed copy is {copy}."
        ) from error
    return ""


def failing_cell(copy: Path) -> str:
    """The last cell that was started, by its number in the copy and its first line of code."""
    if not copy.is_file():
        return "no cell yet"
    cells = nbformat.read(copy, as_version=4).cells
    started = [cell for cell in cells if cell.metadata.get("papermill", {}).get("start_time")]
    code = [cell for cell in started if cell.cell_type == "code"]
    if not code:
        return "no cell yet"
    first_line = next(iter(code[-1].source.splitlines()), "")
    return f"cell [{len(code)}] ({first_line.strip()})"


def what_happened(error: Exception, timeout: int) -> str:
    """The error in one sentence."""
    if isinstance(error, CellTimeoutError):
        return f"it took longer than {timeout / 60:.0f} minutes, the limit for one cell."
    if isinstance(error, DeadKernelError):
        return "its kernel died, as it does when the memory is used up."
    if isinstance(error, PapermillExecutionError):
        if error.ename == InputError.__name__:
            return one_sentence(error.evalue)
        return one_sentence(f"{error.ename}: {error.evalue}")
    return one_sentence(str(error))


def one_sentence(message: str) -> str:
    """A message on one line, with its full stop."""
    return " ".join(message.split()).removesuffix(".") + "."


def kernel_environment() -> dict[str, str]:
    """Variables for the kernels: figures inline, no more threads than there are cores here, and
    progress bars that write a line a minute: on paper, each step of a bar is a line of its own.

    In a container with a share of a large machine, torch would start a thread for each of the
    machine's cores; joblib knows the share.

    Linux's C library hands every large block back to the system and asks for it again, page by
    page, at each training step. Told to keep them, it trained MobileNetV2 on windows of 160 × 200
    pixels 1.7 times as fast, on two cores.
    """
    threads = os.environ.get("OMP_NUM_THREADS", str(joblib.cpu_count()))
    return {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": threads,
        "TQDM_MININTERVAL": "60",
        "MALLOC_MMAP_THRESHOLD_": str(2**27),
        "MALLOC_TRIM_THRESHOLD_": str(2**33),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")])),
    }


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables, and put the old ones back."""
    before = {name: os.environ[name] for name in values if name in os.environ}
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            del os.environ[name]
        os.environ.update(before)


class PeakMemory:
    """Watches how much memory this process and its children (the kernels) take together.

    `largest_mb` is the largest sum seen, in MiB, looked at twice a second, see `used_mb`.
    """

    def __init__(self) -> None:
        self.largest_mb = 0.0
        self._stop = Event()
        self._watcher = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._watcher.join()

    def _watch(self) -> None:
        while True:
            self.largest_mb = max(self.largest_mb, used_mb())
            if self._stop.wait(0.5):
                return


def used_mb() -> float:
    """Memory of this process and all its children now, in MiB.

    A page that several processes share, as they do torch's code, is shared out among them. Where
    the system does not tell (it is Linux that does), it counts for each, which is an upper bound.
    """
    here = psutil.Process()
    total = 0
    for process in (here, *here.children(recursive=True)):
        try:
            memory = process.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
        except psutil.NoSuchProcess:  # it ended between the two looks
            continue
    return total / 2**20
