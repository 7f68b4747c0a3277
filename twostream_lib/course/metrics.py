"""What a run found, as `metrics.json`; and whether that is as good as it was before.

Accuracies in this file are percent with two decimals, as everywhere outside the code.
"""

import importlib
import json
import os
import platform
import subprocess
from pathlib import Path

import torch

import twostream_lib
from twostream_lib import stickhmdb
from twostream_lib.course import paper
from twostream_lib.course.parameters import CHECKOUT
from twostream_lib.course.run import Run
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation, scores
from twostream_lib.training.loop import best_device

SCHEMA = 1
NETWORKS = (
    "spatial",
    "temporal-sg3i",
    "temporal-flow",
    "average",
    "average-three",
    "weighted",
    "svm",
    "fusenet",
    "fusenet-linear",
    "joint",
)
STREAMS = ("spatial", "temporal")
# What changes figures from one machine to the next.
PACKAGES = ("torch", "torchvision", "numpy", "sklearn", "cv2", "av")
# A baseline is only for runs of the same kind.
KIND = (("run", "profile"), ("data", "name"), ("data", "split"), ("data", "train_tags"))
SMALLEST_TOLERANCE = 1.0


def collect(run: Run, notebooks: dict[str, float], peak_memory_mb: float) -> dict:
    """Everything that `metrics.json` says, from the files in the run folder.

    Args:
        run: the run that the notebooks shared.
        notebooks: seconds that each executed notebook took.
        peak_memory_mb: see `runner.PeakMemory`.
    """
    return {
        "schema": SCHEMA,
        "run": {
            "profile": run.name,
            "name": run.folder.name,
            "git": git_version(CHECKOUT),
            "versions": versions(),
            "device": device_name(),
            "seed": run.seed,
            "backbone": run.backbone,
            "weights": Path(run.weights).name,
            "seconds": round(sum(notebooks.values()), 1),
            "peak_memory_mb": round(peak_memory_mb),
            "notebooks": {name: round(seconds, 1) for name, seconds in notebooks.items()},
        },
        "data": describe_data(run),
        "results": results(run.folder / "scores", run.settings.mode),
    }


def describe_data(run: Run) -> dict:
    """The clips of a run; counts are null where no notebook of the run has read the clips yet.

    `ceilings` is empty but for StickHMDB, where the library can compute them.
    """
    curated = (run.folder / "clips.csv").is_file()
    known = stickhmdb.ceilings_of(run.table) if curated and run.uses_stickhmdb else {}
    return {
        "name": run.dataset,
        "split": run.split,
        "train_tags": list(run.settings.train_tags),
        "videos": len(run.used_clips) if curated else None,
        "classes": len(run.classes) if curated else None,
        "set_aside": int((~run.table.ok).sum()) if curated else None,
        "ceilings": {name: percent(share) for name, share in known.items()},
    }


def results(folder: Path, mode: str) -> list[dict]:
    """One row for each network and test protocol that `folder` has scores of."""
    files = [folder / f"{network}.npz" for network in NETWORKS]
    tests = [scores.load(file)["test"] for file in files if file.is_file()]
    return [_row(result, mode) for test in tests for result in evaluation.evaluate(test)]


def _row(result: evaluation.Result, mode: str) -> dict:
    # The paper counts windows: its figure stands beside no other protocol.
    known = paper.figure(result.network, mode) if result.protocol == "window" else None
    return {
        "network": result.network,
        "protocol": result.protocol,
        "accuracy": percent(result.accuracy),
        "low": percent(result.low),
        "high": percent(result.high),
        "n": result.n,
        "paper": known,
    }


def percent(share: float) -> float:
    """A share 0..1 as percent with two decimals."""
    return round(100 * share, 2)


def git_version(folder: Path) -> str | None:
    """The commit of the checkout at `folder`, "-dirty" if changed; None outside of one."""
    if not (folder / ".git").exists():
        return None
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def versions() -> dict[str, str]:
    """The versions of Python, this library and the packages that figures depend on."""
    found = {name: importlib.import_module(name).__version__ for name in PACKAGES}
    return {"python": platform.python_version(), "twostream_lib": twostream_lib.__version__} | found


def device_name() -> str:
    """What the streams are trained on, such as `cpu` or `NVIDIA T4`."""
    device = best_device()
    return torch.cuda.get_device_name() if device.type == "cuda" else device.type


