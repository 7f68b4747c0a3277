"""One loop that trains every network: fit, validate, keep, resume."""

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from twostream_lib.errors import InputError
from twostream_lib.recipes import Phase, Recipe

Batch = tuple[Tensor, Tensor]
Augment = Callable[[Tensor, torch.Generator], Tensor]

OPTIMISERS = {
    "sgd": lambda groups, decay: torch.optim.SGD(groups, momentum=0.9, weight_decay=decay),
    "adam": lambda groups, decay: torch.optim.Adam(groups, weight_decay=decay),
    "adamw": lambda groups, decay: torch.optim.AdamW(groups, weight_decay=decay),
}


def best_device() -> torch.device:
    """CUDA where there is one, else Apple's GPU, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def fit(
    net: nn.Module,
    train: Dataset,
    valid: Dataset | None,
    recipe: Recipe,
    folder: Path,
    seed: int = 0,
    augment: Augment | None = None,
    name: str = "stream",
) -> list[dict]:
    """Train `net` by `recipe`, and leave it with the weights of the last epoch.

    After each epoch the weights and the history are written to `folder`. If they are there
    already, training goes on behind the last finished epoch and ends in the very same weights as
    without the break, because every epoch seeds its own shuffling, flips and dropout.

    The last epoch is kept, not the best: nothing here is chosen by looking at `valid`, and it may
    be None where nothing is held out.

    Returns:
        The history, one dict an epoch: epoch, train_loss, train_accuracy, valid_loss,
        valid_accuracy (losses in nats, accuracies 0..1; none of `valid` without it), seconds.

    Raises:
        InputError: `folder` holds a checkpoint of another recipe, seed or network.
    """
    device = best_device()
    net.to(device).to(memory_format=torch.channels_last)
    still = freeze(net, recipe)
    numbers = json.loads(json.dumps(asdict(recipe)))
    del numbers["source"]  # words about a recipe do not change what it trains
    made_by = {"recipe": numbers, "seed": seed, "name": name}
    optimisers = [make_optimiser(net, phase, recipe) for phase in recipe.phases]
    history = _resume(net, optimisers, made_by, folder, device)
    scaler = torch.amp.GradScaler(enabled=device.type == "cuda")
    batches = math.ceil(len(train) / recipe.batch)  # type: ignore[arg-type]
    bar = tqdm(
        total=recipe.epochs * batches, initial=len(history) * batches, desc=name, unit="batch"
    )
    with bar:
        for epoch, phase_number, progress in _epochs(recipe):
            if epoch < len(history):
                continue
            optimiser = optimisers[phase_number]
            rate = _rates(recipe.phases[phase_number], progress, batches)
            torch.manual_seed(seed * 100_003 + epoch)
            data = _shuffled(train, recipe, seed, epoch)
            start = bar.format_dict["elapsed"]
            net.train()
            for norm in still:
                norm.eval()
            row = _train_epoch(net, data, optimiser, rate, scaler, recipe, augment, bar)
            if valid is not None:
                row |= {f"valid_{k}": v for k, v in evaluate(net, valid).items()}
            seconds = bar.format_dict["elapsed"] - start
            history.append({"epoch": epoch + 1, **row, "seconds": round(seconds, 2)})
            _save(net, optimisers, history, made_by, folder)
            bar.set_postfix(_postfix(history[-1]))
    return history


def _postfix(row: dict) -> dict[str, str]:
    words = {"loss": f"{row['train_loss']:.2f}", "acc": f"{row['train_accuracy']:.0%}"}
    return words | ({"valid": f"{row['valid_accuracy']:.0%}"} if "valid_accuracy" in row else {})


def freeze(net: nn.Module, recipe: Recipe) -> list[nn.Module]:
    """Exempt from training the first layers of a stream's backbone, as the recipe says.

    Returns the batch norms whose means and variances stand still as well: they have to be put
    into evaluation mode whenever the network is put into training mode.
    """
    layers = [
        layer
        for name, layer in net.named_modules()
        if name.startswith("backbone.") and list(layer.parameters(recurse=False))
    ]
    frozen = layers[: round(recipe.frozen * len(layers))]
    for layer in frozen:
        layer.requires_grad_(False)
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    return [norm for norm in norms if norm in frozen or (recipe.partial_norm and norm != norms[0])]


def make_optimiser(net: nn.Module, phase: Phase, recipe: Recipe) -> torch.optim.Optimizer:
    """The phase's optimiser; the backbone gets its share of the rate, norms and biases no decay."""
    groups = []
    for is_backbone in (True, False):
        for decays in (True, False):
            chosen = [
                weight
                for name, weight in net.named_parameters()
                if weight.requires_grad
                and name.startswith("backbone.") == is_backbone
                and (weight.ndim > 1) == decays
            ]
            share = recipe.backbone_rate if is_backbone else 1.0
            group = {"params": chosen, "share": share, "lr": phase.rate * share}
            groups.append(group if decays else group | {"weight_decay": 0.0})
    return OPTIMISERS[phase.optimiser](groups, recipe.weight_decay)


