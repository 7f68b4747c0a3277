"""One loop that trains every network: fit, validate, keep, resume."""

import ctypes
import json
import math
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from tqdm import tqdm

from twostream_lib.data.datasets import in_batches
from twostream_lib.data.frame_stream import FrameStream
from twostream_lib.errors import InputError
from twostream_lib.training import checkpoints
from twostream_lib.training.checkpoints import Part
from twostream_lib.training.recipes import Phase, Recipe

Batch = tuple[Tensor, Tensor]
Augment = Callable[[Tensor, torch.Generator], Tensor]
# How long an epoch of mode 1, which takes hours, goes on before it is written down.
CHECKPOINT_MINUTES = 10.0

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


def give_back_memory() -> None:
    """Let the system have what this process has freed, which Linux's C library keeps for later.

    After a network of 90 million weights that was 280 MB.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)


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
    without the break, because every epoch seeds its own shuffling, flips and dropout. An epoch of
    mode 1, where `train` is a `FrameStream`, takes hours: it is written down every
    `CHECKPOINT_MINUTES`, seeds each of its batches, and goes on behind the last one written down.

    The last epoch is kept, not the best: nothing here is chosen by looking at `valid`, and it may
    be None where nothing is held out.

    Returns:
        The history, one dict an epoch: epoch, train_loss, train_accuracy, valid_loss,
        valid_accuracy (losses in nats, accuracies 0..1; none of `valid` without it), seconds.

    Raises:
        InputError: there is nothing in `train` or `valid`, or `folder` holds a checkpoint of
            another recipe, seed or network, or one from the middle of an epoch over other clips.
    """
    _require_samples(train)
    if valid is not None:
        _require_samples(valid)
    give_back_memory()
    device = best_device()
    net.to(device).to(memory_format=torch.channels_last)
    still = freeze(net, recipe)
    numbers = json.loads(json.dumps(asdict(recipe)))
    del numbers["source"]  # words about a recipe do not change what it trains
    made_by = {"recipe": numbers, "seed": seed, "name": name}
    optimisers = [make_optimiser(net, phase, recipe) for phase in recipe.phases]
    scaler = torch.amp.GradScaler(enabled=device.type == "cuda")
    history, part = checkpoints.resume(net, optimisers, scaler, made_by, folder, device)
    order = train.fingerprint if isinstance(train, FrameStream) else ""
    part = checkpoints.fitting(part, order, folder)
    batches = math.ceil(len(train) / recipe.batch_size)  # type: ignore[arg-type]
    done = len(history) * batches + part.batches
    # Of trainings in processes side by side, the one bar is that over all of them.
    quiet = {"disable": True} if multiprocessing.parent_process() else {}
    bar = tqdm(total=recipe.epochs * batches, initial=done, desc=name, unit="batch", **quiet)
    with bar:
        for epoch, phase_number, progress in _epochs(recipe):
            if epoch < len(history):
                continue
            optimiser = optimisers[phase_number]
            rate = _rates(recipe.phases[phase_number], progress, batches)
            torch.manual_seed(seed * 100_003 + epoch)
            generator = torch.Generator().manual_seed(torch.initial_seed() + 1)
            start = time.monotonic() - part.seconds

            def keep(part: Part = part, start: float = start) -> None:
                part.seconds = time.monotonic() - start
                checkpoints.save(net, optimisers, history, made_by, folder, scaler, part)

            data = _batches(train, recipe, seed, epoch, generator, part, keep)
            net.train()
            for norm in still:
                norm.eval()
            _train_epoch(net, data, optimiser, rate, scaler, recipe, augment, generator, part, bar)
            row = part.row()
            if valid is not None:
                row |= {f"valid_{k}": v for k, v in evaluate(net, valid).items()}
            seconds = time.monotonic() - start
            history.append({"epoch": epoch + 1, **row, "seconds": round(seconds, 2)})
            part = Part(order)
            checkpoints.save(net, optimisers, history, made_by, folder, scaler, part)
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
    frozen = layers[: round(recipe.freeze_fraction * len(layers))]
    for layer in frozen:
        layer.requires_grad_(False)
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    return [norm for norm in norms if norm in frozen or (recipe.partial_bn and norm != norms[0])]


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
            share = recipe.backbone_lr_scale if is_backbone else 1.0
            group = {"params": chosen, "share": share, "lr": phase.lr * share}
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
        return phase.lr
    warm = 0.2
    if progress < warm:
        return phase.lr * (0.05 + 0.95 * progress / warm)
    return phase.lr * 0.5 * (1 + math.cos(math.pi * (progress - warm) / (1 - warm)))


