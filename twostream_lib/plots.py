"""All figures, under one name. Each function returns a matplotlib Figure, and `show` displays it.

Drawn here: the data and the training. `pictures` draws frames, `result_plots` draws results.

The colours are seaborn's "colorblind" palette, and each network keeps its own. No title is typed
by hand: each states what was found in the values that are drawn.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from twostream_lib.display import (
    BLUE,
    GRAY,
    NETWORK_COLOURS,
    ORANGE,
    STYLE,
    VERMILION,
    WIDTH,
    image_tag,
    percent,
    rows_figure,
    show,
    show_html,
    show_image,
    show_quiz,
    to_png,
)
from twostream_lib.errors import InputError
from twostream_lib.pictures import batch_grid, frames_strip, sg3i_explained, three_views
from twostream_lib.result_plots import (
    accuracies,
    agreement,
    confusion,
    per_class,
    reliability,
    weights,
)

__all__ = [
    "NETWORK_COLOURS",
    "accuracies",
    "agreement",
    "batch_grid",
    "class_counts",
    "clip_lengths",
    "confusion",
    "curves",
    "frames_strip",
    "image_tag",
    "leak",
    "name_fields",
    "per_class",
    "reliability",
    "sg3i_explained",
    "show",
    "show_html",
    "show_image",
    "show_quiz",
    "three_views",
    "to_png",
    "weights",
]

TAGS = {1: ("training", BLUE), 2: ("test", ORANGE), 0: ("unused (tag 0)", GRAY)}
FIELDS: dict[str, dict[str, str]] = {
    "body": {"h": "head", "u": "upper body", "f": "full body", "l": "lower body"},
    "camera": {"nm": "still", "cm": "moving"},
    "people": {},
    "view": {"fr": "front", "ba": "back", "le": "left", "ri": "right"},
    "quality": {"bad": "bad", "med": "medium", "goo": "good"},
}
FIELD_WORDS = {
    "body": "{}",
    "camera": "{} camera",
    "people": "people: {}",
    "view": "{} view",
    "quality": "{} quality",
}


@matplotlib.rc_context(STYLE)
def class_counts(table: pd.DataFrame) -> Figure:
    """Clips of each class, by tag, from a clip table."""
    counts = pd.crosstab(table["label"], table["tag"]).sort_index(ascending=False)
    figure, axes = rows_figure(len(counts), 0.24)
    left = np.zeros(len(counts))
    for tag, (name, colour) in TAGS.items():
        if tag in counts:
            axes.barh(counts.index, counts[tag], left=left, color=colour, label=name)
            left += counts[tag].to_numpy()
    axes.set(xlabel="clips", ylabel="class")
    axes.margins(y=0.01)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    few, many = int(left.min()), int(left.max())
    spread = f"{few} clips each" if few == many else f"{few} to {many} clips each"
    figure.suptitle(f"{len(table):,} clips: {len(counts)} classes of {spread}")
    return figure


@matplotlib.rc_context(STYLE)
def clip_lengths(table: pd.DataFrame) -> Figure:
    """How long the clips of each set last, from a probed clip table; broken clips are left out."""
    whole = table[table["ok"]]
    seconds = whole["seconds"].to_numpy(float)
    if len(seconds) == 0:
        raise InputError("None of the clips can be read; look at the column 'why' of the table.")
    figure = Figure(figsize=(WIDTH, 3.6))
    axes = figure.subplots()
    edges = np.linspace(0, seconds.max() * 1.02, 31).tolist()
    shown = [tag for tag in TAGS if (whole["tag"] == tag).any()]
    axes.hist(
        [seconds[(whole["tag"] == tag).to_numpy()] for tag in shown],
        edges,
        stacked=True,
        color=[TAGS[tag][1] for tag in shown],
        label=[TAGS[tag][0] for tag in shown],
    )
    axes.axvline(np.median(seconds), color="black", linestyle="--", label="median")
    axes.set(xlabel="length of the clip (s)", ylabel="clips")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    half, longest = np.median(seconds), seconds.max()
    figure.suptitle(f"Half of the clips last {half:.1f} s or less; the longest, {longest:.1f} s")
    return figure


@matplotlib.rc_context(STYLE)
def name_fields(table: pd.DataFrame) -> Figure:
    """What the file names say of the clips: one small chart for each field that is there."""
    there = [field for field in FIELDS if table[field].notna().any()]
    figure = Figure(figsize=(WIDTH, 2.8 if there else 0.5))
    if not there:
        figure.suptitle("The file names say nothing of body part, camera, people, view or quality")
        return figure
    for axes, field in zip(np.atleast_1d(figure.subplots(1, len(there))), there, strict=True):
        counts = _field_counts(table[field], FIELDS[field])
        axes.bar(range(len(counts)), counts, color=BLUE)
        slant = {"rotation": 40, "ha": "right"} if field != "people" else {}
        axes.set_xticks(range(len(counts)), counts.index, **slant)
        axes.set(title=field, ylabel="clips" if field == there[0] else "")
    modes = [_field_counts(table[field], FIELDS[field]).idxmax() for field in there]
    words = [FIELD_WORDS[field].format(mode) for field, mode in zip(there, modes, strict=True)]
    figure.suptitle(f"Most frequent: {', '.join(words)}")
    return figure


def _field_counts(column: pd.Series, words: dict[str, str]) -> pd.Series:
    """How often each value occurs, in the order of `words`, under its word."""
    counts = column.dropna().value_counts().sort_index()
    order = [code for code in words if code in counts.index]
    order += [code for code in counts.index if code not in words]
    return pd.Series(
        [counts[code] for code in order], [words.get(code, str(code)) for code in order]
    )


@matplotlib.rc_context(STYLE)
def leak(leakage: Mapping[str, Any]) -> Figure:
    """Test clips with a training clip of the same action cut from the same source video.

    leakage: what `clips.leakage` returns.
    """
    names = {"1": "tag 1 (official)", "0+1": "tags 0 and 1 (the paper's)"}
    figure, axes = rows_figure(len(names), 0.5, least=2.2)
    for place, tags in enumerate(reversed(names)):
        found = leakage["tags"][tags]
        axes.barh(place, 100 * found["share"], color=BLUE if tags == "1" else VERMILION, height=0.6)
        words = f" {found['leaking']:,} of {leakage['test_clips']:,} test clips"
        axes.text(100 * found["share"], place, words, va="center")
    axes.set_yticks(range(len(names)), list(reversed(names.values())))
    axes.set(xlabel="test clips with a sibling among the training clips (%)", ylabel="trained on")
    axes.set_xlim(0, 100)
    shares = [percent(leakage["tags"][tags]["share"]) for tags in names]
    figure.suptitle(f"Test clips with a sibling in training: {shares[0]}; with tag 0, {shares[1]}")
    return figure


@matplotlib.rc_context(STYLE)
def curves(history: Sequence[Mapping[str, float]], classes: int) -> Figure:
    """Loss and accuracy of each epoch, in training and on the validation part.

    history: what `training.fit` returns. classes: how many; guessing evenly costs ln(classes).
    """
    if not history:
        raise InputError("The history has no epochs; train for one at least.")
    table = pd.DataFrame(list(history))
    figure = Figure(figsize=(WIDTH, 3.8))
    left, right = figure.subplots(1, 2)
    _curve_pair(left, table, "loss", 1)
    _curve_pair(right, table, "accuracy", 100)
    left.axhline(np.log(classes), color="0.4", linestyle=":")
    left.annotate(
        f"guessing: ln {classes} = {np.log(classes):.2f}",
        (1, np.log(classes)),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        color="0.3",
    )
    left.set(xlabel="epoch", ylabel="cross-entropy loss (nats)", ylim=(0, None))
    right.axhline(100 / classes, color="0.4", linestyle=":")
    right.set(xlabel="epoch", ylabel="accuracy (%)", ylim=(0, 101))
    right.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    last = table.iloc[-1]
    figure.suptitle(
        f"After epoch {last['epoch']:.0f}: {percent(last['train_accuracy'])} right in training, "
        f"{percent(last['valid_accuracy'])} on the validation part"
    )
    return figure


def _curve_pair(axes: Axes, table: pd.DataFrame, what: str, scale: float) -> None:
    parts = [("train", "training", GRAY, "--"), ("valid", "validation", BLUE, "-")]
    for part, name, colour, line in parts:
        values = table[f"{part}_{what}"] * scale
        axes.plot(table["epoch"], values, line, color=colour, label=name, linewidth=2)
        if len(table) <= 60:
            axes.plot(table["epoch"], values, ".", color=colour, markersize=7)
    axes.set_xlim(table["epoch"].min() - 0.5, table["epoch"].max() + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
    axes.grid(color="0.92")
