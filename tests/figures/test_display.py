"""What the reader gets: a picture, its words, and the same bytes for the same values."""

import base64
import re

import matplotlib.pyplot as plt
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from tests.figures.samples import ALL, PICTURES, noise
from tests.figures.test_figures import axes_words
from twostream_lib import figures
from twostream_lib.errors import InputError


@pytest.mark.parametrize("name", ["sg3i", "curves-20", "accuracies"])
def test_same_values_same_bytes(name):
    png = figures.to_png(ALL[name]())
    assert png == figures.to_png(ALL[name]())
    assert int.from_bytes(png[16:20], "big") == 900


def test_drawing_leaves_no_pyplot_state():
    ALL["accuracies"]()
    assert plt.get_fignums() == []
    assert plt.rcParams["axes.spines.top"]


def test_show_keeps_the_words_with_the_picture(shown):
    figures.show(PICTURES["strip"](), 'Frames of "wave" & <b>')
    bundle = shown[0]
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["text/plain"] == 'Frames of "wave" & <b>'
    assert 'alt="Frames of &quot;wave&quot; &amp; &lt;b&gt;"' in bundle["text/html"]
    data = re.search(r"base64,([^\"]+)", bundle["text/html"])[1]
    assert base64.b64decode(data) == bundle["image/png"]


@pytest.mark.parametrize("alt", ["", "  "])
def test_no_picture_without_words(alt):
    with pytest.raises(InputError, match="no alternative text"):
        figures.show(PICTURES["strip-1"](), alt)


def test_a_picture_describes_itself_with_its_title():
    strip = figures.frames_strip(noise(2, 60, 80), title="Sit or stand?")
    assert strip.described("Two frames.").alt == "Two frames. Sit or stand?"
    strip.suptitle("Two lines\nof a \x1b title")
    assert strip.described("Two\nframes").alt == r"Two frames. Two lines of a \x1b title."
    assert strip.texts[0].get_text() == "Two lines\nof a \\x1b title"


def test_control_characters_of_names_are_not_shown_raw(shown):
    figures.show(PICTURES["strip-1"](), "Frames of a\x1b[31m\nb")
    assert shown[0]["text/plain"] == r"Frames of a\x1b[31m\nb"


def test_a_long_title_is_drawn_on_several_lines_and_told_on_one(shown):
    title = "A clip of " + "walking " * 30
    strip = figures.frames_strip(noise(2, 60, 80), title=title)
    assert strip.texts[0].get_text().count("\n") > 1
    assert strip.get_figheight() > figures.frames_strip(noise(2, 60, 80)).get_figheight() + 0.3
    assert strip.get_suptitle() == title and title in strip.alt


@pytest.mark.parametrize("name", ["accuracies", "curves-20", "by-number", "leak", "over-runs"])
def test_figures_for_phones_are_narrow_and_nothing_is_cut_off(name):
    """What the report draws for phones: letters of ten points are eleven pixels high there."""
    with figures.room_of(figures.PHONE):
        figure = ALL[name]()
    assert figure.get_figwidth() == figures.PHONE
    assert ALL[name]().get_figwidth() == 9
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = figure.bbox.size
    words = [figure._suptitle, *(text for axes in figure.axes for text in axes_words(axes))]
    for text in words:
        box = text.get_window_extent(canvas.get_renderer())
        inside = box.x0 > -1 and box.y0 > -1 and box.x1 < width + 1 and box.y1 < height + 1
        assert inside or not text.get_text(), text.get_text()
        assert text.get_fontsize() * 390 / 72 / figures.PHONE >= 9 or not text.get_text()


def test_panels_are_side_by_side_where_there_is_room():
    wide = ALL["curves-20"]()
    with figures.room_of(figures.PHONE):
        narrow = ALL["curves-20"]()
    shapes = [one.axes[0].get_subplotspec().get_gridspec() for one in (wide, narrow)]
    assert [shape.get_geometry() for shape in shapes] == [(1, 2), (2, 1)]


def test_the_room_is_as_before_after_an_error():
    with pytest.raises(KeyError), figures.room_of(2):
        raise KeyError
    assert ALL["leak"]().get_figwidth() == 9


def test_a_sharper_picture_has_more_pixels():
    png = figures.to_png(ALL["leak"](), 200)
    assert int.from_bytes(png[16:20], "big") == 1800
