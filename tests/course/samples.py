"""Metrics of runs that nobody ran, and the networks of the one that tests share."""

import copy

import numpy as np

NETWORKS = [
    "spatial",
    "temporal-sg3i",
    "temporal-flow",
    "average",
    "weighted",
    "svm",
    "fusenet",
    "fusenet-linear",
    "product",
    "per-class",
]


def found(**accuracies):
    """Metrics of a run whose networks reached these accuracies (shares) per video."""
    rows = [
        {"network": network, "protocol": "video-10", "accuracy": value, "low": value - 0.04}
        | {"high": min(1, value + 0.04), "n": 216, "sources": 60, "paper": None}
        for network, value in accuracies.items()
    ]
    return {
        "schema": 1,
        "run": {"profile": "quick", "seed": 0},
        "data": {"name": "StickHMDB", "split": 1, "train_tags": [1], "ceilings": {}},
        "results": rows,
    }


ACCURACIES = {
    **{"spatial": 0.48, "temporal-sg3i": 0.55, "temporal-flow": 0.57, "average": 0.69},
    **{"svm": 0.75, "fusenet": 0.71, "joint": 0.76, "product": 0.72},
}
PROTOCOLS = ("window", "video-1", "video-10")
MADE_ON = {"git": "abc1234", "device": "cpu", "machine": "A processor", "cores": 2, "threads": 2}
MADE_ON |= {"backbone": "mobilenet_v2", "weights": "none"}


def whole(seed=0, sd=0.0, random=None, **run):
    """Metrics of a whole run whose accuracies move with the seed, by a standard deviation of `sd`.

    Half of it moves all networks of a run alike, and most of the rest all protocols of one.
    """
    random = random or np.random.default_rng(seed)
    common = random.normal()
    rows = []
    for network, accuracy in ACCURACIES.items():
        of_network = random.normal()
        for protocol in PROTOCOLS:
            moved = 0.5**0.5 * common + 0.4**0.5 * of_network + 0.1**0.5 * random.normal()
            share = round(accuracy + sd * moved, 6)
            row = {"network": network, "protocol": protocol, "accuracy": share}
            row |= {"low": share - 0.05, "high": share + 0.05, "n": 630, "sources": 323}
            rows.append(row | {"paper": None})
    notebooks = {"03_spatial": 100.0, "04_temporal": 150.0, "07_results": 5.0}
    about = {"profile": "quick", "seed": seed, "seconds": 255.0, "notebooks": notebooks}
    about |= {"calibration_seconds": 0.02, "resumed": False, "failed": {}, "ended": {}}
    about |= {"peak_memory_mb": 3000, "disk_mb": 400.0, "versions": {"python": "3.12.1"}}
    about |= MADE_ON | {"packages": {"torch": "2.6.0", "numpy": "2.1.0"}} | run
    data = {"name": "StickHMDB", "split": 1, "train_tags": [1], "ceilings": {}, "videos": 1680}
    data |= {"set_aside": 0, "fingerprint": "f00d", "stores": {"images": 1000, "flow": 2000}}
    return {"schema": 1, "run": about, "data": data, "results": rows}


def worse(run, network, by, protocols=PROTOCOLS):
    """The same run, in which a network is worse by a share, or better by a negative one."""
    changed = copy.deepcopy(run)
    for row in changed["results"]:
        if row["network"] == network and row["protocol"] in protocols:
            row["accuracy"] -= by
    return changed
