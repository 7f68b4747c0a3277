"""What networks say of one film from its beginning to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.ticker import AutoLocator

from twostream_lib import networks
from twostream_lib.figures.answers import MOST
from twostream_lib.figures.display import Picture
from twostream_lib.figures.style import STYLE, WIDTH, percent, short

if TYPE_CHECKING:  # torch takes seconds to load
    from twostream_lib.fusion.scores import Scores

ROW, PANEL, REST = 0.24, 0.4, 1.2  # inches of height: of a class, of a panel's name, of all else

LONGEST = 60  # signs of a film's name in the title


@matplotlib.rc_context(STYLE)
def along_time(
    film: str,
    seconds: float,
    windows: Mapping[str, Scores],
    starts: Mapping[str, np.ndarray],
    whole: Mapping[str, Scores],
    judge: str,
    known: bool | None,
) -> Picture:
    """The five likeliest classes of each network, along the time of one film.

    A panel a network and a row a class, the likeliest of the whole film on top; the darker, the
    likelier. A window's shade goes on until the next window begins. The percentages on the right
    are those of the whole film.

    Args:
        film: its name. seconds: its length.
        windows: the scores of its windows in the order of time, by network.
        starts: when these begin, seconds, float `[N]`, by network.
        whole: the scores of the whole film, one row, by network; those that have no windows are
            drawn in one shade.
        judge: the network of the title, which is drawn first.
        known: whether the film looks like what the networks have seen; None where nobody knows.
    """
    order = [judge, *(name for name in whole if name != judge)]
    tops = {name: _top(whole[name]) for name in order}
    rows = [len(top) for top in tops.values()]
    figure = Picture(figsize=(WIDTH, ROW * sum(rows) + PANEL * len(order) + REST))
    panels = figure.subplots(len(order), 1, squeeze=False, height_ratios=rows)[:, 0]
    for axes, name in zip(panels, order, strict=True):
        said = 100 * windows.get(name, whole[name]).probabilities()[:, tops[name]]
        shades = _rows(axes, np.append(starts.get(name, 0.0), seconds), said.T)
        _name_rows(axes, whole[name], tops[name])
        axes.set_title(networks.get(name).words, loc="left")
        axes.set(xlim=(0, seconds), xticks=[])
    panels[-1].xaxis.set_major_locator(AutoLocator())
    panels[-1].set(xlabel="seconds")
    bar: Any = {"fraction": 0.03, "shrink": 0.4, "aspect": 30, "pad": 0.09}
    figure.colorbar(shades, ax=list(panels), label="share (%)", **bar)
    figure.supylabel("class", fontsize=STYLE["axes.labelsize"])
    figure.suptitle(_title(film, windows[judge], whole[judge], judge, known))
    spoken = [f"{name}: {_spoken(whole[name], tops[name])}" for name in order]
    return figure.described(
        f"Shades for the likeliest classes of {len(order)} networks along {seconds:.1f} seconds. "
        f"Of the whole film, {'; '.join(spoken)}"
    )


def _top(whole: Scores) -> np.ndarray:
    """The numbers of the likeliest classes, the likeliest first."""
    return np.argsort(-whole.logits[0], kind="stable")[:MOST]


def _rows(axes: Axes, edges: np.ndarray, shares: np.ndarray) -> QuadMesh:
    """Shades of shares 0..100, `[classes, windows]`, the first class on top."""
    places = np.arange(len(shares) + 1) - 0.5
    axes.set_ylim(places[-1], places[0])
    return axes.pcolormesh(edges, places, shares, vmin=0, vmax=100, cmap="Blues")


def _name_rows(axes: Axes, whole: Scores, top: np.ndarray) -> None:
    """Class names on the left, and on the right the percentages of the whole film."""
    places = range(len(top))
    axes.set_yticks(places, [short(whole.classes[number]) for number in top])
    axes.tick_params(axis="y", length=0)
    for place, share in zip(places, whole.probabilities()[0, top], strict=True):
        axes.annotate(
            percent(share), (1.01, place), xycoords=("axes fraction", "data"), va="center"
        )


def _spoken(whole: Scores, top: np.ndarray) -> str:
    shares = whole.probabilities()[0, top]
    named = [whole.classes[number] for number in top]
    return ", ".join(f"{name} {percent(share)}" for name, share in zip(named, shares, strict=True))


def _title(film: str, windows: Scores, whole: Scores, judge: str, known: bool | None) -> str:
    best = int(whole.logits[0].argmax())
    film, label = short(film, LONGEST), short(whole.classes[best])
    share = percent(whole.probabilities()[0, best])
    if known is False:
        return f"{film}: like nothing that the run has seen; its guess is {label} ({share})"
    first = int((windows.logits.argmax(axis=1) == best).sum())
    return (
        f"{film}: {label}, says the {judge} ({share}); first in {first} of {len(windows)} windows"
    )
