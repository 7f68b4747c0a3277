"""Pictures of plans."""

import pytest

from tests.figures.samples import HOURS
from twostream_lib import figures

WHAT = "a run by the colab profile on HMDB-51"


def test_a_bar_is_as_long_as_all_its_parts_and_the_first_machine_stands_alone():
    figure = figures.hours_by_part(HOURS, WHAT)
    above, below = figure.axes
    ends = [max(bar.get_x() + bar.get_width() for bar in above.patches)]
    for place in range(2):
        bars = [bar for bar in below.patches if round(bar.get_y() + bar.get_height() / 2) == place]
        assert len(bars) == len(HOURS)
        ends.append(max(bar.get_x() + bar.get_width() for bar in bars))
    assert ends == pytest.approx(HOURS.sum().tolist())
    assert [label.get_text() for label in above.get_yticklabels()] == ["this machine"]
    assert [text.get_text().strip() for text in below.texts] == ["0.75", "0.18"]


def test_the_words_have_every_number_of_the_picture():
    figure = figures.hours_by_part(HOURS, WHAT)
    title = f"Estimated: {WHAT} takes 37 hours on this machine, 0.18 with 2 × A100"
    assert figure.get_suptitle() == title
    assert "T4 0.75 in all (getting and checking the clips 0.1, stores 0.3, the three" in figure.alt
    colours = {patch.get_facecolor() for patch in figure.axes[0].patches}
    assert len(colours) == len(HOURS)
