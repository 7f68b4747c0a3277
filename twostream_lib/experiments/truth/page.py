"""A record of the truth run as one HTML file, and its figures."""

from pathlib import Path
from typing import Any

import jinja2
import matplotlib
from markupsafe import Markup

from twostream_lib.experiments.truth import words
from twostream_lib.figures.display import Picture, rows_figure, to_png
from twostream_lib.figures.style import BLUE, GRAY, STYLE, VERMILION
from twostream_lib.files import write_text
from twostream_lib.markup import image_tag

TEMPLATE = "truth.html.jinja"
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
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    page = jinja2.Environment(autoescape=True, loader=loader, undefined=jinja2.StrictUndefined)
    questions = record["questions"].values()
    return page.get_template(TEMPLATE).render(
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
    for place, arm in enumerate(reversed(found.values())):
        _row(axes, place, arm, BLUE, "o")
        axes.plot([100 * mean for mean in arm["by_run"]], [place] * len(arm["by_run"]), "|k")
    axes.set_yticks(range(len(found)), list(reversed(found)))
    axes.set(xlabel=f"{question['judged']}: right (%), with 95 % interval; | = one run", ylabel="")
    figure.suptitle(question["asks"])
    said = ", ".join(f"{name} {100 * arm['mean']:.1f}" for name, arm in found.items())
    return figure.described(f"Share that is right (%), by arm: {said}")


@matplotlib.rc_context(STYLE)
def pairs(question: dict[str, Any]) -> Picture:
    """By how many points the first of each pair of a question is ahead, with its interval."""
    found = question["pairs"]
    figure, axes = rows_figure(len(found), 0.4)
    for place, pair in enumerate(reversed(found)):
        marker, colour = LOOKS[words.verdict(pair)]
        _row(axes, place, pair, colour, marker)
    axes.axvline(0, color="0.3", linestyle=":")
    axes.set_yticks(range(len(found)), [words.pair_words(pair) for pair in reversed(found)])
    axes.set(xlabel="points ahead, with 95 % interval", ylabel="")
    for name, (marker, colour) in LOOKS.items():
        axes.plot([], [], marker, color=colour, markeredgecolor="0.2", label=name)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    clear = sum(words.verdict(pair) != words.NOT_SHOWN for pair in found)
    figure.suptitle(f"{clear} of {len(found)} differences are more than luck explains")
    said = "; ".join(f"{words.pair_words(p)}: {words.points(p)}" for p in found)
    return figure.described(f"Points ahead: {said}")


def _row(axes: Any, place: float, found: dict[str, Any], colour: str, marker: str) -> None:
    low, mean, high = (100 * found[name] for name in ("low", "mean", "high"))
    axes.plot([low, high], [place] * 2, "|-", color=colour, linewidth=2, markersize=8)
    axes.plot(mean, place, marker, color=colour, markersize=9, markeredgecolor="0.2")


def _image(figure: Picture) -> Markup:
    return Markup(image_tag(to_png(figure), figure.alt))
