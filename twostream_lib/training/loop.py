"""One loop that trains every network, on one device or on several: fit, validate, keep, resume."""

import math
import os
import time
from contextlib import nullcontext
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset
from tqdm import tqdm

from twostream_lib.data import order
from twostream_lib.data.ahead import Ahead
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.data.order import ALONE
from twostream_lib.errors import InputError
from twostream_lib.training import (
    checkpoints,
    determinism,
    devices,
    faults,
    memory,
    precision,
    recording,
    schedule,
)
from twostream_lib.training.checkpoints import EpochProgress
from twostream_lib.training.devices import Fed, Pace, best_device
from twostream_lib.training.job import Job, made_by
from twostream_lib.training.optimisers import make_optimiser
from twostream_lib.training.reading import read
from twostream_lib.training.recipes import Recipe
from twostream_lib.training.schedule import Epoch
from twostream_lib.training.side_by_side import ONE_OF_SEVERAL
from twostream_lib.training.sums import Sums, answered, judged

CHECKPOINT_MINUTES = 10.0  # how long a training goes on before a checkpoint is written
REPORT_SECONDS = 2.0  # how long it goes on before the device is asked what it has added up
BATCHES_TOGETHER = 20  # after so many, several processes ask each other whether one is due


@determinism.as_asked()
@devices.memory_for_steps()
def fit(
    net: nn.Module,
    train: Dataset,
    valid: Dataset | None,
    recipe: Recipe,
    folder: Path,
    seed: int = 0,
    augment: Augmentation | None = None,
    name: str = "stream",
) -> list[dict]:
    """Train `net` by `recipe`, and leave it with the weights of the last epoch.

    After each epoch, and every `CHECKPOINT_MINUTES`, a checkpoint is written to `folder`. If one is
    there already, training goes on after its last batch. On a CPU it ends in the very same weights
    as without the break, because each batch has random numbers of its own: order, augmentation and
    dropout follow from the seed, the epoch and the number of the batch.

    The last epoch is kept, not the best: nothing here is chosen by looking at `valid`, and it may
    be None where nothing is held out.

    A launcher (`torchrun`, `accelerate launch`, `training.launch.fit`) starts one process for each
    device; then each calls this with the same arguments, and computes its part of each batch.

    Args:
        net: takes a batch of images and gives logits, float `[N, C]`.
        train, valid: whole batches by a list of indices, see `datasets.in_batches`, or every frame.
        recipe: optimiser, learning rate, epochs and the rest.
        folder: of the checkpoint `last.pt` and of `history.json`.
        seed: of order, augmentation and dropout.
        augment: what chance does to the images of a batch.
        name: says in the progress bar and in the checkpoint whose training this is.

    Returns:
        The history, one dict an epoch: epoch, train_loss, train_accuracy, valid_loss,
        valid_accuracy (losses in nats, accuracies 0..1; none of `valid` without it), seconds,
        waiting (the share of the training's time that the device waited for data, 0..1), pieces
        and processes (in how many a batch was computed: batch norm sees a part at a time).

    Raises:
        InputError: there is nothing in `train` or `valid`; `folder` holds a damaged checkpoint, or
            one that something else made: another recipe, seed, network, other starting weights,
            clips, labels, classes, windows or numbers, which is named; memory is not enough; CUDA
            could not record the steps, see `recording`; or the training diverged, which is to say
            that a loss or a weight is not finite any more. The checkpoint before that is kept.
    """
    for data in (train, valid):
        if data is not None:
            _require_samples(data)
    numbers = precision.choose(net, best_device())
    what = made_by(net, recipe, seed, name, numbers.name, train, valid, augment)
    job = Job.start(net, what, numbers, recipe, seed, augment, folder)
    batches = schedule.batches_in(len(train), recipe.batch_size)  # type: ignore[arg-type]
    epochs = schedule.epochs(recipe, batches)
    checkpoints.resume(job.state, folder, len(epochs))
    job.require_together()
    history, progress = job.state.history, job.state.progress
    if history and job.accelerator.is_main_process:
        checkpoints.write_history(job.state, folder)
    done = len(history) * batches + progress.batches
    with job.copies, recording.erased(net), _bar(len(epochs) * batches, done, job) as bar:
        for epoch in epochs[len(history) :]:
            _begin(job, epoch)
            _train_epoch(job, epoch, train, bar)
            job.state.history.append(_row(job, epoch, valid))
            job.state.progress = EpochProgress()
            if epoch.ends_its_phase:
                job.state.optimiser = None
            _save(job)
            bar.set_postfix(_postfix(job.state.history[-1]))
    if job.accelerator.is_main_process:
        checkpoints.finish(folder)
    return job.state.history


