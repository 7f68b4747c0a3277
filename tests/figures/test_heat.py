"""Heat over a picture: nothing is hidden where there is none."""

import numpy as np
import pytest

from tests.figures.samples import look, noise
from tests.names import HOSTILE
from twostream_lib import figures
from twostream_lib.figures import heat
from twostream_lib.figures.style import short


def test_where_there_is_no_heat_the_picture_is_left_in_gray():
    image = noise(6, 8, 3)
    cold = heat.over(image, np.zeros((6, 8)))
    assert cold.dtype == np.uint8 and (cold[..., 0] == cold[..., 1]).all()
    half = np.zeros((6, 8))
    half[:, 4:] = 1
    warm = heat.over(image, half)
    assert (warm[:, :4] == cold[:, :4]).all() and (warm[:, 4:] != cold[:, 4:]).any()


def test_each_network_has_what_it_was_fed_and_its_heat():
    classes = {"true class": ["clap", "sit"], "average": ["sit", "golf"]}
    figure = figures.looked_at({"spatial": look(0), "temporal-sg3i": look(1)}, classes, "a title")
    assert len(figure.axes) == 8
    titles = [axes.get_title() for axes in figure.axes[:3:2]]
    assert titles == ["fed to spatial", "fed to temporal-sg3i"]
    words = figure.axes[4].texts[0].get_text().split("\n")
    assert words == ["true class:", "sit", "average:", "golf", *words[4:]]
    assert words[4:] == ["spatial:", "hit", "temporal-sg3i:", "hit"]
    assert figure.get_suptitle() == "a title (yellow: most)"


@pytest.mark.parametrize("name", [HOSTILE[1], HOSTILE[15], HOSTILE[20]])
def test_classes_with_odd_names_are_shown_as_they_are(name):
    figure = figures.looked_at({"spatial": look(0)}, {"true class": [name, name]}, "a title")
    figures.to_png(figure)
    shown = "".join("".join(axes.texts[0].get_text() for axes in figure.axes if axes.texts).split())
    assert "".join(short(name, 20).split()) in shown
