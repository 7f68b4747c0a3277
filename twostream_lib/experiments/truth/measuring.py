"""The truth run: each question asked of several runs, and one record of what they say."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from tqdm import tqdm

from twostream_lib import course, records, stickhmdb
from twostream_lib.course import configuration, metrics, parameters, runner
from twostream_lib.course.run import Run
from twostream_lib.data import identity
from twostream_lib.errors import CannotBeHad, InputError, shown
from twostream_lib.experiments.truth import page
from twostream_lib.experiments.truth.arms import Arms
from twostream_lib.experiments.truth.questions import QUESTIONS, Question
from twostream_lib.fusion import repeats, score_files
from twostream_lib.fusion.repeats import Repeated
from twostream_lib.locks import alone
from twostream_lib.training.side_by_side import side_by_side

RECORD, PAGE = "truth.json", "truth.html"
SPENT = "spent.json"  # how long it has taken so far, in all sittings
CLIP_SETS, SEEDS = 4, 3  # of StickHMDB, each with a seed of its own; of clips that are given
SPLITS = (1, 2, 3)
RECIPES_CHOSEN_ON = 1  # the seed of the generator by whose clips the quick recipes were chosen


@dataclass(frozen=True)
class Asked:
    """What a truth run was asked for, as a run is, see `course.configure`.

    Of StickHMDB, `split` and `seed` are those of the first clip set.
    """

    videos: str = ""
    splits: str = ""
    split: int = 1
    seed: int = 0
    backbone: str = ""
    weights: str = ""


def measure(asked: Asked, folder: Path, notebooks: Sequence[str] = ()) -> dict:
    """Ask all questions, or those of some notebooks, and leave the record and its page in `folder`.

    What is finished is read there: a run that was stopped goes on. Trainings of several runs are
    side by side, those of one run follow each other.

    Args:
        asked: which clips, networks and first seed.
        folder: of the truth run; runs and clip sets are inside it.
        notebooks: numbers, such as `05`; none: all.

    Returns:
        The record. `questions` has the `summary` of each, by name, and `lacking` says why there is
        none of a question that these clips cannot answer. `runs` has seed and split of each run,
        `seconds` counts all sittings.

    Raises:
        InputError: no question is of these notebooks; clips that nothing can be trained on, or what
            else `course.configure` has to say, before anything is trained; the folder is that of a
            run, or another process asks in it now.
    """
    chosen = [one for one in QUESTIONS if not notebooks or one.notebook in notebooks]
    if not chosen:
        known = ", ".join(sorted({one.notebook for one in QUESTIONS}))
        raise InputError(f"No question is of notebook {', '.join(notebooks)}: choose from {known}.")
    configuration.checked("quick", **vars(asked))  # before anything is written
    if (folder / "run.json").exists():
        raise InputError(f"The folder {folder} holds a run of the course: name another one.")
    parameters.make_writable(folder)
    with alone(folder / RECORD, "asks the questions", wait=False):
        return _measured(asked, folder, chosen)


def _measured(asked: Asked, folder: Path, chosen: Sequence[Question]) -> dict:
    names = [one.name for one in chosen]
    with _counted(folder / SPENT):
        runs = list(_runs(asked, folder))
        runner.check(runs[0])
        found_of_run = side_by_side(ask, [(run, names, not asked.videos) for run in runs], "truth")
    lacking = {name: why for _, of_run in found_of_run for name, why in of_run.items()}
    found = {
        "date": date.today().isoformat(),
        "git": metrics.git_version(parameters.CHECKOUT),
        "device": _device(),
        "versions": metrics.versions(),
        "seconds": _spent(folder / SPENT),
        "data": runs[0].dataset if asked.videos else "StickHMDB",
        "backbone": runs[0].backbone,
        "weights": Path(runs[0].weights).name,
        "runs": [{"seed": run.seed, "split": run.split} for run in runs],
        "questions": {
            one.name: summary(
                replace(one, pairs=one.asked_of(runs[0])),
                [answers[one.name] for answers, _ in found_of_run],
            )
            for one in chosen
            if one.name not in lacking
        },
        "lacking": lacking,
    }
    records.write(folder / RECORD, found)
    page.write(found, folder / PAGE)
    return found


def _device() -> str:
    name = metrics.device_name()
    return f"{name} with {joblib.cpu_count()} cores" if name == "cpu" else name


@contextmanager
def _counted(file: Path) -> Iterator[None]:
    """Add the seconds that this block takes, however it ends, to those that the file has."""
    start, before = time.monotonic(), _spent(file)
    try:
        yield
    finally:
        records.write(file, {"seconds": before + round(time.monotonic() - start)})


def _spent(file: Path) -> int:
    return records.read(file, "delete it.")["seconds"] if file.is_file() else 0


def _runs(asked: Asked, folder: Path) -> Iterator[Run]:
    """The runs that are asked. Of StickHMDB each has clips of its own, drawn by its own seed, and
    the splits take turns; other clips are what they are, and only the seed changes."""
    same: dict[str, Any] = {"backbone": asked.backbone, "weights": asked.weights}
    if asked.videos:
        same |= {"videos": asked.videos, "splits": asked.splits, "split": asked.split}
        for seed in range(asked.seed, asked.seed + SEEDS):
            yield course.configure(runs=str(folder / f"seed-{seed}"), seed=seed, **same)
        return
    seeds = [asked.seed + more for more in range(CLIP_SETS + 1)]
    seeds = [seed for seed in seeds if seed != RECIPES_CHOSEN_ON][:CLIP_SETS]
    for number, seed in enumerate(seeds):
        place = folder / f"seed-{seed}"
        with alone(place / "clips", "draws the clips"):
            drawn = stickhmdb.make_clips(place / "clips", seed=seed)
        yield course.configure(
            videos=str(drawn / "videos"),
            splits=str(drawn / "splits"),
            split=SPLITS[(asked.split - 1 + number) % len(SPLITS)],
            runs=str(place / "run"),
            seed=seed,
            **same,
        )


def ask(run: Run, names: Sequence[str], own_clips: bool) -> tuple[dict[str, Arms], dict[str, str]]:
    """The answers of one run to the questions of these names; and of those that its clips cannot
    answer, why."""
    answers, lacking = {}, {}
    for one in (one for one in QUESTIONS if one.name in names):
        try:
            said = answered(one, run)
        except CannotBeHad as error:
            lacking[one.name] = str(error)
        else:
            answers[one.name] = of_own_clips(said, run) if own_clips else said
    return answers, lacking


def answered(question: Question, run: Run) -> Arms:
    """What the arms of a question say in one run, one row a video; asked once, and then read.

    Raises:
        InputError: the file of the answers is of another question or run, or has not all arms.
    """
    file = run.folder / "truth" / f"{question.name}.npz"
    made_by = run.made_by | {"question": identity.word([question.name, question.made_of])}
    if not file.is_file():
        start = time.monotonic()
        arms = dict(question.arms(run))
        with alone(file, f"writes the answers of {question.name}"):
            score_files.save(arms, file, made_by)
        words = f"{question.name}, seed {run.seed}: {time.monotonic() - start:.0f} s"
        tqdm.write(shown(words), file=sys.stderr)
    advice = "Delete that file, and the question is asked anew."
    arms = score_files.load(file, run.classes, made_by, advice)
    asked = {arm for pair in question.asked_of(run) for arm in (pair.first, pair.second)}
    if missing := sorted(asked - set(arms)):
        raise InputError(f"{file} has no answers of {missing[0]}: delete it, to ask once more.")
    return arms


def of_own_clips(arms: Arms, run: Run) -> Arms:
    """The answers, with the run's seed before the sources' names.

    Clip sets of several seeds have no source in common, and may call two alike by chance.
    """
    return {
        name: replace(said, source=np.char.add(f"{run.seed}:", said.source))
        for name, said in arms.items()
    }


def summary(question: Question, answers: Sequence[Arms]) -> dict:
    """What the runs say together: each arm's share of videos, and each pair's difference, see
    `fusion.repeats`; shares and differences are rounded to 1/100 of a point."""
    return {
        "asks": question.asks,
        "notebook": question.notebook,
        "judged": question.judged,
        "arms": {
            name: _rounded(repeats.shares([arms[name] for arms in answers])) for name in answers[0]
        },
        "pairs": [
            asdict(pair)
            | _rounded(
                repeats.differences(
                    [arms[pair.first] for arms in answers],
                    [arms[pair.second] for arms in answers],
                    pair.classes,
                )
            )
            for pair in question.pairs
        ],
    }


def _rounded(found: Repeated) -> dict:
    said = asdict(found)
    for name in ("mean", "low", "high"):
        said[name] = round(said[name], 4)
    said["by_run"] = [round(mean, 4) for mean in said["by_run"]]
    return said
