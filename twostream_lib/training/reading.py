"""The batches of an epoch, as one of several processes reads them."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from twostream_lib.data import order
from twostream_lib.data.datasets import ResumableBatches
from twostream_lib.training.devices import Fed
from twostream_lib.training.job import Job
from twostream_lib.training.schedule import Epoch


def read(job: Job, epoch: Epoch, train: Dataset) -> Iterator[Fed]:
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
    if not lacking:
        return images, labels, torch.ones(len(labels), dtype=torch.bool)
    black = images.new_zeros((lacking, *images.shape[1:]))
    counts = torch.arange(len(labels) + lacking) < len(labels)
    return torch.cat([images, black]), torch.cat([labels, labels.new_zeros(lacking)]), counts
