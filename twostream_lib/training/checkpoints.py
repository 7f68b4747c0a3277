"""Where a training stands, in a folder: written beside and renamed, and taken up again."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from twostream_lib.errors import InputError


@dataclass
class Part:
    """How far an epoch is: its training batches and what they added up to.

    `order` says of which samples in which order it is a part, `""` for a whole epoch at a time.
    """

    order: str
    batches: int = 0
    seen: int = 0
    right: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0

    def row(self) -> dict[str, float]:
        return {"train_loss": self.loss_sum / self.seen, "train_accuracy": self.right / self.seen}


def save(
    net: nn.Module,
    optimisers: list[torch.optim.Optimizer],
    history: list[dict],
    made_by: dict,
    folder: Path,
    scaler: torch.amp.GradScaler,
    part: Part,
) -> None:
    """Write `last.pt`, all that `resume` needs, and the history alone as `history.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        "net": net.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in optimisers],
        "history": history,
        "made_by": made_by,
        "scaler": scaler.state_dict(),
        "part": asdict(part),
    }
    beside = folder / "last.pt.part"
    torch.save(state, beside)
    os.replace(beside, folder / "last.pt")
    beside = folder / "history.json.part"
    beside.write_text(json.dumps(history, indent=1))
    os.replace(beside, folder / "history.json")


def resume(
    net: nn.Module,
    optimisers: list[torch.optim.Optimizer],
    scaler: torch.amp.GradScaler,
    made_by: dict,
    folder: Path,
    device: torch.device,
) -> tuple[list[dict], Part | None]:
    """Load what was saved into `net`, its optimisers and the scaler; return the history so far and
    the part of the next epoch that is done.

    Raises:
        InputError: it was saved by another recipe, seed or network.
    """
    file = folder / "last.pt"
    if not file.is_file():
        return [], None
    state = torch.load(file, map_location=device, weights_only=True)
    if state["made_by"] != made_by:
        raise InputError(
            f"The checkpoint {file} was made by another recipe or seed: choose another run "
            "folder, or delete it."
        )
    try:
        net.load_state_dict(state["net"])
    except RuntimeError as error:  # torch's word for other names or shapes
        raise InputError(
            f"The checkpoint {file} was made by another network: choose another run folder, or "
            "delete it."
        ) from error
    for optimiser, saved in zip(optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(saved)
    if state["scaler"]:  # empty where the training began on a device without mixed precision
        scaler.load_state_dict(state["scaler"])
    return list(state["history"]), Part(**state["part"])


def fitting(part: Part | None, order: str, folder: Path) -> Part:
    """The part to go on with; a new one unless an epoch was stopped in its middle.

    Raises:
        InputError: that epoch was over other clips.
    """
    if part is None or not part.batches:
        return Part(order)
    if part.order != order:
        raise InputError(
            f"The checkpoint {folder / 'last.pt'} is from the middle of an epoch over other clips: "
            "choose another run folder, or delete it."
        )
    return part
