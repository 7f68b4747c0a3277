"""Several ways of doing the same, timed in turns: every benchmark is made of this."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

Throughputs = dict[str, list[float]]  # by way, one number for each round


def throughputs(ways: Mapping[str, Callable[[], int]], rounds: int) -> Throughputs:
    """How much each way does in a second, one number for each round.

    A way is called without arguments and returns how much it did. A round calls each way once. So
    when other programs slow the machine down for a while, they slow down all ways alike. Before
    them comes a round that does not count, in which kernels are chosen and files come into memory.
    """
    for way in ways.values():
        way()
    found: Throughputs = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            gc.collect()  # so that this way need not clear up what an earlier one left behind
            start = time.perf_counter()
            done = way()
            found[name].append(done / (time.perf_counter() - start))
    return found


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Ours over theirs: the median of the ratios of the rounds."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def summary(found: Throughputs, unit: str, pairs: Mapping[str, str]) -> dict[str, float]:
    """The median throughput of each way as `<name>_<unit>`, and a `<name>_ratio` for each pair.

    `pairs` maps the name of another way to the name of our way that it is compared with. The ratio
    is above 1 where ours is faster.
    """
    medians = {f"{name}_{unit}": median(each) for name, each in found.items()}
    return medians | {
        f"{name}_ratio": ratio(found[ours], found[name]) for name, ours in pairs.items()
    }
