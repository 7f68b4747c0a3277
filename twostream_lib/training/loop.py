"""One loop that trains every network, on one device or on several: fit, validate, keep, resume."""

import json
import math
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset
from tqdm import tqdm

from twostream_lib.data import identity, order
from twostream_lib.data.ahead import Ahead
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.data.datasets import ResumableBatches
from twostream_lib.data.order import Share
from twostream_lib.errors import InputError, cause_of
from twostream_lib.models.weights import not_finite
from twostream_lib.training import checkpoints, devices, memory, precision, schedule
from twostream_lib.training.answers import answers
from twostream_lib.training.checkpoints import EpochProgress, TrainingState
from twostream_lib.training.devices import Fed, Pace, Shell, best_device, give_back_memory
from twostream_lib.training.optimisers import freeze, make_optimiser
from twostream_lib.training.recipes import Recipe
from twostream_lib.training.schedule import Epoch

CHECKPOINT_MINUTES = 10.0  # how long a training goes on before a checkpoint is written
REPORT_SECONDS = 2.0  # how long it goes on before the device is asked what it has added up
BATCHES_TOGETHER = 20  # after so many, several processes ask each other whether one is due


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

    A launcher (`torchrun`, `accelerate launch`, `training.on_all_devices`) starts one process for
    each device; then each calls this with the same arguments, and computes its part of each batch.

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
        waiting (the share of the training's time that the device waited for data, 0..1) and pieces
        (in how many a batch was computed).

    Raises:
        InputError: there is nothing in `train` or `valid`; `folder` holds a damaged checkpoint, or
            one that something else made: another recipe, seed, network, other starting weights,
            clips, labels, classes, windows or numbers, which is named; memory is not enough; or the
            training diverged, which is to say that a loss or a weight is not finite any more. The
            checkpoint before that is kept.
    """
    for data in (train, valid):
        if data is not None:
            _require_samples(data)
    give_back_memory()
    numbers = precision.choose(net, best_device())
    made_by = _made_by(net, recipe, seed, name, numbers.name, train, valid)
    job = Job.start(net, made_by, numbers, recipe, seed, augment, folder)
    checkpoints.resume(job.state, folder)
    history, progress = job.state.history, job.state.progress
    batches = schedule.batches_in(len(train), recipe.batch_size)  # type: ignore[arg-type]
    epochs = schedule.epochs(recipe, batches)
    with _bar(len(epochs) * batches, len(history) * batches + progress.batches, job) as bar:
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
    cut = list(zip(*(batch.chunk(pieces) for batch in (images, labels, weights)), strict=True))
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
    return _judged(_answered(net, data, batch_size, Share()))


# --- a training --------------------------------------------------------------------------


@dataclass
class Job:
    """All that a training is done with.

    Attributes:
        accelerator, share: the device, and which part of each batch it computes.
        state: what changes, and is kept.
        net: the network as Accelerate has prepared it. optimiser: likewise, of the present phase.
        fixed_norms: stay in evaluation mode.
        pieces: in how many a batch is computed; 0: that is not known yet.
        recipe, seed, augment, folder: see `fit`.
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
        net.to(accelerator.device).to(memory_format=torch.channels_last)
        state = TrainingState(net, made_by, accelerator.scaler)
        norms = freeze(net, recipe)
        prepared = accelerator.prepare_model(Shell(net))
        share = Share(accelerator.process_index, accelerator.num_processes)
        return cls(accelerator, share, state, prepared, norms, recipe, seed, augment, folder)


def _begin(job: Job, epoch: Epoch) -> None:
    """Go on with an epoch: a phase has an optimiser of its own."""
    if job.state.optimiser is None:
        optimiser = make_optimiser(job.state.net, epoch.phase, job.recipe)
        job.state.begin(epoch.phase_number, optimiser)
        job.optimiser = job.accelerator.prepare_optimizer(optimiser)


def _train_epoch(job: Job, epoch: Epoch, train: Dataset, bar: tqdm) -> None:
    """Train on the batches of an epoch that are still to come, and count what they gave."""
    progress, device = job.state.progress, job.accelerator.device
    sums, pace = Sums.start(job), Pace(device)
    job.net.train()
    for norm in job.fixed_norms:
        norm.eval()
    before, waited = progress.seconds, progress.waited
    started = saved = reported = time.monotonic()
    with Ahead(devices.brought(_read(job, epoch, train), device), pace.idle) as ahead:
        for fed in ahead:
            with _enough_memory(job):
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
                _require_finite_weights(job, epoch)
                _save(job)
                saved = time.monotonic()
    sums.put(job, epoch)


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
        job.pieces = _pieces(job, images, fed.labels, weights)
    chance = order.random(job.seed, "dropout", epoch.number, fed.number)
    torch.manual_seed(int(chance.integers(2**63)) + job.share.rank)
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


def _read(job: Job, epoch: Epoch, train: Dataset) -> Iterator[Fed]:
    """The batches of an epoch that are still to come, each as this process computes it."""
    size, start = job.recipe.batch_size, job.state.progress.batches
    numbers = range(start, epoch.batches)
    if isinstance(train, ResumableBatches):
        parts = train.batches(size, epoch.number, start, share=job.share)
        for number, (images, labels) in zip(numbers, parts, strict=False):
            samples = min(size, len(train) - number * size)  # type: ignore[arg-type]
            lacking = max(0, order.FEWEST - len(labels)) if job.share.ranks > 1 else 0
            images, labels, counts = _padded(images, labels, lacking)
            yield _fed(job, epoch, number, samples, images, labels, counts, np.arange(len(labels)))
        return
    weights = train.clip_balanced_weights() if job.recipe.clip_balanced else None  # type: ignore[attr-defined]
    chosen = order.epoch(len(train), job.seed, epoch.number, weights)  # type: ignore[arg-type]
    for number, places in zip(numbers, order.batches(chosen, size)[start:], strict=False):
        stripe = order.stripe(len(places), job.share)
        images, labels = train[places[stripe.places].tolist()]
        counts = torch.from_numpy(stripe.counts)
        yield _fed(job, epoch, number, len(places), images, labels, counts, stripe.places)


def _fed(
    job: Job,
    epoch: Epoch,
    number: int,
    samples: int,
    images: Tensor,
    labels: Tensor,
    counts: Tensor,
    places: np.ndarray,
) -> Fed:
    draws = None
    if job.augment:
        chance = order.random(job.seed, "augmentation", epoch.number, number)
        draws = job.augment.draw(samples, chance).at(places)
    return Fed(number, samples, images, labels, counts.float(), draws)


def _padded(images: Tensor, labels: Tensor, lacking: int) -> tuple[Tensor, Tensor, Tensor]:
    """A part with so many black images more, and which of them count, bool `[N]`."""
    black = images.new_zeros((lacking, *images.shape[1:]))
    counts = torch.arange(len(labels) + lacking) < len(labels)
    return torch.cat([images, black]), torch.cat([labels, labels.new_zeros(lacking)]), counts


def _row(job: Job, epoch: Epoch, valid: Dataset | None) -> dict:
    """The row of the history that tells of a finished epoch."""
    start, progress = time.monotonic(), job.state.progress
    _require_finite_weights(job, epoch)
    row = {
        "epoch": epoch.number + 1,
        "train_loss": progress.loss_sum / progress.seen,
        "train_accuracy": progress.right / progress.seen,
    }
    if valid is not None:
        sums = _answered(job.state.net, valid, 128, job.share)
        found = _judged(job.accelerator.reduce(sums) if job.share.ranks > 1 else sums)
        row |= {f"valid_{name}": value for name, value in found.items()}
        if not math.isfinite(row["valid_loss"]):
            raise _diverged(job, epoch, f"its validation loss is {row['valid_loss']}")
    seconds = progress.seconds + time.monotonic() - start
    waiting = progress.waited / progress.seconds
    return row | {
        "seconds": round(seconds, 2),
        "waiting": round(waiting, 4),
        "pieces": max(1, job.pieces),
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
        try:
            checkpoints.save(job.state, job.folder)
        except OSError as error:
            raise InputError(
                f"The checkpoint of {job.state.made_by['name']} cannot be written to {job.folder}: "
                f"{cause_of(error, job.folder)}. The one before it is kept."
            ) from error
    job.accelerator.wait_for_everyone()


# --- what an epoch adds up to ------------------------------------------------------------


@dataclass
class Sums:
    """Losses and hits of an epoch, added up on the device; nobody waits for them at each step.

    Attributes:
        loss, right: of the samples that this process counts. In float64 a sum does not depend on
            when it was read, so that a resumed epoch tells the very same.
        bad: the number of the first batch whose loss was not finite, infinite where all were.
    """

    loss: Tensor
    right: Tensor
    bad: Tensor

    @classmethod
    def start(cls, job: Job) -> "Sums":
        """Those of the epoch so far, which the first process goes on with."""
        progress, device = job.state.progress, job.accelerator.device
        first = job.share.rank == 0
        kind = torch.float32 if device.type == "mps" else torch.float64  # it has no other
        numbers = (progress.loss_sum if first else 0, progress.right if first else 0, math.inf)
        return cls(*(torch.tensor(number, dtype=kind, device=device) for number in numbers))

    def add(self, fed: Fed, logits: Tensor, losses: Tensor) -> None:
        """A batch was trained on."""
        counted = losses * fed.counts
        self.loss += counted.sum()
        self.right += ((logits.argmax(1) == fed.labels) * fed.counts).sum()
        # Of a sample that does not count, NaN times 0 is NaN all the same: it is a divergence.
        self.bad = torch.where(counted.isfinite().all(), self.bad, self.bad.clamp(max=fed.number))

    def require_finite(self, job: Job, epoch: Epoch) -> None:
        """Wait for the device, and raise InputError if a loss was not finite."""
        batch, loss = self.bad.item(), self.loss.item()
        if math.isfinite(batch):
            raise _diverged(job, epoch, f"its training loss is {loss}", int(batch))

    def put(self, job: Job, epoch: Epoch) -> None:
        """Write the sums over all processes into the progress of the epoch."""
        self.require_finite(job, epoch)
        loss, right = self.loss, self.right
        if job.share.ranks > 1:
            loss, right = (job.accelerator.reduce(total.clone()) for total in (loss, right))
        progress = job.state.progress
        progress.loss_sum, progress.right = loss.item(), int(right.item())


def _answered(net: nn.Module, data: Dataset, batch_size: int, share: Share) -> Tensor:
    """Of a part of the data: summed cross entropy, how many are right, and how many they are."""
    device = next(net.parameters()).device
    chosen = range(len(data))[share.rank :: share.ranks]  # type: ignore[arg-type]
    sums = torch.zeros(3, dtype=torch.float32 if device.type == "mps" else torch.float64)
    sums = sums.to(device)
    for logits, labels in answers(net, data, batch_size, chosen):
        sums[0] += functional.cross_entropy(logits, labels, reduction="sum")
        sums[1] += (logits.argmax(1) == labels).sum()
        sums[2] += len(labels)
    return sums


def _judged(sums: Tensor) -> dict[str, float]:
    loss, right, seen = sums.tolist()
    return {"loss": loss / seen, "accuracy": right / seen if math.isfinite(loss) else math.nan}


# --- what can go wrong -------------------------------------------------------------------


def _pieces(job: Job, images: Tensor, labels: Tensor, weights: Tensor) -> int:
    """In how many pieces the batches of this training are computed, tried with the first of them.

    Nothing is left of the trial but what is said. On a CPU, which has as much memory as the
    machine, the trial would be a step for nothing: there it is one piece.
    """
    if job.accelerator.device.type == "cpu":
        return 1
    net = job.state.net
    buffers = [buffer.clone() for buffer in net.buffers()]
    kept = [weight for weight in net.parameters() if weight.requires_grad]
    of_optimiser = [torch.empty_like(weight) for weight in kept for _ in range(2)]

    def attempt(pieces: int) -> None:
        for some, their, counts in zip(
            *(batch.chunk(pieces) for batch in (images, labels, weights)), strict=True
        ):
            with job.accelerator.no_sync(job.net):
                losses = functional.cross_entropy(job.net(some).float(), their, reduction="none")
                job.accelerator.backward((losses * counts).sum())

    pieces = memory.pieces_that_fit(attempt, len(images))
    del of_optimiser
    for buffer, before in zip(net.buffers(), buffers, strict=True):
        buffer.copy_(before)
    net.zero_grad()
    if job.share.ranks > 1:
        of_all = job.accelerator.gather(torch.tensor([pieces], device=job.accelerator.device))
        pieces = int(of_all.max())
    if said := memory.sentence(len(images), pieces):
        print(said)
    return pieces


@contextmanager
def _enough_memory(job: Job) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not memory.is_out_of_memory(error):
            raise
        raise InputError(
            f"The memory of {job.accelerator.device} is not enough to train "
            f"{job.state.made_by['name']} in batches of {job.recipe.batch_size}: end what else "
            "uses it, or choose a smaller backbone or smaller windows. What was trained until the "
            "last checkpoint is kept."
        ) from error


def _require_finite_weights(job: Job, epoch: Epoch) -> None:
    bad = not_finite(job.state.net.state_dict())
    if bad:
        raise _diverged(job, epoch, f"values in {bad} are NaN or infinite")


def _diverged(job: Job, epoch: Epoch, what: str, step: int | None = None) -> InputError:
    """The error that says of a training where and how it diverged, and what is left of it."""
    step = job.state.progress.batches if step is None else step
    kept = job.folder / checkpoints.LAST
    left = f" ({kept} is from before that)" if kept.is_file() else ""
    return InputError(
        f"The training of {job.state.made_by['name']} diverged in epoch {epoch.number + 1}, after "
        f"{step} of its {epoch.batches} steps, at a learning rate of {epoch.lr(step):.2g}, as "
        f"{what}: lower the learning rate of its recipe, or start from other weights{left}."
    )


def _made_by(
    net: nn.Module,
    recipe: Recipe,
    seed: int,
    name: str,
    numbers: str,
    train: Dataset,
    valid: Dataset | None,
) -> dict:
    """What identifies a training: only a checkpoint with the same values is resumed."""
    of_recipe = asdict(recipe)
    del of_recipe["source"]  # words about a recipe do not change what it trains
    weights = (value.detach().cpu().numpy() for value in net.state_dict().values())
    made_by = {
        "name": name,
        "recipe": of_recipe,
        "seed": seed,
        "precision": numbers,
        # Clips may be added to a folder, and others held out: their network would know the new
        # validation part by heart.
        "training": identity.of(train),
        "validation": identity.of(valid),
        "start": identity.word(weights),
    }
    return json.loads(json.dumps(made_by))


def _bar(total: int, done: int, job: Job) -> tqdm:
    # Of trainings in processes side by side, the one bar is that over all of them.
    beside = multiprocessing.parent_process() or not job.accelerator.is_main_process
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
