"""Figures of several runs: what became of each network from one run to the next."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np

from twostream_lib import networks
from twostream_lib.errors import InputError
from twostream_lib.figures.display import Picture
from twostream_lib.figures.style import STYLE, WIDTH, short

if TYPE_CHECKING:  # drawing needs no torch, which `fusion` brings along
    from twostream_lib.fusion.evaluation import Result

DODGE = 0.08  # of the room of a run: networks stand side by side in it


@matplotlib.rc_context(STYLE)
def over_runs(names: Sequence[str], results: Sequence[Sequence["Result"]]) -> Picture:
    """Accuracies of the networks of several runs, a place for each run, with 95 % intervals.

    Args:
        names: of the runs, the oldest first.
        results: of each of them, under one protocol; a network may lack in some.

    Raises:
        InputError: there are no results, or some of several protocols, which cannot be ranked.
    """
    protocols = {one.protocol for of_run in results for one in of_run}
    if len(protocols) != 1:
        found = ", ".join(sorted(protocols)) or "none"
        raise InputError(f"One figure shows one protocol, not {found}; filter the results first.")
    drawn = [n for n in networks.names() if any(n == one.network for r in results for one in r)]
    figure = Picture(figsize=(WIDTH, 4.2))
    axes = figure.subplots()
    for number, name in enumerate(drawn):
        of_network = [
            (place, one) for place, of in enumerate(results) for one in of if one.network == name
        ]
        places = np.array([place for place, _ in of_network])
        shares = 100 * np.array([(one.low, one.accuracy, one.high) for _, one in of_network])
        known = networks.get(name)
        axes.errorbar(
            places + DODGE * (number - (len(drawn) - 1) / 2),
            shares[:, 1],
            [shares[:, 1] - shares[:, 0], shares[:, 2] - shares[:, 1]],
            fmt=f"{known.marker}-",
            color=known.colour,
            markeredgecolor="0.2",
            capsize=3,
            label=name,
        )
    axes.set_xticks(range(len(names)), [short(name) for name in names], rotation=90)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set(xlabel="run, the oldest first", ylabel="right (%), with 95 % interval", ylim=(0, 101))
    axes.grid(axis="y", color="0.92")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    figure.suptitle(f"{len(names)} runs under protocol {protocols.pop()}")
    said = [
        f"{name}: " + ", ".join(f"{one.network} {100 * one.accuracy:.1f} %" for one in of)
        for name, of in zip(names, results, strict=True)
    ]
    return figure.described(f"Accuracies of each run, the oldest first. {'; '.join(said)}")
