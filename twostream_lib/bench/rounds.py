"""Several ways of doing the same, timed in turns: what every benchmark is made of."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

Rates = dict[str, list[float]]


def rates(ways: Mapping[str, Callable[[], int]], rounds: int) -> Rates:
    """How much each way does a second, one number for each round.

    A way is called without arguments and returns how much it did. A round calls each way once, so
    whatever else the machine does in it, it does to all of them.
    """
    found: Rates = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            gc.collect()  # what an earlier way left behind is not cleared up in this one's time
            start = time.perf_counter()
            done = way()
            found[name].append(done / (time.perf_counter() - start))
    return found


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Ours over theirs: the median of the ratios of the rounds."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def summary(found: Rates, unit: str, pairs: Mapping[str, str]) -> dict[str, float]:
    """The median rate of each way, `<name>_<unit>`, and `<name>_ratio` for each of the pairs.

    `pairs` maps the name of another way to the name of ours that it is compared with.
    """
    medians = {f"{name}_{unit}": median(each) for name, each in found.items()}
    return medians | {
        f"{name}_ratio": ratio(found[ours], found[name]) for name, ours in pairs.items()
    }