def training_step(
    accelerator: Accelerator,
    net: nn.Module,
    optimiser: torch.optim.Optimizer,
    images: Tensor,
    labels: Tensor,
    weights: Tensor,
    recipe: Recipe,
    pieces: int = 1,
) -> tuple[Tensor, Tensor]:
    """One step of training: forward, loss, backward, step.

    Args:
        accelerator: computes in its precision, and shares the gradients of several devices.
        net, optimiser: as it has prepared them.
        images: what the network takes, `[N, ...]`, on its device.
        labels: class numbers, int64 `[N]`, on the same device.
        weights: what each sample's loss counts, float `[N]`: one Nth, on a single device.
        recipe: has the label smoothing and the limit of the gradient.
        pieces: in how many the batch is computed, see `memory`.

    Returns:
        The logits, float `[N, C]`, and the loss of each sample, float `[N]`, in nats.
    """
    optimiser.zero_grad()
    answered = []
    cut = list(
        zip(*(batch.tensor_split(pieces) for batch in (images, labels, weights)), strict=True)
    )
    for place, (some, their_labels, their_weights) in enumerate(cut, 1):
        with nullcontext() if place == len(cut) else accelerator.no_sync(net):
            logits = net(some).float()  # forward
            losses = functional.cross_entropy(
                logits, their_labels, reduction="none", label_smoothing=recipe.label_smoothing
            )
            accelerator.backward((losses * their_weights).sum())
        answered.append((logits.detach(), losses.detach()))
    if recipe.grad_clip_norm:
        accelerator.unscale_gradients(optimiser)  # the limit is meant for the gradient as it is
        nn.utils.clip_grad_norm_(net.parameters(), recipe.grad_clip_norm)
    optimiser.step()
    all_logits, all_losses = zip(*answered, strict=True)
    return torch.cat(all_logits), torch.cat(all_losses)


def evaluate(net: nn.Module, data: Dataset, batch_size: int = 128) -> dict[str, float]:
    """Mean cross entropy (nats) and accuracy (0..1) of `net` on `data`, nothing augmented.

    The loss is NaN or infinite where an answer of `net` is, and the accuracy NaN.

    Raises:
        InputError: there is nothing in `data`.
    """
    _require_samples(data)
    return judged(answered(net, data, batch_size, ALONE))


# --- a training --------------------------------------------------------------------------


def _begin(job: Job, epoch: Epoch) -> None:
    """Go on with an epoch: a phase has an optimiser of its own."""
    if job.state.optimiser is None:
        optimiser = make_optimiser(job.state.net, epoch.phase, job.recipe)
        job.state.begin(epoch.phase_number, optimiser)
        job.accelerator._optimizers.clear()  # it would keep that of a finished phase
        job.optimiser = job.accelerator.prepare_optimizer(optimiser, device_placement=False)


def _train_epoch(job: Job, epoch: Epoch, train: Dataset, bar: tqdm) -> None:
    """Train on the batches of an epoch that are still to come, and count what they gave."""
    progress, device = job.state.progress, job.accelerator.device
    sums, pace = Sums.start(job), Pace(device)
    job.net.train()
    for norm in job.fixed_norms:
        norm.eval()
    before, waited = progress.seconds, progress.waited
    started = saved = reported = time.monotonic()
    batches = devices.brought(read(job, epoch, train), device)
    with faults.enough_memory(job), Ahead(batches, pace.idle) as ahead:
        for fed in ahead:
            fed = devices.there(fed, device)
            sums.add(fed, *_step(job, epoch, fed))
            pace.step()
            progress.seen += fed.samples
            progress.batches += 1
            bar.update()
            now = time.monotonic()
            progress.seconds, progress.waited = before + now - started, waited + ahead.waited
            if now - reported >= REPORT_SECONDS:
                reported = now
                sums.require_finite(job, epoch)
                bar.set_postfix(waiting=f"{progress.waited / progress.seconds:.0%}")
            if progress.batches < epoch.batches and _is_due(job, now - saved):
                sums.put(job, epoch)
                faults.require_finite_weights(job, epoch)
                _save(job)
                saved = time.monotonic()
    sums.put(job, epoch)
    progress.seconds = before + time.monotonic() - started  # a GPU is done only now
    job.share_statistics()


