"""Which sample comes when, and what chance does to it: all of it follows from a few numbers.

The order of an epoch is one array, made before anything is read. So a training can go on at any
batch, several devices can share the batches out without asking each other, and who reads ahead
takes no random number from anybody.
"""

from typing import NamedTuple

import numpy as np

Array = np.ndarray
# What random numbers are for. Each purpose has a stream of its own: one more draw for the
# augmentation changes nothing in the order. New ones go to the end.
PURPOSES = ("order", "augmentation", "dropout")
FEWEST = 2  # samples that batch norm can be trained on


class Share(NamedTuple):
    """Which part of each batch this process computes: the part of `rank`, among `ranks` ones."""

    rank: int = 0
    ranks: int = 1


ALONE = Share()


class Stripe(NamedTuple):
    """The part of a batch that one process computes.

    `places`: int `[n]`, where its samples are in the batch. `counts`: bool `[n]`, False for samples
    that it computes only because it would have too few, and that another process counts.
    """

    places: Array
    counts: Array


def random(seed: int, purpose: str, epoch: int, batch: int = 0) -> np.random.Generator:
    """The random numbers for one of `PURPOSES`, in an epoch or in one of its batches."""
    return np.random.default_rng([seed, epoch, batch, PURPOSES.index(purpose)])


def epoch(samples: int, seed: int, number: int, weights: Array | None = None) -> Array:
    """The order of an epoch, int64 `[samples]`.

    Args:
        samples: how many there are.
        seed, number: of the training and of the epoch.
        weights: None: each sample comes once. With them, float `[samples]`, as many are drawn by
            chance, each by its weight, some of them more than once.
    """
    chance = random(seed, "order", number)
    if weights is None:
        return chance.permutation(samples)
    return chance.choice(samples, samples, p=weights / weights.sum())


def batches(order: Array, size: int) -> list[Array]:
    """An order cut into batches; the last one may be smaller."""
    return np.split(order, range(size, len(order), size)) if len(order) else []


def stripe(samples: int, share: Share) -> Stripe:
    """What one process computes of a batch of so many samples.

    The parts follow one another and differ by one sample at most. Where a part would have fewer
    than `FEWEST` samples, as of an epoch's last batch, it has some of the first ones as well, which
    count nothing.
    """
    own = np.array_split(np.arange(samples), share.ranks)[share.rank]
    lacking = max(0, FEWEST - len(own)) if share.ranks > 1 else 0
    more = np.arange(min(samples, lacking))
    return Stripe(np.concatenate([own, more]), np.arange(len(own) + len(more)) < len(own))
