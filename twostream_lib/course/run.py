"""What a notebook needs from its run: clips, windows, streams and scores, made or found.

Notebooks hand over through the run folder alone. Each asks the run for what it needs; what an
earlier notebook left there is read, and what is missing is made and announced.
"""

import copy
import os
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch.utils.data import Dataset

from twostream_lib import clips, disks, networks, stickhmdb
from twostream_lib.clips import apart, splitfiles
from twostream_lib.clips.table import read_folder
from twostream_lib.course.limits import Limits, count_windows
from twostream_lib.data import datasets, identity, store
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.data.frame_stream import FrameStream
from twostream_lib.data.plan import Plan
from twostream_lib.errors import CannotBeHad, InputError, shown
from twostream_lib.fusion import scores
from twostream_lib.locks import alone
from twostream_lib.models.first_layer import see_motion_only
from twostream_lib.models.stream import StreamNet
from twostream_lib.training import launch
from twostream_lib.training.profiles import Profile
from twostream_lib.training.recipes import RECIPES, Recipe


@dataclass(frozen=True)
class Run:
    """One run of the course: what was asked for, and the folder that holds what was made.

    `folder` has `checkpoints/`, `scores/`, `clips.csv`; see `configure` for the rest.
    """

    name: str
    settings: Profile
    folder: Path
    videos: Path | None
    splits: Path | None
    split: int
    seed: int
    backbone: str
    weights: str

    # --- clips ---------------------------------------------------------------------------

    @cached_property
    def table(self) -> pd.DataFrame:
        """The probed clip table, bad clips included (`ok`, `why`), kept in `clips.csv`: only what
        has changed since then is looked at again.

        Without split files, clips that can be used are dealt out by source, see `clips.apart`, and
        others have tag 0. What these clips cannot give is printed, see `limits`.

        Raises:
            InputError: nothing can be trained on these clips; or what `clips.read` has to say.
        """
        file = self.folder / "clips.csv"
        with alone(file, "looks at the clips"):
            found = self.found()
            table = clips.probe_clips(found, keep=file, own=True)
            if not self.lists:
                table = clips.probe_clips(found.assign(tag=self._dealt(table)), keep=file, own=True)
        for sentence in self._limits_of(table).sentences:
            print(shown(sentence))
        return table

    def found(self) -> pd.DataFrame:
        """The clip table before any clip is looked at; all tags are 0 where no split file has any.

        Raises:
            InputError: what `clips.read` has to say.
        """
        if not self.lists:
            return read_folder(self._videos)
        return clips.read(self._videos, self._splits, self.split)

    def _dealt(self, table: pd.DataFrame) -> pd.Series:
        """The tags of the clips of a probed table, where no split file has any."""
        usable = table.ok & (count_windows(table, self.settings.plan) > 0)
        dealt = apart.deal(table[usable], seed=self.split)
        return dealt.tag.reindex(table.index, fill_value=clips.UNUSED)

    def _limits_of(self, table: pd.DataFrame) -> Limits:
        return Limits.of(table, self.settings, bool(self.lists), self.dataset)

    @cached_property
    def limits(self) -> Limits:
        """What the clips cannot give, such as a test part or a stream of flow."""
        return self._limits_of(self.table)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that the clips give: `train`, `validation` and, where there is one, `test`."""
        return ("train", "validation", *(() if "test" in self.limits.lacking else ("test",)))

    def require(self, *names: str) -> None:
        """Raise CannotBeHad, in one sentence, if the clips cannot give one of these: `test`,
        `temporal-flow` or `gap-sweep`."""
        for name in names:
            if name in self.limits.lacking:
                raise CannotBeHad(self.limits.lacking[name])

    @cached_property
    def _videos(self) -> Path:
        return self.videos or stick_clips(self.folder.parent) / "videos"

    @cached_property
    def _splits(self) -> Path | None:
        if self.videos is None:
            return self._videos.parent / "splits"
        return self.splits

    @cached_property
    def lists(self) -> Path | None:
        """The folder of split files: the one that was asked for, or one beside the videos."""
        return self._splits or splitfiles.find_splits(self._videos.absolute())

    @cached_property
    def listed(self) -> dict[int, pd.DataFrame]:
        """What the split files list, by split; empty where there are none."""
        return splitfiles.read_all(self.lists) if self.lists else {}

    @property
    def uses_stickhmdb(self) -> bool:
        """Whether the clips are the embedded ones, whose ceilings are known."""
        return stickhmdb.is_stickhmdb(self._videos)

    @property
    def dataset(self) -> str:
        """The name under which results speak of the clips."""
        if self.uses_stickhmdb:
            return "StickHMDB"
        folder = self._videos.resolve()
        return folder.parent.name if folder.name == "videos" else folder.name

    @cached_property
    def ceilings(self) -> dict[str, float]:
        """The best shares of test clips that can be reached: from one picture (`spatial`), from
        motion (`temporal`), and from `both`. Empty where nobody knows them."""
        return stickhmdb.ceilings_of(self.table) if self.uses_stickhmdb else {}

    @cached_property
    def classes(self) -> list[str]:
        """Class names in alphabetical order; a label's index here is its number everywhere.

        A class that has nothing to train on is left out, see `limits`."""
        return self.limits.classes

    @property
    def motion_twins(self) -> list[tuple[str, str]]:
        """Pairs of classes that show the same frames, in the opposite order. None are known of
        real clips."""
        return stickhmdb.MOTION_TWINS if self.uses_stickhmdb else []

    @property
    def twins_together(self) -> list[str]:
        """Class names with twins side by side; in alphabetical order where there are none."""
        return list(stickhmdb.ACTIONS) if self.uses_stickhmdb else self.classes

    @cached_property
    def used_clips(self) -> pd.DataFrame:
        """The clips that this run trains and tests on: whole ones, with the tags and of the classes
        that it uses."""
        table = self.table
        tags = (*self.settings.train_tags, 2)
        used = table.ok & table.tag.isin(tags) & table.label.isin(self.classes)
        return table[used].reset_index(drop=True)

    @cached_property
    def made_by(self) -> dict[str, Any]:
        """What scores of this run follow from; those that something else made are outdated."""
        used = self.used_clips
        names, plans = clips.names(used), (self.settings.plan, self.settings.flow_plan)
        return {
            "clips": identity.word(sorted(names)),
            "labels": identity.word(sorted(zip(names, used.label, strict=True))),
            "classes": self.classes,
            "files": identity.word(store.describe(used, self.settings.plan)["files"]),
            "plan": [asdict(plan) for plan in plans],
            "recipes": {name: RECIPES[of].numbers for name, of in self.settings.recipes.items()},
            "seed": self.seed,
            "backbone": self.backbone,
            "weights": self._weights_word,
        }

    @property
    def _weights_word(self) -> str:
        """Where the backbones start from: a name, or what is in the file of that name."""
        file = Path(self.weights)
        return identity.word([file.read_bytes()]) if file.is_file() else self.weights

    # --- windows -------------------------------------------------------------------------

    @property
    def stores(self) -> Path:
        """The folder of its stores, see `disks`."""
        return disks.of_stores(self.folder)

    @cached_property
    def images(self) -> store.Store:
        """The store of image windows (RGB and SG3I)."""
        return store.build(self.used_clips, self.stores / "images", self.settings.plan)

    @cached_property
    def flow(self) -> store.Store:
        """The store of flow stacks.

        Raises:
            CannotBeHad: the clips are too short.
        """
        self.require("temporal-flow")
        return store.build(self.used_clips, self.stores / "flow", self.settings.flow_plan)

    @cached_property
    def dense(self) -> store.Store:
        """The store of gray frames close together, of the training clips: SG3I of any gap.

        Raises:
            CannotBeHad: the clips are too short.
        """
        self.require("gap-sweep")
        training = self.used_clips[self.used_clips.tag != 2].reset_index(drop=True)
        return store.build(training, self.stores / "dense", self.settings.dense_plan)

    def view_of(self, network: str) -> str:
        """What a stream is fed of a window: `rgb`, `sg3i` or `flow`.

        Raises:
            InputError: no such network, or a fusion, which reads scores.
        """
        view = networks.get("temporal-sg3i" if network == "gap-sweep" else network).view
        if not view:
            raise InputError(f"{network} is a fusion, and is fed no windows: name a stream.")
        return view

    def plan_of(self, network: str) -> Plan:
        """What the windows of a stream that is tested are made of."""
        flow = self.view_of(network) == "flow"
        return self.settings.flow_plan if flow else self.settings.plan

    def store_of(self, network: str) -> store.Store:
        """The store that a stream reads."""
        if network == "gap-sweep":
            return self.dense
        return self.flow if self.view_of(network) == "flow" else self.images

    def part(
        self, network: str, part: str, channels: slice | None = None
    ) -> datasets.WindowDataset:
        """The windows of `train`, `validation`, `train+validation` or `test` as a stream sees them.

        The validation part is one fifth of the training clips, held out by source: no source is
        on both sides, where the clips allow it, see `limits`. Training and validation have
        `window` rows only, the test part all. `channels` are the store's that the stream sees,
        where they are not the usual ones.

        Raises:
            CannotBeHad: no clip of the part has a window of this kind.
        """
        if part == "test":
            self.require("test")
        windows = self.store_of(network)
        tested, videos = (windows.index.tag == 2).to_numpy(), windows.index.video.cat
        keep = {
            "train": ~tested & ~videos.categories.isin(self.limits.held_out)[videos.codes],
            "validation": ~tested & videos.categories.isin(self._validation_videos)[videos.codes],
            "train+validation": ~tested,
            "test": tested,
        }
        if not keep[part].any():
            raise CannotBeHad(
                f"No clip of the {part} part is long enough for a window of "
                f"{windows.plan.frames} frames, {windows.plan.fps:g} a second: add longer clips."
            )
        return datasets.WindowDataset(
            windows, keep[part], self.view_of(network), self.classes, channels
        )

    def frames(self, network: str) -> FrameStream:
        """Every frame of the training clips, randomly cropped: mode 1 (paper, III.A)."""
        table = self.used_clips[self.used_clips.tag != 2]
        kept = table[[name not in self.limits.held_out for name in clips.names(table)]]
        view, size = self.view_of(network), self.settings.plan.size
        return FrameStream(kept, self.classes, view, size, self.seed)

    @cached_property
    def _validation_videos(self) -> set[str]:
        """Those that are held out; where none can be, the training clips themselves."""
        training = self.used_clips[self.used_clips.tag != 2]
        return set(self.limits.held_out or clips.names(training))

    # --- streams -------------------------------------------------------------------------

    def recipe(self, network: str) -> Recipe:
        """The recipe by which this run trains a network."""
        return RECIPES[self.settings.recipes[network]]

    def checkpoint(self, network: str) -> Path:
        """The folder of a network's checkpoint and history."""
        return self.folder / "checkpoints" / network

    def new_stream(self, network: str) -> StreamNet:
        """An untrained stream of the right shape, from the run's weights and seed."""
        torch.manual_seed(self.seed)
        return self.stream(network, len(self.classes), self.weights)

    def stream(self, network: str, classes: int, weights: str) -> StreamNet:
        """A stream of this run's shape for so many classes, its backbone with these weights."""
        view = self.view_of(network)
        channels = self.settings.flow_plan.channels if view == "flow" else 3
        dropout = self.recipe(network).dropout
        size = self.settings.flow_seen_at if view == "flow" else None
        net = StreamNet(self.backbone, classes, channels, weights, dropout=dropout, size=size)
        if view == "sg3i" and self.weights == "none":
            see_motion_only(net.backbone)
        return net

    def train(self, network: str, net: StreamNet) -> list[dict]:
        """Train a stream by the run's recipe, or go on where an earlier run stopped."""
        every_frame = self.settings.mode == "mode 1" and self.view_of(network) != "flow"
        train = self.frames(network) if every_frame else self.part(network, "train")
        valid = self.part(network, "validation")
        return self.fit(network, net, train, valid, self.checkpoint(network))

    def fit(
        self,
        network: str,
        net: StreamNet,
        train: Dataset,
        valid: Dataset | None,
        folder: Path,
        recipe: Recipe | None = None,
    ) -> list[dict]:
        """Train a stream on these data by `recipe`, None: by its own; see `training.fit`."""
        view, recipe = self.view_of(network), recipe or self.recipe(network)
        every_frame = isinstance(train, FrameStream)
        augment = Augmentation(view, recipe.random_translation, recipe.flow_magnitude_jitter)
        first = os.environ.get("RANK", "0") == "0"  # of several processes of one training
        with alone(folder, f"trains {network}") if first else nullcontext():
            return launch.fit(
                net,
                train,
                valid,
                recipe,
                folder,
                seed=self.seed,
                # A stream of frames cuts and flips each of its samples itself.
                augment=None if every_frame else augment,
                name=network,
            )

    def final(self, network: str, net: StreamNet) -> StreamNet:
        """The network that is tested, where `net` was trained by `train`.

        It is `net` itself, or, if the recipe has `retrain_epochs`, a copy that was trained further
        on all training clips.
        """
        recipe = self.recipe(network)
        if not recipe.retrain_epochs:
            return net
        whole = copy.deepcopy(net)
        more = replace(recipe, phases=(replace(recipe.phases[-1], epochs=recipe.retrain_epochs),))
        data = self.part(network, "train+validation")
        self.fit(network, whole, data, None, self.tested_checkpoint(network), more)
        return whole

    def tested_checkpoint(self, network: str) -> Path:
        """The folder of the checkpoint of the network that is tested, see `final`."""
        if not self.recipe(network).retrain_epochs:
            return self.checkpoint(network)
        return self.folder / "retrained" / network

    def score(self, network: str, net: StreamNet) -> dict[str, scores.Scores]:
        """Score the validation part by `net` and the test part by the final network, and leave the
        scores in the run folder."""
        parts = {
            part: scores.predict(network, judge, self.part(network, part), part)
            for part, judge in (("validation", net), ("test", self.final(network, net)))
        }
        self.save_scores(network, parts)
        return parts

    def save_scores(self, network: str, parts: dict[str, scores.Scores]) -> None:
        """Leave a network's scores, by part, in the run folder."""
        file = self.scores_file(network)
        with alone(file, f"writes the scores of {network}"):
            scores.save(parts, file, self.made_by)

    def scores_file(self, network: str) -> Path:
        return self.folder / "scores" / f"{network}.npz"

    def scores_of(self, network: str) -> dict[str, scores.Scores]:
        """A stream's scores, by part; where they are missing the stream is trained first.

        Raises:
            InputError: the scores are damaged, or something else made them, such as other clips.
        """
        if not self.scores_file(network).is_file():
            print(f"No scores of the {network} stream in {self.folder} yet: training it now.")
            net = self.new_stream(network)
            self.train(network, net)
            return self.score(network, net)
        file, parts = self.scores_file(network), ("validation", "test")
        return {part: scores.load_part(file, part, self.classes, self.made_by) for part in parts}


def stick_clips(runs: Path) -> Path:
    """The embedded clip set of a runs folder, drawn if it is not there yet."""
    with alone(runs / "stickhmdb", "draws the clips"):
        return stickhmdb.make_clips(runs / "stickhmdb")
