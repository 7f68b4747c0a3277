"""What a run takes, held against a baseline: time, memory, disk, clips set aside, stores."""

from collections.abc import Sequence

import numpy as np

from twostream_lib.course import costs, noise
from twostream_lib.course.bands import Noise
from twostream_lib.course.comparison import (
    BETTER,
    CHANGED,
    MISSING,
    NEW,
    STEADY,
    UNJUDGED,
    WORSE,
    Check,
)
from twostream_lib.course.costs import ASIDE, COST, DISK, Cost


def checks(
    runs: Sequence[dict], baseline: dict, known: Noise | None
) -> tuple[list[Check], list[str]]:
    """The costs of runs beside those of a baseline, and sentences on what could not be judged.

    Time is judged where device, cores, threads and notebooks are the same, and memory too.
    """
    before, now = costs.from_json(baseline.get("costs", [])), costs.mean_of(runs)
    if not before:
        return [], ["The baseline says nothing of time, memory, disk and stores."]
    there, here = baseline.get("run", {}), runs[0]["run"]
    if known and (known.cores, known.threads) != (here.get("cores"), here.get("threads")):
        known = None  # time of one core says nothing of the noise of time on two
    unlike = costs.unlike(here, there)
    same_machine = here.get("machine") == there.get("machine")
    found = []
    for name, was in before.items():
        if was.kind == COST:
            found.append(_measured(name, was, now.get(name), known, unlike, same_machine))
        else:
            found.append(_counted(name, was, now.get(name)))
    found += [
        _check(name, cost, None, cost.value, moved=NEW)
        for name, cost in now.items()
        if name not in before and cost.kind != COST
    ]
    return found, _notes(before, now, unlike, same_machine, known)


def _check(
    name: str, cost: Cost, before, now, noise=None, allowed=None, seen=None, by="", moved=""
):
    return Check(cost.kind, "", "", name, cost.unit, before, now, noise, allowed, seen, by, moved)


def _counted(name: str, was: Cost, now: Cost | None) -> Check:
    if now is None:
        moved = MISSING
    elif now.value == was.value:
        moved = STEADY
    elif name == ASIDE:
        moved = WORSE if now.value > was.value else BETTER
    else:
        moved = CHANGED
    return _check(name, was, was.value, now and now.value, None, 0.0, 1.0, "counted", moved)


def _measured(
    name: str,
    was: Cost,
    now: Cost | None,
    known: Noise | None,
    unlike: list[str],
    same_machine: bool,
) -> Check:
    if now is None or was.value <= 0 or (unlike and name != DISK):
        return _check(name, was, was.value, now and now.value, moved=UNJUDGED)
    spread = known.costs.get(name) if known else None
    measured = noise.tolerance(spread, len(known.costs)) if known and spread else None
    factor = costs.factor(name, same_machine, measured)
    by = "noise between seeds" if measured is not None else f"a factor of {factor:g}"
    seen = sd = None
    if spread and known:
        sd = was.value * spread.sd
        more = noise.visible(spread, len(known.costs)) - noise.tolerance(spread, len(known.costs))
        seen = was.value * (factor * float(np.exp(more)) - 1)
    moved = WORSE if now.value > was.value * factor else STEADY
    moved = BETTER if now.value < was.value / factor else moved
    return _check(name, was, was.value, now.value, sd, was.value * (factor - 1), seen, by, moved)


def _notes(
    before: dict[str, Cost],
    now: dict[str, Cost],
    unlike: list[str],
    same_machine: bool,
    known: Noise | None,
) -> list[str]:
    if unlike:
        return [f"Time and memory are not judged, as these differ: {', '.join(unlike)}."]
    said = []
    timed = [name for name in before if costs.sort_of(name) == costs.SECONDS]
    if timed and not any(name in now for name in timed):
        said.append("Time is not judged: the run went on with what lay in its folder.")
    elif timed and not same_machine:
        said.append(
            f"It is another processor: time may be up to {costs.OTHER_MACHINE:g} times what it "
            "was, in calibration loops."
        )
    unmeasured = {
        costs.sort_of(name)
        for name, cost in before.items()
        if cost.kind == COST and name in now and not (known and name in known.costs)
    }
    factors = [f"{name} by {100 * costs.UNKNOWN[name] - 100:.0f} %" for name in sorted(unmeasured)]
    if factors:
        said.append(
            f"Nobody has measured the noise of costs here: they may grow, {', '.join(factors)}."
        )
    return said
