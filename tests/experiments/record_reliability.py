"""Measure anew how far the rule of `fusion.familiar` can be believed, and record it:

python -m tests.experiments.record_reliability FOLDER

TWOSTREAM_REAL_DATA must name the folder with Weizmann's clips and MobileNetV2's weights. What is
trained is kept in FOLDER, so a measurement that was interrupted goes on.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from twostream_lib import course, records
from twostream_lib.course import Run, judges, prediction
from twostream_lib.course.judges import PAIR
from twostream_lib.data import datasets
from twostream_lib.experiments import unseen
from twostream_lib.experiments.unseen import Score, WithoutClasses
from twostream_lib.fusion import reliability, scores
from twostream_lib.fusion.scores import OUT_OF_FOLD, TEST, Scores
from twostream_lib.training import probe

SPLITS = (1, 2, 3)
GROUPS = {"StickHMDB": 4, "Weizmann": 5}
HELD_OUT = (
    "The classes are dealt into {groups} groups, and each is held out of training in its turn. "
    "The rule is chosen on the validation videos of the classes that are left, and judges all test "
    "videos by their windows. 95 % intervals: Wilson's of as many independent things as tell as "
    "much, which are classes of those that were held out, and sources of the others."
)
HOW = {
    "StickHMDB": "Profile quick, seed 0, splits 1, 2 and 3: both streams are trained anew without "
    "each group.",
    "Weizmann": "Splits 1, 2 and 3, each with three of the nine people for the test. In place of "
    "the streams: logistic regressions on standardised features of a frozen MobileNetV2 with "
    f"ImageNet's weights, C = {probe.C:g}, of the windows of profile quick.",
}
ASKED = (
    "Finished runs, profile quick, seed 0, splits 1, 2 and 3, are asked by predict. 95 % "
    "intervals: Wilson's of as many independent things as tell as much, which are classes of films."
)


def in_groups(classes: Sequence[str], groups: int) -> list[list[str]]:
    """The classes dealt into so many groups, each of which can be held out in its turn."""
    return [list(classes[first::groups]) for first in range(groups)]


def held_out(runs: Sequence[Run], scores: Sequence[Score], groups: int, data: str) -> dict:
    """A measurement with classes held out, as `reliability.record` has it; `scores` are made by
    one function for each run."""
    found = [
        unseen.judged(run, group, score).assign(split=run.split, group=number)
        for run, score in zip(runs, scores, strict=True)
        for number, group in enumerate(in_groups(run.classes, groups))
    ]
    rules = [judged.iloc[0] for judged in found]
    together = pd.concat(found)
    return {
        "data": data,
        "date": date.today().isoformat(),
        "how": f"{HOW[data]} {HELD_OUT.format(groups=groups)}",
        "thresholds": [round(float(rule.threshold), 3) for rule in rules],
        "chosen_on": [int(rule["chosen on"]) for rule in rules],
        "new": asdict(unseen.held_out(together)),
        "seen": asdict(unseen.trained_on(together)),
    }


def asked(runs: Sequence[Run], films: Sequence[Path], data: str, of: str) -> dict:
    """Finished runs asked about films in folders of classes, as `reliability.record` has it."""
    classes = np.array([film.parent.name for film in films])
    found = []
    for run in runs:
        for network in PAIR:
            run.scores_of(network)
        panel = judges.load(run)
        chosen_by = sorted(set(panel.streams[PAIR[0]].out_of_fold.video))
        known = np.array([one.known for one in prediction.ask_all(panel, films)])
        found.append(
            {
                "split": run.split,
                "validation": records.checksum(chosen_by),
                "threshold": round(panel.rule.threshold, 3),
                "chosen_on": panel.rule.videos,
                **asdict(unseen.unknown(known, classes)),
            }
        )
    today = date.today().isoformat()
    # Of Weizmann's ten actions, StickHMDB has a class of one alone: people wave one arm, or both.
    shared = {"action": "waving", "films": sum(name.startswith("wave") for name in classes)}
    of_both = {"data": data, "films": of, "shared": shared}
    return of_both | {"date": today, "how": ASKED, "runs": found}


class Frozen:
    """Scores of linear probes of the backbone that the run starts from."""

    def __init__(self, run: Run) -> None:
        self.features = {network: _features(run, network) for network in PAIR}

    def __call__(self, part: WithoutClasses, network: str) -> dict[str, Scores]:
        """As `Run.score`, of one fold: the network that is tested has learned this fold as well."""
        return {
            OUT_OF_FOLD: self._scores(part, network, "train", "validation", OUT_OF_FOLD),
            TEST: self._scores(part, network, "train+validation", "test", TEST),
        }

    def _scores(
        self, part: WithoutClasses, network: str, learned: str, asked: str, name: str
    ) -> Scores:
        features, train = self.features[network], part.part(network, learned)
        judge, data = probe.fit(features[train.places], train.labels), part.part(network, asked)
        logits = probe.logits(judge, features[data.places], len(part.classes))
        return scores.of_windows(network, logits, data, name)


def _features(run: Run, network: str) -> np.ndarray:
    """What the untrained backbone says of all windows of the store, float32 `[N, features]`."""
    everything = np.ones(len(run.images.index), bool)
    data = datasets.WindowDataset(run.images, everything, run.view_of(network), run.classes)
    return probe.features(run.new_stream(network), data, run.stores / "features")


def main(folder: Path, real: Path) -> None:
    videos = real / "data" / "weizmann" / "videos"
    weights = str(real / "weights" / "mobilenet_v2-imagenet-features.pth")
    stick, weizmann = [], []
    for split in SPLITS:
        of = f"{folder}/StickHMDB-{split}", f"{folder}/Weizmann-{split}"
        stick.append(course.configure(split=split, runs=of[0]))
        weizmann.append(
            course.configure(
                videos=str(videos),
                split=split,
                runs=of[1],
                backbone="mobilenet_v2",
                weights=weights,
            )
        )
    trained = [unseen.trained] * len(SPLITS)
    record = {
        "rule": reliability.RULE,
        "asked": asked(stick, sorted(videos.glob("*/*")), "StickHMDB", "Weizmann"),
        "held_out": [
            held_out(stick, trained, GROUPS["StickHMDB"], "StickHMDB"),
            held_out(weizmann, [Frozen(run) for run in weizmann], GROUPS["Weizmann"], "Weizmann"),
        ],
    }
    records.write(reliability.FILE, record)
    print(reliability.words())


if __name__ == "__main__":
    if "TWOSTREAM_REAL_DATA" not in os.environ:
        sys.exit("TWOSTREAM_REAL_DATA is not set: name the folder with Weizmann's clips by it.")
    main(Path(sys.argv[1]), Path(os.environ["TWOSTREAM_REAL_DATA"]))
