"""Pictures of speed: how fast frames come, ours beside the other ways, and throughputs."""

from collections.abc import Mapping

import matplotlib
from matplotlib.ticker import LogFormatter

from twostream_lib.figures.display import Picture, rows_figure
from twostream_lib.figures.style import BLUE, GRAY, STYLE, WIDTH

OURS, BOUND = "ours", "decoding alone"
# What is asked for: its ways by their names in a benchmark's numbers, and in words.
DECODING = {
    "gray": {
        "gray": OURS,
        "to_ndarray_gray": "PyAV",
        "one_thread_gray": "PyAV, one thread",
        "bare_decode": BOUND,
    },
    "colour": {
        "rgb": OURS,
        "to_ndarray_rgb": "PyAV",
        "one_thread_rgb": "PyAV, one thread",
        "torchcodec": "torchcodec",
        "decord": "decord",
    },
}
MODE1 = {
    "mode 1": {
        "mode1": OURS,
        "torchvision": "torchvision",
        "seek": "a jump for each frame",
        "bare_decode": BOUND,
    }
}


@matplotlib.rc_context(STYLE)
def speeds(decoding: Mapping[str, float], mode1: Mapping[str, float]) -> Picture:
    """Frames a second of every way that was measured, as dots on one logarithmic axis.

    A bar's length would mean nothing there, as the axis has no zero.

    decoding, mode1: the numbers of `bench.decoding.measure` and of `bench.mode1.measure`. Beside
    each other way stands how many times as fast ours is. The title compares ours with the fastest
    of the others; decoding alone is a bound, and no other way.
    """
    asked = [(task, ways, decoding) for task, ways in DECODING.items()]
    asked += [(task, ways, mode1) for task, ways in MODE1.items()]
    panels = [
        (
            task,
            [
                (words, numbers[_rate(name)], numbers.get(f"{name}_ratio"))
                for name, words in ways.items()
                if _rate(name) in numbers
            ],
        )
        for task, ways, numbers in asked
    ]
    rows = [len(found) for _, found in panels]
    figure = Picture(figsize=(WIDTH, 0.34 * sum(rows) + 1.9))
    subplots = figure.subplots(len(panels), 1, sharex=True, height_ratios=rows)
    every = [value for _, found in panels for _, value, _ in found]
    middle = (min(every) * max(every)) ** 0.5
    looks = {OURS: {"color": BLUE}, BOUND: {"color": "white", "markeredgecolor": "0.4"}}
    for axes, (task, found) in zip(subplots, panels, strict=True):
        for place, (name, value, ratio) in enumerate(found):
            axes.plot(value, place, "o", markersize=10, **looks.get(name, {"color": "0.6"}))
            beside = f"{value:,.0f}" + _times(ratio)
            side = {"ha": "left"} if value < middle else {"ha": "right"}
            axes.annotate(
                beside,
                (value, place),
                (9 if value < middle else -9, 0),
                textcoords="offset points",
                va="center",
                **side,
            )
        axes.set_yticks(range(len(found)), [name for name, _, _ in found])
        axes.set(xscale="log", ylabel=task, ylim=(len(found) - 0.5, -0.5))
        axes.grid(axis="x", color="0.9")
        axes.set_axisbelow(True)
    subplots[-1].set(xlim=(min(every) / 1.5, max(every) * 1.5), xlabel="frames a second (log)")
    subplots[-1].xaxis.set_major_formatter("{x:,.7g}")
    subplots[-1].xaxis.set_minor_formatter(LogFormatter())  # its default writes formulas
    times = [f"{lead(numbers, ways):.1f} in {task}" for task, ways, numbers in asked]
    figure.suptitle(f"Ours over the fastest other way: {', '.join(times)}")
    words = [
        f"{task}: "
        + "; ".join(f"{name} {value:,.0f}{_times(ratio)}" for name, value, ratio in found)
        for task, found in panels
    ]
    return figure.described(f"Frames a second of each way of reading. {'. '.join(words)}")


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f" (ours {ratio:.1f} times)"


@matplotlib.rc_context(STYLE)
def throughputs(found: Mapping[str, float], unit: str) -> Picture:
    """How much each way does a second, and how many times as much as the first.

    found: what each way does a second, by its name. unit: of what.
    """
    figure, axes = rows_figure(len(found), 0.3, least=1.9)
    (first, base), *_ = found.items()
    axes.barh(range(len(found)), list(found.values()), color=BLUE)
    for place, value in enumerate(found.values()):
        beside = f" ({value / base:.1f} times)" if place else ""
        axes.text(value, place, f" {_rounded(value)}{beside}", va="center")
    axes.set_yticks(range(len(found)), list(found))
    axes.set(xlabel=f"{unit} a second", ylabel="way", xlim=(0, 1.35 * max(found.values())))
    axes.xaxis.set_major_formatter("{x:,.7g}")
    axes.invert_yaxis()
    fastest = max(found, key=lambda name: found[name])
    title = f'Fastest here: "{fastest}"'
    if fastest != first:
        title += f" ({found[fastest] / base:.1f} times {first})"
    figure.suptitle(title)
    words = "; ".join(f"{name} {_rounded(value)}" for name, value in found.items())
    return figure.described(f"Bars of {unit} a second: {words}")


@matplotlib.rc_context(STYLE)
def recorded(steps: Mapping[int, tuple[float, float]]) -> Picture:
    """Images a second of a GPU, by batch, asked for part by part and played back: a pair of bars.

    steps: both rates of each batch, see `planner.cards.STEPS`.
    """
    figure, axes = rows_figure(2 * len(steps), 0.3, least=1.9)
    most, words = max(map(max, steps.values())), []
    for row, (batch, rates) in enumerate(steps.items()):
        times = rates[1] / rates[0]
        for place, (rate, color) in enumerate(zip(rates, (GRAY, BLUE), strict=True)):
            beside = f" ({times:.1f} times)" if place else ""
            axes.barh(row + 0.4 * place - 0.2, rate, 0.38, color=color)
            axes.text(rate, row + 0.4 * place - 0.2, f" {_rounded(rate)}{beside}", va="center")
        words.append(f"batches of {batch}: {_rounded(rates[0])} and {_rounded(rates[1])}")
    for name, color in (("asked for part by part", GRAY), ("played back", BLUE)):
        axes.barh(0, 0, color=color, label=name)
    axes.set_yticks(range(len(steps)), list(map(str, steps)))
    axes.set(xlabel="images a second", ylabel="batch", xlim=(0, 1.25 * most))
    axes.xaxis.set_major_formatter("{x:,.7g}")
    axes.invert_yaxis()
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), title="a step is")
    gains = {batch: later / first for batch, (first, later) in steps.items()}
    gainer = max(gains, key=lambda batch: gains[batch])
    figure.suptitle(f"Batches of {gainer} train {gains[gainer]:.1f} times as fast when played back")
    said = "; ".join(words)
    return figure.described(f"Images a second part by part and played back, {said}")


def lead(numbers: Mapping[str, float], ways: Mapping[str, str]) -> float:
    """Ours over the fastest of the other ways: the smallest of the ratios."""
    others = [name for name, words in ways.items() if words not in (OURS, BOUND)]
    return min(numbers[f"{name}_ratio"] for name in others if f"{name}_ratio" in numbers)


def _rounded(value: float) -> str:
    """Three digits, or all that are before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _rate(name: str) -> str:
    return f"{name}_frames_per_second"
