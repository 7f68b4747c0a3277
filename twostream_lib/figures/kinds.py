"""Networks beside each other within each kind of classes: who is right where, and who could be."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib
from matplotlib.lines import Line2D

from twostream_lib import networks
from twostream_lib.figures.display import Picture, interval
from twostream_lib.figures.style import STYLE, WIDTH, short

if TYPE_CHECKING:  # drawing needs no torch, which `fusion` brings along
    from twostream_lib.fusion.evaluation import Result

COLUMNS = 2


@matplotlib.rc_context(STYLE)
def by_kind(
    results: Mapping[str, Sequence["Result"]], ceilings: Mapping[str, Mapping[str, float]]
) -> Picture:
    """Accuracies within each kind of classes, with 95 % intervals, one panel a kind.

    results: of the same networks in each kind. ceilings: by kind, see `Run.ceilings_by_kind`; a
    black bar across each network's row, which may well be passed. Kinds of which nobody knows them
    have none.
    """
    kinds, lines = list(results), max(map(len, results.values()))
    rows = -(-len(kinds) // COLUMNS)
    figure = Picture(figsize=(WIDTH, rows * (0.95 + 0.27 * lines) + 0.9))
    panels = figure.subplots(rows, COLUMNS, sharex=True, squeeze=False)
    for panel in panels.ravel()[len(kinds) :]:
        panel.set_axis_off()
    for panel, kind in zip(panels.ravel(), kinds, strict=False):
        found = results[kind]
        for place, result in enumerate(reversed(found)):
            network = networks.get(result.network)
            interval(panel, place, result, network.colour, network.marker)
            best = networks.ceiling(result.network, ceilings.get(kind, {}))
            if best is not None:
                panel.vlines(100 * best, place - 0.4, place + 0.4, color="black", lw=2.5, zorder=3)
        panel.set_yticks(range(lines), [result.network for result in reversed(found)])
        panel.set(xlim=(-2, 104), ylim=(-0.7, lines - 0.3))
        panel.set_title(f"{short(kind)}\nn = {found[0].n}, {found[0].sources} sources")
        panel.grid(axis="x", color="0.92")
        panel.set_axisbelow(True)
    for panel in panels[-1] if len(kinds) > 1 else panels[-1, :1]:
        panel.set_xlabel("test videos right (%), 10 windows each")
    if ceilings:
        bar = Line2D([], [], color="black", linewidth=2.5)
        figure.legend(
            [bar], ["the reader that is best over all classes"], loc="outside lower center"
        )
    highest = [
        {one.network for one in found if one.accuracy >= max(other.accuracy for other in found)}
        for found in results.values()
    ]
    always = ", ".join(sorted(set.intersection(*highest)))
    figure.suptitle(
        f"Highest, or level with it, in every kind of action: {always}"
        if always
        else "No network is the highest in every kind of action"
    )
    return figure.described(
        "Accuracies within each kind, with intervals. "
        + "; ".join(
            f"{kind}: " + ", ".join(f"{r.network} {100 * r.accuracy:.0f} %" for r in found)
            for kind, found in results.items()
        )
    )
