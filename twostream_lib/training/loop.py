"""One loop that trains every network: fit, validate, keep, resume."""

import ctypes
import hashlib
import json
import math
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset
from tqdm import tqdm

from twostream_lib.data.datasets import Batch, ResumableBatches, in_batches
from twostream_lib.errors import InputError
from twostream_lib.models.weights import not_finite
from twostream_lib.training import checkpoints
from twostream_lib.training.checkpoints import EpochProgress, TrainingState
from twostream_lib.training.optimisers import freeze, make_optimiser
from twostream_lib.training.recipes import Phase, Recipe

Augment = Callable[[Tensor, torch.Generator], Tensor]
# How long an epoch of mode 1, which takes hours, goes on before a checkpoint is written.
CHECKPOINT_MINUTES = 10.0


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
    already, training continues after the last finished epoch. It ends in the very same weights as
    without the break, because every epoch seeds its own shuffling, flips and dropout. An epoch of
    mode 1, where `train` is a `FrameStream`, takes hours. There a checkpoint is written every
    `CHECKPOINT_MINUTES`, each batch has a seed of its own, and training continues after the last
    batch that was written down.

    The last epoch is kept, not the best: nothing here is chosen by looking at `valid`, and it may
    be None where nothing is held out.

    Args:
        net: takes a batch of images and gives logits, float `[N, C]`.
        train, valid: whole batches by a list of indices, see `datasets.in_batches`.
        recipe: optimiser, learning rate, epochs and the rest.
        folder: of the checkpoint `last.pt` and of `history.json`.
        seed: of shuffling, augmentation and dropout.
        augment: changes a batch of images by the random numbers of a generator.
        name: says in the progress bar and in the checkpoint whose training this is.

    Returns:
        The history, one dict an epoch: epoch, train_loss, train_accuracy, valid_loss,
        valid_accuracy (losses in nats, accuracies 0..1; none of `valid` without it), seconds.

    Raises:
        InputError: there is nothing in `train` or `valid`, or `folder` holds a checkpoint of
            another recipe, seed or network, one from the middle of an epoch over other clips, or a
            damaged one; the training diverged, which is to say that a loss or a weight is not
            finite any more. The checkpoint before that is kept.
    """
    _require_samples(train)
    if valid is not None:
        _require_samples(valid)
    give_back_memory()
    device = best_device()
    net.to(device).to(memory_format=torch.channels_last)
    fixed_norms = freeze(net, recipe)
    optimisers = [make_optimiser(net, phase, recipe) for phase in recipe.phases]
    scaler = torch.amp.GradScaler(enabled=device.type == "cuda")
    order = train.fingerprint if isinstance(train, ResumableBatches) else ""
    state = TrainingState(
        net, optimisers, scaler, _made_by(recipe, seed, name, train), EpochProgress(order)
    )
    checkpoints.resume(state, folder)
    batches = math.ceil(len(train) / recipe.batch_size)  # type: ignore[arg-type]
    done = len(state.history) * batches + state.progress.batches
    with _bar(recipe.epochs * batches, done, name) as bar:
        for epoch in _epochs(recipe, batches)[len(state.history) :]:
            net.train()
            for norm in fixed_norms:
                norm.eval()
            data = _augmented(train, recipe, seed, epoch.number, state.progress.batches, augment)
            _train_epoch(state, epoch, data, recipe, folder, bar)
            row = _row(state, epoch, valid, folder)
            state.history.append(row)
            state.progress = EpochProgress(order)
            checkpoints.save(state, folder)
            bar.set_postfix(_postfix(state.history[-1]))
    return state.history


def training_step(
    net: nn.Module,
    images: Tensor,
    labels: Tensor,
    optimiser: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
    recipe: Recipe,
) -> tuple[Tensor, Tensor]:
    """One step of training: forward, loss, backward, step.

    Args:
        images: what the network takes, `[N, ...]`, on its device.
        labels: class numbers, int64 `[N]`, on the same device.
        scaler: keeps small gradients above zero in half precision. Only a GPU of CUDA computes in
            it; elsewhere the scaler is switched off, and does nothing.

    Returns:
        The logits, float `[N, C]`, and the loss, a float: the mean cross entropy in nats.
    """
    with torch.autocast(images.device.type, torch.float16, enabled=scaler.is_enabled()):
        logits = net(images)
    loss = functional.cross_entropy(logits.float(), labels, label_smoothing=recipe.label_smoothing)
    optimiser.zero_grad()
    scaler.scale(loss).backward()
    if recipe.grad_clip_norm:
        scaler.unscale_(optimiser)  # the limit is meant for the gradient as it is
        nn.utils.clip_grad_norm_(net.parameters(), recipe.grad_clip_norm)
    scaler.step(optimiser)
    scaler.update()
    return logits, loss


@torch.inference_mode()
def evaluate(net: nn.Module, data: Dataset, batch_size: int = 128) -> dict[str, float]:
    """Mean cross entropy (nats) and accuracy (0..1) of `net` on `data`, nothing augmented.

    The loss is NaN or infinite where an answer of `net` is, and the accuracy NaN.

    Raises:
        InputError: there is nothing in `data`.
    """
    _require_samples(data)
    device = next(net.parameters()).device
    net.eval()
    loss, right, seen = 0.0, 0, 0
    for images, labels in in_batches(data, batch_size):
        logits, labels = net(images.to(device)).float(), labels.to(device)
        loss += functional.cross_entropy(logits, labels, reduction="sum").item()
        right += int((logits.argmax(1) == labels).sum())
        seen += len(labels)
    return {"loss": loss / seen, "accuracy": right / seen if math.isfinite(loss) else math.nan}


# --- the device --------------------------------------------------------------------------


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


# --- an epoch ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Epoch:
    """One pass over the training data.

    Attributes:
        number: among all epochs of the training, from 0 on.
        phase_number: of the phase it belongs to, among the recipe's. phase: that one.
        before: how many epochs of the phase come before it.
        batches: how many it has.
    """

    number: int
    phase_number: int
    phase: Phase
    before: int
    batches: int

    def lr(self, batch: int) -> float:
        """The learning rate of its batch with this number."""
        return self.phase.lr_at((self.before + batch / self.batches) / self.phase.epochs)


def _epochs(recipe: Recipe, batches: int) -> list[Epoch]:
    places = [(i, phase, k) for i, phase in enumerate(recipe.phases) for k in range(phase.epochs)]
    return [Epoch(number, *place, batches) for number, place in enumerate(places)]


def _augmented(
    train: Dataset, recipe: Recipe, seed: int, epoch: int, start: int, augment: Augment | None
) -> Iterator[Batch]:
    """The batches of an epoch from number `start` on, each as the network is to see it.

    The order, the augmentation and the dropout follow from the seed and the epoch. In mode 1, which
    alone can start in mid-epoch, those of each batch follow from its number as well.
    """
    epoch_seed = seed * 100_003 + epoch
    torch.manual_seed(epoch_seed)  # dropout takes torch's own random numbers
    generator = torch.Generator().manual_seed(epoch_seed + 1)
    resumable = isinstance(train, ResumableBatches)
    batches: Iterable[Batch]
    if isinstance(train, ResumableBatches):
        batches = train.batches(recipe.batch_size, epoch, start)
    else:
        shuffling = torch.Generator().manual_seed(epoch_seed)
        weights = train.clip_balanced_weights() if recipe.clip_balanced else None  # type: ignore[attr-defined]
        batches = in_batches(train, recipe.batch_size, shuffling, weights)
    for number, (images, labels) in enumerate(batches, start):
        if len(labels) == 1 and number > 0:
            continue  # batch norm cannot train on a left-over batch of one
        if resumable:
            for_dropout, for_augmentation = np.random.SeedSequence([seed, epoch, number]).spawn(2)
            torch.manual_seed(int(for_dropout.generate_state(1)[0]))
            generator.manual_seed(int(for_augmentation.generate_state(1)[0]))
        yield (augment(images, generator) if augment else images), labels


def _train_epoch(
    state: TrainingState,
    epoch: Epoch,
    data: Iterable[Batch],
    recipe: Recipe,
    folder: Path,
    bar: tqdm,
) -> None:
    """Train on the batches of an epoch that are still to come, and count what they gave."""
    progress, optimiser = state.progress, state.optimisers[epoch.phase_number]
    device = next(state.net.parameters()).device
    start, saved = time.monotonic() - progress.seconds, time.monotonic()
    for images, labels in data:
        images, labels = images.to(device), labels.to(device)
        for group in optimiser.param_groups:
            group["lr"] = epoch.lr(progress.batches) * group["share"]
        logits, loss = training_step(state.net, images, labels, optimiser, state.scaler, recipe)
        nats = loss.item()
        if not math.isfinite(nats):
            raise _diverged(state, epoch, folder, f"its training loss is {nats}")
        progress.loss_sum += nats * len(labels)
        progress.right += int((logits.argmax(1) == labels).sum())
        progress.seen += len(labels)
        progress.batches += 1
        progress.seconds = time.monotonic() - start
        bar.update()
        if progress.order and time.monotonic() - saved >= 60 * CHECKPOINT_MINUTES:
            _require_finite_weights(state, epoch, folder)
            checkpoints.save(state, folder)
            saved = time.monotonic()


def _require_finite_weights(state: TrainingState, epoch: Epoch, folder: Path) -> None:
    bad = not_finite(state.net.state_dict())
    if bad:
        raise _diverged(state, epoch, folder, f"values in {bad} are NaN or infinite")


def _diverged(state: TrainingState, epoch: Epoch, folder: Path, what: str) -> InputError:
    """The error that says of a training where and how it diverged, and what is left of it."""
    step, kept = state.progress.batches, folder / "last.pt"
    left = f" ({kept} is from before that)" if kept.is_file() else ""
    return InputError(
        f"The training of {state.made_by['name']} diverged in epoch {epoch.number + 1}, after "
        f"{step} of its {epoch.batches} steps, at a learning rate of {epoch.lr(step):.2g}, as "
        f"{what}: lower the learning rate of its recipe, or start from other weights{left}."
    )


def _row(state: TrainingState, epoch: Epoch, valid: Dataset | None, folder: Path) -> dict:
    """The row of the history that tells of a finished epoch."""
    start, progress = time.monotonic(), state.progress
    _require_finite_weights(state, epoch, folder)
    row = {
        "epoch": epoch.number + 1,
        "train_loss": progress.loss_sum / progress.seen,
        "train_accuracy": progress.right / progress.seen,
    }
    if valid is not None:
        row |= {f"valid_{name}": value for name, value in evaluate(state.net, valid).items()}
        if not math.isfinite(row["valid_loss"]):
            raise _diverged(state, epoch, folder, f"its validation loss is {row['valid_loss']}")
    seconds = progress.seconds + time.monotonic() - start
    return row | {"seconds": round(seconds, 2)}


def _made_by(recipe: Recipe, seed: int, name: str, train: Dataset) -> dict:
    """What identifies a training: only a checkpoint with the same values is resumed."""
    numbers = json.loads(json.dumps(asdict(recipe)))
    del numbers["source"]  # words about a recipe do not change what it trains
    # Clips may be added to a folder, and others held out: their network would know the new
    # validation part by heart.
    clips = "\n".join(sorted(set(getattr(train, "videos", []))))
    digest = hashlib.sha256(clips.encode(errors="surrogatepass")).hexdigest()
    return {"recipe": numbers, "seed": seed, "name": name, "clips": digest if clips else ""}


def _bar(total: int, done: int, name: str) -> tqdm:
    # Of trainings in processes side by side, the one bar is that over all of them.
    quiet = {"disable": True} if multiprocessing.parent_process() else {}
    return tqdm(total=total, initial=done, desc=name, unit="batch", **quiet)


def _postfix(row: dict) -> dict[str, str]:
    words = {"loss": f"{row['train_loss']:.2f}", "acc": f"{row['train_accuracy']:.0%}"}
    return words | ({"valid": f"{row['valid_accuracy']:.0%}"} if "valid_accuracy" in row else {})


def _require_samples(data: Dataset) -> None:
    if not len(data):  # type: ignore[arg-type]
        raise InputError(
            "There is no sample to train or test on: choose clips that are long enough for one."
        )