def write(metrics: dict, file: Path) -> None:
    """Write metrics or a baseline beside its place, then rename it there."""
    beside = file.with_name(file.name + ".part")
    beside.write_text(json.dumps(metrics, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(beside, file)


def read(place: Path) -> dict:
    """The metrics of a run folder, or of a metrics or baseline file.

    Raises:
        InputError: no such file, no JSON, or of another schema.
    """
    file = place / "metrics.json" if place.is_dir() else place
    try:
        metrics = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"There is no {file}: run the course first, or check the path.") from error
    except ValueError as error:
        raise InputError(f"{file} is no JSON: give a run folder or its metrics.json.") from error
    if not isinstance(metrics, dict) or metrics.get("schema") != SCHEMA:
        raise InputError(f"{file} is no metrics file of schema {SCHEMA}: make it anew.")
    return metrics


# --- baselines -------------------------------------------------------------------------------


def compare(run: dict, baseline: dict) -> list[str]:
    """The regressions of a run against a baseline, a sentence each; empty when there are none.

    A result regresses when it is missing, or below the baseline's by more than its tolerance
    (points).

    Raises:
        InputError: the two are of other profiles, clips, splits or training tags.
    """
    if kind(run) != baseline["kind"]:
        raise InputError(
            f"The run is of {_words(kind(run))}, but the baseline of {_words(baseline['kind'])}: "
            "only runs of one kind can be compared."
        )
    found = {_key(row): row["accuracy"] for row in run["results"]}
    checks = [_regression(row, found.get(_key(row))) for row in baseline["results"]]
    return [sentence for sentence in checks if sentence]


def _regression(row: dict, accuracy: float | None) -> str:
    what = f"{row['network']} ({row['protocol']})"
    if accuracy is None:
        return f"{what} is missing; the baseline has {row['accuracy']:.2f} %."
    if accuracy >= row["accuracy"] - row["tolerance"]:
        return ""
    return (
        f"{what} fell from {row['accuracy']:.2f} to {accuracy:.2f} %, "
        f"more than its tolerance of {row['tolerance']:.2f} points."
    )


def new_baseline(run: dict, old: dict | None) -> dict:
    """A run's figures as a baseline: tolerances are kept, a new one is half the interval."""
    kept = {_key(row): row["tolerance"] for row in old["results"]} if old else {}
    rows = [
        {
            "network": row["network"],
            "protocol": row["protocol"],
            "accuracy": row["accuracy"],
            "tolerance": kept.get(_key(row), half_interval(row)),
        }
        for row in run["results"]
    ]
    return {"schema": SCHEMA, "kind": kind(run), "results": rows}


def half_interval(row: dict) -> float:
    """Half the width of a result's interval, points; never less than one point."""
    return max(SMALLEST_TOLERANCE, round((row["high"] - row["low"]) / 2, 2))


def kind(metrics: dict) -> dict:
    """What two runs must share for their figures to be compared."""
    return {name: metrics[part][name] for part, name in KIND}


def _words(what: dict) -> str:
    return ", ".join(f"{name} {value}" for name, value in what.items())


def _key(row: dict) -> tuple[str, str]:
    return row["network"], row["protocol"]


# --- the table -------------------------------------------------------------------------------


def by_protocol(metrics: dict) -> dict[str, list[dict]]:
    """The results under each protocol: figures of different protocols are not ranked."""
    found: dict[str, list[dict]] = {protocol: [] for protocol in evaluation.PROTOCOLS}
    for row in metrics["results"]:
        found[row["protocol"]].append(row)
    return {protocol: rows for protocol, rows in found.items() if rows}


def counted(protocol: str) -> str:
    """What the `n` of a protocol counts."""
    return "windows" if protocol == "window" else "videos"


def ceiling(metrics: dict, network: str) -> float | None:
    """The best that a network of this kind can reach on the clips (percent), where that is known.

    A stream sees appearance or motion; everything else sees both.
    """
    stream = network.split("-")[0]
    return metrics["data"]["ceilings"].get(stream if stream in STREAMS else "both")


def table(metrics: dict) -> str:
    """The results as lines for a terminal, a block a protocol."""
    if not metrics["results"]:
        return "No network has been scored yet."
    data = metrics["data"]
    tags = " and ".join(str(tag) for tag in data["train_tags"])
    lines = [f"{data['name']}, split {data['split']}, trained on tag {tags}; accuracies in percent"]
    for protocol, rows in by_protocol(metrics).items():
        head = ("this run", "95 % interval", counted(protocol), "ceiling", "paper")
        lines += ["", _line(protocol, *head)]
        lines += [_row_line(row, ceiling(metrics, row["network"])) for row in rows]
    return "\n".join(lines)


def _row_line(row: dict, best: float | None) -> str:
    interval = f"{row['low']:.1f} to {row['high']:.1f}"
    accuracy, published = _number(row["accuracy"]), _number(row["paper"])
    return _line(row["network"], accuracy, interval, str(row["n"]), _number(best), published)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _line(name: str, accuracy: str, interval: str, n: str, best: str, published: str) -> str:
    return f"{name:<16}{accuracy:>9}{interval:>16}{n:>9}{best:>9}{published:>7}"
