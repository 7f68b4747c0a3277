"""The picture of the benchmarks: how fast frames come, ours beside the other ways."""

from collections.abc import Mapping

import matplotlib

from twostream_lib.figures.display import Picture
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

    decoding, mode1: the numbers of `bench.decoding.measure` and of `bench.mode1.measure`. The title
    compares ours with the fastest of the others; decoding alone is a bound, and no other way.
    """
    asked = [(task, ways, decoding) for task, ways in DECODING.items()]
    asked += [(task, ways, mode1) for task, ways in MODE1.items()]
    panels = [
        (
            task,
            [
                (words, numbers[_rate(name)])
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
        for place, (name, value) in enumerate(bars):
            axes.barh(place, value, **looks.get(name, {"color": "0.7"}))
            axes.text(value, place, f" {value:,.0f}", va="center")
        axes.set_yticks(range(len(bars)), [name for name, _ in bars])
        axes.set(xscale="log", ylabel=task)
        axes.invert_yaxis()
    every = [value for _, bars in panels for _, value in bars]
    subplots[-1].set(xlim=(min(every) / 3, max(every) * 3), xlabel="frames a second")
    times = [f"{lead(numbers, ways):.1f} in {task}" for task, ways, numbers in asked]
    figure.suptitle(f"Ours over the fastest other way: {', '.join(times)}")
    return figure.described(
        f"Bars of frames a second, of each way of reading: {', '.join(task for task, _ in panels)}"
    )


def lead(numbers: Mapping[str, float], ways: Mapping[str, str]) -> float:
    """Ours over the fastest of the other ways: the smallest of the ratios."""
    others = [name for name, words in ways.items() if words not in (OURS, BOUND)]
    return min(numbers[f"{name}_ratio"] for name in others if f"{name}_ratio" in numbers)


def _rate(name: str) -> str:
    return f"{name}_frames_per_second"
