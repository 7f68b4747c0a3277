"""What notebook 08 says of the small folder that it copies, spoils and reads."""

import math
import tempfile
import warnings
from pathlib import Path

import numpy as np

from tests.notebooks.claims import Claim, Facts
from twostream_lib import arguments, clips
from twostream_lib.clips import unlabelled
from twostream_lib.course import Run, uploads
from twostream_lib.course.judges import PAIR
from twostream_lib.data import planning
from twostream_lib.fusion import evaluation, familiar, reliability, scores
from twostream_lib.fusion.scores import Scores
from twostream_lib.training import probe


def unknown(found: dict) -> float:
    """The share of videos that were not known, of a part of what was measured of the rule."""
    return found["not_known"] / found["of"]


def measured(kind: str) -> list[float]:
    """The shares of `new` or `seen` videos that were not known, one for each data set."""
    return [unknown(one[kind]) for one in reliability.record()["held_out"]]


def asked() -> list[float]:
    """The share of another data set's films that each run did not know."""
    return [unknown(run) for run in reliability.record()["asked"]["runs"]]


def right(said: Scores, videos: list[str]) -> int:
    """How many of these videos."""
    asked = said.rows(np.isin(said.video, videos))
    return int(evaluation.correct(scores.per_video(asked)).sum())


def probed(run: Run, network: str) -> Scores:
    """What a probe of the backbone that a stream starts from says of the validation part."""
    with tempfile.TemporaryDirectory() as place:
        net, valid = run.new_stream(network), run.part(network, "validation")
        judge = probe.learn(net, run.part(network, "train"), Path(place))
        logits = probe.logits(judge, probe.features(net, valid, Path(place)), len(run.classes))
    return scores.of_windows(network, logits, valid, "validation")


def facts(run: Run) -> Facts:
    with tempfile.TemporaryDirectory() as place:
        copies = clips.copy_plainly(run.table, Path(place))
        letter = copies[0].with_name(f"film1_{copies[0].parent.name}_letter.avi")
        letter.write_text("This is a letter, and not a film.")
        with warnings.catch_warnings(action="ignore"):
            table = clips.probe_clips(clips.read_hmdb51(place))
    windows, _ = planning.plan_windows(table[table.ok].reset_index(drop=True), run.settings.plan)
    first, valid = table[table.source == "film1"], run.part("spatial", "validation").videos
    return {
        "files": len(table),
        "clips": int(table.ok.sum()),
        "training files": int((table.tag == 1).sum()),
        "test files": int((table.tag == 2).sum()),
        "tag of the letter": int(table[~table.ok].tag.iloc[0]),
        "most tags of a source": int(table.groupby("source").tag.nunique().max()),
        "classes of film1": int(first.label.nunique()),
        "classes": len(run.classes),
        "clips with windows": windows.video.nunique(),
        "test clips with windows": windows.video[windows.tag == 2].nunique(),
        "copied of each class": table[table.ok].label.value_counts().tolist(),
        "validation videos": len(set(valid)),
        "right by probe": {name: right(probed(run, name), valid) for name in PAIR},
        "right by stream": {
            name: right(run.scores_of(name)["out-of-fold"], valid) for name in PAIR
        },
        "networks with two checkpoints": [
            name for name in PAIR if run.tested_checkpoint(name) != run.checkpoint(name)
        ],
    }


CLAIMS = [
    Claim(
        "08-copy-words",
        "up to three of each of up to four classes",
        lambda facts: facts["copied of each class"] == [3, 3, 3, 3],
    ),
    Claim(
        "08-ask",
        "In the quick run each stream has two bars, because it has two networks",
        lambda facts: facts["networks with two checkpoints"] == list(PAIR),
    ),
    Claim(
        "08-tags-words",
        "No source has clips of both tags",
        lambda facts: facts["most tags of a source"] == 1,
    ),
    Claim(
        "08-tags-words",
        "nine files became training clips (tag 1), the letter among them",
        lambda facts: facts["training files"] == 9 and facts["tag of the letter"] == 1,
    ),
    Claim(
        "08-tags-words",
        "four became test clips (tag 2)",
        lambda facts: facts["test files"] == 4,
    ),
    Claim(
        "08-tags-words",
        "The clips called `film1` of all four classes count as one source",
        lambda facts: facts["classes of film1"] == 4,
    ),
    Claim(
        "08-probe-words",
        "12 of the 13 files are clips",
        lambda facts: (facts["clips"], facts["files"]) == (12, 13),
    ),
    Claim(
        "08-ask-words",
        "in the quick run one of 21",
        lambda facts: facts["classes"] == 21,
    ),
    Claim(
        "08-linear-words",
        "a probe is right in more than a quarter of these videos",
        lambda facts: all(
            found > facts["validation videos"] / 4 for found in facts["right by probe"].values()
        ),
    ),
    Claim(
        "08-linear-words",
        "guessing is right in one of 21",
        lambda facts: facts["classes"] == 21,
    ),
    Claim(
        "08-linear-words",
        "The trained streams are right in more of them",
        lambda facts: all(
            facts["right by stream"][name] > 1.2 * facts["right by probe"][name] for name in PAIR
        ),
    ),
    Claim(
        "08-known-limits",
        "So the rule is weak",
        lambda _: all(share < 0.9 for share in measured("new")),
    ),
    Claim(
        "08-known-limits",
        "its threshold is set by the least familiar tenth of them",
        lambda _: math.isclose(familiar.SEEN, 0.9),
    ),
    Claim(
        "08-known-limits",
        "What it does not know is worth a second look, but what it knows may still be new.",
        lambda _: all(
            new > 2 * seen for new, seen in zip(measured("new"), measured("seen"), strict=True)
        ),
    ),
    Claim(
        "08-known-limits",
        "each of three runs on drawn figures took most for known",
        lambda _: len(asked()) == 3 and max(asked()) < 0.45,
    ),
    Claim(
        "08-end",
        "On random weights it was right more often than guessing would be, and the trained streams "
        "were right more often than the probe.",
        lambda facts: all(
            facts["validation videos"] / facts["classes"]
            < facts["right by probe"][name] / 2
            < facts["right by stream"][name] / 2.4
            for name in PAIR
        ),
    ),
    Claim(
        "08-end",
        "runs on the drawn clips took most videos of held-out actions for known, and most of 90 "
        "real films.",
        lambda _: (
            max(*asked(), reliability.record()["held_out"][0]["new"]["high"]) < 0.5
            and reliability.record()["held_out"][0]["data"] == "StickHMDB"
        ),
    ),
    Claim(
        "08-end",
        "12 clips became windows, and those with tag 2 got answers.",
        lambda facts: facts["clips with windows"] == 12 and facts["test clips with windows"] > 0,
    ),
    Claim(
        "08-any",
        "python -m twostream_lib predict my_film.mp4 --run runs/quick",
        lambda _: (
            arguments.parser().parse_args(["predict", "my_film.mp4", "--run", "runs/quick"]).command
            == "predict"
        ),
    ),
    Claim(
        "08-any",
        "so is what lasts longer than 20 minutes, or has more than 8 GB, or 200 MB if it comes by "
        "the button.",
        lambda _: (
            (unlabelled.MOST_SECONDS, unlabelled.MOST_BYTES) == (20 * 60, 8e9)
            and uploads.MOST_BYTES == 200e6
        ),
    ),
]
