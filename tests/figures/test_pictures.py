"""Figures made of pictures: the right pictures in the right places, on one scale."""

import re

import numpy as np
import pytest

from tests.figures.samples import noise, still
from twostream_lib import figures, flow, sampling
from twostream_lib.errors import InputError
from twostream_lib.stickhmdb.known_motion import Pair


def drawn(axes):
    """The image that was put into axes."""
    return axes.images[0].get_array()


def test_a_grid_has_each_picture_in_its_row_and_column():
    images = [[np.full((6, 8), 10 * i + j, np.uint8) for j in range(3)] for i in range(2)]
    figure = figures.grid(images, ["above", "below"], ["a", "b", "c"], "title")
    values = [int(drawn(axes).flat[0]) for axes in figure.axes]
    assert values == [0, 1, 2, 10, 11, 12]
    assert [axes.get_title() for axes in figure.axes] == ["a", "b", "c", "", "", ""]
    assert [figure.axes[place].texts[0].get_text() for place in (0, 3)] == ["above", "below"]


def test_a_grid_of_one_row_works():
    figure = figures.grid([[np.zeros((6, 8, 3), np.uint8)]], [""], ["only"], "title")
    assert len(figure.axes) == 1 and figures.to_png(figure)


def test_flow_fields_share_one_scale():
    slow, fast = np.zeros((20, 20, 2), np.float32), np.zeros((20, 20, 2), np.float32)
    slow[..., 0], fast[..., 0] = 2, 8
    figure = figures.flow_fields([slow, fast], ["slow", "fast"], "Speeds")
    assert "8.0 pixels a step" in figure.get_suptitle()
    np.testing.assert_array_equal(drawn(figure.axes[0]), flow.draw(slow, 8))
    np.testing.assert_array_equal(drawn(figure.axes[1]), flow.draw(fast, 8))


def test_the_frame_of_flow_fields_stands_before_them_and_the_words_say_where_they_go():
    still, left = np.zeros((20, 20, 2), np.float32), np.zeros((20, 20, 2), np.float32)
    left[:5] = -3, 0
    frame = noise(20, 20)
    figure = figures.flow_fields([still, left], ["still", "left"], "Two", frame)
    np.testing.assert_array_equal(drawn(figure.axes[0]), frame)
    np.testing.assert_array_equal(drawn(figure.axes[2]), flow.draw(left, 3))
    assert "still, hardly any colour: nothing moves by more than" in figure.alt
    assert "left, coloured where 25 % of the pixels" in figure.alt
    assert "on average left" in figure.alt
    apart = np.concatenate([left[:5], -left[:5]], axis=1)
    assert "directions that cancel out" in figures.flow_fields([apart], ["apart"], "One").alt
    left[..., 1] = -left[..., 0]
    assert "left and down" in figures.flow_fields([left], ["left"], "One").alt


def test_films_share_one_scale_of_flow():
    frame, image = np.zeros((20, 20, 3), np.uint8), np.full((20, 20, 3), 9, np.uint8)
    slow, fast = (np.full((20, 20, 2), (speed, 0), np.float32) for speed in (2, 8))
    figure = figures.views({"slow": (frame, image, slow), "fast": (frame, image, fast)}, "Two")
    assert figure.get_suptitle() == "Two (full colour: 8.0 pixels)"
    for place, expected in enumerate([frame, image, flow.draw(slow, 8), frame, image]):
        np.testing.assert_array_equal(drawn(figure.axes[place]), expected)
    np.testing.assert_array_equal(drawn(figure.axes[5]), flow.draw(fast, 8))


def test_a_strip_of_sg3i_says_how_much_of_each_is_coloured():
    images = np.full((2, 20, 20, 3), 90, np.uint8)
    images[1, :5, :, 0] = 200
    figure = figures.sg3i_strip(images, ["still", "moving"])
    assert figure.get_suptitle() == "Coloured by more than 24 levels: 0.0 %, 25.0 % of the pixels"
    assert "still, moving" in figure.alt


