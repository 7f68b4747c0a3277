"""Figures of what fusions learn from: each dot is where the numbers are."""

from dataclasses import replace

import numpy as np
import pytest

from tests.figures.samples import LEARNED, SAID
from twostream_lib import figures


def test_a_stream_that_is_as_often_right_as_it_says_lies_on_the_line():
    part, rng = SAID[0].rows(np.arange(10_000) % len(SAID[0])), np.random.default_rng(0)
    drawn = [rng.choice(len(p), p=p / p.sum()) for p in part.probabilities().astype(float)]
    axes = figures.sureness({"mine": [replace(part, label=np.array(drawn))]}, bins=5).axes[0]
    _, line = axes.lines
    assert len(line.get_xdata()) == 5
    assert np.allclose(line.get_xdata(), line.get_ydata(), atol=4)


def test_a_temperature_moves_what_a_stream_says_and_not_how_often_it_is_right():
    cooled = replace(SAID[0], logits=SAID[0].logits / 2)
    figure = figures.sureness({"as it is": SAID[:1], "cooled": [cooled]}, bins=1)
    _, before, after = figure.axes[0].lines
    assert before.get_ydata() == pytest.approx(after.get_ydata())
    assert before.get_xdata() > after.get_xdata()
    assert "spatial as it is says 51 %" in figure.alt
    assert "spatial cooled says 29 %" in figure.alt


def test_the_title_says_which_kind_is_most_off_and_which_least():
    sure = replace(SAID[0], logits=1000 * SAID[0].logits, label=SAID[0].logits.argmax(axis=1))
    wrong = replace(sure, label=(sure.label + 1) % len(sure.classes))
    title = figures.sureness({"in fold": [wrong, sure], "out of fold": [sure, sure]}, bins=1)
    assert "at most 100 points in fold, and 0 out of fold" in title.get_suptitle()


def test_without_a_source_to_hold_out_the_title_says_why_there_is_no_curve():
    figure = figures.learning_curve(LEARNED[:0])
    assert not figure.axes and "none can be held out" in figure.alt


def test_a_learning_curve_has_a_line_for_each_fusion_and_names_the_highest_at_its_end():
    figure = figures.learning_curve(LEARNED)
    heights = [bars.lines[0].get_ydata() for bars in figure.axes[0].containers]
    assert np.allclose(heights, [[50, 50, 50], [50, 55, 60], [50, 60, 70]])
    title = (
        "With most to learn from, fusenet is highest, 70 %; no other's interval holds that figure"
    )
    assert figure.get_suptitle() == title
    assert "n = 756 of 418 sources" in figure.axes[0].get_ylabel()


def test_weights_title_names_the_best_span():
    accuracy = np.array([0.5, 0.7, 0.7, 0.6])
    shares = np.array([0.0, 0.3, 0.6, 1.0])
    figure = figures.weights(shares, accuracy, ("spatial", "temporal-sg3i"), 2866, part="in-fold")
    assert figure.get_suptitle() == "Best with 30 % to 60 % of spatial: 70.0 % right"
    assert figure.axes[0].get_ylabel() == "in-fold windows right (%),\nn = 2,866"
