"""What a run takes beside its figures: time, memory and disk, and what it could not use.

Seconds are told in calibration loops, see `calibration`. Clips set aside and the sizes of stores
are counted, and the same whenever the clips and the code are; the rest is measured, and moves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

COST, COUNT = "cost", "count"
SECONDS, MEMORY, DISK, ASIDE, STORE = (
    "seconds",
    "peak memory",
    "disk",
    "clips set aside",
    "store of",
)
# By which factor what is measured may grow where its noise has not been measured, and how much at
# least where it has: less than that wakes nobody.
UNKNOWN = {SECONDS: 1.5, MEMORY: 1.25, DISK: 1.1}
LEAST = {SECONDS: 1.25, MEMORY: 1.15, DISK: 1.05}
# Another processor does some work faster than the loop says, and other work more slowly.
OTHER_MACHINE = 2.0
LONG = 0.1  # of the whole time: notebooks that take less are not looked at by themselves
# What must be alike for time and memory to be compared, and what it is called.
ALIKE = {"device": "device", "cores": "number of cores", "threads": "number of threads"}


@dataclass(frozen=True)
class Cost:
    """One of a run's costs: a number, its unit, and whether it is measured or counted."""

    value: float
    unit: str
    kind: str = COST


def of(run: dict) -> dict[str, Cost]:
    """The costs that the metrics of a run tell of, by what a reader calls them; runs of earlier
    versions tell of few."""
    about, data = run["run"], run["data"]
    found: dict[str, Cost] = {}
    loop = about.get("calibration_seconds")
    if loop and not about.get("resumed"):
        spent = {SECONDS: about.get("seconds", 0.0)}
        spent |= {f"{SECONDS} of {name}": each for name, each in about.get("notebooks", {}).items()}
        long = {name: each for name, each in spent.items() if each >= LONG * spent[SECONDS] > 0}
        found |= {name: Cost(each / loop, "calibration loops") for name, each in long.items()}
    for name, entry in ((MEMORY, "peak_memory_mb"), (DISK, "disk_mb")):
        if about.get(entry) is not None:
            found[name] = Cost(about[entry], "MB")
    if data.get("set_aside") is not None:
        found[ASIDE] = Cost(data["set_aside"], "clips", COUNT)
    for name, size in (data.get("stores") or {}).items():
        found[f"{STORE} {name}"] = Cost(size, "bytes", COUNT)
    return found


def mean_of(runs: Sequence[dict]) -> dict[str, Cost]:
    """The means over runs of the costs that all of them tell of; what is counted, of the first."""
    each = [of(run) for run in runs]
    return {
        name: cost
        if cost.kind == COUNT
        else Cost(float(np.mean([one[name].value for one in each])), cost.unit)
        for name, cost in each[0].items()
        if all(name in one for one in each)
    }


def as_json(found: Mapping[str, Cost]) -> list[dict]:
    """Costs as a baseline keeps them."""
    return [
        {"name": name, "value": cost.value, "unit": cost.unit, "kind": cost.kind}
        for name, cost in found.items()
    ]


def from_json(rows: Sequence[dict]) -> dict[str, Cost]:
    """The costs that a baseline has kept."""
    return {row["name"]: Cost(row["value"], row["unit"], row["kind"]) for row in rows}


def sort_of(name: str) -> str:
    """Which of the keys of `UNKNOWN` a measured cost belongs to."""
    return SECONDS if name.startswith(SECONDS) else name


def unlike(now: dict, before: dict) -> list[str]:
    """What stands against comparing the time and memory of two runs, by their parts `run`."""
    words = [
        word
        for name, word in ALIKE.items()
        if now.get(name) is None or now.get(name) != before.get(name)
    ]
    same = now.get("notebooks", {}).keys() == before.get("notebooks", {}).keys()
    return words if same else [*words, "list of notebooks"]


def factor(name: str, same_machine: bool, measured: float | None) -> float:
    """By which factor a measured cost may grow before it is named.

    Args:
        name: of the cost.
        same_machine: whether both were measured on one kind of processor.
        measured: how far its logarithm may move, by noise that was measured; None: it was not.
    """
    sort = sort_of(name)
    if sort == SECONDS and not same_machine:
        return OTHER_MACHINE
    return UNKNOWN[sort] if measured is None else max(LEAST[sort], float(np.exp(measured)))
