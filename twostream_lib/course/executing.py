"""Executes one notebook in a kernel of its own, and says in one sentence why it ended early."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.exceptions import PapermillExecutionError

from twostream_lib.course import surroundings
from twostream_lib.course.parameters import CHECKOUT
from twostream_lib.errors import CannotBeHad, InputError
from twostream_lib.kernels import ThisPython

START_TIMEOUT = 300  # seconds for a kernel to come up, on a machine with other work
SAVED_EVERY = 5  # seconds between two times that the copy is written
SELDOM = "seldom"  # papermill's name of the engine below


class NotebookFailed(Exception):
    """A notebook stopped with an error; the message names notebook, cell, error and copy."""


class SavesSeldom(NBClientEngine):
    """Writes the copy now and then, and at the end, whatever ends it.

    Papermill's own engine writes the whole copy, pictures included, before and after every cell:
    in the quick run's ten notebooks this took as long as two of the notebooks themselves.
    """

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **options: Any
    ) -> None:
        save = nb_man.save

        def seldom() -> None:
            if (nb_man.now() - nb_man.last_save_time).total_seconds() >= SAVED_EVERY:
                save()

        nb_man.save = seldom
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **options)
        finally:
            nb_man.save = save  # papermill saves once more


papermill_engines.register(SELDOM, SavesSeldom)


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
            engine_name=SELDOM,
            kernel_name="python3",
            kernel_manager_class=ThisPython,
            cwd=CHECKOUT,
            start_timeout=START_TIMEOUT,
            execution_timeout=timeout,
            store_widget_state=False,
            # Cells' errors are in the copy. ipykernel 7 also warns of every kernel on this very
            # machine that nobody encrypts its talk, and tells how one was ended amid a cell.
            extra_arguments=["--log-level=CRITICAL"],
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
    return {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": str(surroundings.threads()),
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