def test_known_flow_shows_the_error_where_the_truth_is_known():
    truth, known = np.zeros((20, 20, 2), np.float32), np.ones((20, 20), bool)
    truth[..., 1], known[:10] = 2, False
    found = truth.copy()
    found[15:, :, 0] = 3  # a quarter of the frame, all of it known
    found[:5, :, 0] = 9  # not known
    pair = Pair("a, b", np.zeros((2, 20, 20), np.uint8), truth, known)
    figure = figures.known_flow([pair], [found], "dis")
    # a quarter of the frame is half of what is known
    assert figure.get_suptitle() == (
        "Known pixels that dis misses by 3 pixels or more (full orange): 50.0 %"
    )
    true, error = drawn(figure.axes[1]), drawn(figure.axes[3])
    assert (true[:10] == 150).all() and (error[:10] == 150).all()
    np.testing.assert_array_equal(true[10:], flow.draw(truth, 2)[10:])
    assert (error[10:15] == 255).all()
    assert (error[15:, :, 0] > 200).all() and (error[15:, :, 2] < 30).all()
    assert "full colour:\n2.0 pixels" in figure.axes[0].texts[0].get_text()
    assert "50 % of the pixels move, on average down" in figure.alt


def test_the_colour_wheel_names_each_side_by_its_sign():
    figure = figures.colour_wheel()
    wheel = figure.axes[0]
    image, middle = drawn(wheel), 90
    sides = {text.get_text().replace("\n", " "): text.get_position() for text in wheel.texts}
    expected = {"right u > 0": (1, 0), "left u < 0": (-1, 0), "down v > 0": (0, 1)}
    expected |= {"up v < 0": (0, -1)}
    for name, (u, v) in expected.items():
        x, y = sides[name]
        assert (np.sign(x - middle), np.sign(y - middle)) == (u, v)
        colour = flow.draw(np.full((1, 1, 2), (u, v), np.float32), 1.0)[0, 0]
        at = image[middle + 88 * v, middle + 88 * u].astype(int)
        assert np.abs(at - colour).max() < 12


def test_one_wild_pixel_does_not_pale_a_field():
    field = np.full((20, 20, 2), 3, np.float32)
    field[0, 0] = 500
    figure = figures.flow_fields([field], ["wild"], "Speeds")
    assert f"{np.hypot(3, 3):.1f} pixels" in figure.get_suptitle()


@pytest.mark.parametrize("frames", [75, 12])
def test_windows_on_a_clip_are_dots_at_their_frames(frames):
    windows = {"mode 1": sampling.mode1(frames), "mode 2": sampling.mode2(frames, 30)}
    figure = figures.windows_on_clip(windows, frames)
    for axes, chosen in zip(figure.axes, windows.values(), strict=True):
        assert axes.lines[0].get_xdata().tolist() == chosen.ravel().tolist()
    assert f"{len(windows['mode 2'])} in mode 2" in figure.get_suptitle()


def test_sg3i_title_tells_still_from_moving():
    title = figures.sg3i_explained(still()).get_suptitle()
    assert title == "Nothing changes: no pixel is coloured"
    moving = still()
    moving[2, :30] = 255 - moving[2, :30] // 2  # the upper half of the last frame changes
    title = figures.sg3i_explained(moving).get_suptitle()
    share = float(re.search(r"What changes is coloured: ([\d.]+) %", title)[1])
    assert 40 < share <= 50


def test_sg3i_figure_shows_the_channels_it_names():
    gray = noise(3, 60, 80)
    axes = {a.get_title(): a for a in figures.sg3i_explained(gray).axes}
    red = axes["red channel"].images[0].get_array()
    assert (red[..., 0] == gray[0]).all()
    assert not red[..., 1:].any()
    assert (axes["SG3I: all three"].images[0].get_array()[..., 2] == gray[2]).all()


def test_no_frames_no_strip():
    with pytest.raises(InputError, match="no frames"):
        figures.frames_strip(noise(0, 60, 80))
