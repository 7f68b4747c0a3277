"""A record of the truth run as one HTML file, and its figures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from markupsafe import Markup

from twostream_lib.experiments.truth import words
from twostream_lib.figures.display import Picture, rows_figure, to_png
from twostream_lib.figures.style import BLUE, GRAY, STYLE, VERMILION
from twostream_lib.files import write_text
from twostream_lib.markup import image_tag, template

TEMPLATE = Path(__file__).with_name("truth.html.jinja")
# How each verdict looks, see `words.verdict`.
LOOKS = {
    words.AHEAD: ("o", BLUE),
    words.BEHIND: ("X", VERMILION),
    words.NOT_SHOWN: ("D", GRAY),
}


def write(record: dict[str, Any], file: Path) -> None:
    """Write the page of a record, see `measuring.measure`, in one step."""
    write_text(file, render(record))


def render(record: dict[str, Any]) -> str:
    """The page as HTML that needs no other file."""
    questions = record["questions"].values()
    return template(TEMPLATE).render(
        record=record,
        measured=words.measured(record),
        figures={one["asks"]: [_image(arms(one)), _image(pairs(one))] for one in questions},
        tables={one["asks"]: words.pairs_table(one) for one in questions},
    )


@matplotlib.rc_context(STYLE)
def arms(question: dict[str, Any]) -> Picture:
    """How often each arm of a question is right, with its interval over runs and sources."""
    found = question["arms"]
    figure, axes = rows_figure(len(found), 0.32)
    runs = max(len(arm["by_run"]) for arm in found.values())
    for place, arm in enumerate(reversed(found.values())):
        _row(axes, place, arm, BLUE, "o")
        if runs > 1:
            axes.plot([100 * mean for mean in arm["by_run"]], [place] * len(arm["by_run"]), "|k")
    counted = _name_rows(axes, list(found), list(found.values()))
    of_runs = f"; | = one of {runs} runs" if runs > 1 else ""
    axes.set(xlabel=f"{question['judged']}: right (%), with 95 % interval{counted}{of_runs}")
    figure.suptitle(question["asks"])
    said = ", ".join(f"{name} {100 * arm['mean']:.1f}" for name, arm in found.items())
    return figure.described(f"Share that is right (%), by arm: {said}{counted}")


@matplotlib.rc_context(STYLE)
def pairs(
    question: dict[str, Any],
    names: Sequence[str] = (),
    ahead: str = words.AHEAD,
    title: str = "",
) -> Picture:
    """By how many points the first of each pair of a question is ahead, with its interval.

    names: of the rows; empty: both arms' names. ahead: what that is called, such as `lost` where
    the second arm has a fault. title: empty: how many differences are shown.
    """
    found = question["pairs"]
    names = names or list(map(words.pair_words, found))
    figure, axes = rows_figure(len(found), 0.4)
    for place, pair in enumerate(reversed(found)):
        marker, colour = LOOKS[words.verdict(pair)]
        _row(axes, place, pair, colour, marker)
    axes.axvline(0, color="0.3", linestyle=":")
    counted = _name_rows(axes, names, found)
    axes.set(xlabel=f"points {ahead}, with 95 % interval{counted}")
    verdicts = list(map(words.verdict, found))
    for name in sorted({*verdicts}, key=list(LOOKS).index):
        marker, colour = LOOKS[name]
        label = ahead if name == words.AHEAD else name
        axes.plot([], [], marker, color=colour, markeredgecolor="0.2", label=label)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    clear = len(found) - verdicts.count(words.NOT_SHOWN)
    figure.suptitle(title or f"{clear} of {len(found)} differences are more than luck explains")
    rows = [label.get_text() for label in axes.get_yticklabels()][::-1]
    said = "; ".join(f"{row}: {words.points(p)}" for row, p in zip(rows, found, strict=True))
    return figure.described(f"Points {ahead}, with 95 % interval: {said}{counted}")


def _name_rows(axes: Any, names: Sequence[str], found: Sequence[dict[str, Any]]) -> str:
    """Name the rows, from above, with how many videos each is of; a clause that says it where all
    are of as many."""
    counts = [f"n = {one['n']:,}" for one in found]
    alike = len({*counts}) == 1
    labels = names if alike else [f"{n}, {c}" for n, c in zip(names, counts, strict=True)]
    axes.set_yticks(range(len(labels)), labels[::-1])
    axes.set(ylabel="", ylim=(-0.6, len(labels) - 0.4))
    return f"; {counts[0]}" if alike else ""


def _row(axes: Any, place: float, found: dict[str, Any], colour: str, marker: str) -> None:
    low, mean, high = (100 * found[name] for name in ("low", "mean", "high"))
    axes.plot([low, high], [place] * 2, "|-", color=colour, linewidth=2, markersize=8)
    axes.plot(mean, place, marker, color=colour, markersize=9, markeredgecolor="0.2")


def _image(figure: Picture) -> Markup:
    return Markup(image_tag(to_png(figure), figure.alt))
