"""What a layer answers: white where it is strongest, and told in words where that is."""

import numpy as np

from twostream_lib import figures

IMAGE = np.full((8, 8, 3), 90, np.uint8)
IMAGE[2:4, 2:4, 0] = 200  # what moves
MOVES = np.zeros((8, 8), bool)
MOVES[2:4, 2:4] = True


def test_each_answer_is_as_bright_as_it_is_strong():
    figure = figures.first_layer(IMAGE, {"scene": 1.0 - 0.5 * MOVES, "change": MOVES * 4.0})
    drawn = [axes.images[0].get_array() for axes in figure.axes]
    assert [axes.get_title() for axes in figure.axes] == ["SG3I", "scene", "change"]
    np.testing.assert_array_equal(drawn[0], IMAGE)
    assert drawn[1][0, 0].tolist() == [255] * 3 and drawn[1][2, 2].tolist() == [127] * 3
    assert drawn[2][0, 0].tolist() == [0] * 3 and drawn[2][2, 2].tolist() == [255] * 3


def test_the_words_tell_where_each_answer_is_strong():
    answers = {"scene": np.ones((8, 8)), "change": MOVES * 1.0, "both": 1 + 2.0 * MOVES}
    figure = figures.first_layer(IMAGE, answers)
    assert "scene is 1.0 times as strong where something moves" in figure.alt
    assert "change is strong where something moves alone" in figure.alt
    title = "The both is 3.0 times as strong where something moves (white: strong)"
    assert figure.get_suptitle() == title


def test_an_image_in_which_nothing_moves_and_a_silent_layer_are_drawn():
    still = np.full((8, 8, 3), 90, np.uint8)
    figure = figures.first_layer(still, {"change": np.zeros((8, 8))})
    assert not figure.axes[1].images[0].get_array().any()
    assert "change is of an SG3I without colour" in figure.alt
