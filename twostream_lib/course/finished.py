"""Runs that are there already: which is the newest, and a run opened by its folder alone."""

from pathlib import Path

from twostream_lib import records
from twostream_lib.course import parameters
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError
from twostream_lib.training.profiles import profile

WORDS = ("profile", "videos", "splits", "backbone", "weights")  # what is a text in run.json


def newest(runs: Path) -> Path:
    """The folder in `runs` whose run was finished last: its `metrics.json` is the newest.

    Raises:
        InputError: no run there is finished.
    """
    finished = [
        file for file in runs.glob("*/metrics.json") if (file.parent / "run.json").is_file()
    ]
    if not finished:
        raise InputError(
            f"There is no finished run in {runs}: run the course first, or name the folder of a "
            "run with --run."
        )
    return max(finished, key=lambda file: file.stat().st_mtime_ns).parent


def open_run(folder: Path) -> Run:
    """The run that `folder` holds, by its `run.json`, to be asked and not to be gone on with.

    Its clips and weights may be elsewhere by now, or gone: nothing is looked for, and nothing is
    written.

    Raises:
        InputError: there is no run, or its `run.json` cannot be understood.
    """
    file = folder / "run.json"
    if not file.is_file():
        raise InputError(f"There is no run in {folder}: give the folder of a run, with a run.json.")
    asked = records.read(file, "give the folder of another run.")
    try:
        return _as_run(asked, folder.resolve())
    except (InputError, LookupError, TypeError) as error:
        raise InputError(
            f"{file} does not say what the run is ({error}): give the folder of another run."
        ) from error


def _as_run(asked: dict, folder: Path) -> Run:
    if odd := [name for name in WORDS if not isinstance(asked[name], str)]:
        raise InputError(f"{odd[0]} is no text")
    parameters.whole_number("split", asked["split"], low=1, high=3)
    parameters.whole_number("seed", asked["seed"], low=0, high=2**31 - 1)
    own = asked["videos"] != "StickHMDB"
    return Run(
        name=asked["profile"],
        settings=profile(asked["profile"], asked["weights"]),
        folder=folder,
        videos=Path(asked["videos"]) if own else None,
        splits=Path(asked["splits"]) if asked["splits"] else None,
        split=asked["split"],
        seed=asked["seed"],
        backbone=asked["backbone"],
        weights=asked["weights"],
    )
