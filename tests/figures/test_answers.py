"""What networks answer for one video."""

import numpy as np
import pytest

from tests.figures.samples import TWELVE, answers
from twostream_lib import figures


def test_top_five_are_those_of_the_last_network_with_the_best_on_top():
    said = answers(TWELVE)
    figure = figures.top_five(said, 1)
    axes = figure.axes[0]
    chances = said[2].probabilities()[1]
    best = np.argsort(chances)[::-1][:5]
    assert [label.get_text() for label in axes.get_yticklabels()][::-1] == [
        TWELVE[place] for place in best
    ]
    assert figure.get_suptitle().startswith("sit/film3_sit.avi: class_a, says the average")
    for bars, one in zip(axes.containers, said, strict=True):
        widths = [bar.get_width() for bar in bars][::-1]
        assert widths == pytest.approx(list(100 * one.probabilities()[1][best]))
    assert [bars.get_label() for bars in axes.containers] == [one.network for one in said]
    spoken = [f"{one.network} {100 * one.probabilities()[1][0]:.0f} %" for one in said]
    assert f"class_a: {', '.join(spoken)}; " in figure.alt
    last = best[-1]
    assert f", {TWELVE[last]} {100 * chances[last]:.0f} %. " in figure.alt
