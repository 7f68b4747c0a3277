"""Pictures of speed: how fast frames come, ours beside the other ways, and rates side by side."""

from collections.abc import Mapping

import matplotlib

from twostream_lib.figures.display import Picture, rows_figure
from twostream_lib.figures.style import BLUE, STYLE, WIDTH

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
    """Frames a second of every way that was measured, on one logarithmic axis.

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
    rows = [len(bars) for _, bars in panels]
    figure = Picture(figsize=(WIDTH, 0.34 * sum(rows) + 1.9))
    subplots = figure.subplots(len(panels), 1, sharex=True, height_ratios=rows)
    looks = {OURS: {"color": BLUE}, BOUND: {"color": "white", "edgecolor": "0.4", "hatch": "//"}}
    for axes, (task, bars) in zip(subplots, panels, strict=True):
        for place, (name, value, ratio) in enumerate(bars):
            axes.barh(place, value, **looks.get(name, {"color": "0.7"}))
            beside = "" if ratio is None else f" (ours: {ratio:.1f} times)"
            axes.text(value, place, f" {value:,.0f}{beside}", va="center")
        axes.set_yticks(range(len(bars)), [name for name, _, _ in bars])
        axes.set(xscale="log", ylabel=task)
        axes.invert_yaxis()
    every = [value for _, bars in panels for _, value, _ in bars]
    subplots[-1].set(xlim=(min(every) / 3, max(every) * 10), xlabel="frames a second")
    times = [f"{lead(numbers, ways):.1f} in {task}" for task, ways, numbers in asked]
    figure.suptitle(f"Ours over the fastest other way: {', '.join(times)}")
    return figure.described(
        f"Bars of frames a second, of each way of reading: {', '.join(task for task, _ in panels)}"
    )


@matplotlib.rc_context(STYLE)
def rates(found: Mapping[str, float], unit: str) -> Picture:
    """How much each way does a second, and how many times as much as the first.

    found: what each way does a second, by its name. unit: of what.
    """
    figure, axes = rows_figure(len(found), 0.3, least=1.9)
    (first, base), *_ = found.items()
    axes.barh(range(len(found)), list(found.values()), color=BLUE)
    for place, value in enumerate(found.values()):
        beside = f" ({value / base:.2f} times)" if place else ""
        axes.text(value, place, f" {_rounded(value)}{beside}", va="center")
    axes.set_yticks(range(len(found)), list(found))
    axes.set(xlabel=f"{unit} a second", ylabel="way", xlim=(0, 1.35 * max(found.values())))
    axes.invert_yaxis()
    fastest = max(found, key=lambda name: found[name])
    title = f"Fastest here: {fastest}"
    if fastest != first:
        title += f", {found[fastest] / base:.1f} times {first}"
    figure.suptitle(title)
    words = ", ".join(f"{name} {_rounded(value)}" for name, value in found.items())
    return figure.described(f"Bars of {unit} a second: {words}")


def lead(numbers: Mapping[str, float], ways: Mapping[str, str]) -> float:
    """Ours over the fastest of the other ways: the smallest of the ratios."""
    others = [name for name, words in ways.items() if words not in (OURS, BOUND)]
    return min(numbers[f"{name}_ratio"] for name in others if f"{name}_ratio" in numbers)


def _rounded(value: float) -> str:
    """Three digits, or all that are before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _rate(name: str) -> str:
    return f"{name}_frames_per_second"
