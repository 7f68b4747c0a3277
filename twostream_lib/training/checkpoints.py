"""Where a training stands, written to a folder after each epoch, and read when it is resumed."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from twostream_lib import records
from twostream_lib.errors import InputError
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

KEYS = {"net", "optimisers", "history", "made_by", "scaler", "part"}  # of a checkpoint


@dataclass
class EpochProgress:
    """How far an epoch is: its training batches so far, and what they added up to.

    Attributes:
        order: which samples come in which order, see `FrameStream.fingerprint`; empty where an
            epoch cannot be resumed in its middle.
        batches, seen, right: how many batches, samples, and samples that were classified right.
        loss_sum: the losses of these samples, in nats, added up.
        seconds: how long it took.
    """

    order: str = ""
    batches: int = 0
    seen: int = 0
    right: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0


@dataclass
class TrainingState:
    """All that changes while a network is trained.

    Attributes:
        net, optimisers (one a phase), scaler: torch's own.
        made_by: the recipe, seed, name and clips; only a checkpoint that was made by the same is
            resumed.
        progress: of the epoch that comes after those in `history`.
        history: one dict for each finished epoch, see `loop.fit`.
    """

    net: nn.Module
    optimisers: list[torch.optim.Optimizer]
    scaler: torch.amp.GradScaler
    made_by: dict
    progress: EpochProgress
    history: list[dict] = field(default_factory=list)


def save(state: TrainingState, folder: Path) -> None:
    """Write `last.pt`, all that `resume` needs, and the history alone, see `read_history`."""
    whole = {
        "net": state.net.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in state.optimisers],
        "history": state.history,
        "made_by": state.made_by,
        "scaler": state.scaler.state_dict(),
        "part": asdict(state.progress),  # so called in the checkpoints that people have
    }
    # By its own writer torch calls a full disk a RuntimeError about positions.
    with replacing(folder / "last.pt") as beside, beside.open("wb") as out:
        torch.save(whole, out)
    _write_history(state, folder)


def _write_history(state: TrainingState, folder: Path) -> None:
    records.write(folder / "history.json", {"epochs": state.history})


def read_history(folder: Path) -> list[dict]:
    """The history that `save` left in `folder` as `history.json`, one dict for each epoch.

    Raises:
        InputError: there is none, or it is damaged.
    """
    file, advice = folder / "history.json", "delete the folder, and the training starts anew."
    if (folder / "last.pt").is_file():
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


def resume(state: TrainingState, folder: Path) -> None:
    """Load into `state` what was saved in `folder`; leave it as it is if nothing was.

    Raises:
        InputError: it was saved by another recipe, seed or network, or trained on other clips; it
            is damaged, or its training had diverged.
    """
    file = folder / "last.pt"
    if not file.is_file():
        return
    device = next(state.net.parameters()).device
    saved = _read(file, device)
    if saved["made_by"] != state.made_by:
        same = {**state.made_by, "clips": saved["made_by"].get("clips")} == saved["made_by"]
        why = "trained on other clips" if same else "made by another recipe or seed"
        raise _refusal(file, f"was {why}")
    progress = EpochProgress(**saved["part"])
    if progress.batches and progress.order != state.progress.order:
        raise _refusal(file, "is from the middle of an epoch over other clips")
    _put(saved["net"], state.net, file)
    for optimiser, saved_optimiser in zip(state.optimisers, saved["optimisers"], strict=True):
        optimiser.load_state_dict(saved_optimiser)
    if saved["scaler"]:  # empty where the training began on a device without mixed precision
        state.scaler.load_state_dict(saved["scaler"])
    state.history = list(saved["history"])
    if state.history:
        _write_history(state, folder)  # the file may be lost or damaged, and this one is not
    if progress.batches:
        state.progress = progress


def load(net: nn.Module, folder: Path) -> None:
    """Give `net` the weights that were saved in `folder`, to be asked and not to be trained.

    Raises:
        InputError: there is no checkpoint, it is damaged, another network made it, or its training
            had diverged.
    """
    file = folder / "last.pt"
    if not file.is_file():
        raise InputError(f"There is no checkpoint {file}: train that network first.")
    _put(_read(file, next(net.parameters()).device)["net"], net, file)


def _read(file: Path, device: torch.device) -> dict:
    """What `save` wrote."""
    saved = weights.read(file, device, "The checkpoint", "delete it, and its training starts anew")
    if not isinstance(saved, dict) or not saved.keys() >= KEYS:
        raise _refusal(file, "is none of this course")
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
