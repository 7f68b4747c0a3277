"""How figures are put before the reader together with their words.

Alternative text that is kept in display metadata gets lost in nbconvert and JupyterLab. So every
picture is displayed as a bundle: HTML with an `alt` text, the PNG, and the plain words.
"""

import io
import math
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from textwrap import fill
from typing import TYPE_CHECKING, Any, Self

import matplotlib
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from twostream_lib.figures.style import STYLE, WIDTH
from twostream_lib.markup import image_tag, plain

if TYPE_CHECKING:  # drawing needs no torch, which `fusion` brings along
    from twostream_lib.fusion.evaluation import Result


MISSING = re.compile(
    r"Glyph (\d+) (?s:.*) missing from"
)  # matplotlib's warning, one for each letter


PHONE = 4.4  # inches: on a phone's 390 pixels, letters of 10 points are 11 pixels high
_room: ContextVar[float] = ContextVar("room", default=math.inf)


@contextmanager
def room_of(inches: float) -> Iterator[None]:
    """Figures that are made in this block are no wider than so many inches."""
    before = _room.set(inches)
    try:
        yield
    finally:
        _room.reset(before)


class Picture(Figure):
    """A figure that says in words what can be seen in it.

    As the last value of a notebook's cell it displays itself, with its alternative text `alt`.
    """

    alt = title = ""

    def __init__(self, figsize: tuple[float, float] = (WIDTH, 4.0), **how: Any) -> None:
        width, height = figsize
        super().__init__(figsize=(min(width, _room.get()), height), **how)

    @property
    def is_narrow(self) -> bool:
        """Whether it has about half the usual room, see `room_of`."""
        return self.get_figwidth() < 0.6 * WIDTH

    def beside(self, count: int) -> list[Axes]:
        """So many panels side by side, or one above the other where there is no room for that."""
        if not self.is_narrow:
            return list(self.subplots(1, count))
        self.set_figheight(0.8 * count * self.get_figheight())
        return list(self.subplots(count, 1))

    def suptitle(self, t: str, **how: Any) -> Text:
        """Set the title, whose lines may have names from outside: controls become escapes."""
        lines = [plain(line) for line in t.split("\n")]
        self.title = " ".join(lines)
        return super().suptitle("\n".join(lines), **how)

    def get_suptitle(self) -> str:
        """The title on one line, also where it is drawn on several."""
        return self.title

    def described(self, alt: str) -> Self:
        """The figure with this alternative text; its title is added at the end.

        Titles that are too long for their room are broken into lines, and the figure grows by them:
        names in them may have any length. In a narrow figure, so are the words under an axis.
        """
        title = self.get_suptitle()
        end = "" if title.endswith("?") else "."
        self.alt = plain(f"{alt.rstrip('.')}. {title}{end}".replace("\n", " "))
        self._make_room()
        return self

    def _make_room(self) -> None:
        renderer = RendererAgg(*self.bbox.size, self.dpi)
        grown: dict[int, float] = {}  # by row; the title of the whole figure is before the first
        with measuring():
            for title in self.texts:
                grown[-1] = _fold(title, self.bbox.width, renderer)
            for axes in self.axes:
                if place := axes.get_subplotspec():
                    room = self.bbox.width / place.get_gridspec().ncols
                    row = place.rowspan.start
                    folded = _fold(axes.title, room, renderer)
                    if self.is_narrow:  # a label is centred under its axes, beside which are names
                        folded += _fold(axes.xaxis.label, 0.55 * room, renderer)
                    grown[row] = max(grown.get(row, 0), folded)
        self.set_figheight(self.get_figheight() + sum(grown.values()) / self.dpi)

    def draw(self, renderer: RendererBase) -> None:
        """Draw the figure in the course's style.

        Labels of ticks come into being only now, and take what the style says of formulas.
        """
        with matplotlib.rc_context(STYLE):
            super().draw(renderer)

    def _ipython_display_(self) -> None:
        show(self)


@contextmanager
def measuring() -> Iterator[None]:
    """Words are measured, and letters that no font has are no news yet: `to_png` names them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", MISSING.pattern)
        yield


def _fold(title: Text, room: float, renderer: RendererBase) -> float:
    """Break a title into lines of `room` pixels at most; by how many pixels it has grown.

    Text's own way, `wrap`, measures what it takes for a formula as one, whatever it was told.
    """
    before = title.get_window_extent(renderer)
    lines = title.get_text().split("\n")
    most = max(map(len, lines))
    while most > 1 and (width := title.get_window_extent(renderer).width) > room:
        most = max(1, int(min(0.9, room / width) * most))
        title.set_text("\n".join(fill(line, most, break_on_hyphens=False) for line in lines))
    return title.get_window_extent(renderer).height - before.height


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


def to_png(figure: Figure, dpi: float | None = None) -> bytes:
    """The figure as the bytes of a PNG file; the same figure gives the same bytes.

    It has `dpi` pixels an inch, or as many as the figure says. Letters that no font of this machine
    has become boxes, and one warning names them.
    """
    buffer, canvas, own = io.BytesIO(), figure.canvas, figure.dpi
    with matplotlib.rc_context(STYLE), warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        figure.set_dpi(dpi or own)
        figure.set_facecolor("white")
        # `savefig` would draw a figure twice whose layout is constrained.
        FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
        figure.set_dpi(own)
        figure.set_canvas(canvas)
    boxes = set()
    for one in met:
        if missing := MISSING.match(str(one.message)):
            boxes.add(chr(int(missing[1])))
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    if boxes:
        warnings.warn(
            f"No font of this machine has {' '.join(sorted(boxes))}, so the picture has boxes "
            "there: install a font such as Noto Sans CJK or Noto Emoji, and start the kernel anew.",
            stacklevel=2,
        )
    return buffer.getvalue()


def show(figure: Figure, alt: str | None = None) -> None:
    """Display a figure; `alt` says what can be seen in it, where the figure does not say so itself.

    Raises InputError where neither does: somebody listens to this page.
    """
    png, alt = to_png(figure), plain(getattr(figure, "alt", "") if alt is None else alt)
    bundle = {"text/html": image_tag(png, alt), "image/png": png, "text/plain": alt}
    display(bundle, raw=True)
