"""What a clip tells of its class: for each class, what is drawn and how far it varies.

Most classes have evidence in degrees, as HMDB-51's have. The twelve acts with two clubs are the
same figure in the same poses. They differ in four numbers. One picture shows two of them: the hue
of the team, on shirt and clubs, and the hue of the court. Motion shows the others: how fast the
clubs go up or down, and how fast the leaves on the wind do. Each class has a place in either plane
and varies around it by a normal distribution. Of half of the classes the picture tells much and
the motion little, of the others it is the other way round. Who is near in
appearance is far away in motion, so each stream rules out what the other one takes for likely.

The other classes differ in one thing alone: in motion, in a hue, in what only three gray frames
or only flow can show, or in what a motion means under a hue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CLEAR, VAGUE = 0.4, 1.2  # standard deviations, in distances between two neighbours
OF_SOURCE = 0.75  # the share of the variance that the clips of one source have in common


@dataclass(frozen=True)
class Place:
    """Where an act with clubs lies, in distances between neighbours, and how far it varies there.

    ``appearance`` are the hues of the team and of the court, ``motion`` the rates of the clubs and
    of the leaves. ``vague`` says which of the two tells little.
    """

    appearance: tuple[float, float]
    motion: tuple[float, float]
    vague: str

    @property
    def mean(self) -> np.ndarray:
        """Float ``[4]``: the two of appearance and the two of motion."""
        return np.array([*self.appearance, *self.motion])

    @property
    def spread(self) -> np.ndarray:
        """Standard deviations, float ``[4]``."""
        views = ("appearance", "appearance", "motion", "motion")
        return np.where(np.array(views) == self.vague, VAGUE, CLEAR)

    def draw(self, seed: tuple[int, ...], take: int) -> np.ndarray:
        """The four numbers of one clip, float ``[4]``; ``seed`` stands for its source.

        Clips of one source have most of the variation in common.
        """
        # Not (*seed, 3): to NumPy zeros at the end of a seed are nothing.
        common = np.random.default_rng((*seed, 3)).normal(size=4)
        own = np.random.default_rng((*seed, 4, take)).normal(size=4)
        varied = np.sqrt(OF_SOURCE) * common + np.sqrt(1 - OF_SOURCE) * own
        return self.mean + self.spread * varied
