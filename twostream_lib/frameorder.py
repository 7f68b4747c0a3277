"""The order of mode 1: which sample arrives when, waits where, and is drawn into which batch.

All of it is numbers, no pictures. It follows from the number of samples of each clip, the seed and
the epoch, and not from the number of workers.
"""

import heapq

import numpy as np

# What random numbers are for: each purpose has its own.
PURPOSES = ("order", "draws", "crops")


class Mixer:
    """The buffer in which samples wait: which one is where, and which are drawn next.

    Attributes:
        held: for each place of the buffer the number of the arrival in it; -1 is an empty place.
        arrived: how many samples have arrived.
    """

    def __init__(self, count: int, buffer: int, batch: int, random: np.random.Generator) -> None:
        self.count, self.batch, self.random = count, batch, random
        self.held = np.arange(min(count, buffer))
        self.arrived = len(self.held)

    @property
    def is_done(self) -> bool:
        return self.arrived == self.count and bool((self.held < 0).all())

    def waiting(self) -> np.ndarray:
        """The places that hold a sample, in the order in which these arrived."""
        places = np.flatnonzero(self.held >= 0)
        return places[np.argsort(self.held[places])]

    def draw(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The places of the next batch, the arrivals in them, and the places filled again."""
        full = np.flatnonzero(self.held >= 0)
        places = self.random.choice(full, min(self.batch, len(full)), replace=False)
        drawn = self.held[places]
        refilled = places[: self.count - self.arrived]
        self.held[places] = -1
        self.held[refilled] = np.arange(self.arrived, self.arrived + len(refilled))
        self.arrived += len(refilled)
        return places, drawn, refilled


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

    def mixer(self, batch: int, epoch: int) -> Mixer:
        """The buffer of an epoch before its first batch."""
        return Mixer(len(self), max(self.buffer, batch), batch, self.random(epoch, "draws"))

    def random(self, epoch: int, purpose: str, clip: int = 0) -> np.random.Generator:
        """The random numbers of an epoch for one of `PURPOSES`, perhaps of one clip."""
        return np.random.default_rng([self.seed, epoch, PURPOSES.index(purpose), clip])

    def lanes(self, epoch: int) -> list[list[int]]:
        """The clips that follow one another in each of the `open_clips` lanes.

        Clips are taken in random order, each into the lane that is the first to be free.
        """
        order = self.random(epoch, "order").permutation(np.flatnonzero(self.samples))
        lanes: list[list[int]] = [[] for _ in range(min(self.open_clips, len(order)))]
        free = [(0, lane) for lane in range(len(lanes))]
        for clip in order.tolist():
            when, lane = heapq.heappop(free)
            lanes[lane].append(clip)
            heapq.heappush(free, (when + int(self.samples[clip]), lane))
        return lanes

    def arrivals(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Clip and frame of all samples, int64 `[len(self)]`, as they arrive at the buffer.

        Each lane gives one sample in turn.
        """
        lanes = self.lanes(epoch)
        clip = [np.repeat(lane, self.samples[lane]) for lane in lanes]
        frame = [np.arange(self.samples[c]) for lane in lanes for c in lane]
        lane = np.repeat(np.arange(len(lanes)), [len(part) for part in clip])
        step = np.concatenate([np.arange(len(part)) for part in clip])
        order = np.lexsort((lane, step))
        return np.concatenate(clip)[order], np.concatenate(frame)[order]

    def wanted(self, epoch: int, held: np.ndarray, arrived: int) -> list[np.ndarray]:
        """For each clip, which samples are still to come: bool `[samples of the clip]`.

        Still to come are those in the buffer, `held`, and those that arrive behind `arrived`.
        """
        clip, frame = self.arrivals(epoch)
        gone = np.arange(len(self)) < arrived
        gone[held] = False
        ends = np.cumsum(self.samples)
        wanted = np.ones(len(self), bool)
        wanted[(ends - self.samples)[clip[gone]] + frame[gone]] = False
        return np.split(wanted, ends[:-1])