def _epochs(recipe: Recipe) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """(epoch, phase, (epoch in the phase, its epochs)) for all epochs of a recipe."""
    epoch = 0
    for number, phase in enumerate(recipe.phases):
        for done in range(phase.epochs):
            yield epoch, number, (done, phase.epochs)
            epoch += 1


def _rates(phase: Phase, progress: tuple[int, int], batches: int) -> Callable[[int], float]:
    done, epochs = progress
    return lambda batch: rate_at(phase, (done + batch / batches) / epochs)


def rate_at(phase: Phase, progress: float) -> float:
    """The learning rate after a share `progress` (0..1) of the phase."""
    if phase.schedule == "constant":
        return phase.rate
    warm = 0.2
    if progress < warm:
        return phase.rate * (0.05 + 0.95 * progress / warm)
    return phase.rate * 0.5 * (1 + math.cos(math.pi * (progress - warm) / (1 - warm)))


def _shuffled(train: Dataset, recipe: Recipe, seed: int, epoch: int) -> DataLoader:
    if isinstance(train, torch.utils.data.IterableDataset):
        train.epoch = epoch  # type: ignore[attr-defined]
        return DataLoader(train, recipe.batch, num_workers=os.cpu_count() or 1)
    generator = torch.Generator().manual_seed(seed * 100_003 + epoch)
    return DataLoader(train, recipe.batch, shuffle=True, generator=generator)


def _train_epoch(
    net: nn.Module,
    data: Iterable[Batch],
    optimiser: torch.optim.Optimizer,
    rate: Callable[[int], float],
    scaler: torch.amp.GradScaler,
    recipe: Recipe,
    augment: Augment | None,
    bar: tqdm,
) -> dict[str, float]:
    device = next(net.parameters()).device
    coins = torch.Generator().manual_seed(torch.initial_seed() + 1)
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.smoothing)
    loss_sum, right, seen = 0.0, 0, 0
    for number, (images, labels) in enumerate(data):
        if len(labels) == 1 and seen:
            continue  # batch norm cannot train on a left-over batch of one
        images = augment(images, coins) if augment else images
        images, labels = images.to(device), labels.to(device)
        for group in optimiser.param_groups:
            group["lr"] = rate(number) * group["share"]
        with torch.autocast(device.type, torch.float16, enabled=scaler.is_enabled()):
            logits = net(images)
        loss = loss_of(logits.float(), labels)
        optimiser.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
        loss_sum += loss.item() * len(labels)
        right += int((logits.argmax(1) == labels).sum())
        seen += len(labels)
        bar.update()
    return {"train_loss": loss_sum / seen, "train_accuracy": right / seen}


@torch.inference_mode()
def evaluate(net: nn.Module, data: Dataset, batch: int = 128) -> dict[str, float]:
    """Mean cross entropy (nats) and accuracy (0..1) of `net` on `data`, nothing augmented."""
    device = next(net.parameters()).device
    net.eval()
    loss, right, seen = 0.0, 0, 0
    for images, labels in DataLoader(data, batch):
        logits, labels = net(images.to(device)).float(), labels.to(device)
        loss += nn.functional.cross_entropy(logits, labels, reduction="sum").item()
        right += int((logits.argmax(1) == labels).sum())
        seen += len(labels)
    return {"loss": loss / seen, "accuracy": right / seen}


def _save(
    net: nn.Module,
    optimisers: list[torch.optim.Optimizer],
    history: list[dict],
    made_by: dict,
    folder: Path,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        "net": net.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in optimisers],
        "history": history,
        "made_by": made_by,
    }
    beside = folder / "last.pt.part"
    torch.save(state, beside)
    os.replace(beside, folder / "last.pt")
    beside = folder / "history.json.part"
    beside.write_text(json.dumps(history, indent=1))
    os.replace(beside, folder / "history.json")


def _resume(
    net: nn.Module,
    optimisers: list[torch.optim.Optimizer],
    made_by: dict,
    folder: Path,
    device: torch.device,
) -> list[dict]:
    """Load what was saved into `net` and its optimisers; return the history so far."""
    file = folder / "last.pt"
    if not file.is_file():
        return []
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
    return list(state["history"])
