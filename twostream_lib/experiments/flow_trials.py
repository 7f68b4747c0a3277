"""Trials of the failure laboratory: setups of `flow_setups` are trained, scored and compared.

All are judged on the validation part: no test clip is used. A setup is held against its control,
which sees as many windows and makes as many steps, see `flow_setups.CONTROLS`.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from twostream_lib import models
from twostream_lib.course import showing, side_results
from twostream_lib.course.run import Run
from twostream_lib.data import identity
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.plan import Plan
from twostream_lib.experiments.flow_setups import (
    WORKING,
    Setup,
    build_network,
    control_of,
    find_setup,
)
from twostream_lib.fusion import evaluation, pairs, score_files, scores
from twostream_lib.fusion.evaluation import Result
from twostream_lib.fusion.scores import Scores
from twostream_lib.locks import alone
from twostream_lib.training import checkpoints, loop
from twostream_lib.training.profiles import TRIAL_WINDOWS, trial_rounds
from twostream_lib.training.recipes import RECIPES, Recipe
from twostream_lib.training.side_by_side import side_by_side

VALIDATION = "validation"


@dataclass(frozen=True)
class Trial:
    """A setup that was trained.

    Attributes:
        name, setup: of `flow_setups.SETUPS`.
        history: see `training.fit`.
        scores: of the windows of the validation part.
        steps: batches that it was trained on.
    """

    name: str
    setup: Setup
    history: list[dict]
    scores: Scores
    steps: int = 0

    @property
    def result(self) -> Result:
        """Validation videos right, each by the mean over its windows."""
        return evaluation.share(scores.per_video(self.scores), "video-all")

    @property
    def classes(self) -> int:
        """How many; guessing is right in one of so many."""
        return len(self.scores.classes)


@dataclass(frozen=True)
class Lab:
    """What all trials of a run share.

    Attributes:
        train, valid: flow stacks.
        backbone, weights, spatial: see `flow_setups.build_network`.
        recipe: the run's for its flow stream; the number of epochs is the setup's.
        folder: where trials are kept. A finished one is read, a stopped one is resumed.
        seed: of weights, shuffles and flips.
    """

    train: WindowDataset
    valid: WindowDataset
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
        """The same for several, small networks side by side. CNN-M-2048 takes a gigabyte and more
        to train, so two of it do not train at once, and nothing is beside it."""
        chosen = {name: find_setup(name) for name in names}
        large = [name for name, setup in chosen.items() if setup.network == "cnn-m"]
        small = [(name, setup) for name, setup in chosen.items() if name not in large]
        trials = [self.trial(name) for name in large]
        trials += side_by_side(self._trial, small, "laboratory")
        by_name = {trial.name: trial for trial in trials}
        return {name: by_name[name] for name in chosen}

    def _trial(self, name: str, chosen: Setup) -> Trial:
        recipe = recipe_of(chosen, self.recipe, self.rounds)
        starts = [self.backbone, self.weights, self._spatial_word]
        seen = len(subsample(self.train, chosen.seconds_per_window))
        steps = recipe.epochs * math.ceil(seen / recipe.batch_size)
        made_by = json.dumps([asdict(chosen), recipe.numbers, self.seed, self._data, starts, seen])
        folder = self.folder / hashlib.sha256(made_by.encode()).hexdigest()[:12]
        file = folder / "scores.npz"
        with alone(folder, f"trains {name}"):
            if not file.is_file():
                self._train(name, chosen, recipe, folder)
            side_results.leave_setup(folder, name, control_of(name))
        history = checkpoints.read_history(folder)
        # Two setups may be one by another name, which is trained once.
        said = replace(score_files.load_part(file, VALIDATION), network=name)
        return Trial(name, chosen, history, said, steps)

    @cached_property
    def rounds(self) -> int:
        """How many times over every setup goes through its epochs, see `profiles.trial_rounds`."""
        windows = len(subsample(self.train, WORKING.seconds_per_window))
        return trial_rounds(windows, self.recipe.batch_size)

    @property
    def _plan(self) -> Plan:
        return self.train.store.plan

    @cached_property
    def _data(self) -> list[dict]:
        """What all trials are trained and judged on: one on other clips or labels is another."""
        return [identity.of(data) for data in (self.train, self.valid)]

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
        said = scores.predict(name, net, self.valid, VALIDATION)
        score_files.save({VALIDATION: said}, folder / "scores.npz")
        (folder / "last.pt").unlink()  # CNN-M-2048 would leave most of a gigabyte


def lab_of(run: Run, fold: int = 0) -> Lab:
    """The failure laboratory of a run, which holds out one fold of the training clips; the spatial
    stream that has not seen it is trained if it is not yet."""
    spatial = run.new_stream("spatial")
    run.train("spatial", spatial, fold)
    return Lab(
        train=run.part("temporal-flow", "train", fold=fold),
        valid=run.part("temporal-flow", "validation", fold=fold),
        backbone=run.backbone,
        weights=run.weights,
        spatial=spatial,
        recipe=run.recipe("temporal-flow"),
        folder=run.checkpoint("flow-trials"),
        seed=run.seed,
    )


def recipe_of(chosen: Setup, recipe: Recipe, rounds: int = 1) -> Recipe:
    """The recipe of a setup, where the run's flow stream is trained by `recipe`, and every setup
    goes through its epochs so many times over.

    There is no label smoothing in any case: a loss that is read should be the plain one. The
    paper's optimiser comes with its learning rate for all layers; the rest stays the run's.
    """
    paper = RECIPES["paper-mode2-temporal"]
    whose = paper if chosen.optimiser == "paper" else recipe
    return replace(
        recipe,
        phases=(replace(whose.phases[0], epochs=rounds * chosen.epochs),),
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
    return data.only(np.arange(0, len(data), every))


def each_so_many(windows: int, plan: Plan, seconds_per_window: float) -> int:
    """Of so many windows of a store by `plan`, every how many-th one a trial is trained on."""
    return max(1, round(seconds_per_window / plan.step), math.ceil(windows / TRIAL_WINDOWS))


MATTERED, BETTER = "mattered", "better than without"
NO_DIFFERENCE = "no difference that these clips can show"


def verdicts(trials: Mapping[str, Trial], names: Sequence[str]) -> pd.DataFrame:
    """What each setup did beside its control, one row each.

    `real` says that a difference is more than luck: by McNemar's exact test on the validation
    videos, its p-values adjusted for all of `names` together (Holm), and by the interval of the
    difference over sources. See `fusion.pairs.all_pairs`.

    Args:
        trials: by name; all of `names` and their controls.
        names: of setups.

    Returns:
        The columns of `evaluation.Comparison`, of the setup beside its control: `difference` is
        below zero where the control is ahead. Beside them `holm`, `real` and `verdict`.
    """
    table = pairs.table_of(
        [
            evaluation.compare_videos(
                scores.per_video(trials[name].scores),
                scores.per_video(trials[control_of(name)].scores),
            )
            for name in names
        ]
    ).set_index(pd.Index(names))
    worse = table.difference < 0
    table["verdict"] = np.where(table.real, np.where(worse, MATTERED, BETTER), NO_DIFFERENCE)
    return table


def what_differs(names: Iterable[str]) -> pd.DataFrame:
    """Each setup beside its control, and the fields in which the two differ, to look at."""
    rows = {}
    for name in names:
        mine, others = (vars(find_setup(one)) for one in (name, control_of(name)))
        said = [f"{field} = {mine[field]!r}" for field in mine if mine[field] != others[field]]
        rows[name] = {"held against": control_of(name), "differs from it in": ", ".join(said)}
    return pd.DataFrame(rows).T.rename_axis("setup")


def beside_controls(trials: Mapping[str, Trial], verdicts: pd.DataFrame) -> pd.DataFrame:
    """Each setup beside its control, to look at: steps, last training loss, and what is right.

    Args:
        trials: by name; all that are named in `verdicts` and their controls.
        verdicts: see `verdicts`; a row each.
    """
    rows = {}
    for name, found in verdicts.iterrows():
        trial, control = trials[name], trials[control_of(name)]
        points = [f"{100 * found[end]:+.1f}" for end in ("difference", "low", "high")]
        rows[name] = {
            "steps": trial.steps,
            "last loss": f"{trial.history[-1]['train_loss']:.2f}",
            "right (%), interval": showing.with_interval(trial.result),
            "held against": f"{control.name}: {100 * control.result.accuracy:.1f} %",
            "points ahead, interval": f"{points[0]} ({points[1]} to {points[2]})",
            "p after Holm": f"{found.holm:.2g}",
            "verdict": found.verdict,
        }
    return pd.DataFrame(rows).T.rename_axis("setup")


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
