"""Where a training stands, written to a folder now and then, and read when it is resumed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from twostream_lib import records
from twostream_lib.data import identity
from twostream_lib.errors import InputError, shown
from twostream_lib.files import replacing
from twostream_lib.models import weights

NUMBER = {"type": "number"}
HISTORY = {  # the JSON schema of a history
    "type": "array",
    "items": {
        "type": "object",
        "required": ["epoch", "train_loss", "train_accuracy", "seconds"],
        "additionalProperties": NUMBER,
    },
}

KEYS = {"net", "optimiser", "phase", "history", "made_by", "scaler", "progress"}  # of a checkpoint
# The newest checkpoint, the one before it, and one that could not be read.
LAST, BEFORE, DAMAGED = "last.pt", "before.pt", "damaged.pt"
HISTORY_FILE = "history.json"


@dataclass
class EpochProgress:
    """How far an epoch is: its training batches so far, and what they added up to.

    Attributes:
        batches, seen, right: how many batches, samples, and samples that were classified right.
        loss_sum: the losses of these samples, in nats, added up.
        seconds: how long it took. waited: for how many of these the device waited for data.
    """

    batches: int = 0
    seen: int = 0
    right: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0
    waited: float = 0.0


@dataclass
class TrainingState:
    """All that changes while a network is trained.

    Attributes:
        net: torch's own.
        made_by: what made the training, see `loop.fit`; only a checkpoint that was made by the same
            is resumed.
        scaler: of float16's gradients; None: there is none.
        optimiser, phase: the optimiser, and of which of the recipe's phases it is; None between
            two phases, as that of a finished one is not kept.
        progress: of the epoch that comes after those in `history`.
        history: one dict for each finished epoch, see `loop.fit`.
        kept: the state of the optimiser that a checkpoint has.
    """

    net: nn.Module
    made_by: dict[str, Any]
    scaler: torch.amp.GradScaler | None = None
    optimiser: torch.optim.Optimizer | None = None
    phase: int | None = None
    progress: EpochProgress = field(default_factory=EpochProgress)
    history: list[dict] = field(default_factory=list)
    kept: dict[str, Any] | None = None

    def begin(self, phase: int, optimiser: torch.optim.Optimizer) -> None:
        """Go on with a phase: by its new optimiser, which a checkpoint may know more of."""
        if self.phase == phase and self.kept:
            optimiser.load_state_dict(self.kept)
        self.phase, self.optimiser, self.kept = phase, optimiser, None


def save(state: TrainingState, folder: Path) -> None:
    """Write `last.pt`, all that `resume` needs, and the history with what made it as JSON.

    The checkpoint before it stays, as `before.pt`, until the training is done.
    """
    whole = {
        "net": state.net.state_dict(),
        "optimiser": state.optimiser.state_dict() if state.optimiser else None,
        "phase": state.phase if state.optimiser else None,
        "history": state.history,
        "made_by": state.made_by,
        "scaler": state.scaler.state_dict() if state.scaler else {},
        "progress": asdict(state.progress),
    }
    # By its own writer torch calls a full disk a RuntimeError about positions.
    with _next(folder) as beside, beside.open("wb") as out:
        torch.save(whole, out)
    write_history(state, folder)


@contextmanager
def _next(folder: Path) -> Iterator[Path]:
    """A path to write a checkpoint to, which becomes the last one, and the last the one before."""
    with replacing(folder / LAST) as beside:
        yield beside
        if (folder / LAST).is_file():
            os.replace(folder / LAST, folder / BEFORE)


def copy(source: Path, folder: Path, writing: AbstractContextManager) -> None:
    """Write what `save` has written to the folder `source` to another, in the same way.

    writing: whoever is in it finds the files of one checkpoint; it is left as soon as they are
    open, and those that are open stay as they are.
    """
    with writing:
        last, history = (source / LAST).open("rb"), (source / HISTORY_FILE).read_bytes()
    with last, _next(folder) as beside, beside.open("wb") as out:
        shutil.copyfileobj(last, out)
    with replacing(folder / HISTORY_FILE) as beside:
        beside.write_bytes(history)


def finish(folder: Path) -> None:
    """A training is done: the checkpoint before the last one is not needed any more."""
    (folder / BEFORE).unlink(missing_ok=True)


def write_history(state: TrainingState, folder: Path) -> None:
    """Write the history with what made it: its file may be lost, and the checkpoint is not."""
    records.write(folder / HISTORY_FILE, {"epochs": state.history, "made_by": state.made_by})


def read_history(folder: Path) -> list[dict]:
    """The history that `save` left in `folder` as `history.json`, one dict for each epoch.

    Raises:
        InputError: there is none, or it is damaged.
    """
    file, advice = folder / HISTORY_FILE, "delete the folder, and the training starts anew."
    if (folder / LAST).is_file():
        advice = "delete it, and it is written again when the training is asked for."
    try:
        # Older versions wrote the epochs alone.
        epochs = records.parse(file, advice)
        if not isinstance(epochs, list):
            epochs = records.read(file, advice).get("epochs", {})
    except FileNotFoundError as error:
        raise InputError(f"There is no {file}: {advice}") from error
    if why := records.misfit(epochs, HISTORY):
        raise InputError(f"{file} is not as it must be ({why}): {advice}")
    return epochs


def resume(state: TrainingState, folder: Path, epochs: int) -> None:
    """Load into `state` what was saved in `folder`; leave it as it is if nothing was.

    A damaged checkpoint is passed over for the one before it, which is said. A training of which
    all `epochs` are done is taken whatever the precision is now.

    Raises:
        InputError: it was made by something else, and the sentence says what differs; it is
            damaged and there is none before it; or its training had diverged.
    """
    found = _newest(folder)
    if found is None:
        return
    file, saved = found
    made_by = saved["made_by"]
    if len(saved["history"]) == epochs:
        made_by = made_by | {"precision": state.made_by.get("precision")}
    if difference := identity.difference(made_by, state.made_by):
        raise _refusal(file, f"was made otherwise than this training: {difference}")
    _put(saved["net"], state.net, file)
    state.phase, state.kept = saved["phase"], saved["optimiser"]
    if saved["scaler"] and state.scaler:
        state.scaler.load_state_dict(saved["scaler"])
    state.history, state.progress = list(saved["history"]), EpochProgress(**saved["progress"])


def _newest(folder: Path) -> tuple[Path, dict] | None:
    """The newest checkpoint that can be read, and its file; None where there is none at all."""
    files = [folder / name for name in (LAST, BEFORE) if (folder / name).is_file()]
    for place, file in enumerate(files, 1):
        try:
            return file, _read(file)
        except InputError as error:
            if place == len(files):
                raise
            print(shown(f"{error} The training goes on from the one before, {files[place]}."))
            with suppress(FileNotFoundError):  # another process of this training was faster
                os.replace(file, folder / DAMAGED)  # or it would take the place of the sound one
    return None


def load(net: nn.Module, folder: Path) -> None:
    """Give `net` the weights that were saved in `folder`, to be asked and not to be trained.

    Raises:
        InputError: there is no checkpoint, it is damaged, another network made it, or its training
            had diverged.
    """
    file = folder / LAST
    if not file.is_file():
        raise InputError(f"There is no checkpoint {file}: train that network first.")
    _put(_read(file)["net"], net, file)


def _read(file: Path) -> dict:
    """What `save` wrote, all of it on the CPU.

    An optimiser counts its steps on the CPU, and on a GPU asks for each count by itself: its state
    is brought to where its weights are by the optimiser that loads it, and by nobody else.
    """
    advice = "delete it, and its training starts anew"
    saved = weights.read(file, torch.device("cpu"), "The checkpoint", advice)
    if not isinstance(saved, dict) or not saved.keys() >= KEYS:
        raise _refusal(file, "is none of this course, or of an older version")
    return saved


def _put(saved: dict[str, Tensor], net: nn.Module, file: Path) -> None:
    """Load a network's weights, and raise InputError if they are not its own, or not finite."""
    try:
        net.load_state_dict(saved)
    except (RuntimeError, TypeError) as error:  # torch's words for other names, shapes or kinds
        raise _refusal(file, "was made by another network") from error
    if bad := weights.not_finite(saved):
        raise _refusal(file, f"has values in {bad} that are not finite, as its training diverged")


def _refusal(file: Path, why: str) -> InputError:
    return InputError(f"The checkpoint {file} {why}: choose another run folder, or delete it.")
