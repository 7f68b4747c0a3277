"""The one ledger of figures that come from the literature and not from a run.

Everything that a table or a sentence compares a run with is looked up here, so that no
published number is typed twice. Accuracies are shares from 0 to 1.
"""

from dataclasses import asdict, dataclass

import pandas as pd


@dataclass(frozen=True)
class Published:
    """One published accuracy on HMDB-51.

    Attributes: system (who), network (which part of it), accuracy (a share), protocol (what was
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
        {"spatial": 0.505, "temporal-sg3i": 0.542, "average": 0.572, "fusenet": 0.529},
    ),
    # Section V.C: in mode 2 the hidden layer of FuseNet was taken out.
    "mode 2": _of_the_paper(
        "mode 2",
        "Table II",
        {"spatial": 0.532, "temporal-sg3i": 0.463, "average": 0.555, "fusenet-linear": 0.553},
    ),
}
PRINTED = tuple(f"{rows[0].source}, {mode}" for mode, rows in PAPER.items())  # the tables' names

_SIMONYAN = "Simonyan & Zisserman 2014"
LITERATURE = [
    Published(_SIMONYAN, "spatial", 0.405, "25x10", "mean of 3 splits", "as copied elsewhere"),
    Published(
        _SIMONYAN, "temporal-flow", 0.546, "25x10", "mean of 3 splits", "as copied elsewhere"
    ),
    Published(_SIMONYAN, "average", 0.580, "25x10", "mean of 3 splits", "as copied elsewhere"),
    Published(_SIMONYAN, "svm", 0.594, "25x10", "mean of 3 splits", "as copied elsewhere"),
    Published(
        "Kim & Won 2020",
        "temporal-sg3i",
        0.551,
        "video-10",
        "as the paper quotes it",
        "section V.B",
    ),
]


def figure(network: str, mode: str) -> float | None:
    """The paper's accuracy (a share of windows) of `network` in `mode`, or None if it has none."""
    return next((row.accuracy for row in PAPER[mode] if row.network == network), None)


def ledger() -> pd.DataFrame:
    """All published accuracies, one row each, as a table to look at: percent."""
    rows = [*PAPER["mode 1"], *PAPER["mode 2"], *LITERATURE]
    table = pd.DataFrame([asdict(row) for row in rows])
    table["accuracy"] = (100 * table.accuracy).map("{:.1f} %".format)
    return table


def beside(windows: pd.DataFrame) -> pd.DataFrame:
    """Tables I and II beside a run's own shares of windows, by network, in percent.

    Where one of them lacks a network there is NaN. They are not to be ranked: other clips, tags and
    networks.

    Args:
        windows: the run's, by network, with the columns `accuracy`, `low`, `high` (shares from 0 to
            1) and `n`.
    """
    printed = {
        name: {row.network: 100 * row.accuracy for row in rows}
        for name, rows in zip(PRINTED, PAPER.values(), strict=True)
    }
    order = list(dict.fromkeys(row.network for rows in PAPER.values() for row in rows))
    ours = (100 * windows[["accuracy", "low", "high"]]).assign(n=windows.n).reindex(order)
    names = {"accuracy": "this run", "low": "from", "high": "to"}
    return pd.DataFrame(printed, order).join(ours.rename(columns=names).astype({"n": "Int64"}))
