"""The record of noise: what runs with other seeds gave, a band for each kind of device.

A band keeps every figure of every run, with date, machine and commit. What follows from them is
reckoned when it is asked for, see `noise`.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twostream_lib import records
from twostream_lib.course import costs, metrics
from twostream_lib.course.comparison import ALL_PROTOCOLS
from twostream_lib.course.noise import FEWEST, Spread, spreads
from twostream_lib.errors import InputError

SCHEMA = 1
CPU = "cpu"
WIDER = 1.5  # a GPU's noise is taken to be so many times the CPU's where nobody has measured it
WORD = {"type": "string"}
NUMBERS = {"type": "array", "items": {"type": "number"}}
BAND = {
    "type": "object",
    "properties": {
        "date": WORD,
        "machine": WORD,
        "commit": {"type": ["string", "null"]},
        "seeds": {"type": "array", "items": {"type": "integer"}, "minItems": FEWEST},
        "n": {"type": "integer", "minimum": FEWEST},
        "accuracies": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {"network": WORD, "protocol": WORD, "percent": NUMBERS},
                "required": ["network", "protocol", "percent"],
            },
        },
        "costs": {"type": "object", "additionalProperties": NUMBERS},
    },
    "required": ["date", "machine", "commit", "seeds", "n", "accuracies", "costs"],
}
RECORD = {
    "type": "object",
    "properties": {
        "schema": {"const": SCHEMA},
        "kind": {"type": "object"},
        "bands": {"type": "object", "additionalProperties": BAND},
    },
    "required": ["schema", "kind", "bands"],
}


@dataclass(frozen=True)
class Noise:
    """How far figures move by themselves, as it is taken for a run that is compared.

    Attributes:
        accuracies: the spread of each, by network and protocol, `ALL_PROTOCOLS` among these.
        costs: the spread of the logarithm of each.
        wider: a factor on all spreads of accuracies: they were measured on another device.
        words: of what it was made, in one sentence.
        cores, threads: that the runs had, by which costs are known; None: not known.
    """

    accuracies: dict[tuple[str, str], Spread]
    costs: dict[str, Spread]
    wider: float
    words: str
    cores: int | None = None
    threads: int | None = None


def add(runs: Sequence[dict], file: Path) -> dict:
    """Make of these runs the band of their device in the record `file`, and return the record.

    Args:
        runs: the metrics of at least `FEWEST` runs, alike but for the seed.
        file: the record; made anew where there is none.

    Raises:
        InputError: the runs are too few, or differ in more than the seed, or one is not finished;
            or the record is of other runs than these.
    """
    _demand_alike(runs)
    record: dict = read(file) if file.exists() else {"schema": SCHEMA, "bands": {}}
    of = metrics.kind(runs[0])
    if record.setdefault("kind", of) != of:
        raise InputError(f"{file} holds the noise of other runs than these: name a new file.")
    record["bands"][runs[0]["run"]["device"]] = _band(runs)
    records.write(file, record)
    return record


def _demand_alike(runs: Sequence[dict]) -> None:
    if len(runs) < FEWEST:
        raise InputError(
            f"Noise is to be known from {len(runs)} runs: give at least {FEWEST}, alike but for "
            "the seed."
        )
    for run in runs:
        if not run["run"].get("device"):
            raise InputError(
                f"The run of seed {run['run']['seed']} does not say on what device it was: run "
                "it again."
            )
        if run["run"].get("failed") or not run["results"]:
            raise InputError(
                f"The run of seed {run['run']['seed']} is not finished: run it again first."
            )
    seeds = [run["run"]["seed"] for run in runs]
    if len(set(seeds)) < len(seeds):
        raise InputError(f"Two of the runs have one seed (of {seeds}): noise is between seeds.")
    for name, of in _must_be_alike(runs).items():
        if any(one != of[0] for one in of):
            raise InputError(
                f"The runs differ in their {name}: noise is to be known of runs that are alike but "
                "for the seed."
            )


def _must_be_alike(runs: Sequence[dict]) -> dict[str, list]:
    of_run = {
        word: [run["run"].get(name) for run in runs]
        for name, word in {
            "git": "commit",
            "device": "device",
            "machine": "machine",
            "packages": "packages",
            "backbone": "backbone",
            "weights": "weights",
        }.items()
    }
    return of_run | {
        "kind": [metrics.kind(run) for run in runs],
        "results": [sorted(map(metrics.key, run["results"])) for run in runs],
        "clips": [run["data"].get("fingerprint") for run in runs],
    }


def _band(runs: Sequence[dict]) -> dict:
    about = runs[0]["run"]
    by_run = [{metrics.key(row): row["accuracy"] for row in run["results"]} for run in runs]
    costs_by_run = [costs.of(run) for run in runs]
    same_way = all(not costs.unlike(run["run"], about) for run in runs)
    shared = [
        name
        for name, cost in costs_by_run[0].items()
        if cost.kind == costs.COST and same_way and all(name in of_run for of_run in costs_by_run)
    ]
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": about.get("machine", "unknown"),
        "cores": about.get("cores"),
        "threads": about.get("threads"),
        "commit": about.get("git"),
        "packages": about.get("packages", about.get("versions", {})),
        "seeds": [run["run"]["seed"] for run in runs],
        "n": len(runs),
        "accuracies": [
            {
                "network": network,
                "protocol": protocol,
                "percent": [metrics.in_percent(one[network, protocol]) for one in by_run],
            }
            for network, protocol in by_run[0]
        ],
        "costs": {name: [one[name].value for one in costs_by_run] for name in shared},
    }


def read(file: Path) -> dict:
    """The record that `add` wrote.

    Raises:
        InputError: there is none, or it is damaged or something else.
    """
    advice = "name a record of noise, or make it anew."
    try:
        record = records.read(file, advice)
    except FileNotFoundError as error:
        raise InputError(f"There is no {file}: {advice}") from error
    if why := records.misfit(record, RECORD):
        raise InputError(f"{file} is no record of noise ({why}): {advice}")
    for device, band in record["bands"].items():
        kept = [row["percent"] for row in band["accuracies"]] + list(band["costs"].values())
        if any(len(one) != band["n"] for one in (*kept, band["seeds"])):
            raise InputError(
                f"{file} has not {band['n']} numbers of each figure of {device}: {advice}"
            )
        if any(each <= 0 for one in band["costs"].values() for each in one):
            raise InputError(f"{file} has a cost of {device} that nothing can have: {advice}")
    return record


def noise_for(record: dict, device: str) -> Noise | None:
    """The noise of a run on this device, or None where nothing is known of it or its like."""
    if device in record["bands"]:
        return noise_of(record, device)
    if CPU not in record["bands"]:
        return None
    known = noise_of(record, CPU)
    said = (
        f"{known.words} On {device} nobody has measured any: it is taken {WIDER:g} times as wide."
    )
    return Noise(known.accuracies, {}, WIDER, said)


def noise_of(record: dict, device: str) -> Noise:
    """The noise that the band of this device tells of."""
    band = record["bands"][device]
    seeds = ", ".join(map(str, band["seeds"]))
    words = (
        f"Noise is what {band['n']} runs on {device} had between seeds {seeds} ({band['machine']}, "
        f"commit {band['commit'] or 'unknown'}, {band['date']})."
    )
    logs = {name: np.log(values).tolist() for name, values in band["costs"].items()}
    shape = band.get("cores"), band.get("threads")
    return Noise(_of_accuracies(band), spreads(logs), 1.0, words, *shape)


def table(noise: Noise) -> str:
    """The standard deviation of each accuracy between seeds, in points, as lines for a terminal."""
    lines = [noise.words, f"{'standard deviation, points':<40}{'degrees of freedom':>20}"]
    for (network, protocol), spread in noise.accuracies.items():
        sd = f"{100 * noise.wider * spread.sd:.2f}"
        lines.append(f"{f'{network} ({protocol})':<34}{sd:>6}{spread.df:>20.1f}")
    return "\n".join(lines)


def _of_accuracies(band: dict) -> dict[tuple[str, str], Spread]:
    """Figures of one protocol are pooled: those of windows move less than those of videos."""
    by_protocol: dict[str, dict[str, Sequence[float]]] = {}
    for row in band["accuracies"]:
        by_protocol.setdefault(row["protocol"], {})[row["network"]] = [
            each / 100 for each in row["percent"]
        ]
    by_protocol[ALL_PROTOCOLS] = {
        network: np.mean([by_protocol[one][network] for one in known], axis=0).tolist()
        for network, known in protocols(
            [(row["network"], row["protocol"]) for row in band["accuracies"]]
        ).items()
    }
    return {
        (network, protocol): spread
        for protocol, values in by_protocol.items()
        for network, spread in spreads(values).items()
    }


def protocols(keys: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """The protocols of each network that has several, of these networks and protocols."""
    found: dict[str, list[str]] = {}
    for network, protocol in keys:
        found.setdefault(network, []).append(protocol)
    return {network: known for network, known in found.items() if len(known) > 1}
