"""Trials of the failure laboratory: setups of `flow_setups` are trained, scored and compared.

Verdicts come from the validation part. Only the paper's own setups are scored on the test part,
because they are compared with chance and nothing is chosen by them.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from statsmodels.stats.multitest import multipletests

from twostream_lib import models
from twostream_lib.data import identity
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.plan import Plan
from twostream_lib.experiments.flow_setups import (
    AGAINST,
    FAILURES,
    SWITCHES,
    Setup,
    build_network,
    find_setup,
)
from twostream_lib.fusion import evaluation, scores
from twostream_lib.fusion.evaluation import Result
from twostream_lib.fusion.scores import Scores
from twostream_lib.locks import alone
from twostream_lib.training import checkpoints, loop
from twostream_lib.training.profiles import TRIAL_WINDOWS
from twostream_lib.training.recipes import RECIPES, Recipe
from twostream_lib.training.side_by_side import side_by_side


@dataclass(frozen=True)
class Trial:
    """A setup that was trained: its history, see `training.fit`, and its scores by part.

    The part is `test` for the setups in `FAILURES`, and `validation` for all others.
    """

    name: str
    setup: Setup
    history: list[dict]
    scores: Mapping[str, Scores]

    @property
    def result(self) -> Result:
        """Validation videos right, each by the mean over its windows."""
        return evaluation.share(scores.per_video(self.scores["validation"]), "video-all")

    @property
    def tested(self) -> Result:
        """Test videos right, by their centre windows."""
        return evaluation.share(scores.per_video(self.scores["test"]))

    @property
    def classes(self) -> int:
        """How many; guessing is right in one of so many."""
        return len(next(iter(self.scores.values())).classes)


@dataclass(frozen=True)
class Lab:
    """What all trials of a run share.

    Attributes:
        train, valid, test: flow stacks.
        backbone, weights, spatial: see `flow_setups.build_network`.
        recipe: the run's for its flow stream; the number of epochs is the setup's.
        folder: where trials are kept. A finished one is read, a stopped one is resumed.
        seed: of weights, shuffles and flips.
    """

    train: WindowDataset
    valid: WindowDataset
    test: WindowDataset
    backbone: str
    weights: str
    spatial: models.StreamNet
    recipe: Recipe
    folder: Path
    seed: int = 0

    def trial(self, name: str) -> Trial:
        """Train and score the setup of that name.

        Raises:
            InputError: there is no setup of that name.
        """
        return self._trial(name, find_setup(name))

    def trials(self, names: Iterable[str]) -> dict[str, Trial]:
        """The same for several, side by side."""
        chosen = [(name, find_setup(name)) for name in names]
        trials = side_by_side(self._trial, chosen, "switches")
        return {trial.name: trial for trial in trials}

    def _trial(self, name: str, chosen: Setup) -> Trial:
        recipe = recipe_of(chosen, self.recipe)
        starts = [self.backbone, self.weights, self._spatial_word]
        seen = len(subsample(self.train, chosen.seconds_per_window))
        made_by = json.dumps([asdict(chosen), recipe.numbers, self.seed, self._data, starts, seen])
        folder = self.folder / hashlib.sha256(made_by.encode()).hexdigest()[:12]
        file = folder / f"{name}.npz"
        with alone(folder, f"trains {name}"):
            if not file.is_file():
                self._train(name, chosen, recipe, folder)
        history = checkpoints.read_history(folder)
        return Trial(name, chosen, history, scores.load(file))

    @property
    def _plan(self) -> Plan:
        return self.train.store.plan

    @cached_property
    def _data(self) -> list[dict]:
        """What all trials are trained and judged on: one on other clips or labels is another."""
        return [identity.of(data) for data in (self.train, self.valid, self.test)]

    @cached_property
    def _spatial_word(self) -> str:
        return identity.of_network(self.spatial)

    def _train(self, name: str, chosen: Setup, recipe: Recipe, folder: Path) -> None:
        plan, classes = self._plan, len(self.train.classes)
        torch.manual_seed(self.seed)
        net = build_network(chosen, self.backbone, self.weights, self.spatial, classes, plan)
        view = "flow" if chosen.flip_negates else "rgb"  # a picture is mirrored, and no more
        augment = Augmentation(view, recipe.random_translation, recipe.flow_magnitude_jitter)
        train = subsample(self.train, chosen.seconds_per_window)
        loop.fit(net, train, None, recipe, folder, self.seed, augment, name)
        part = "test" if name in FAILURES else "validation"
        judged = under("video-1", self.test) if name in FAILURES else self.valid
        scores.save({part: scores.predict(name, net, judged, part)}, folder / f"{name}.npz")
        (folder / "last.pt").unlink()  # CNN-M-2048 would leave most of a gigabyte


def recipe_of(chosen: Setup, recipe: Recipe) -> Recipe:
    """The recipe of a setup, where the run's flow stream is trained by `recipe`.

    There is no label smoothing in any case: a loss that is read should be the plain one. The
    paper's optimiser comes with its learning rate for all layers; the rest stays the run's.
    """
    paper = RECIPES["paper-mode2-temporal"]
    whose = paper if chosen.optimiser == "paper" else recipe
    return replace(
        recipe,
        phases=(replace(whose.phases[0], epochs=chosen.epochs),),
        weight_decay=whose.weight_decay,
        backbone_lr_scale=whose.backbone_lr_scale,
        label_smoothing=0.0,
        batch_size=(paper if chosen.large_batch else recipe).batch_size,
    )


def subsample(data: WindowDataset, seconds_per_window: float) -> WindowDataset:
    """Windows at equal distances, one for so many seconds of clips; all if there are fewer.

    Of very many, no more than `TRIAL_WINDOWS` are taken.
    """
    every = each_so_many(len(data), data.store.plan, seconds_per_window)
    return _subset(data, data.places[::every])


def each_so_many(windows: int, plan: Plan, seconds_per_window: float) -> int:
    """Of so many windows of a store by `plan`, every how many-th one a trial is trained on."""
    return max(1, round(seconds_per_window / plan.step), math.ceil(windows / TRIAL_WINDOWS))


def under(protocol: str, data: WindowDataset) -> WindowDataset:
    """The windows of one test protocol."""
    return _subset(data, data.places[(data.rows.protocol == protocol).to_numpy()])


def _subset(data: WindowDataset, places: np.ndarray) -> WindowDataset:
    keep = np.zeros(len(data.store.index), bool)
    keep[places] = True
    return WindowDataset(data.store, keep, data.view, data.classes)


MATTERED, BETTER = "mattered", "better than working"
NO_DIFFERENCE = "no difference that these clips can show"


def verdicts(trials: Mapping[str, Trial]) -> pd.DataFrame:
    """What each switch did, one row each: videos that only one of the two has right, and a verdict.

    trials: by name; each of `SWITCHES` is held against the working one, or the one in `AGAINST`.
    By McNemar's exact test on the validation videos, two-sided. As there are many switches, the
    p-values are adjusted by Holm's correction, as everywhere in the course.
    """
    tests = {}
    for name in SWITCHES:
        right_one = trials[AGAINST.get(name, "working")].scores["validation"]
        tests[name] = evaluation.compare(right_one, trials[name].scores["validation"], "window")
    table = pd.DataFrame([asdict(test) for test in tests.values()], index=list(tests))
    table["p_value"] = multipletests(table.p_value, method="holm")[1]
    worse, clear = table.only_first > table.only_second, table.p_value < 0.05
    table["verdict"] = np.where(clear, np.where(worse, MATTERED, BETTER), NO_DIFFERENCE)
    return table


def may_guess(result: Result, chance: float) -> bool:
    """Whether the interval of a result leaves it open that the stream only guesses."""
    return result.low <= chance


def between_twins(
    scored: Scores, pairs: Iterable[tuple[str, str]]
) -> tuple[np.ndarray, np.ndarray]:
    """Of each video of a class that has a twin: does its own class score above its twin?

    scored: under `video-10`. bool `[N]`, videos in the order of `scores.per_video`, and their
    sources, str `[N]`.
    """
    videos = scores.per_video(scored.under("video-10"))
    number = {name: place for place, name in enumerate(videos.classes)}
    twin = {number[a]: number[b] for pair in pairs for a, b in (pair, pair[::-1])}
    rows = [row for row, label in enumerate(videos.label) if int(label) in twin]
    own = videos.label[rows]
    other = np.array([twin[int(label)] for label in own], int)
    return videos.logits[rows, own] > videos.logits[rows, other], videos.source[rows]
