"""Every figure: nothing is cut off or overlaps, and axes are labelled."""

from functools import cache
from itertools import combinations

import matplotlib
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from tests.figures.samples import ALL, CHARTS
from twostream_lib.figures import display

every_figure = pytest.mark.parametrize("name", ALL)


@cache
def drawn(name):
    """A figure that is laid out, and what measures its words; made once, as it takes a while."""
    figure = ALL[name]()
    canvas = FigureCanvasAgg(figure)
    with matplotlib.rc_context(display.STYLE):
        canvas.draw()
    return figure, canvas.get_renderer()


def tick_labels(axis):
    """The labels that are drawn: those of ticks inside the view."""
    low, high = sorted(axis.get_view_interval())
    ticks = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=False)
    return [text for place, text in ticks if low <= place <= high and text.get_text()]


def axes_words(axes):
    yield axes.title
    yield from axes.texts
    if axes.axison:
        for axis in (axes.xaxis, axes.yaxis):
            yield axis.label
            yield from tick_labels(axis)
    if axes.get_legend() is not None:
        yield from axes.get_legend().get_texts()


@every_figure
def test_no_words_are_cut_off(name):
    figure, renderer = drawn(name)
    width, height = figure.bbox.size
    words = [figure._suptitle, *(text for axes in figure.axes for text in axes_words(axes))]
    for text in words:
        box = text.get_window_extent(renderer)
        inside = box.x0 > -1 and box.y0 > -1 and box.x1 < width + 1 and box.y1 < height + 1
        assert inside or not text.get_text(), text.get_text()


@every_figure
def test_titles_and_tick_labels_do_not_overlap(name):
    figure, renderer = drawn(name)
    titles = [axes.title for axes in figure.axes if axes.get_title()]
    groups = [[*titles, figure._suptitle]]
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis) if axes.axison else ():
            ticks = tick_labels(axis)
            if all(tick.get_rotation() in (0, 90) for tick in ticks):  # boxes of slanted ones do
                groups.append(ticks)
    for group in groups:
        boxes = [text.get_window_extent(renderer) for text in group]
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


@every_figure
def test_figures_are_900_pixels_wide_and_have_a_title(name):
    figure, _ = drawn(name)
    assert isinstance(figure, Figure)
    assert figure.bbox.width == 900
    assert figure.get_suptitle()


@pytest.mark.parametrize("name", CHARTS)
def test_charts_have_labelled_axes(name):
    axes = drawn(name)[0].axes
    if name in ("leak-3", "leak-of-1"):
        assert axes[0].get_ylabel() and not axes[1].get_ylabel()  # the right one borrows the left's
    else:
        assert all(one.get_ylabel() for one in axes)
    if name == "speeds":
        axes = axes[-1:]  # the upper charts borrow the lowest one's x axis
    assert all(one.get_xlabel() for one in axes if one.get_label() != "<colorbar>")


@every_figure
def test_no_figure_has_a_formula(name):
    with matplotlib.rc_context(display.STYLE):
        texts = drawn(name)[0].findobj(Text)
    assert not any(text.get_parse_math() or "$" in text.get_text() for text in texts)
