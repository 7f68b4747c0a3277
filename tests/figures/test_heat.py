"""Heat over a picture: nothing is hidden where there is none."""

import numpy as np

from tests.figures.samples import noise
from twostream_lib import figures
from twostream_lib.figures import heat


def test_where_there_is_no_heat_the_picture_is_left_in_gray():
    image = noise(6, 8, 3)
    cold = heat.over(image, np.zeros((6, 8)))
    assert cold.dtype == np.uint8 and (cold[..., 0] == cold[..., 1]).all()
    half = np.zeros((6, 8))
    half[:, 4:] = 1
    warm = heat.over(image, half)
    assert (warm[:, :4] == cold[:, :4]).all() and (warm[:, 4:] != cold[:, 4:]).any()


def test_each_network_has_what_it_was_fed_and_its_heat():
    images = {"spatial": noise(2, 30, 40, 3), "temporal-sg3i": noise(2, 30, 40, 3, seed=1)}
    hot = {name: noise(2, 30, 40) / 255 for name in images}
    answers = {"spatial": ["golf", "hit"], "temporal-sg3i": ["wave", "sit"]}
    figure = figures.looked_at(images, hot, answers, ["clap", "punch"], "a title")
    assert len(figure.axes) == 8
    assert [axes.get_title() for axes in figure.axes[:3:2]] == [f"fed to {name}" for name in images]
    assert figure.axes[4].texts[0].get_text() == "punch\nhit\nsit"