def _batches(
    train: Dataset,
    recipe: Recipe,
    seed: int,
    epoch: int,
    generator: torch.Generator,
    part: Part,
    keep: Callable[[], None],
) -> Iterator[Batch]:
    """The batches of an epoch that are still to come; of mode 1, `keep` is called now and then."""
    if not isinstance(train, FrameStream):
        generator = torch.Generator().manual_seed(seed * 100_003 + epoch)
        weights = train.clip_balanced_weights() if recipe.clip_balanced else None  # type: ignore[attr-defined]
        yield from in_batches(train, recipe.batch_size, generator, weights)
        return
    kept = time.monotonic()
    for batch in train.batches(recipe.batch_size, epoch, part.batches):
        # Whoever resumes the epoch here finds the same dropout and the same flips.
        for_dropout, for_augmentation = np.random.SeedSequence([seed, epoch, part.batches]).spawn(2)
        torch.manual_seed(int(for_dropout.generate_state(1)[0]))
        generator.manual_seed(int(for_augmentation.generate_state(1)[0]))
        yield batch
        if time.monotonic() - kept >= 60 * CHECKPOINT_MINUTES:
            keep()
            kept = time.monotonic()


def _train_epoch(
    net: nn.Module,
    data: Iterable[Batch],
    optimiser: torch.optim.Optimizer,
    rate: Callable[[int], float],
    scaler: torch.amp.GradScaler,
    recipe: Recipe,
    augment: Augment | None,
    generator: torch.Generator,
    part: Part,
    bar: tqdm,
) -> None:
    device = next(net.parameters()).device
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    for images, labels in data:
        if len(labels) == 1 and part.seen:
            continue  # batch norm cannot train on a left-over batch of one
        images = augment(images, generator) if augment else images
        images, labels = images.to(device), labels.to(device)
        for group in optimiser.param_groups:
            group["lr"] = rate(part.batches) * group["share"]
        with torch.autocast(device.type, torch.float16, enabled=scaler.is_enabled()):
            logits = net(images)
        loss = loss_of(logits.float(), labels)
        optimiser.zero_grad()
        scaler.scale(loss).backward()
        if recipe.grad_clip_norm:
            scaler.unscale_(optimiser)  # the limit is meant for the gradient as it is
            nn.utils.clip_grad_norm_(net.parameters(), recipe.grad_clip_norm)
        scaler.step(optimiser)
        scaler.update()
        part.loss_sum += loss.item() * len(labels)
        part.right += int((logits.argmax(1) == labels).sum())
        part.seen += len(labels)
        part.batches += 1
        bar.update()


@torch.inference_mode()
def evaluate(net: nn.Module, data: Dataset, batch: int = 128) -> dict[str, float]:
    """Mean cross entropy (nats) and accuracy (0..1) of `net` on `data`, nothing augmented.

    Raises:
        InputError: there is nothing in `data`.
    """
    _require_samples(data)
    device = next(net.parameters()).device
    net.eval()
    loss, right, seen = 0.0, 0, 0
    for images, labels in in_batches(data, batch):
        logits, labels = net(images.to(device)).float(), labels.to(device)
        loss += nn.functional.cross_entropy(logits, labels, reduction="sum").item()
        right += int((logits.argmax(1) == labels).sum())
        seen += len(labels)
    return {"loss": loss / seen, "accuracy": right / seen}


def _require_samples(data: Dataset) -> None:
    if not len(data):  # type: ignore[arg-type]
        raise InputError(
            "There is no sample to train or test on: choose clips that are long enough for one."
        )
