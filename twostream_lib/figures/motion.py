"""Charts of motion: how fast it is, and what its estimate costs. Each returns a Figure."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, NullFormatter

from twostream_lib.errors import InputError
from twostream_lib.figures.display import Picture
from twostream_lib.figures.style import BLUE, GRAY, STYLE, VERMILION, WIDTH

LEAST_SHARE = 1e-3  # percent; the foot of a logarithmic axis of shares
BINS = 48  # of speeds, from none to one and a half times the bound


def share(part: float) -> str:
    """A share 0..1 in percent, with two digits however small it is."""
    return f"{100 * part:.2g} %" if part < 0.995 else "100 %"


@matplotlib.rc_context(STYLE)
def saturation(fields: Mapping[str, Sequence[np.ndarray]], bound: float) -> Picture:
    """How fast pixels are, and how many of each step's are clipped at `bound` pixels a step.

    fields: float32 [H, W, 2], one for each step, by the name of what the steps are; two at most.
    A pixel's u or v is clipped first, whichever is larger, and that one is counted.
    """
    figure = Picture(figsize=(WIDTH, 3.9))
    left, right = figure.subplots(1, 2)
    edges = np.linspace(0, 1.5 * bound, BINS + 1)
    worst, everywhere, listed = {}, {}, []
    for (name, steps), colour, mark in zip(fields.items(), (BLUE, VERMILION), "os", strict=False):
        speeds = [np.abs(field).max(-1).ravel() for field in steps]
        counts = np.histogram(np.minimum(np.concatenate(speeds), edges[-1]), edges)[0]
        shown = np.maximum(100 * counts / counts.sum(), LEAST_SHARE)
        left.stairs(shown, edges, color=colour, label=name, linewidth=2, baseline=LEAST_SHARE)
        clipped = np.sort([(speed > bound).mean() for speed in speeds])[::-1]
        worst[name], everywhere[name] = clipped[0], (np.concatenate(speeds) > bound).mean()
        some = clipped[clipped > 0]
        rank = np.arange(1, len(some) + 1)
        words = f"{name}: {len(some)} of {len(clipped)} steps"
        listed.append(words)
        right.plot(rank, 100 * some, mark, color=colour, label=words, markersize=4)
        right.set_xlim(0, max(right.get_xlim()[1], len(clipped) + 1))
    left.axvline(bound, color="0.3", linestyle="--")
    left.annotate(" clipped", (bound, 0.97), xycoords=("data", "axes fraction"), va="top")
    left.set(xlabel="larger of |u| and |v| (pixels a step)", ylabel="pixels (%)", yscale="log")
    left.set(xlim=(0, edges[-1]), ylim=(LEAST_SHARE, 150))
    right.set(xlabel="step, the worst first", ylabel="clipped pixels (%)", yscale="log")
    right.set(title="steps with clipped pixels", ylim=(LEAST_SHARE, 150))
    right.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    left.set(title="speeds of all pixels (last bar: and above)")
    for axes in (left, right):
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.grid(color="0.92")
    right.legend(loc="upper right")
    left.legend(loc="upper right", bbox_to_anchor=(bound / edges[-1], 0.9))
    most, of_all = (
        ", ".join(f"{share(part)} ({name})" for name, part in parts.items())
        for parts in (worst, everywhere)
    )
    figure.suptitle(f"Clipped at {bound:g} pixels in the worst step: {most}")
    return figure.described(
        f"How many pixels have which speed. Faster than {bound:g} pixels "
        f"are {of_all} of all. Beside it, the steps with clipped pixels: {'; '.join(listed)}"
    )


@matplotlib.rc_context(STYLE)
def cost_and_error(table: pd.DataFrame) -> Picture:
    """Methods of flow: how far they are off, and what a pair of frames costs.

    table: indexed by method, with the columns `error` (pixels) and `milliseconds` (of one core, a
    pair). Methods that another one beats in both are gray.
    """
    if len(table) == 0:
        raise InputError("There is no method to draw; estimate flow with one at least.")
    figure = Picture(figsize=(WIDTH, 3.9))
    axes = figure.subplots()
    best = undominated(table)
    listed = [
        f"{m} {row.error:.2f} pixels for {row.milliseconds:.1f} ms" for m, row in table.iterrows()
    ]
    for method, row in table.iterrows():
        colour, mark = (BLUE, "o") if method in best else (GRAY, "s")
        axes.plot(row["milliseconds"], row["error"], mark, color=colour, markersize=9)
        axes.annotate(
            str(method),
            (row["milliseconds"], row["error"]),
            xytext=(8, 5),
            textcoords="offset points",
            color="black" if method in best else "0.35",
        )
    line = table.loc[best].sort_values("milliseconds")
    axes.plot(line["milliseconds"], line["error"], ":", color=BLUE, zorder=0)
    low, high = table["milliseconds"].min(), table["milliseconds"].max()
    axes.set(xscale="log", xlim=(low / 1.6, high * 3), ylim=(0, 1.18 * table["error"].max()))
    axes.set(xlabel="milliseconds of one core for a pair of frames (log)")
    axes.set_ylabel("typical error (pixels, geometric mean)")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(color="0.92")
    words = f"{len(best)} of {len(table)} methods"
    figure.suptitle(f"Best at their price: {', '.join(line.index)}")
    axes.set_title(f"the nearer to the lower left corner, the better ({words} on the dotted line)")
    return figure.described(f"Error and price of each method of flow: {', '.join(listed)}")


def undominated(table: pd.DataFrame) -> list[str]:
    """Methods that no other beats in both cost and error; `table` as for `cost_and_error`."""
    found, least = [], np.inf
    for method, row in table.sort_values(["milliseconds", "error"]).iterrows():
        if row["error"] < least:
            found.append(str(method))
            least = row["error"]
    return found
