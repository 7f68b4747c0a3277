"""The one ledger of figures that come from the literature and not from a run.

Everything that a table or a sentence compares a run with is looked up here, so that no
published number is typed twice. With each figure stands what its source says of how it was made,
and what the source does not say. Accuracies are shares from 0 to 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

NOT_STATED = "not stated"
# What a figure depends on. Each figure of the ledger has words for each of these.
CONDITIONS = (
    "split",
    "tested clips",
    "training tags",
    "protocol",
    "frames",
    "picture",
    "optimiser",
    "learning rate",
    "epochs",
    "learns from",
    "interval",
)


@dataclass(frozen=True)
class Told:
    """What a source says of one condition.

    Attributes:
        words: `NOT_STATED` where it says nothing.
        where: the section of the paper; empty where that is said elsewhere, or nowhere.
    """

    words: str = NOT_STATED
    where: str = ""

    def __str__(self) -> str:
        return f"{self.words} ({self.where})" if self.where else self.words


@dataclass(frozen=True)
class Published:
    """One published accuracy on HMDB-51.

    Attributes:
        system: who.
        network: which part of it.
        accuracy: a share.
        mode: how the clips were sampled, `mode 1` or `mode 2`; empty where these are not the words.
        source: where the figure is printed.
        told: what is said of each of `CONDITIONS`.
    """

    system: str
    network: str
    accuracy: float
    mode: str
    source: str
    told: Mapping[str, Told]

    def says(self, condition: str) -> str:
        """What the source says of one of `CONDITIONS`, or `NOT_STATED`."""
        return self.told[condition].words

    @property
    def protocol(self) -> str:
        """What was counted."""
        return self.says("protocol")

    @property
    def setting(self) -> str:
        """Mode, split and training tags in words."""
        split, tags = (_named(name, self.says(name)) for name in ("split", "training tags"))
        return ", ".join(filter(None, (self.mode, split, tags)))


def _named(condition: str, words: str) -> str:
    return words if condition in words else f"{condition} {words}"


def _told(**said: Told) -> dict[str, Told]:
    """All conditions, those that are not among `said` as not stated; `_` stands for a space."""
    known = {name.replace("_", " "): told for name, told in said.items()}
    return {name: known.get(name, Told()) for name in CONDITIONS}


_TAGS = Told("0 and 1", "III.A")
_TESTED = Told("the validation set, which is not described", "I")
_EVERY = Told("every frame of every video", "III.A")
_SIX = Told("6 a second, and 1 s from one sample to the next", "III.A")
_CLIPS = Told("the training clips", "III.A")
_SINGLE = Told("a single SG3I; whether windows or videos were counted is not stated", "V.B")
_OUTPUTS = Told("the streams' outputs; of which clips is not stated", "III.D")
_NOTHING = dict.fromkeys(
    ("optimiser", "learning_rate", "epochs", "learns_from"), Told("nothing is learned", "III.D")
)
_MODE_1 = {
    "spatial": _told(
        frames=_EVERY,
        optimiser=Told("SGD", "III.E"),
        learning_rate=Told("0.01", "III.E"),
        epochs=Told("10", "III.E"),
        learns_from=_CLIPS,
    ),
    "temporal-sg3i": _told(
        protocol=_SINGLE,
        frames=Told("every frame; how far apart the three are is not stated", "III.A"),
        optimiser=Told("SGD", "III.E"),
        learning_rate=Told("0.01", "III.E"),
        epochs=Told("15; the figure is that of epoch 14", "III.E and V.B"),
        learns_from=_CLIPS,
    ),
    "average": _told(frames=_EVERY, **_NOTHING),
    "fusenet": _told(
        frames=_EVERY,
        optimiser=Told("Adam", "III.E"),
        learning_rate=Told("0.01", "III.E"),
        epochs=Told("6", "III.E"),
        learns_from=_OUTPUTS,
    ),
}
_MODE_2 = {
    "spatial": _told(
        frames=_SIX,
        optimiser=Told("SGD, and AdamW from about epoch 385 on", "III.E and V.A"),
        epochs=Told("445", "III.E"),
        learns_from=_CLIPS,
    ),
    "temporal-sg3i": _told(
        protocol=_SINGLE,
        frames=_SIX,
        optimiser=Told("SGD", "III.E"),
        epochs=Told("278", "III.E"),
        learns_from=_CLIPS,
    ),
    "average": _told(frames=_SIX, **_NOTHING),
    # Section V.C: in mode 2 the hidden layer of FuseNet was taken out.
    "fusenet-linear": _told(
        frames=_SIX,
        optimiser=Told("AdamW", "III.E"),
        learning_rate=Told("0.001", "III.E"),
        epochs=Told("14", "III.E"),
        learns_from=_OUTPUTS,
    ),
}


def _of_the_paper(
    mode: str, table: str, told: Mapping[str, dict[str, Told]], accuracies: list[float]
) -> list[Published]:
    both = {"training tags": _TAGS, "tested clips": _TESTED}
    return [
        Published("the paper", network, accuracy, mode, table, of_network | both)
        for (network, of_network), accuracy in zip(told.items(), accuracies, strict=True)
    ]


PAPER = {
    "mode 1": _of_the_paper("mode 1", "Table I", _MODE_1, [0.505, 0.542, 0.572, 0.529]),
    "mode 2": _of_the_paper("mode 2", "Table II", _MODE_2, [0.532, 0.463, 0.555, 0.553]),
}
PRINTED = tuple(f"{rows[0].source}, {mode}" for mode, rows in PAPER.items())  # the tables' names

# The authors have published notebooks. Of some things that the paper does not say, these do what
# stands here; whether the printed figures were made by them is not stated either.
AUTHORS_NOTEBOOKS = {
    "protocol": "window",
    "frames": "in mode 1 the three frames of an SG3I follow each other at once",
    "learns from": "FuseNet from the outputs for clips that the streams were trained on",
}
# So a run's figure stands beside the paper's under this protocol, and under no other.
BESIDE = AUTHORS_NOTEBOOKS["protocol"]

_SIMONYAN = "Simonyan & Zisserman 2014"
_THEIRS = _told(split=Told("mean of 3 splits"), protocol=Told("25x10"))
# Section 6 there: the temporal network of that table learned from both sets.
_FROM_BOTH = _THEIRS | {"learns from": Told("HMDB-51 and UCF-101")}
LITERATURE = [
    *(
        Published(_SIMONYAN, network, accuracy, "", "their Table 4", told)
        for network, accuracy, told in (
            ("spatial", 0.405, _THEIRS),
            ("temporal-flow", 0.546, _FROM_BOTH),
            ("average", 0.580, _THEIRS),
            ("svm", 0.594, _THEIRS),
        )
    ),
    # Split and training set by Table 2 there.
    Published(
        _SIMONYAN,
        "temporal-flow",
        0.466,
        "",
        "their Table 2; the paper, section V.B",
        _told(split=Told("1"), learns_from=Told("HMDB-51 alone")),
    ),
    Published(
        "Kim & Won 2020",
        "temporal-sg3i",
        0.551,
        "",
        "the paper, section V.B",
        _told(protocol=Told("video-10", "V.B")),
    ),
]


def figure(network: str, mode: str) -> float | None:
    """The paper's accuracy (a share) of `network` in `mode`, or None if it has none."""
    return next((row.accuracy for row in PAPER[mode] if row.network == network), None)