def _step(job: Job, epoch: Epoch, fed: Fed) -> tuple[Tensor, Tensor]:
    """Train on one batch; returns what `training_step` does."""
    assert job.optimiser is not None
    for group in job.optimiser.param_groups:
        group["lr"] = epoch.lr(fed.number) * group["share"]
    images = fed.images
    if job.augment and fed.draws:
        images = job.augment.apply(images, fed.draws)
    if images.ndim == 4:
        images = images.contiguous(memory_format=torch.channels_last)
    # The mean over the samples of all devices, which average their gradients.
    weights = fed.counts * (job.share.ranks / fed.samples)
    if not job.pieces:
        whole = memory.whole_batch(job, images, fed.labels, weights)
        job.pieces = memory.pieces_of(job, *whole)
        if epoch.batches > 1:  # or there may be no whole batch
            recording.record(job, whole[0])
    chance = order.random(job.seed, "dropout", epoch.number, fed.number)
    devices.seed(int(chance.integers(2**63)) + job.share.rank, job.accelerator.device)
    return training_step(
        job.accelerator,
        job.net,
        job.optimiser,
        images,
        fed.labels,
        weights,
        job.recipe,
        job.pieces,
    )


def _row(job: Job, epoch: Epoch, valid: Dataset | None) -> dict:
    """The row of the history that tells of a finished epoch."""
    start, progress = time.monotonic(), job.state.progress
    faults.require_finite_weights(job, epoch)
    row = {
        "epoch": epoch.number + 1,
        "train_loss": progress.loss_sum / progress.seen,
        "train_accuracy": progress.right / progress.seen,
    }
    if valid is not None:
        sums = answered(job.state.net, valid, 128, job.share)
        found = judged(job.accelerator.reduce(sums) if job.share.ranks > 1 else sums)
        row |= {f"valid_{name}": value for name, value in found.items()}
        if not math.isfinite(row["valid_loss"]):
            raise faults.diverged(job, epoch, f"its validation loss is {row['valid_loss']}")
    seconds = progress.seconds + time.monotonic() - start
    waiting = progress.waited / progress.seconds
    return row | {
        "seconds": round(seconds, 2),
        "waiting": round(waiting, 4),
        "pieces": max(1, job.pieces),
        "processes": job.share.ranks,
    }


def _is_due(job: Job, seconds: float) -> bool:
    """Whether a checkpoint is to be written after so many seconds; all processes say the same."""
    is_due = seconds >= 60 * CHECKPOINT_MINUTES
    if job.share.ranks == 1:
        return is_due
    if job.state.progress.batches % BATCHES_TOGETHER:
        return False
    said = torch.tensor(float(is_due), device=job.accelerator.device)
    return bool(job.accelerator.reduce(said, reduction="sum") > 0)


def _save(job: Job) -> None:
    """One process writes the checkpoint, and the others wait for it."""
    if job.accelerator.is_main_process:
        job.copies.save(job.state)
    job.accelerator.wait_for_everyone()


def _bar(total: int, done: int, job: Job) -> tqdm:
    # Of trainings in processes side by side, the one bar is that over all of them.
    beside = ONE_OF_SEVERAL in os.environ and "LOCAL_RANK" not in os.environ
    beside = beside or not job.accelerator.is_main_process
    quiet = {"disable": True} if beside else {}
    return tqdm(total=total, initial=done, desc=job.state.made_by["name"], unit="batch", **quiet)


def _postfix(row: dict) -> dict[str, str]:
    words = {"loss": f"{row['train_loss']:.2f}", "acc": f"{row['train_accuracy']:.0%}"}
    if "valid_accuracy" in row:
        words["valid"] = f"{row['valid_accuracy']:.0%}"
    return words | {"waiting": f"{row['waiting']:.0%}"}


def _require_samples(data: Dataset) -> None:
    if not len(data):  # type: ignore[arg-type]
        raise InputError(
            "There is no sample to train or test on: choose clips that are long enough for one."
        )
