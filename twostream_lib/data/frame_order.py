"""The order of mode 1: which sample arrives when, waits where, and is drawn into which batch.

All of it is numbers, no pictures. It follows from the number of samples of each clip, the seed and
the epoch, and not from the number of workers.

Of each sample no more is kept than the batch and the place that it gets, 4 bytes each. The rest
follows from a table of chunks by arithmetic, for the samples that are asked about.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np

from twostream_lib.data.order import ALONE, Share
from twostream_lib.errors import InputError

# What random numbers are for: each purpose has its own.
PURPOSES = ("order", "draws", "crops")
# How many samples a slot gives when it is its turn. Each decoder has a megabyte of its own, which
# the processor's caches lose while the others work: with one sample a turn, decoding HMDB-51's
# clips took a fifth longer.
CHUNK = 8
MOST = 2**31 - 1  # samples: their numbers are int32
AT_ONCE = 2**16  # samples that are looked at together, where all are


class Samples(NamedTuple):
    """What some samples are, each int32 `[samples]`."""

    clip: np.ndarray
    frame: np.ndarray
    slot: np.ndarray
    turn: np.ndarray


class Arrivals:
    """Which samples of an epoch arrive when: a chunk of each slot in turn.

    Args:
        slots: the clips that follow one another in each slot, int `[clips]`, at least one.
        samples: of each clip of the data, int64 `[all clips]`; those in `slots` have some.
    """

    def __init__(self, slots: list[np.ndarray], samples: np.ndarray) -> None:
        def ends(counts: np.ndarray) -> np.ndarray:
            return np.cumsum(counts, dtype=np.int32)

        self.slots = [slot.astype(np.int32) for slot in slots]
        self.samples = samples
        # The clips, samples and chunks of all slots, one slot after the other.
        self.clip = np.concatenate(self.slots)
        self.clip_ends = ends(samples[self.clip])
        of_slot = np.array([samples[slot].sum() for slot in self.slots])
        self.slot_starts = ends(of_slot) - of_slot.astype(np.int32)
        chunks = -(-of_slot // CHUNK)
        self.chunk_starts = ends(chunks) - chunks.astype(np.int32)
        sizes = np.full(chunks.sum(), CHUNK, np.int8)
        sizes[ends(chunks) - 1] = of_slot - (chunks - 1) * CHUNK
        turn = np.arange(len(sizes), dtype=np.int32) - np.repeat(self.chunk_starts, chunks)
        self.turns = int(chunks.max())
        # The same chunks as they arrive: in each turn, one slot after the other.
        self.arriving = np.argsort(turn, kind="stable").astype(np.int32)
        self.firsts = ends(sizes[self.arriving]) - sizes[self.arriving]
        self.first_of_chunk = np.empty_like(self.firsts)
        self.first_of_chunk[self.arriving] = self.firsts

    def __len__(self) -> int:
        return int(self.clip_ends[-1])

    def at(self, numbers: np.ndarray) -> Samples:
        """What arrives as number so and so, int `[samples]`."""
        numbers = np.asarray(numbers, np.int32)  # or searching would make the tables int64
        place = np.searchsorted(self.firsts, numbers, "right") - 1
        chunk = self.arriving[place]
        slot = np.searchsorted(self.chunk_starts, chunk, "right").astype(np.int32) - 1
        turn = chunk - self.chunk_starts[slot]
        sample = self.slot_starts[slot] + turn * CHUNK + (numbers - self.firsts[place])
        position = np.searchsorted(self.clip_ends, sample, "right")
        clip = self.clip[position]
        frame = self.samples[clip] - (self.clip_ends[position] - sample)
        return Samples(clip, frame.astype(np.int32), slot, turn)

    def of_slot(self, slot: int, values: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Each clip of a slot, and what `values` has for its samples.

        Args:
            values: one of each arrival, `[len(self)]`.
        """
        start = 0
        for clip in self.slots[slot].tolist():
            end = start + int(self.samples[clip])
            yield clip, values[self._numbers(slot, start, end)]
            start = end

    def _numbers(self, slot: int, start: int, end: int) -> np.ndarray:
        """When some of a slot's samples arrive, int32 `[end - start]`."""
        step = np.arange(start, end, dtype=np.int32)
        return self.first_of_chunk[self.chunk_starts[slot] + step // CHUNK] + step % CHUNK


@dataclass(frozen=True)
class Draws:
    """The samples of some batches, by the numbers of their arrivals.

    `numbers`: int32 `[samples]`, one batch after the other. `ends`: int32 `[batches]`, where each
    ends in them.
    """

    numbers: np.ndarray
    ends: np.ndarray

    def __iter__(self) -> Iterator[np.ndarray]:
        start = 0
        for end in self.ends:
            yield self.numbers[start:end]
            start = end


class FrameOrder:
    """The order of every epoch over clips with so many samples each.

    Args:
        samples: of each clip, int64 `[clips]`.
        seed: of the order.
        buffer: how many samples wait to be drawn, one batch at least.
        open_clips: how many clips are decoded side by side.

    Raises:
        InputError: there are more than `MOST` samples.
    """

    def __init__(self, samples: np.ndarray, seed: int, buffer: int, open_clips: int) -> None:
        self.samples, self.seed = samples, seed
        self.buffer, self.open_clips = buffer, open_clips
        if len(self) > MOST:
            raise InputError(
                f"These clips have {len(self):,} samples and mode 1 counts to {MOST:,}: give it "
                "fewer clips, or train by mode 2."
            )

    def __len__(self) -> int:
        return int(self.samples.sum())

    def random(self, epoch: int, purpose: str, clip: int = 0) -> np.random.Generator:
        """The random numbers of an epoch for one of `PURPOSES`, perhaps of one clip."""
        return np.random.default_rng([self.seed, epoch, PURPOSES.index(purpose), clip])

    def slots(self, epoch: int) -> list[np.ndarray]:
        """The clips that follow one another in each of the `open_clips` slots, int64 `[clips]`.

        Clips are taken in random order, each into the slot that is the first to be free.
        """
        order = self.random(epoch, "order").permutation(np.flatnonzero(self.samples))
        free = [(0, slot) for slot in range(min(self.open_clips, len(order)))]
        slot_of = np.empty(len(order), np.int32)
        for number, count in enumerate(self.samples[order]):
            when, slot_of[number] = free[0]
            heapq.heapreplace(free, (when + int(count), int(slot_of[number])))
        ends = np.cumsum(np.bincount(slot_of, minlength=len(free)))
        return np.split(order[np.argsort(slot_of, kind="stable")], ends[:-1])

    def groups(self, count: int) -> list[np.ndarray]:
        """The slots in `count` groups of neighbours, of which some may be empty.

        In each turn all samples of the first group arrive first, then those of the second, and so
        on.
        """
        slots = min(self.open_clips, int(np.count_nonzero(self.samples)))
        return np.array_split(np.arange(slots), count)

    def arrivals(self, epoch: int) -> Arrivals:
        """All samples in the order in which they arrive."""
        return Arrivals(self.slots(epoch), self.samples)

    def draws(self, batch_size: int, epoch: int) -> Iterator[np.ndarray]:
        """The samples of each batch, as numbers of arrivals, int32, drawn at random from the
        buffer.

        For each sample that is drawn the next one arrives.
        """
        random, count = self.random(epoch, "draws"), len(self)
        arrived = min(count, max(self.buffer, batch_size))
        held = np.arange(arrived, dtype=np.int32)
        while len(held):
            places = random.choice(len(held), min(batch_size, len(held)), replace=False)
            yield held[places]
            refilled, left = np.split(places, [count - arrived])
            held[refilled] = np.arange(arrived, arrived + len(refilled))
            arrived += len(refilled)
            if len(left):
                held = np.delete(held, left)

    def drawn(
        self, arrivals: Arrivals, batch_size: int, epoch: int, start: int, share: Share = ALONE
    ) -> Draws:
        """Of each batch from number `start` on the samples that somebody's slots give."""
        numbers = np.empty(max(0, len(self) - start * batch_size), np.int32)
        ends = np.zeros(max(0, -(-len(self) // batch_size) - start), np.int32)
        end = 0
        for batch, drawn in enumerate(islice(self.draws(batch_size, epoch), start, None)):
            if share.ranks > 1:
                drawn = drawn[arrivals.at(drawn).slot % share.ranks == share.rank]
            numbers[end : end + len(drawn)] = drawn
            end += len(drawn)
            ends[batch] = end
        return Draws(numbers[:end], ends)

    def places(self, draws: Draws, room: int) -> np.ndarray:
        """Where each arrival waits for its draw, int32 `[len(self)]`; -1 if `draws` lack it.

        There are `room` places, more than wait in the buffer. The first arrivals take them in turn.
        Later arrivals reuse freed places, in the order in which they were freed. So there is always
        room for `room - buffer` samples that arrive ahead of their time.
        """
        coming, places = np.sort(draws.numbers), np.full(len(self), -1, np.int32)
        for start in range(0, min(room, len(coming)), AT_ONCE):
            some = coming[start : min(start + AT_ONCE, room)]
            places[some] = np.arange(start, start + len(some))
        taken = room
        for drawn in draws:
            next_samples = coming[taken : taken + len(drawn)]
            places[next_samples] = places[drawn[: len(next_samples)]]
            taken += len(drawn)
        return places