def not_stated() -> list[str]:
    """The conditions of which the paper says nothing for some figure."""
    rows = [row for rows in PAPER.values() for row in rows]
    return [name for name in CONDITIONS if any(NOT_STATED in row.says(name) for row in rows)]


def ledger() -> pd.DataFrame:
    """All published accuracies, one row each, as a table to look at: percent, and what their
    source says of each condition."""
    rows = [*PAPER["mode 1"], *PAPER["mode 2"], *LITERATURE]
    return pd.DataFrame(
        {
            "system": row.system,
            "network": row.network,
            "accuracy": f"{100 * row.accuracy:.1f} %",
            "mode": row.mode or "–",
            **{name: row.says(name) for name in CONDITIONS},
            "source": row.source,
        }
        for row in rows
    )


def told(mode: str) -> pd.DataFrame:
    """What the paper says of each condition, by network, and where; and what it does not say."""
    return pd.DataFrame(
        {row.network: {name: str(row.told[name]) for name in CONDITIONS} for row in PAPER[mode]}
    )


def beside(windows: pd.DataFrame) -> pd.DataFrame:
    """Tables I and II beside a run's own shares of windows, by network, in percent.

    Where one of them lacks a network there is NaN. They are not to be ranked: other clips, tags and
    networks, and nobody says what the paper's count.

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
