"""What notebooks train beside their streams, as it lies in the run folder for the report.

The experiments know how to train: this knows where the scores of a gap or of a setup of the
laboratory are left, and what a reader of the run folder alone can say of them.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from twostream_lib import records
from twostream_lib.course.run import Run
from twostream_lib.fusion import evaluation, pairs, score_files
from twostream_lib.fusion.evaluation import Result
from twostream_lib.fusion.scores import Scores, per_video
from twostream_lib.locks import alone

SCORES, SETUPS = "scores.npz", "setups.json"  # in the folder of a training
LABORATORY = "flow-trials"  # the folder of those of the laboratory, among the checkpoints
VALIDATION = "validation"
ADVICE = "delete it, and open notebook 05, which writes it."


def leave_scores(folder: Path, said: Scores, made_by: dict[str, Any]) -> None:
    """Leave what a network says of the validation part beside its checkpoint."""
    file = folder / SCORES
    with alone(file, f"writes the scores of {folder.name}"):
        score_files.save({VALIDATION: said}, file, made_by)


def leave_setup(folder: Path, name: str, control: str) -> None:
    """Leave the name of a setup beside its scores, and that of the one it is held against.

    Two setups may be one by another name: a folder can have several.
    """
    file = folder / SETUPS
    known = records.read(file, ADVICE)["setups"] if file.is_file() else {}
    records.write(file, {"setups": known | {name: control}})


def gaps(run: Run) -> dict[int, Scores]:
    """What the streams of the gaps that were tried say of the validation videos, from the smallest
    gap, in frames of a dense window, to the widest; empty where none was tried.

    Raises:
        InputError: scores that are damaged.
    """
    found = {}
    for file in run.folder.glob(f"checkpoints/gap-*/{SCORES}"):
        if gap := gap_of(file.parent.name):
            found[gap] = per_video(score_files.load_part(file, VALIDATION))
    return dict(sorted(found.items()))


def gap_results(run: Run) -> dict[int, Result]:
    """How often the streams of the gaps are right, in the order of `gaps`."""
    return {gap: evaluation.share(said, "video-all") for gap, said in gaps(run).items()}


def gap_of(name: str) -> int | None:
    """The gap of a training of this name, `gap-<frames>`; None for any other training."""
    found = re.fullmatch(r"gap-(\d+)", name)
    return int(found[1]) if found else None


def laboratory(run: Run) -> tuple[pd.DataFrame, dict[str, Result]]:
    """The setups of the laboratory beside what each is held against, and how often each is right.

    Of setups that were trained twice, by other code or on other clips, the last one counts.

    Returns:
        A row for each setup whose control was trained as well, in the order of their names: the
        columns of `pairs.table_of`, all of them one family; `first` is the setup, `second` its
        control. And the validation videos right, by name, each by the mean over its windows.

    Raises:
        InputError: scores or names that are damaged.
    """
    files = run.checkpoint(LABORATORY).glob(f"*/{SETUPS}")
    control_of, videos = {}, {}
    for file in sorted(files, key=lambda file: file.stat().st_mtime_ns):
        said = per_video(score_files.load_part(file.with_name(SCORES), VALIDATION))
        for name, control in records.read(file, ADVICE)["setups"].items():
            control_of[name], videos[name] = control, replace(said, network=name)
    compared = [
        evaluation.compare_videos(videos[name], videos[control_of[name]])
        for name in sorted(videos)
        if control_of[name] in videos and control_of[name] != name
    ]
    table = pairs.table_of(compared) if compared else pd.DataFrame()
    return table, {name: evaluation.share(said, "video-all") for name, said in videos.items()}
