"""The buffer in which the samples of mode 1 wait, and how batches are drawn from it."""

import numpy as np


class Mixer:
    """Which sample is where, and which are drawn next; it knows numbers, no pictures.

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
