"""What notebook 00 says of the films it opens with, of the drawn clips and of their ceilings."""

import re
from collections.abc import Callable

import cv2
import numpy as np

from tests.notebooks.claims import Claim, Facts
from twostream_lib import clips, stickhmdb
from twostream_lib.course import Run
from twostream_lib.fusion import evaluation

EXACT = 1e-9
# The left column of the table in section 8, row by row.
RUN_FOLDER = [
    "`run.json`",
    "`clips.csv`",
    "`played/`",
    "`store/`",
    "`checkpoints/`",
    "`retrained/`",
    "`scores/`",
    "`notebooks/`, `metrics.json`, `report.html`",
]


def facts(run: Run) -> Facts:
    sit, stand, eat, drink = (
        stickhmdb.render(label, 132) for label in ("sit", "stand", "eat", "drink")
    )
    in_stand = {frame.tobytes() for frame in stand}
    gray = [np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in film]) for film in (eat, drink)]
    table, told = run.table, stickhmdb.evidence()
    n = len(clips.test_clips(table))
    low, high = evaluation.wilson(round(2 / 3 * n), n)
    return {
        "frames of sit": len(sit),
        "of them in stand": sum(frame.tobytes() in in_stand for frame in sit),
        "stand is sit backwards": bool(np.array_equal(stand, sit[::-1])),
        "levels apart in gray": int(np.abs(gray[0].astype(int) - gray[1]).max()),
        "levels apart in colour": int(np.abs(eat.astype(int) - drink).max()),
        "clips": len(table),
        "actions": len(run.classes),
        "minutes": float(table.seconds.sum() / 60),
        "fps": sorted(set(table.fps)),
        "training clips": int((table.tag == 1).sum()),
        "test clips": n,
        "rows": int(told.shows.nunique()),
        "columns": int(told.moves.nunique()),
        "classes in the fullest cell": int(told.groupby(["shows", "moves"]).size().max()),
        "ceilings": run.ceilings,
        "interval": [low, high],
        "run folder": sorted(path.name for path in run.folder.iterdir()),
    }


def two_thirds(share: float) -> bool:
    return abs(share - 2 / 3) < EXACT


def in_run_folder(row: str) -> Callable[[Facts], bool]:
    """Whether a run's folder has all that a row of the table names."""
    names = {name.rstrip("/") for name in re.findall("`(.+?)`", row)}
    return lambda facts: names <= set(facts["run folder"])


def all_of_sit(facts: Facts) -> bool:
    return facts["of them in stand"] == facts["frames of sit"] == 48


CLAIMS = [
    Claim("00-twins-counted", "All 48 frames of *sit* are also frames of *stand*", all_of_sit),
    Claim(
        "00-why-order",
        "*Stand* is *sit* played backwards",
        lambda facts: facts["stand is sit backwards"],
    ),
    Claim(
        "00-twins-words",
        "In gray the two films differ by 2 levels at most",
        lambda facts: facts["levels apart in gray"] == 2,
    ),
    Claim(
        "00-twins-words",
        "In colour they differ by more than 200 levels",
        lambda facts: facts["levels apart in colour"] > 200,
    ),
    Claim(
        "00-table-words",
        "these are 720 clips of 12 actions",
        lambda facts: (facts["clips"], facts["actions"]) == (720, 12),
    ),
    Claim(
        "00-table-words",
        "24 minutes of film at 30 frames a second",
        lambda facts: round(facts["minutes"]) == 24 and facts["fps"] == [30],
    ),
    Claim(
        "00-table-words",
        "384 clips to train on and 168 to test on",
        lambda facts: (facts["training clips"], facts["test clips"]) == (384, 168),
    ),
    Claim(
        "00-how-ceilings",
        "The table has eight rows, eight columns and 12 classes",
        lambda facts: (facts["rows"], facts["columns"], facts["actions"]) == (8, 8, 12),
    ),
    Claim(
        "00-how-ceilings",
        "one class of each row right: 8 of 12, two thirds",
        lambda facts: facts["rows"] == 8 and two_thirds(facts["ceilings"]["spatial"]),
    ),
    Claim(
        "00-how-ceilings",
        "So does a perfect reader of motion, with the columns",
        lambda facts: facts["columns"] == 8 and two_thirds(facts["ceilings"]["temporal"]),
    ),
    Claim(
        "00-how-ceilings",
        "No cell holds two classes, so both together get all",
        lambda facts: facts["classes in the fullest cell"] == facts["ceilings"]["both"] == 1,
    ),
    Claim(
        "00-interval-why",
        "With the 168 test videos of the quick run, the interval goes from 59 % to 73 %",
        lambda facts: [round(100 * end) for end in facts["interval"]] == [59, 73],
    ),
    Claim(
        "00-interval-why",
        "scores seven points more",
        lambda facts: round(50 * (facts["interval"][1] - facts["interval"][0])) == 7,
    ),
    *(Claim("00-run-folder", f"| {row} |", in_run_folder(row)) for row in RUN_FOLDER),
    Claim("00-showed", "all 48 frames of *sit* are frames of *stand* too", all_of_sit),
    Claim(
        "00-showed",
        "differ by 2 gray levels at most",
        lambda facts: facts["levels apart in gray"] == 2,
    ),
    Claim(
        "00-showed",
        "two thirds for one picture, two thirds for gray motion, and 100 % for both",
        lambda facts: (
            two_thirds(facts["ceilings"]["spatial"])
            and two_thirds(facts["ceilings"]["temporal"])
            and facts["ceilings"]["both"] == 1
        ),
    ),
]
