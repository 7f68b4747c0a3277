"""Runs the notebooks in order without a person, and writes down what came of it."""

import time
from pathlib import Path

from tqdm import tqdm

from twostream_lib import models
from twostream_lib.course import (
    calibration,
    comparing,
    configuration,
    executing,
    metrics,
    notebook_pages,
    report,
    surroundings,
)
from twostream_lib.course.comparison import MISSING, Comparison
from twostream_lib.course.memory import PeakMemory
from twostream_lib.course.metrics import Outcome
from twostream_lib.course.parameters import CHECKOUT, possible_path, repository
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError, shown
from twostream_lib.files import naming
from twostream_lib.locks import alone

NOTEBOOKS = CHECKOUT / "notebooks"
BASELINES = CHECKOUT / "tests"  # what runs of a profile are held against
# Streams whose scores a notebook starts from, and the notebook that makes each.
NEEDED = {
    "04": ("spatial",),
    "05": ("spatial",),
    **dict.fromkeys(("06", "07", "08"), ("spatial", "temporal-sg3i")),
}
MAKERS = {"spatial": "03", "temporal-sg3i": "04"}


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

    Beside each executed notebook is a page of it, which the report links to.

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
        made = [asked.stores, *(asked.folder / name for name in configuration.MADE)]
        outcome, memory = Outcome(resumed=any(place.exists() for place in made)), PeakMemory()
        check(asked)
        copies.mkdir(exist_ok=True)
        try:
            with executing.environment(executing.kernel_environment()), memory:
                execute_all(chosen, copies, asked, outcome)
            notebook_pages.bring_up_to_date(copies)
        finally:
            # The notebooks may have made what a fresh look at the run folder finds.
            with executing.environment(executing.kernel_environment()):
                collected = metrics.collect(asked, outcome, memory.largest_mb)
            metrics.write(collected, asked.folder / "metrics.json")
            found = metrics.read(asked.folder)
            judged = judge(asked.folder, found, complete=not only)
            report.write(asked, found, asked.folder / "report.html", judged)
    return found


def judge(folder: Path, found: dict, complete: bool) -> Comparison | str:
    """A run held against the baseline of its profile, or the sentence that says why it is not.

    Args:
        folder: of the run.
        found: what `metrics.read` gives for it.
        complete: whether all notebooks were asked for; otherwise what is missing is no fault.
    """
    baseline = BASELINES / f"baseline-{found['run']['profile']}.json"
    if not baseline.is_file():
        return report.NO_BASELINE
    try:
        comparison = comparing.compare_places(folder, baseline)
    except InputError as error:
        return str(error)
    if comparison.unlike:
        return comparison.unlike
    missing = [check.name for check in comparison.checks if check.moved == MISSING]
    if missing and not complete:
        return (
            f"Only some notebooks were run, and {missing[0]} is missing, which the baseline has: "
            "run all of them to have the run judged."
        )
    return comparison


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
    """Execute notebooks in order; what becomes of each is entered into `outcome` at once, and
    what stops the run, too, before it is raised."""
    name = notebooks[0].stem
    try:
        with tqdm(notebooks, unit="notebook") as bar:
            for notebook in bar:
                name = notebook.stem
                bar.set_description(name)
                bar.write(_execute(notebook, copies / notebook.name, asked, outcome))
        outcome.calibration += calibration.rounds(surroundings.threads())
    except KeyboardInterrupt:
        outcome.failed.setdefault(name, f"Notebook {name} was interrupted.")
        raise
    except BaseException as error:
        why = executing.one_sentence(f"{type(error).__name__}: {error}")
        outcome.failed.setdefault(name, f"The run was stopped at notebook {name}: {why}")
        raise


def _execute(notebook: Path, copy: Path, asked: Run, outcome: Outcome) -> str:
    """Execute one notebook, unless it is in vain, and say what came of it."""
    name, said = notebook.stem, []
    if reason := in_vain(name, asked, outcome):
        outcome.failed[name] = reason
        copy.unlink(missing_ok=True)  # an earlier run's is not this one's
        return shown(reason)
    outcome.calibration += calibration.rounds(surroundings.threads())
    start = time.monotonic()
    try:
        with naming(copy):
            ended = executing.execute(
                notebook, copy, parameters(asked), 60 * asked.settings.minutes
            )
    except executing.NotebookFailed as error:
        outcome.failed[name] = str(error)
        said.append(shown(error))
    else:
        if ended:
            outcome.ended[name] = f"Notebook {name} ended early: {ended}"
            said.append(shown(outcome.ended[name]))
    finally:
        outcome.seconds[name] = time.monotonic() - start
    return "\n".join([*said, f"{name:<32}{outcome.seconds[name]:7.1f} s"])


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
