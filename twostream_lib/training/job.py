"""What a training is done with: its network on its device, its recipe, and what it keeps."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from torch import nn
from torch.utils.data import Dataset

from twostream_lib.data import identity
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.data.order import Share
from twostream_lib.errors import InputError
from twostream_lib.training import devices, precision
from twostream_lib.training.checkpoints import TrainingState
from twostream_lib.training.copies import Copies
from twostream_lib.training.devices import Shell
from twostream_lib.training.optimisers import freeze
from twostream_lib.training.recipes import Recipe


@dataclass
class Job:
    """All that a training is done with.

    Attributes:
        accelerator, share: the device, and which part of each batch it computes.
        state: what changes, and is kept.
        net: the network as Accelerate has prepared it. optimiser: likewise, of the present phase.
        fixed_norms: stay in evaluation mode.
        pieces: in how many a batch is computed; 0: that is not known yet.
        recipe, seed, augment, folder: see `fit`. copies: writes checkpoints to the folder.
    """

    accelerator: Accelerator
    share: Share
    state: TrainingState
    net: nn.Module
    fixed_norms: list[nn.Module]
    recipe: Recipe
    seed: int
    augment: Augmentation | None
    folder: Path
    copies: Copies
    optimiser: torch.optim.Optimizer | None = None
    pieces: int = 0

    @classmethod
    def start(
        cls,
        net: nn.Module,
        made_by: dict,
        numbers: precision.Precision,
        recipe: Recipe,
        seed: int,
        augment: Augmentation | None,
        folder: Path,
    ) -> "Job":
        """The network goes to its device, and whatever is frozen is frozen."""
        accelerator = devices.accelerator(numbers)
        if accelerator.num_processes > 1:  # each may have drawn other weights to start from
            made_by = broadcast_object_list([made_by])[0]
        net.to(accelerator.device).to(memory_format=torch.channels_last)
        state = TrainingState(net, made_by, accelerator.scaler)
        norms = freeze(net, recipe)
        prepared = accelerator.prepare_model(Shell(net))
        share = Share(accelerator.process_index, accelerator.num_processes)
        copies = Copies(folder, made_by["name"])
        return cls(
            accelerator, share, state, prepared, norms, recipe, seed, augment, folder, copies
        )

    def require_together(self) -> None:
        """Raise InputError unless all processes of the training stand at the same batch."""
        if self.share.ranks == 1:
            return
        place = [len(self.state.history), self.state.progress.batches]
        here = torch.tensor([place], device=self.accelerator.device)
        if len(self.accelerator.gather(here).unique(dim=0)) > 1:
            raise InputError(
                f"The processes of this training do not read the same checkpoint in {self.folder}: "
                "choose a folder that all of them share, and see that its files can be read."
            )

    def share_statistics(self) -> None:
        """Give all processes the first one's batch statistics, which are those that are kept."""
        if self.share.ranks > 1:
            for buffer in self.state.net.buffers():
                torch.distributed.broadcast(buffer, 0)


def made_by(
    net: nn.Module,
    recipe: Recipe,
    seed: int,
    name: str,
    numbers: str,
    train: Dataset,
    valid: Dataset | None,
    augment: Augmentation | None,
) -> dict:
    """What identifies a training: only a checkpoint with the same values is resumed."""
    made_by = {
        "name": name,
        "recipe": recipe.numbers,
        "augmentation": asdict(augment) if augment else None,
        "seed": seed,
        "precision": numbers,
        # Clips may be added to a folder, and others held out: their network would know the new
        # validation part by heart.
        "training": identity.of(train),
        "validation": identity.of(valid),
        "start": identity.of_network(net),
    }
    return json.loads(json.dumps(made_by))
