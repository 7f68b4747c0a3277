"""The order of mode 1: which sample arrives when, waits where, and is drawn into which batch.

All of it is numbers, no pictures. It follows from the number of samples of each clip, the seed and
the epoch, and not from the number of workers.
"""

import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

# What random numbers are for: each purpose has its own.
PURPOSES = ("order", "draws", "crops")
# How many samples a slot gives when it is its turn. Each decoder has a megabyte of its own, which
# the processor's caches lose while the others work: with one sample a turn, decoding HMDB-51's
# clips took a fifth longer.
CHUNK = 8


class Arrivals(NamedTuple):
    """The samples of an epoch as they arrive, each int64 `[samples]`."""

    clip: np.ndarray
    frame: np.ndarray
    slot: np.ndarray
    turn: np.ndarray


class FrameOrder:
    """The order of every epoch over clips with so many samples each.

    Args:
        samples: of each clip, int64 `[clips]`.
        seed: of the order.
        buffer: how many samples wait to be drawn, one batch at least.
        open_clips: how many clips are decoded side by side.
    """

    def __init__(self, samples: np.ndarray, seed: int, buffer: int, open_clips: int) -> None:
        self.samples, self.seed = samples, seed
        self.buffer, self.open_clips = buffer, open_clips

    def __len__(self) -> int:
        return int(self.samples.sum())

    def random(self, epoch: int, purpose: str, clip: int = 0) -> np.random.Generator:
        """The random numbers of an epoch for one of `PURPOSES`, perhaps of one clip."""
        return np.random.default_rng([self.seed, epoch, PURPOSES.index(purpose), clip])

    def slots(self, epoch: int) -> list[list[int]]:
        """The clips that follow one another in each of the `open_clips` slots.

        Clips are taken in random order, each into the slot that is the first to be free.
        """
        order = self.random(epoch, "order").permutation(np.flatnonzero(self.samples))
        slots: list[list[int]] = [[] for _ in range(min(self.open_clips, len(order)))]
        free = [(0, slot) for slot in range(len(slots))]
        for clip in order.tolist():
            when, slot = heapq.heappop(free)
            slots[slot].append(clip)
            heapq.heappush(free, (when + int(self.samples[clip]), slot))
        return slots

    def groups(self, count: int) -> list[np.ndarray]:
        """The slots in `count` groups of neighbours, of which some may be empty.

        In each turn all samples of the first group arrive first, then those of the second, and so
        on.
        """
        slots = min(self.open_clips, int(np.count_nonzero(self.samples)))
        return np.array_split(np.arange(slots), count)

    def arrivals(self, epoch: int) -> Arrivals:
        """All samples in the order in which they arrive: a chunk of each slot in turn."""
        slots = self.slots(epoch)
        clip = [np.repeat(slot, self.samples[slot]) for slot in slots]
        frame = [np.arange(self.samples[c]) for slot in slots for c in slot]
        slot = np.repeat(np.arange(len(slots)), [len(samples) for samples in clip])
        step = np.concatenate([np.arange(len(samples)) for samples in clip])
        order = np.lexsort((step, slot, step // CHUNK))
        columns = np.concatenate(clip), np.concatenate(frame), slot, step // CHUNK
        return Arrivals(*(column[order] for column in columns))

    def draws(self, batch_size: int, epoch: int) -> Iterator[np.ndarray]:
        """The samples of each batch, as numbers of arrivals, drawn at random from the buffer.

        For each sample that is drawn the next one arrives.
        """
        random, count = self.random(epoch, "draws"), len(self)
        arrived = min(count, max(self.buffer, batch_size))
        held = np.arange(arrived)
        while len(held):
            places = random.choice(len(held), min(batch_size, len(held)), replace=False)
            yield held[places]
            refilled, left = np.split(places, [count - arrived])
            held[refilled] = np.arange(arrived, arrived + len(refilled))
            arrived += len(refilled)
            held = np.delete(held, left)

    def places(self, draws: Sequence[np.ndarray], room: int) -> np.ndarray:
        """Where each arrival waits for its draw, int64 `[len(self)]`; -1 if `draws` lack it.

        There are `room` places, more than wait in the buffer. The first arrivals take them in turn.
        Later arrivals reuse freed places, in the order in which they were freed. So there is always
        room for
        `room - buffer` samples that arrive ahead of their time.
        """
        coming, places = np.sort(np.concatenate(draws)), np.full(len(self), -1)
        places[coming[:room]] = np.arange(min(room, len(coming)))
        taken = room
        for drawn in draws:
            next_samples = coming[taken : taken + len(drawn)]
            places[next_samples] = places[drawn[: len(next_samples)]]
            taken += len(drawn)
        return places
