"""Figures of motion: saturation, and what methods of flow cost."""

import numpy as np
import pytest

from tests.figures.samples import METHODS
from twostream_lib import figures
from twostream_lib.errors import InputError


def test_saturation_counts_the_clipped_pixels_of_the_worst_step():
    slow, half = np.zeros((10, 10, 2), np.float32), np.zeros((10, 10, 2), np.float32)
    half[:5, :, 1] = -21
    figure = figures.saturation({"1 frame": [slow, half], "5 frames": [slow]}, 20)
    assert "50 % (1 frame), 0 % (5 frames)" in figure.get_suptitle()
    assert "25 % (1 frame), 0 % (5 frames) of all" in figure.alt
    assert "1 frame: 1 of 2 steps" in figure.alt
    words = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert words == ["1 frame: 1 of 2 steps", "5 frames: 0 of 1 steps"]
    assert figure.axes[1].lines[0].get_ydata().tolist() == [50.0]
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "log"]
    (clipped,) = figure.axes[0].texts
    assert clipped.get_text() == " clipped" and clipped.get_ha() == "left"  # of the line


def test_cost_and_error_names_the_methods_that_no_other_beats():
    title = figures.cost_and_error(METHODS).get_suptitle()
    assert title.endswith(": dis-ultrafast, dis-fast, dis, tvl1")
    worse = METHODS.assign(error=[1.0, 1.0, 1.0, 2.0, 1.0])  # equally good: the cheapest
    assert figures.cost_and_error(worse).get_suptitle() == "Best at their price: dis-ultrafast"


def test_cost_and_error_needs_a_method():
    with pytest.raises(InputError, match="no method"):
        figures.cost_and_error(METHODS.iloc[:0])


def test_cost_and_error_reads_out_what_it_draws():
    assert "tvl1 0.20 pixels for 749.0 ms" in figures.cost_and_error(METHODS).alt
