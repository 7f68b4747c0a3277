"""Figures of a clip set: its classes, lengths, sizes, names, leaks, and how it is mixed."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from twostream_lib.clips.table import readable
from twostream_lib.figures.display import Picture, rows_figure
from twostream_lib.figures.style import BLUE, GRAY, ORANGE, STYLE, VERMILION, WIDTH, percent, short

MOST_SIZES = 10  # rows in the chart of sizes; rarer ones are counted together
MOST_BINS = 32  # in the histogram of lengths


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
def class_counts(table: pd.DataFrame) -> Picture:
    """Clips of each class, by tag, from a clip table."""
    counts = pd.crosstab(table["label"], table["tag"]).sort_index(ascending=False)
    figure, axes = rows_figure(len(counts), 0.24)
    left = np.zeros(len(counts))
    for tag, (name, colour) in TAGS.items():
        if tag in counts:
            axes.barh(range(len(counts)), counts[tag], left=left, color=colour, label=name)
            left += counts[tag].to_numpy()
    axes.set_yticks(range(len(counts)), map(short, counts.index))
    axes.set(xlabel="clips", ylabel="class")
    axes.margins(y=0.01)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    few, many = int(left.min()), int(left.max())
    spread = f"{few} clips each" if few == many else f"{few} to {many} clips each"
    figure.suptitle(f"{len(table):,} clips: {len(counts)} classes of {spread}")
    return figure.described("Bars of clips for each class, by tag")


@matplotlib.rc_context(STYLE)
def clip_lengths(table: pd.DataFrame) -> Picture:
    """How long the clips of each set last, from a probed clip table; broken clips are left out."""
    whole = readable(table)
    seconds = whole["seconds"].to_numpy(float)
    figure = Picture(figsize=(WIDTH, 3.6))
    axes = figure.subplots()
    edges = _edges(seconds).tolist()
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
    return figure.described(
        f"Histogram of clip lengths, from {seconds.min():.1f} to {longest:.1f} seconds"
    )


def _edges(values: np.ndarray) -> np.ndarray:
    """Edges of bins that all have room for as many of the values that occur.

    Lengths are whole numbers of frames: a bin for two of them beside a bin for one would show a
    comb that is not in the clips.
    """
    distinct = np.unique(values.round(6))
    step = np.diff(distinct).min(initial=0.1)
    width = step * np.ceil((np.ptp(distinct) / step + 1) / MOST_BINS)
    return np.arange(distinct[0] - step / 2, distinct[-1] + width, width)


@matplotlib.rc_context(STYLE)
def clip_sizes(table: pd.DataFrame) -> Picture:
    """How many clips have which width and height, from a probed table; broken ones are left out."""
    whole = readable(table)
    names = whole["width"].astype(str) + " × " + whole["height"].astype(str)
    counts = names.value_counts()
    shown = counts.iloc[:MOST_SIZES]
    if rest := len(counts) - len(shown):
        shown = pd.concat([shown, pd.Series({f"{rest} others": counts.iloc[MOST_SIZES:].sum()})])
    figure, axes = rows_figure(len(shown), 0.3, least=2.0)
    axes.barh(shown.index, shown, color=BLUE, height=min(0.8, 0.3 * len(shown)))
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="clips", ylabel="size (pixels)")
    title = f"All clips have {counts.index[0]} pixels"
    if len(counts) > 1:
        most = percent(counts.iloc[0] / len(whole))
        title = (
            f"{len(counts)} sizes; the most frequent, {counts.index[0]}, has {most} of the clips"
        )
    figure.suptitle(title)
    return figure.described("Bars of clips for each width and height")


@matplotlib.rc_context(STYLE)
def name_fields(table: pd.DataFrame) -> Picture:
    """What the file names say of the clips: one small chart for each field that is there."""
    there = [field for field in FIELDS if table[field].notna().any()]
    figure = Picture(figsize=(WIDTH, 2.8 if there else 0.5))
    if not there:
        figure.suptitle("The file names say nothing of body part, camera, people, view or quality")
        return figure.described("There is nothing to draw")
    counted = {field: _field_counts(table[field], FIELDS[field]) for field in there}
    panels = np.atleast_1d(figure.subplots(1, len(there)))
    for axes, (field, counts) in zip(panels, counted.items(), strict=True):
        axes.bar(range(len(counts)), counts, color=BLUE)
        slant = {"rotation": 40, "ha": "right"} if field != "people" else {}
        axes.set_xticks(range(len(counts)), counts.index, **slant)
        axes.set(title=field, ylabel="clips" if field == there[0] else "")
    words = [FIELD_WORDS[field].format(_modes(counts)) for field, counts in counted.items()]
    figure.suptitle(f"Most frequent: {', '.join(words)}")
    listed = [
        f"{field}: {', '.join(f'{value} {count}' for value, count in counts.items())}"
        for field, counts in counted.items()
    ]
    return figure.described(f"Bars of clips for each value of a field. {'; '.join(listed)}")


def _modes(counts: pd.Series) -> str:
    """The most frequent value, or all that are equally frequent."""
    return " and ".join(counts.index[counts == counts.max()])


def _field_counts(column: pd.Series, words: dict[str, str]) -> pd.Series:
    """How often each value occurs, in the order of `words`, under its word."""
    counts = column.dropna().value_counts().sort_index()
    order = [code for code in words if code in counts.index]
    order += [code for code in counts.index if code not in words]
    return pd.Series(
        [counts[code] for code in order], [words.get(code, str(code)) for code in order]
    )


@matplotlib.rc_context(STYLE)
def leak(leakage: Mapping[str, Any]) -> Picture:
    """Test clips with a training clip of the same action cut from the same source video.

    leakage: what `clips.leakage` returns.
    """
    names = {"1": "tag 1 (official)", "0+1": "tags 0 and 1 (the paper's)"}
    figure, axes = rows_figure(len(names), 0.5, least=2.2)
    for place, tags in enumerate(reversed(names)):
        found = leakage["tags"][tags]
        axes.barh(place, 100 * found["share"], color=BLUE if tags == "1" else VERMILION, height=0.6)
        words = f" {found['leaking']:,} of {leakage['test_clips']:,}"
        if not figure.is_narrow:
            words += " test clips"
        axes.text(100 * found["share"], place, words, va="center")
    shown = [name.replace(" (", "\n(") if figure.is_narrow else name for name in names.values()]
    axes.set_yticks(range(len(names)), shown[::-1])
    axes.set(xlabel="test clips with a sibling among the training clips (%)", ylabel="trained on")
    axes.set(
        xlim=(0, 160 if figure.is_narrow else 100),
        xticks=range(0, 101, 20 if not figure.is_narrow else 50),
    )
    shares = [percent(leakage["tags"][tags]["share"]) for tags in names]
    figure.suptitle(f"Test clips with a sibling in training: {shares[0]}; with tag 0, {shares[1]}")
    counts = [f"{name}, {leakage['tags'][tags]['leaking']:,}" for tags, name in names.items()]
    return figure.described(
        f"Bars of test clips with a sibling, of {leakage['test_clips']:,}: trained on "
        + "; trained on ".join(counts)
    )


@matplotlib.rc_context(STYLE)
def leak_splits(audited: Mapping[int, Mapping[str, Any]]) -> Picture:
    """Test clips with a training clip of their source, for each split and choice of tags.

    audited: what `leaks.audit` returns: `leakage` of each split.
    """
    looks = {"1": ("tag 1", BLUE), "0+1": ("tags 0 and 1", VERMILION)}
    rows = [(split, tags) for split in audited for tags in looks]
    places = [len(looks) * 1.25 * i + j for i in range(len(audited)) for j in range(len(looks))]
    figure = Picture(figsize=(WIDTH, 0.32 * len(rows) + 1.9))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, whose in zip(panels, ["of the same action", "of any action"], strict=True):
        for place, (split, tags) in zip(places, rows, strict=True):
            leak = audited[split]["tags"][tags]
            leak = leak if whose == "of the same action" else leak["any_action"]
            axes.barh(place, 100 * leak["share"], color=looks[tags][1])
            words = f" {leak['leaking']:,} of {audited[split]['test_clips']:,}"
            axes.text(100 * leak["share"], place, words, va="center")
        axes.set_yticks(places, [f"split {split}, {looks[tags][0]}" for split, tags in rows])
        axes.set(xlabel="test clips with a sibling in training (%)", title=f"siblings {whose}")
        axes.set(xlim=(0, 150), xticks=range(0, 101, 25))
        axes.spines["bottom"].set_bounds(0, 100)  # beyond is room for words
    panels[0].set_ylabel("split, and tags trained on")
    panels[0].invert_yaxis()
    shares = {tags: [one["tags"][tags]["share"] for one in audited.values()] for tags in looks}
    few, many = (_from_to(shares[tags]) for tags in looks)
    figure.suptitle(f"Test clips with a sibling of the same action: {few}; with tag 0, {many}")
    listed = [
        f"split {split}, {looks[tags][0]}: {one['tags'][tags]['leaking']:,} and "
        f"{one['tags'][tags]['any_action']['leaking']:,} of {one['test_clips']:,}"
        for split, one in audited.items()
        for tags in looks
    ]
    return figure.described(
        f"Bars of test clips with a sibling, of the same action and of any. {'; '.join(listed)}"
    )


def _from_to(shares: Sequence[float]) -> str:
    low, high = percent(min(shares)), percent(max(shares))
    return high if low == high else f"{low.removesuffix(' %')} to {high}"


@matplotlib.rc_context(STYLE)
def mixing(found: Mapping[str, pd.DataFrame]) -> Picture:
    """Distinct sources and classes in each batch of an epoch, beside those of a true shuffle.

    found: what `data.mixing` returns, by the name of the way of reading; the first one's
    true shuffle is drawn.
    """
    figure = Picture(figsize=(WIDTH, 3.8))
    first = next(iter(found.values()))
    panels = figure.subplots(1, 2)
    ways = list(zip(found.items(), (BLUE, VERMILION), strict=False))
    for axes, kind, name in zip(panels, ("sources", "labels"), ("sources", "classes"), strict=True):
        lines = [(table[kind], way, "-", colour) for (way, table), colour in ways]
        lines.append((first[f"{kind}_shuffled"], "a true shuffle", "--", "black"))
        for counts, way, dash, colour in lines:
            drawn = counts.iloc[: max(1, len(counts) - 1)]  # the last batch is smaller
            axes.plot(range(1, len(drawn) + 1), drawn, dash, color=colour, label=way)
        axes.set(xlabel="batch of the epoch", ylabel=f"{name} in the batch", ylim=(0, None))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        axes.grid(color="0.92")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    means = [f"{table['sources'].mean():.0f} {way}" for way, table in found.items()]
    true = first["sources_shuffled"].mean()
    figure.suptitle(f"Sources in a batch: {', '.join(means)}, {true:.0f} in a true shuffle")
    return figure.described(
        "Lines over the batches of an epoch: how many sources and how many classes are in each"
    )
