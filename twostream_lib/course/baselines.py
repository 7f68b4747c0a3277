"""Baselines: what a run is held against, so that nothing gets worse unnoticed."""

import datetime
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from twostream_lib.course import costs, metrics
from twostream_lib.errors import InputError

SMALLEST_TOLERANCE = 0.01
# What is kept of a run's part `run`: what it was made on and with, to be told beside what moved.
MADE_ON = (
    *("git", "device", "machine", "cores", "threads", "seed", "backbone", "weights"),
    *("versions", "packages"),
)


def accept(runs: Sequence[dict], file: Path, because: str = "") -> dict:
    """Make runs the baseline that `file` holds, and return it; nothing else is overwritten.

    Args:
        runs: the metrics of one run, or of several of one kind with other seeds.
        file: the baseline; made anew where there is none.
        because: why the figures may be what they are now; it is kept in the baseline, after the
            reasons of those before.

    Raises:
        InputError: a run has no results, is not finished or lacks some that the old baseline has;
            or `file` is something else than a baseline; or it is one, and no reason is given.
    """
    if file.is_dir():
        raise InputError(f"{file} is a folder: name the file that shall hold the baseline.")
    old = metrics.read(file) if file.exists() else None
    if old and not metrics.is_baseline(old):
        raise InputError(f"{file} holds the metrics of a run: name a baseline, or a new file.")
    for run in runs:
        _demand_whole(run, old, file)
    if old and not because.strip():
        raise InputError(
            f"{file} would be overwritten without a reason: say why its figures may move, with "
            "--because 'the reason'."
        )
    baseline = new_baseline(runs, old, because.strip() or "It is the first.")
    metrics.write(baseline, file)
    return baseline


def _demand_whole(run: dict, old: dict | None, file: Path) -> None:
    if failed := run["run"].get("failed"):
        raise InputError(
            f"The run is not finished, as {', '.join(failed)} failed: mend that and run it again."
        )
    if not run["results"]:
        raise InputError("The run has no results that could be a baseline: run the course first.")
    there = {metrics.key(row) for row in run["results"]}
    before = [metrics.key(row) for row in old["results"]] if old else []
    if lost := [key for key in before if key not in there]:
        raise InputError(
            f"The run lacks {lost[0][0]} ({lost[0][1]}), which the baseline {file} has: run what "
            "is missing, or delete the old baseline."
        )


def new_baseline(runs: Sequence[dict], old: dict | None, because: str = "") -> dict:
    """The figures of runs as a baseline, those of the first beside the mean of all.

    Tolerances are kept, a new one is half the interval: they are for where nobody has measured any
    noise. Intervals, ceilings, seed and n are for the README, which is made of a baseline.
    """
    first = runs[0]
    kept = {metrics.key(row): row["tolerance"] for row in old["results"]} if old else {}
    names = ("network", "protocol", "accuracy", "low", "high", "n", "sources")
    means = {key: mean for key, mean in mean_accuracies(runs).items() if len(runs) > 1}
    rows = [
        {name: row[name] for name in names}
        | {"tolerance": kept.get(metrics.key(row), half_interval(row))}
        | ({"mean": means[metrics.key(row)], "runs": len(runs)} if means else {})
        for row in first["results"]
        if not means or metrics.key(row) in means
    ]
    about = {name: first["run"][name] for name in MADE_ON if name in first["run"]}
    about |= {"seeds": [run["run"]["seed"] for run in runs]}
    about |= {"notebooks": first["run"].get("notebooks", {})}
    data = {"ceilings": first["data"]["ceilings"], "seed": first["run"]["seed"]}
    data |= {name: first["data"].get(name) for name in ("fingerprint", "videos")}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    reason = {"date": today, "commit": first["run"].get("git"), "because": because}
    return {
        "schema": metrics.SCHEMA,
        "kind": metrics.kind(first),
        "run": about,
        "data": data,
        "costs": costs.as_json(costs.mean_of(runs)),
        "results": rows,
        "accepted": [*((old or {}).get("accepted", [])), *([reason] if because else [])],
    }


def mean_accuracies(runs: Sequence[dict]) -> dict[tuple[str, str], float]:
    """The mean over runs of each accuracy that all of them have, in the order of the first."""
    each = [{metrics.key(row): row["accuracy"] for row in run["results"]} for run in runs]
    return {
        key: float(np.mean([one[key] for one in each]))
        for key in each[0]
        if all(key in one for one in each)
    }


def half_interval(row: dict) -> float:
    """Half the width of a result's interval; never less than one point."""
    return max(SMALLEST_TOLERANCE, (row["high"] - row["low"]) / 2)
