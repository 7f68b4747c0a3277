"""Baselines: what a run is held against, so that nothing gets worse unnoticed."""

from pathlib import Path

from twostream_lib.course import metrics
from twostream_lib.errors import InputError

# A baseline is only for runs of the same kind.
KIND = (("run", "profile"), ("data", "name"), ("data", "split"), ("data", "train_tags"))
SMALLEST_TOLERANCE = 0.01


def compare(run: dict, baseline: dict) -> list[str]:
    """The regressions of a run against a baseline, a sentence each; empty when there are none.

    A result regresses when it is missing, or below the baseline's by more than its tolerance.

    Args:
        run: the metrics of a run.
        baseline: a baseline, or another run's metrics, which are then taken for one.

    Raises:
        InputError: the two are of other profiles, clips, splits or training tags, or the baseline
            has no results.
    """
    if not metrics.is_baseline(baseline):
        baseline = new_baseline(baseline, None)
    if not baseline["results"]:
        raise InputError("The baseline has no results to compare with: give another one.")
    if kind(run) != baseline["kind"]:
        raise InputError(
            f"The run is of {_words(kind(run))}, but the baseline of {_words(baseline['kind'])}: "
            "only runs of one kind can be compared."
        )
    found = {metrics.key(row): row["accuracy"] for row in run["results"]}
    checks = [_regression(row, found.get(metrics.key(row))) for row in baseline["results"]]
    return [sentence for sentence in checks if sentence]


def _regression(row: dict, accuracy: float | None) -> str:
    what, before = f"{row['network']} ({row['protocol']})", metrics.in_percent(row["accuracy"])
    if accuracy is None:
        return f"{what} is missing; the baseline has {before:.2f} %."
    if metrics.in_percent(row["accuracy"] - accuracy) <= metrics.in_percent(row["tolerance"]):
        return ""
    return (
        f"{what} fell from {before:.2f} to {metrics.in_percent(accuracy):.2f} %, "
        f"more than its tolerance of {metrics.in_percent(row['tolerance']):.2f} points."
    )


def accept(run: dict, file: Path) -> dict:
    """Make a run the baseline that `file` holds, and return it; nothing else is overwritten.

    Raises:
        InputError: the run has no results, is not finished or lacks some that the old baseline
            has; or `file` is something else than a baseline.
    """
    if file.is_dir():
        raise InputError(f"{file} is a folder: name the file that shall hold the baseline.")
    old = metrics.read(file) if file.exists() else None
    if old and not metrics.is_baseline(old):
        raise InputError(f"{file} holds the metrics of a run: name a baseline, or a new file.")
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
    baseline = new_baseline(run, old)
    metrics.write(baseline, file)
    return baseline


def new_baseline(run: dict, old: dict | None) -> dict:
    """A run's figures as a baseline: tolerances are kept, a new one is half the interval.

    Intervals, ceilings, seed and n are for the README, which is made of a baseline.
    """
    kept = {metrics.key(row): row["tolerance"] for row in old["results"]} if old else {}
    names = ("network", "protocol", "accuracy", "low", "high", "n", "sources")
    rows = [
        {name: row[name] for name in names}
        | {"tolerance": kept.get(metrics.key(row), half_interval(row))}
        for row in run["results"]
    ]
    data = {"ceilings": run["data"]["ceilings"], "seed": run["run"]["seed"]}
    return {"schema": metrics.SCHEMA, "kind": kind(run), "data": data, "results": rows}


def half_interval(row: dict) -> float:
    """Half the width of a result's interval; never less than one point."""
    return max(SMALLEST_TOLERANCE, (row["high"] - row["low"]) / 2)


def kind(found: dict) -> dict:
    """What two runs must share for their figures to be compared."""
    return {name: found[part][name] for part, name in KIND}


def _words(what: dict) -> str:
    return ", ".join(f"{name} {value}" for name, value in what.items())
