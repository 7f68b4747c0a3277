"""Runs of the course that differ in seed, split or backbone, each in a folder of its own.

Each cell of the matrix is a run of the command line, in a process of its own, so that one that
fails takes no other with it. A cell that is finished is not run again, unless
its clips have changed.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import joblib
import psutil
from joblib.parallel import get_active_backend
from tqdm import tqdm

from twostream_lib.course import configuration, matrix_summary, metrics, outlook, runner
from twostream_lib.course.comparing import SUMMARY
from twostream_lib.course.parameters import CHECKOUT, NO_FILE
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError, shown
from twostream_lib.locks import alone
from twostream_lib.training.devices import best_device
from twostream_lib.training.side_by_side import VISIBLE, visible_gpus

NEEDED_MB = 4096  # what a cell is taken to need, in MiB, before one has told
PATIENCE = 120  # seconds that an interrupted cell may take to write down what it has
PATHS = ("videos", "splits", "weights")  # of what is asked
HERE = ("LokyBackend", "SequentialBackend")  # joblib's, where nobody has named another


@dataclass(frozen=True)
class Cell:
    """One run of a matrix: what tells it from the others."""

    seed: int
    split: int
    backbone: str  # empty: the profile's

    @property
    def name(self) -> str:
        """Of its folder, such as `split1-seed0`."""
        words = [self.backbone, f"split{self.split}", f"seed{self.seed}"]
        return "-".join(word for word in words if word)


Execute = Callable[[Cell, Path, Mapping[str, str], Mapping[str, str]], str]


def run(
    seeds: Sequence[int] = (0,),
    splits: Sequence[int] = (1,),
    backbones: Sequence[str] = ("",),
    asked: Mapping[str, str] | None = None,
    runs: str = "",
    name: str = "",
    execute: Execute | None = None,
) -> dict:
    """Run every cell into `<runs>/<name>/<cell>/`, and sum them up in `summary.json` and `.csv`.

    As many are run at once as the machine bears, by its cores or GPUs and its free memory. Where
    `joblib.parallel_config` names another backend, such as "dask" or "ray", its workers run them:
    they have the course, and see the folder under the same path.

    Args:
        seeds, splits, backbones: each is combined with each.
        asked: what the cells share: `profile, only, videos, splits, weights`, see `runner.run`.
        runs: folder of all runs; empty: `runs` in the checkout.
        name: of the folder of this matrix; empty: by the profile, such as `quick-matrix`.
        execute: carries out a cell, see `execute_cell`.

    Returns:
        What was written to `summary.json`, see `matrix_summary.summarise`.

    Raises:
        InputError: a wrong value, or a folder that holds other runs; raised before anything is run.
    """
    asked = dict(asked or {})
    profile = asked.get("profile", "quick")
    folder = runner.run_folder(runs, name or f"{profile}-matrix").resolve()
    cells = all_cells(seeds, splits, backbones)
    chosen = [notebook.stem for notebook in runner.choose(asked.get("only", ""))]
    _check(cells, asked, folder)
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / "matrix", "runs the cells of this matrix", wait=False):
        clips = _clips_now(cells, asked, folder)
        left = [
            cell
            for cell in cells
            if not is_finished(folder / cell.name, chosen, clips.get(cell.split))
        ]
        failed = dict(_conduct(left, folder, asked, execute or execute_cell))
        found = matrix_summary.summarise(folder, [_as_json(cell, failed) for cell in cells])
        matrix_summary.write(found, folder)
    return found


def all_cells(seeds: Sequence[int], splits: Sequence[int], backbones: Sequence[str]) -> list[Cell]:
    """Every seed with every split and backbone; seeds change first.

    Raises:
        InputError: one of them stands twice.
    """
    for word, values in (("seed", seeds), ("split", splits), ("backbone", backbones)):
        if twice := [one for one in values if list(values).count(one) > 1]:
            raise InputError(f"The {word} {twice[0]} stands in its list twice: name each once.")
    return [Cell(seed, split, one) for one, split, seed in product(backbones, splits, seeds)]


def _check(cells: Sequence[Cell], asked: Mapping[str, str], folder: Path) -> None:
    """Raise InputError where a cell cannot be run, or its folder holds another run."""
    if (folder / "run.json").is_file():
        raise InputError(f"{folder} is the folder of one run: name another one for a matrix.")
    if not matrix_summary.is_ours(folder):
        raise InputError(
            f"{folder} has a file {SUMMARY} or {matrix_summary.TABLE} that no matrix of runs "
            "wrote: name another folder."
        )
    for cell in cells:
        if others := configuration.others(folder / cell.name, _run_of(cell, asked)):
            raise InputError(
                f"The folder {folder / cell.name} holds a run with {', '.join(others)}: choose "
                "another name for this matrix."
            )


def _run_of(cell: Cell, asked: Mapping[str, str]) -> Run:
    """What a cell asks for, without a folder."""
    return configuration.checked(
        profile=asked.get("profile", "quick"),
        split=cell.split,
        seed=cell.seed,
        backbone=cell.backbone,
        **{name: asked.get(name, "") for name in PATHS},
    )


def _clips_now(cells: Sequence[Cell], asked: Mapping[str, str], folder: Path) -> dict[int, str]:
    """The fingerprints of the clips as they are now, by split, where cells have looked at them
    before; nothing of StickHMDB, which stays as it is.

    A cell of each split looks again, and decodes what has changed since then.
    """
    found: dict[int, str] = {}
    for cell in cells if asked.get("videos") else ():
        place = folder / cell.name
        if cell.split in found or not (place / "clips.csv").is_file():
            continue
        with outlook.unheard():
            found[cell.split] = metrics.fingerprint(replace(_run_of(cell, asked), folder=place))
    return found


def is_finished(place: Path, chosen: Sequence[str], clips: str | None = None) -> bool:
    """Whether a run folder has all these notebooks' results, and nothing failed.

    Args:
        place: the run folder.
        chosen: names of notebooks.
        clips: the fingerprint of those that the results must be of; None: of any.
    """
    try:
        found = metrics.read_run(place)
    except InputError:
        return False
    run, of = found["run"], found["data"].get("fingerprint")
    if clips and of and clips != of:
        return False
    return not run.get("failed") and set(chosen) <= set(run.get("notebooks", {}))


def _as_json(cell: Cell, failed: Mapping[str, str]) -> dict[str, Any]:
    about = {"name": cell.name, "seed": cell.seed, "split": cell.split}
    return about | {"backbone": cell.backbone, "failed": failed.get(cell.name, "")}


# --- several at once -------------------------------------------------------------------------


def _conduct(
    cells: Sequence[Cell], folder: Path, asked: Mapping[str, str], execute: Execute
) -> Iterator[tuple[str, str]]:
    """Run cells; the names of those that failed, with the reason."""
    elsewhere = type(get_active_backend()[0]).__name__ not in HERE
    bar = tqdm(total=len(cells), desc="runs", unit="run")
    with bar, _workers(elsewhere, _seats(len(cells), largest_mb(folder))) as seats:
        tasks = [joblib.delayed(_call)(execute, cell, folder, asked, seats) for cell in cells]
        many = {} if elsewhere else {"n_jobs": seats.qsize(), "backend": "threading"}
        results = joblib.Parallel(**many, return_as="list" if elsewhere else "generator")(tasks)
        for cell, why in zip(cells, results, strict=True):
            bar.update()
            if why:
                bar.write(shown(f"{cell.name}: {why}"))
                yield cell.name, why


@contextmanager
def _workers(elsewhere: bool, seats: Sequence[dict[str, str]]) -> Iterator[Any]:
    """A queue of free places on this machine, and nothing for workers that have their own."""
    if elsewhere:
        yield None
        return
    _stopped.clear()
    free: queue.Queue[dict[str, str]] = queue.Queue()
    for seat in seats:
        free.put(seat)
    try:
        yield free
    except BaseException:  # Ctrl-C: threads wait for processes that might go on for hours
        end_processes()
        raise


def _call(execute: Execute, cell: Cell, folder: Path, asked: Mapping[str, str], free: Any) -> str:
    """Why a cell failed; nothing where it is well."""
    seat = free.get() if free else {}
    try:
        return execute(cell, folder, asked, seat)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        if free:
            free.put(seat)


def _seats(cells: int, needed_mb: float) -> list[dict[str, str]]:
    """The environment variables of each cell that is run at the same time as others here."""
    cores, device = joblib.cpu_count(), best_device().type
    places: list[dict[str, str]] = [{} for _ in range(cores if device == "cpu" else 1)]
    if device == "cuda":
        places = [{VISIBLE: gpu} for gpu in visible_gpus()]
    free_mb = psutil.virtual_memory().available / 2**20
    count = max(1, min(cells, len(places), int(free_mb // needed_mb)))
    share = str(max(1, cores // count))
    return [
        seat | {"LOKY_MAX_CPU_COUNT": share, "OMP_NUM_THREADS": share} for seat in places[:count]
    ]


def largest_mb(folder: Path) -> float:
    """The memory that the finished cells of a matrix needed at most, or `NEEDED_MB`."""
    found = []
    for file in folder.glob("*/metrics.json"):
        with suppress(InputError):
            found.append(metrics.read_run(file)["run"].get("peak_memory_mb", 0))
    return max(found, default=0) or NEEDED_MB


# --- one cell --------------------------------------------------------------------------------

_started: set[subprocess.Popen] = set()
_starting, _stopped = threading.Lock(), threading.Event()


def execute_cell(
    cell: Cell, folder: Path, asked: Mapping[str, str], environment: Mapping[str, str]
) -> str:
    """Run one cell by the command line; why it failed, or nothing. What it says is in
    `<folder>/<cell>.log`.

    Args:
        environment: variables, such as how many cores it may use.
    """
    given = {**_anywhere(asked), "runs": str(folder), "name": cell.name, "seed": cell.seed}
    given |= {"split": cell.split} | ({"backbone": cell.backbone} if cell.backbone else {})
    options = [str(part) for name, value in given.items() for part in (f"--{name}", value)]
    command = [sys.executable, "-m", "twostream_lib", "run", *options]
    path = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))
    log = folder / f"{cell.name}.log"
    with log.open("w", encoding="utf-8") as out:
        with _starting:
            if _stopped.is_set():
                return "It was not started, as the matrix was interrupted."
            process = subprocess.Popen(
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                # Unbuffered: the last line is to be the last that was said.
                env={**os.environ, **environment, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
            )
            _started.add(process)
        code = process.wait()  # whoever is interrupted here leaves it to `end_processes`
        _started.discard(process)
    return why_it_failed(code, log) if code else ""


def _anywhere(asked: Mapping[str, str]) -> dict[str, str]:
    """With whole paths: a worker of Dask's may have another present folder."""
    return {
        name: str(Path(value).absolute()) if _is_path(name, value) else value
        for name, value in asked.items()
    }


def _is_path(name: str, value: str) -> bool:
    """Whether a value of what is asked names something on the disk. The words for weights do not,
    whatever lies in the present folder under such a name."""
    word = name == "weights" and value in NO_FILE
    return name in PATHS and not word and bool(value) and os.path.exists(value)


def why_it_failed(code: int, log: Path) -> str:
    """The last line of what a process said, or which signal ended it."""
    if code < 0:
        ended = f"It was ended by the signal {signal.Signals(-code).name}"
        return f"{ended}, as happens when the memory is used up; what it said is in {log}."
    said = log.read_text(encoding="utf-8", errors="replace").replace("\r", "\n").split("\n")
    last = next((line.strip() for line in reversed(said) if line.strip()), "It said nothing.")
    return f"{last} ({log.name})"


def end_processes() -> None:
    """Interrupt the cells that run, as Ctrl-C does, and wait until they have ended; no other is
    started until `run` is called again."""
    with _starting:
        _stopped.set()
        running = list(_started)
    for process in running:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
    for process in running:
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _started.discard(process)
