"""What a run feeds its streams, and how it trains them: the second of the layers of a `Run`."""

import copy
import os
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import torch

from twostream_lib import clips, disks, networks
from twostream_lib.course.run_clips import RunClips
from twostream_lib.data import datasets, store
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.data.frame_stream import FrameStream
from twostream_lib.data.plan import Plan
from twostream_lib.errors import CannotBeHad, InputError
from twostream_lib.locks import alone
from twostream_lib.models.first_layer import see_motion_only
from twostream_lib.models.stream import StreamNet
from twostream_lib.models.two_stream import TwoStreamNet
from twostream_lib.training import launch
from twostream_lib.training.recipes import RECIPES, Recipe

OF_FOLD = "-fold-"  # between a network and the number of a fold, in the name of its training


class RunStreams(RunClips):
    """The clips of a run as windows, and the networks that are trained on them, fold by fold."""

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
        self, network: str, part: str, channels: slice | None = None, fold: int = 0
    ) -> datasets.WindowDataset:
        """The windows of `train`, `validation`, `train+validation` or `test` as a stream sees them.

        The validation part is a fold of the training clips, held out by source: no source is on
        both sides, where the clips allow it, see `limits`. Training and validation have `window`
        rows only, the test part all. `channels` are the store's that the stream sees, where they
        are not the usual ones. `fold` is the one that is held out.

        Raises:
            CannotBeHad: no clip of the part has a window of this kind.
        """
        if part == "test":
            self.require("test")
        windows = self.store_of(network)
        tested, videos = (windows.index.tag == 2).to_numpy(), windows.index.video.cat
        keep = {
            "train": ~tested & ~videos.categories.isin(self.limits.of_fold(fold))[videos.codes],
            "validation": ~tested & videos.categories.isin(self._held_out(fold))[videos.codes],
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

    def frames(self, network: str, fold: int | None = 0) -> FrameStream:
        """Every frame of the training clips but those of one fold, if any, randomly cropped: mode 1
        (paper, III.A)."""
        table = self.used_clips[self.used_clips.tag != 2]
        left_out = set() if fold is None else self.limits.of_fold(fold)
        kept = table[[name not in left_out for name in clips.names(table)]]
        view, size = self.view_of(network), self.settings.plan.size
        return FrameStream(kept, self.classes, view, size, self.seed)

    def _held_out(self, fold: int) -> set[str]:
        """The clips of a fold; where no clip has one, fold 0 are the training clips themselves."""
        if self.limits.folds or fold:
            return self.limits.of_fold(fold)
        return set(clips.names(self.used_clips[self.used_clips.tag != 2]))

    # --- streams -------------------------------------------------------------------------

    @cached_property
    def recipes(self) -> dict[str, Recipe]:
        """The recipes by which this run trains its networks, also in processes that it starts."""
        return {name: RECIPES[of] for name, of in self.settings.recipes.items()}

    def recipe(self, network: str) -> Recipe:
        """The recipe by which this run trains a network."""
        return self.recipes[network]

    def checkpoint(self, network: str) -> Path:
        """The folder of a network's checkpoint and history."""
        return self.folder / "checkpoints" / network

    def new_stream(self, network: str) -> StreamNet:
        """An untrained stream of the right shape, from the run's weights and seed."""
        self.view_of(network)  # a fusion is refused before any clip is drawn or read
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

    def train(self, network: str, net: StreamNet, fold: int = 0) -> list[dict]:
        """Train a stream by the run's recipe, or go on where an earlier run stopped.

        It learns from all folds but one. Only the network of fold 0 is watched while it learns.
        """
        train = self.learned_from(network, fold)
        valid = None if fold else self.part(network, "validation")
        place = self.checkpoint(f"{network}{OF_FOLD}{fold}" if fold else network)
        return self.fit(network, net, train, valid, place)

    def learned_from(
        self, network: str, left_out: int | None
    ) -> datasets.WindowDataset | FrameStream:
        """What a stream is trained on: all training clips but those of one fold, if any."""
        if self.settings.mode == "mode 1" and self.view_of(network) != "flow":
            return self.frames(network, left_out)
        if left_out is None:
            return self.part(network, "train+validation")
        return self.part(network, "train", fold=left_out)

    def fit(
        self,
        network: str,
        net: StreamNet | TwoStreamNet,
        train: datasets.WindowDataset | FrameStream,
        valid: datasets.WindowDataset | None,
        folder: Path,
        recipe: Recipe | None = None,
    ) -> list[dict]:
        """Train a stream on these data by `recipe`, None: by its own; see `training.fit`.

        The last part of the folder's name is that of the training."""
        recipe = recipe or self.recipe(network)
        every_frame = isinstance(train, FrameStream)
        augment = Augmentation(train.view, recipe.random_translation, recipe.flow_magnitude_jitter)
        first = os.environ.get("RANK", "0") == "0"  # of several processes of one training
        with alone(folder, f"trains {folder.name}") if first else nullcontext():
            return launch.fit(
                net,
                train,
                valid,
                recipe,
                folder,
                seed=self.seed,
                # A stream of frames cuts and flips each of its samples itself.
                augment=None if every_frame else augment,
                name=folder.name,
            )

    def final(self, network: str, net: StreamNet) -> StreamNet:
        """The network that is tested, where `net` was trained by `train`.

        Where each fold has its network, none of them is better than another to be tested: a new one
        learns from all training clips by the same recipe. Where `net` is the only one, it is tested
        itself, or, if the recipe has `retrain_epochs`, a copy that goes on over all of them.
        """
        recipe, place = self.recipe(network), self.tested_checkpoint(network)
        if place == self.checkpoint(network):
            return net
        whole = self.new_stream(network)
        if self.settings.trained_folds == 1:
            whole = copy.deepcopy(net)
            last = replace(recipe.phases[-1], epochs=recipe.retrain_epochs)
            recipe = replace(recipe, phases=(last,))
        self.fit(network, whole, self.learned_from(network, None), None, place, recipe)
        return whole

    def tested_checkpoint(self, network: str) -> Path:
        """The folder of the checkpoint of the network that is tested, see `final`."""
        if self.settings.trained_folds == 1 and not self.recipe(network).retrain_epochs:
            return self.checkpoint(network)
        return self.folder / "retrained" / network
