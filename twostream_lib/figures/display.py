"""How figures are put before the reader together with their words.

Alternative text that is kept in display metadata gets lost in nbconvert and JupyterLab. So every
picture is displayed as a bundle: HTML with an `alt` text, the PNG, and the plain words.
"""

import io
from typing import TYPE_CHECKING, Self

import matplotlib
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twostream_lib.figures.style import STYLE, WIDTH
from twostream_lib.markup import image_tag

if TYPE_CHECKING:  # drawing needs no torch, which `fusion` brings along
    from twostream_lib.fusion.evaluation import Result


class Picture(Figure):
    """A figure that says in words what can be seen in it.

    As the last value of a notebook's cell it displays itself, with its alternative text `alt`.
    """

    alt = ""

    def described(self, alt: str) -> Self:
        """The figure with this alternative text; its title is added at the end."""
        title = self.get_suptitle()
        end = "" if title.endswith("?") else "."
        self.alt = f"{alt.rstrip('.')}. {title}{end}".replace("\n", " ")
        return self

    def _ipython_display_(self) -> None:
        show(self)


def rows_figure(rows: int, inch: float = 0.36, least: float = 2.6) -> tuple[Picture, Axes]:
    """A figure for a horizontal chart with so many rows."""
    figure = Picture(figsize=(WIDTH, max(least, rows * inch + 1.4)))
    axes = figure.subplots()
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    return figure, axes


def interval(
    axes: Axes, place: float, result: "Result", colour: str, marker: str = "o", line: str = "0.35"
) -> None:
    """An accuracy (%) and its interval, lying in a row of a horizontal chart."""
    low, middle, high = (100 * share for share in (result.low, result.accuracy, result.high))
    axes.plot([low, high], [place] * 2, "|-", color=line, linewidth=2, markersize=9)
    axes.plot(middle, place, marker, color=colour, markersize=10, markeredgecolor="0.2")


def to_png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG file; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="png", facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def show(figure: Figure, alt: str | None = None) -> None:
    """Display a figure; `alt` says what can be seen in it, where the figure does not say so itself.

    Raises InputError where neither does: somebody listens to this page.
    """
    png, alt = to_png(figure), getattr(figure, "alt", "") if alt is None else alt
    bundle = {"text/html": image_tag(png, alt), "image/png": png, "text/plain": alt}
    display(bundle, raw=True)
