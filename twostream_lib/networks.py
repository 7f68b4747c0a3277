"""The one registry of networks: what each sees, what a reader calls it, and how it looks.

The course's own are entered here. One more is entered by a line `networks.add(...)` beside the
function that makes it. Whatever is entered, and has scores in a run folder, is in that run's
`metrics.json`, printed table, figures and report.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from twostream_lib.errors import InputError

# seaborn's palette "colorblind" and matplotlib's markers. Their numbers have no common divisor:
# 110 networks come before two look alike.
COLOURS = (
    "#0173b2",  # blue
    "#de8f05",  # orange
    "#d55e00",  # vermilion
    "#029e73",  # green
    "#ece133",  # yellow
    "#ca9161",  # brown
    "#949494",  # gray
    "#cc78bc",  # purple
    "#fbafe4",  # pink
    "#56b4e9",  # sky
)
MARKERS = "osDv^PX*p<>"

# What a network sees, and so which ceiling is its own: a view, the two of the paper, or all three.
SEES = ("spatial", "temporal-sg3i", "temporal-flow", "joint", "joint-three")


@dataclass(frozen=True)
class Network:
    """A network of the course.

    Attributes:
        name: such as `temporal-sg3i`; its scores are `scores/<name>.npz` in the run folder.
        words: the same for a reader, such as "temporal stream, SG3I".
        sees: one of `SEES`.
        view: what a stream is fed of a window: `rgb`, `sg3i` or `flow`; empty for a fusion.
        learned: whether it was fitted to clips; a fusion, to out-of-fold scores.
    """

    name: str
    words: str
    sees: str
    view: str
    learned: bool

    @property
    def colour(self) -> str:
        """Its colour in figures, such as "#0173b2"."""
        return COLOURS[names().index(self.name) % len(COLOURS)]

    @property
    def marker(self) -> str:
        """Its marker in figures, as matplotlib calls it."""
        return MARKERS[names().index(self.name) % len(MARKERS)]


_NETWORKS: dict[str, Network] = {}


def add(
    name: str,
    words: str,
    *,
    learned: bool,
    sees: str = "joint",
    view: str = "",
) -> None:
    """Enter a network; see `Network`.

    Raises:
        InputError: another network has the name, or nobody can see that.
    """
    if sees not in SEES:
        raise InputError(f"{name} sees '{sees}': choose one of {', '.join(SEES)}.")
    new = Network(name, words, sees, view, learned)
    known = _NETWORKS.setdefault(name, new)
    if known != new:
        raise InputError(f"There is a network {name} already, {known.words}: take another name.")


def get(name: str) -> Network:
    """The network of that name.

    Raises:
        InputError: there is none.
    """
    if name not in _NETWORKS:
        raise InputError(f"No network is called '{name}': enter it with `networks.add` first.")
    return _NETWORKS[name]


def names() -> list[str]:
    """The names of all networks, in the order in which they were entered."""
    return list(_NETWORKS)


def ceiling(name: str, ceilings: Mapping[str, float]) -> float | None:
    """The best share of test clips that a network of this kind can reach; None if nobody knows.

    ceilings: see `Run.ceilings`.
    """
    return ceilings.get(get(name).sees)


add("spatial", "spatial stream", sees="spatial", view="rgb", learned=True)
add("temporal-sg3i", "temporal stream, SG3I", sees="temporal-sg3i", view="sg3i", learned=True)
add(
    "temporal-flow",
    "temporal stream, optical flow",
    sees="temporal-flow",
    view="flow",
    learned=True,
)
add("average", "average of spatial and SG3I", learned=False)
add("average-three", "average of all three", sees="joint-three", learned=False)
add("weighted", "weighted average", learned=True)
add("svm", "linear SVM", learned=True)
add("fusenet", "FuseNet", learned=True)
add("fusenet-linear", "FuseNet without hidden layer", learned=True)
add("features", "one head on the features of both", learned=True)
add("joint", "both streams trained as one network", learned=True)
