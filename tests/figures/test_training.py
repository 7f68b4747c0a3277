"""Figures of a training."""

import numpy as np
import pytest

from tests.figures.samples import history
from twostream_lib import figures
from twostream_lib.errors import InputError


def test_curves_mark_what_guessing_costs_and_gets_right():
    panels = figures.curves(history(5), 12).axes
    heights = [
        line.get_ydata()[0] for axes in panels for line in axes.lines if line.get_linestyle() == ":"
    ]
    assert heights == [pytest.approx(np.log(12)), pytest.approx(100 / 12)]
    words = [text.get_text() for axes in panels for text in axes.texts]
    assert words == ["guessing: ln 12 = 2.48", "guessing: 8 %"]


def test_the_words_of_curves_have_the_losses():
    words = figures.curves(history(5), 12).alt
    assert "training 2.40 to 1.08, validation 2.70 to 1.38; guessing costs 2.48" in words


def test_curves_need_an_epoch():
    with pytest.raises(InputError, match="no epochs"):
        figures.curves([], 12)
