"""What networks answer when they are asked about one clip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
import pandas as pd

from twostream_lib import networks
from twostream_lib.figures.display import Picture, rows_figure
from twostream_lib.figures.style import STYLE, percent, short
from twostream_lib.markup import plain

MOST, SPOKEN = 5, 2  # classes that are drawn, and those of them that the words tell in full

if TYPE_CHECKING:  # torch takes seconds to load
    from twostream_lib.fusion.scores import Scores


@matplotlib.rc_context(STYLE)
def top_five(answers: Sequence[Scores], number: int) -> Picture:
    """The probabilities that networks give one video: the five classes that the last has on top.

    answers: one row a video each, of the same videos; the last network is mostly a fusion of the
    others. number: the row of the video, from 0.
    """
    said = pd.DataFrame(
        {one.network: one.probabilities()[number] for one in answers}, index=answers[0].classes
    )
    judge = answers[-1].network
    said = said.nlargest(MOST, judge)[::-1]
    figure, axes = rows_figure(len(said), 0.55)
    thick = 0.8 / len(answers)
    for step, network in enumerate(said):
        places = np.arange(len(said)) + thick * ((len(answers) - 1) / 2 - step)
        colour = networks.get(network).colour
        axes.barh(places, 100 * said[network], 0.92 * thick, color=colour, label=network)
    axes.set_yticks(range(len(said)), map(short, said.index))
    axes.set(xlabel="probability (%)", ylabel="class", xlim=(0, 100))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(answers))
    video, best = answers[0].video[number], said.index[-1]
    who = f"says the {judge} ({percent(said[judge].max())})"
    figure.suptitle(plain(f"{video}: {best}, {who}"))
    # All networks for the first two classes; a listener would lose the thread in all fifteen bars.
    words = [
        f"{label}: " + ", ".join(f"{name} {percent(share)}" for name, share in row.items())
        for label, row in said[::-1].head(SPOKEN).iterrows()
    ]
    others = said[judge][::-1][SPOKEN:]
    words.append("then " + ", ".join(f"{label} {percent(one)}" for label, one in others.items()))
    return figure.described(
        f"Bars for {len(said)} classes, in the order of the {judge}. {'; '.join(words)}"
    )
