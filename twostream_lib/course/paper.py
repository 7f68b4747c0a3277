"""The one ledger of figures that come from the literature and not from a run.

Everything that a table or a sentence compares a run with is looked up here, so that no
published number is typed twice. Accuracies are in percent.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One published accuracy on HMDB-51.

    Attributes: system (who), network (which part of it), accuracy (percent), protocol (what was
    counted), setting (data and training), source (where the figure is printed).
    """

    system: str
    network: str
    accuracy: float
    protocol: str
    setting: str
    source: str


def _of_the_paper(mode: str, table: str, accuracies: dict[str, float]) -> list[Published]:
    setting = f"{mode}, split not stated, training tags 0 and 1"
    return [
        Published("the paper", network, value, "window", setting, table)
        for network, value in accuracies.items()
    ]


PAPER = {
    "mode 1": _of_the_paper(
        "mode 1",
        "Table I",
        {"spatial": 50.5, "temporal-sg3i": 54.2, "average": 57.2, "fusenet": 52.9},
    ),
    # Section V.C: in mode 2 the hidden layer of FuseNet was taken out.
    "mode 2": _of_the_paper(
        "mode 2",
        "Table II",
        {"spatial": 53.2, "temporal-sg3i": 46.3, "average": 55.5, "fusenet-linear": 55.3},
    ),
}

_SIMONYAN = "Simonyan & Zisserman 2014"
LITERATURE = [
    Published(_SIMONYAN, "spatial", 40.5, "25x10", "mean of 3 splits", "as copied elsewhere"),
    Published(_SIMONYAN, "temporal-flow", 54.6, "25x10", "mean of 3 splits", "as copied elsewhere"),
    Published(_SIMONYAN, "average", 58.0, "25x10", "mean of 3 splits", "as copied elsewhere"),
    Published(_SIMONYAN, "svm", 59.4, "25x10", "mean of 3 splits", "as copied elsewhere"),
    Published(
        "Kim & Won 2020", "temporal-sg3i", 55.1, "video-10", "as the paper quotes it", "section V.B"
    ),
]


def figure(network: str, mode: str) -> float | None:
    """The paper's accuracy (percent, per window) of `network` in `mode`, or None if it has none."""
    return next((row.accuracy for row in PAPER[mode] if row.network == network), None)
