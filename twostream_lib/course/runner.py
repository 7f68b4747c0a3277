"""Runs the notebooks in order without a person, and writes down what came of it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import joblib
import nbformat
import papermill
import psutil
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from tqdm import tqdm

from twostream_lib import clips, course, models
from twostream_lib.course import metrics, report
from twostream_lib.course.parameters import CHECKOUT, repository
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError
from twostream_lib.training.profiles import profile as find_profile

NOTEBOOKS = CHECKOUT / "notebooks"
RESULTS = ("metrics.json", "report.html")
START_TIMEOUT = 300  # seconds for a kernel to come up, on a machine with other work


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

    Args:
        only: numbers of notebooks with commas between, such as `03,04`; empty: all of them.
        runs: folder of all runs; empty: `runs` in the checkout.
        name: of this run's folder; empty: the profile's name.
        profile, videos, splits, split, backbone, weights, seed: see `course.configure`.

    Returns:
        What was written to `metrics.json`, as `metrics.read` gives it.

    Raises:
        InputError: a wrong value; raised before anything is run.
        NotebookFailed: a notebook stopped; the ones after it were not run.
    """
    chosen = choose(only)
    find_profile(profile)  # before it names a folder
    folder = run_folder(runs, name or profile)
    asked = course.configure(profile, videos, splits, split, str(folder), seed, backbone, weights)
    check(asked)
    copies = asked.folder / "notebooks"
    copies.mkdir(exist_ok=True)
    forget([asked.folder / file for file in RESULTS])
    forget([copies / notebook.name for notebook in chosen])
    with environment(kernel_environment()), PeakMemory() as memory:
        seconds = execute_all(chosen, copies, parameters(asked), 60 * asked.settings.minutes)
    # The notebooks may have made what a fresh look at the run folder finds.
    metrics.write(metrics.collect(asked, seconds, memory.largest_mb), asked.folder / "metrics.json")
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


def run_folder(runs: str, name: str) -> Path:
    """The folder of one run.

    Raises:
        InputError: `name` is no plain name, or that of the clip set beside the runs; or the folder
            is the checkout itself, where the executed copies would replace the notebooks.
    """
    # A name that cannot be printed as it is would stand otherwise in reports and sentences.
    if Path(name).name != name or name in ("..", "stickhmdb") or not name.isprintable():
        raise InputError(f"A run cannot be named '{name}': give a plain name such as 'first-try'.")
    folder = (Path(runs) if runs else repository() / "runs") / name
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
    """Find out now, not an hour into the run, that clips or weights cannot be used.

    Raises:
        InputError: what `clips.read` and `models.make_backbone` have to say.
    """
    if asked.videos:
        clips.read(asked.videos, asked.splits, asked.split)
    models.make_backbone(asked.backbone, asked.weights)


def forget(files: list[Path]) -> None:
    """Remove what an earlier run left, so that nothing old is taken for this run's."""
    for file in files:
        file.unlink(missing_ok=True)


# --- executing -------------------------------------------------------------------------------


def execute_all(
    notebooks: list[Path], copies: Path, values: dict[str, str | int], timeout: int
) -> dict[str, float]:
    """Execute notebooks in order; give the seconds that each took."""
    seconds = {}
    with tqdm(notebooks, unit="notebook") as bar:
        for notebook in bar:
            bar.set_description(notebook.stem)
            start = time.monotonic()
            execute(notebook, copies / notebook.name, values, timeout)
            seconds[notebook.stem] = time.monotonic() - start
            bar.write(f"{notebook.stem:<32}{seconds[notebook.stem]:7.1f} s")
    return seconds


def execute(notebook: Path, copy: Path, values: dict[str, str | int], timeout: int) -> None:
    """Execute one notebook, leaving its cells' timing but no widget state in the copy.

    Args:
        timeout: seconds that one cell may take.

    Raises:
        NotebookFailed: an error in a cell, a time-out, or the end of the kernel.
    """
    try:
        papermill.execute_notebook(
            nbformat.read(notebook, as_version=4),
            str(copy).replace("{", "{{").replace("}", "}}"),  # papermill formats the path
            parameters=values,
            kernel_name="python3",
            cwd=CHECKOUT,
            start_timeout=START_TIMEOUT,
            execution_timeout=timeout,
            store_widget_state=False,
            # ipykernel 7 warns of every kernel on this very machine that nobody encrypts its talk.
            extra_arguments=["--log-level=ERROR"],
            progress_bar=False,
        )
    # A kernel that dies, or does not come up, is a RuntimeError.
    except (PapermillExecutionError, CellTimeoutError, RuntimeError) as error:
        raise NotebookFailed(
            f"Notebook {notebook.stem} failed in {failing_cell(copy)}: "
            f"{what_happened(error, timeout)} The partly executed copy is {copy}."
        ) from error


def failing_cell(copy: Path) -> str:
    """The last cell that was started, by its number in the copy and its first line of code."""
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
