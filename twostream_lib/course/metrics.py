"""What a run found, as `metrics.json`.

In the file accuracies are percent with two decimals. In the code they are shares from 0 to 1: it is
`write` and `read` that turn one into the other.
"""

import importlib
import json
import platform
import subprocess
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

import twostream_lib
from twostream_lib import networks, records
from twostream_lib.course import calibration, paper, schemas, surroundings
from twostream_lib.course.parameters import CHECKOUT
from twostream_lib.course.run import Run
from twostream_lib.data import identity, store
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation, score_files
from twostream_lib.training.devices import best_device

SCHEMA = 1
EXACT_FUSIONS = ("average", "weighted", "product")  # of what exact readers believe
# What is percent in the file: accuracies and tolerances in rows, and the ceilings of the clips.
SHARES = {"accuracy", "low", "high", "paper", "tolerance", "mean", *networks.SEES, *EXACT_FUSIONS}
# Only runs that share all of this can be compared.
KIND = (("run", "profile"), ("data", "name"), ("data", "split"), ("data", "train_tags"))
# And only where nothing of this differs is there a noise between seeds that may explain a move.
MADE_OF = {
    "clips": ("data", "fingerprint"),
    "backbone": ("run", "backbone"),
    "weights": ("run", "weights"),
}
# What changes figures from one machine to the next.
PACKAGES = ("torch", "torchvision", "numpy", "sklearn", "cv2", "av")


@dataclass
class Outcome:
    """What became of a run's notebooks, each under its name such as `03_spatial_stream`.

    Attributes:
        seconds: how long each took.
        calibration: the seconds of rounds of the same small work, timed between them.
        resumed: whether the run folder had something to go on with, so that seconds tell nothing.
        failed: why a notebook failed, or was not run because another one failed.
        ended: why a notebook ended before its last cell: these clips cannot give what it needed.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    calibration: list[float] = field(default_factory=list)
    resumed: bool = False
    failed: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)


def collect(run: Run, outcome: Outcome, peak_memory_mb: float) -> dict:
    """Everything that `metrics.json` says, from the files in the run folder; accuracies as shares.

    Args:
        run: the run that the notebooks shared.
        outcome: what became of the notebooks.
        peak_memory_mb: see `memory.PeakMemory`.
    """
    classes = _known_classes(run)
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
            "seconds": round(sum(outcome.seconds.values()), 1),
            "calibration_seconds": calibration.loop_seconds(outcome.calibration),
            "resumed": outcome.resumed,
            "peak_memory_mb": round(peak_memory_mb),
            "disk_mb": round(surroundings.size([run.folder, run.stores]) / 2**20, 1),
            **surroundings.describe(),
            "notebooks": {name: round(seconds, 1) for name, seconds in outcome.seconds.items()},
            "failed": outcome.failed,
            "ended": outcome.ended,
        },
        "data": describe_data(run),
        "results": results(
            run.folder / "scores",
            run.settings.mode,
            classes,
            outcome.failed,
            run.made_by if classes else None,
        ),
    }


def describe_data(run: Run) -> dict:
    """The clips of a run; counts are null where no notebook of the run has read the clips yet.

    `ceilings` is empty but for StickHMDB, where the library can compute them. `limits` are the
    sentences on what the clips cannot give.
    """
    curated = (run.folder / "clips.csv").is_file()
    return {
        "name": run.dataset,
        "split": run.split,
        "train_tags": list(run.settings.train_tags),
        "videos": len(run.used_clips) if curated else None,
        "classes": len(run.classes) if curated else None,
        "set_aside": int((~run.table.ok).sum()) if curated else None,
        "fingerprint": fingerprint(run) if curated else None,
        "stores": store_sizes(run.stores),
        "ceilings": run.ceilings if curated else {},
        "limits": run.limits.sentences if curated else [],
    }


def fingerprint(run: Run) -> str:
    """One short word for the clips of a run: their names, labels, sources, tags, sizes and lengths.

    It says nothing of where they lie, nor of their bytes, which another FFmpeg may write otherwise:
    it is the same on every machine."""
    used = run.used_clips
    files = store.measured(used)
    return identity.word([sorted(zip(map(json.dumps, files), used.label, strict=True))])


def store_sizes(folder: Path) -> dict[str, int]:
    """The bytes of the windows of each store in a folder, by its name."""
    found = sorted(folder.glob("*/windows.npy"))
    return {file.parent.name: file.stat().st_size for file in found}


def _known_classes(run: Run) -> list[str] | None:
    """The run's classes; None where no notebook has read its clips yet."""
    return run.classes if (run.folder / "clips.csv").is_file() else None


