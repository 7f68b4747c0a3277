"""How far a reader of StickHMDB can get, by what it can see.

Whoever knows how the clips are drawn can work out what each view tells of a clip: the probability
of each class, by Bayes' rule. Here are such exact readers, asked about many clips that they have
never seen. They know the four numbers of an act with clubs to the last digit, and see whatever
else a picture, three gray frames or flow can show. No reader is right more often, on average over
new sources. Many draws stand for all clips (Monte Carlo).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pandas as pd

from twostream_lib.errors import InputError
from twostream_lib.stickhmdb.actions import ACTIONS

DRAWS = 4_000  # of each class
WEIGHTS = np.linspace(0, 1, 21)  # of the spatial reader, to find the best one
# What the readers of one view see of an action, and which of the four numbers of an act with clubs.
VIEWS = {
    "spatial": ("shows", slice(0, 2)),
    "temporal-sg3i": ("gray", slice(2, 4)),
    "temporal-flow": ("flow", slice(2, 4)),
}
PAIR, ALL = ("spatial", "temporal-sg3i"), tuple(VIEWS)


def evidence(labels: Iterable[str] = tuple(ACTIONS)) -> pd.DataFrame:
    """What tells the classes apart: a row for each of ``labels``, which are StickHMDB's.

    The columns are ``label``; ``shows``, what one picture tells; ``gray`` and ``flow``, what three
    gray frames and flow tell.
    """
    rows = [
        (name, *(getattr(ACTIONS[name], seen) for seen, _ in VIEWS.values())) for name in labels
    ]
    return pd.DataFrame(rows, columns=["label", *(seen for seen, _ in VIEWS.values())])


@dataclass(frozen=True)
class Readers:
    """Exact readers, asked about `DRAWS` new clips of each of ``labels``."""

    labels: tuple[str, ...]
    seed: int = 0

    @cached_property
    def label(self) -> np.ndarray:
        """The class of each clip that is asked about, int ``[N]``."""
        return np.repeat(np.arange(len(self.labels)), DRAWS)

    @cached_property
    def _numbers(self) -> np.ndarray:
        """The four numbers of each clip, float ``[N, 4]``; 0 where they tell nothing."""
        rng = np.random.default_rng(self.seed)
        drawn = rng.normal(size=(len(self.labels), DRAWS, 4))
        places = [ACTIONS[label].place for label in self.labels]
        numbers = [
            p.mean + p.spread * z if p else 0 * z for p, z in zip(places, drawn, strict=True)
        ]
        return np.concatenate(numbers)

    def posterior(self, views: tuple[str, ...]) -> np.ndarray:
        """What somebody who sees these views together believes of each clip, float ``[N, C]``."""
        # Written and compared class by class: so each class lies in one piece.
        likely = np.zeros((len(self.label), len(self.labels)), order="F")
        for column, label in enumerate(self.labels):
            alike = np.array([_alike(label, other, views) for other in self.labels])[self.label]
            likely[alike, column] = 1
            if place := ACTIONS[label].place:
                for of in {VIEWS[view][1].start: VIEWS[view][1] for view in views}.values():
                    off = (self._numbers[alike, of] - place.mean[of]) / place.spread[of]
                    likely[alike, column] *= (
                        np.exp(-0.5 * (off**2).sum(1)) / place.spread[of].prod()
                    )
        return likely / likely.sum(1, keepdims=True)

    def right(self, belief: np.ndarray) -> np.ndarray:
        """How far each clip is right by its largest belief, float ``[N]``; ties share."""
        best = belief >= belief.max(1, keepdims=True) - 1e-12
        return best[np.arange(len(best)), self.label] / best.sum(1)

    @cached_property
    def by_class(self) -> pd.DataFrame:
        """The share right of each class (rows) by each reader (columns): single views, fusions of
        the beliefs of `PAIR`, and all that can be seen together (``joint``, ``joint-three``)."""
        of = {view: self.posterior((view,)) for view in VIEWS}
        spatial, temporal = (of[view] for view in PAIR)
        weighted = [w * spatial + (1 - w) * temporal for w in WEIGHTS]
        beliefs = of | {
            "average": spatial + temporal,
            "weighted": max(weighted, key=lambda belief: self.right(belief).mean()),
            "product": spatial * temporal,
            "joint": self.posterior(PAIR),
            "joint-three": self.posterior(ALL),
        }
        shares = {
            name: self.right(belief).reshape(-1, DRAWS).mean(1) for name, belief in beliefs.items()
        }
        return pd.DataFrame(shares, index=list(self.labels))


@cache
def by_class(labels: tuple[str, ...]) -> pd.DataFrame:
    """`Readers.by_class` of these classes, worked out once; not to be changed."""
    return Readers(labels).by_class


def _alike(label: str, other: str, views: tuple[str, ...]) -> bool:
    """Whether a clip of ``other`` can look like one of ``label`` to somebody who sees ``views``."""
    one, two = ACTIONS[label], ACTIONS[other]
    if label == other:
        return True
    told_by_coin = (
        one.kind == two.kind and one.backwards != two.backwards and len(set(one.hues)) > 1
    )
    together = "spatial" in views and len(views) > 1
    return not (told_by_coin and together) and all(
        getattr(one, seen) == getattr(two, seen) for seen, _ in (VIEWS[view] for view in views)
    )


def ceilings_of(table: pd.DataFrame) -> dict[str, float]:
    """The best accuracies that are possible on a table's test clips, as fractions from 0 to 1.

    ``table`` has the columns ``label`` and ``tag``; rows with tag 2 count. The keys are those of
    `Readers.by_class`. They hold for whoever has not seen the clips' sources, on average: with so
    many draws of each class they are known to half a point. Raises InputError when there is no
    test clip or a label is not StickHMDB's.
    """
    labels = table.loc[table["tag"] == 2, "label"]
    strange = sorted(set(labels) - set(ACTIONS))
    if strange or labels.empty:
        wrong = f"{strange[0]} is not one of its classes" if strange else "there are no test clips"
        raise InputError(f"StickHMDB's ceilings are not known for this table, because {wrong}.")
    counts = labels.value_counts()
    shares = by_class(tuple(label for label in ACTIONS if label in counts))
    weights = counts[shares.index] / len(labels)
    return {name: float(weights @ shares[name]) for name in shares}


def ceilings_in_words(ceilings: Mapping[str, float]) -> str:
    """What ``ceilings_of`` found, as a sentence in Markdown; empty if no ceilings are known."""
    if not ceilings:
        return "Nobody knows the ceilings of these clips: real films come without their recipe."
    return (
        f"A perfect reader of **one picture** gets **{ceilings['spatial']:.1%}** of the test clips "
        f"right, of **three gray frames** **{ceilings['temporal-sg3i']:.1%}**, of **flow** "
        f"**{ceilings['temporal-flow']:.1%}**, and of one picture and three gray frames "
        f"**together** **{ceilings['joint']:.1%}**."
    )