def results(
    folder: Path,
    mode: str,
    classes: Sequence[str] | None = None,
    unread: dict[str, str] | None = None,
    made_by: Mapping[str, Any] | None = None,
) -> list[dict]:
    """One row for each network and test protocol that `folder` has scores of.

    A row is what `evaluation.Result` holds, and under the protocol `paper.BESIDE` the paper's
    accuracy. A warning names scores whose network is not in the registry.

    Scores that are damaged, of other classes than `classes`, or that something else made than
    `made_by`, are entered into `unread`, each with the reason, and left out.

    Raises:
        InputError: there are such scores, and no `unread`.
    """
    there = {file.stem: file for file in sorted(folder.glob("*.npz"))}
    if unknown := sorted(set(there) - set(networks.names())):
        warnings.warn(
            f"Left out are the scores of {', '.join(unknown)} in {folder}: enter the network with "
            "`networks.add` beside the function that makes it.",
            stacklevel=2,
        )
    known = [there[name] for name in networks.names() if name in there]
    tests = []
    for file in known:
        try:
            tests.append(score_files.load_part(file, "test", classes, made_by))
        except InputError as error:
            if unread is None:
                raise
            unread[f"scores of {file.stem}"] = str(error)
    return [_row(result, mode) for test in tests for result in evaluation.evaluate(test)]


def _row(result: evaluation.Result, mode: str) -> dict:
    # What the paper counts it does not say: its figure stands beside no other protocol.
    known = paper.figure(result.network, mode) if result.protocol == paper.BESIDE else None
    return asdict(result) | {"paper": known}


def as_result(row: dict) -> evaluation.Result:
    """A row without the paper's figure."""
    return evaluation.Result(**{name: row[name] for name in row if name != "paper"})


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


# --- the file --------------------------------------------------------------------------------


def write(metrics: dict, file: Path) -> None:
    """Write metrics or a baseline in one step, with a checksum, accuracies in percent."""
    records.write(file, _each_share(metrics, in_percent))


def read(place: Path) -> dict:
    """The metrics of a run folder, or of a metrics or baseline file; accuracies as shares.

    Raises:
        InputError: no such file, or one that is damaged, of another schema or lacks what it must
            have.
    """
    file = place / "metrics.json" if place.is_dir() else place
    advice = "give a run folder, its metrics.json or a baseline, or make it anew."
    try:
        metrics = records.read(file, advice)
    except FileNotFoundError as error:
        raise InputError(f"There is no {file}: run the course first, or check the path.") from error
    if metrics.get("schema") != SCHEMA:
        raise InputError(f"{file} is no metrics file of schema {SCHEMA}: make it anew.")
    schema = schemas.BASELINE if is_baseline(metrics) else schemas.RUN
    # An entry that nobody writes is one whose name has changed.
    if why := records.misfit(metrics, schema | {"propertyNames": {"enum": schemas.ENTRIES}}):
        raise InputError(f"{file} is not as it must be ({why}): {advice}")
    keys = [key(row) for row in metrics["results"]]
    if twice := [one for one in keys if keys.count(one) > 1]:
        raise InputError(f"{file} has two results of {twice[0][0]} ({twice[0][1]}): {advice}")
    return _each_share(metrics, lambda value: value / 100)


def read_run(place: Path) -> dict:
    """The metrics of a run, from its folder or file; see `read`.

    Raises:
        InputError: what `read` raises it for, or `place` is a baseline.
    """
    metrics = read(place)
    if is_baseline(metrics):
        raise InputError(f"{place} is a baseline: give the folder of a run, or its metrics.json.")
    return metrics


def key(row: dict) -> tuple[str, str]:
    """What a result is of: network and protocol."""
    return row["network"], row["protocol"]


def kind(found: dict) -> dict:
    """What two runs must share for their figures to be compared."""
    return {name: found[part][name] for part, name in KIND}


def unlike(found: dict, before: dict) -> dict[str, tuple[str, str]]:
    """What a run and another, or a baseline, were made of and is known to be another thing, by what
    it is called: clips, backbone or weights, there and here."""
    pairs = {
        name: tuple(one.get(part, {}).get(entry) for one in (before, found))
        for name, (part, entry) in MADE_OF.items()
    }
    return {
        name: (there, here)
        for name, (there, here) in pairs.items()
        if there is not None and here is not None and there != here
    }


def is_baseline(metrics: dict) -> bool:
    """Whether what `read` gave is a baseline, and not a run's metrics."""
    return "kind" in metrics


def in_percent(share: float) -> float:
    """A share 0..1 as percent with four decimals: more than are shown, or a share that is rounded
    twice would be another one (48.254 is 48.3, and 48.25 is 48.2)."""
    return round(100 * share, 4)


def _each_share(value: Any, change: Callable[[float], float], name: str = "") -> Any:
    """A copy of nested lists and dicts with each share changed; `name` is the key of `value`."""
    if isinstance(value, dict):
        return {key: _each_share(inside, change, key) for key, inside in value.items()}
    if isinstance(value, list):
        return [_each_share(inside, change) for inside in value]
    return change(value) if name in SHARES and isinstance(value, int | float) else value
