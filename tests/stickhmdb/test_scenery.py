"""Places are painted in dull colours, whatever is drawn for them."""

import cv2
import numpy as np
import pytest

from twostream_lib.stickhmdb import scenery
from twostream_lib.stickhmdb.scenery import PLACES, Canvas


def luma(colour):
    return scenery.LUMA @ np.array(colour)


@pytest.mark.parametrize("colour", [(225, 42, 38), (26, 110, 222), (100, 166, 74)])
def test_a_hue_keeps_itself_at_another_luma(colour):
    found = scenery.with_luma(colour, 90)
    assert luma(found) == pytest.approx(90)
    np.testing.assert_allclose(np.array(found) / found[0], np.array(colour) / colour[0])


def test_muted_colours_are_dull_and_of_the_luma_that_was_asked_for():
    rng = np.random.default_rng(0)
    for _ in range(200):
        colour = scenery.muted(rng, 150, 170, strength=0.3)
        assert 150 <= luma(colour) <= 170
        assert 1 - min(colour) / max(colour) <= 0.3 + 1e-9


@pytest.mark.parametrize("place", PLACES)
def test_every_place_fills_its_picture_with_dull_colours(place):
    for seed in range(4):
        canvas = Canvas(np.random.default_rng(seed), (256, 372), floor=180)
        PLACES[place](canvas)
        assert (canvas.image.max(-1) > 40).all(), "a hole"
        saturation = cv2.cvtColor(cv2.blur(canvas.image, (5, 5)), cv2.COLOR_RGB2HSV)[..., 1]
        assert np.mean(saturation > 110) < 0.002


def test_a_field_has_the_hue_that_is_asked_for():
    canvas = Canvas(np.random.default_rng(0), (256, 372), floor=140)
    scenery.field(canvas, (100.0, 166.0, 74.0))
    ground = canvas.image[200:].reshape(-1, 3).mean(0)
    np.testing.assert_allclose(ground / ground[1], np.array([100, 166, 74]) / 166, atol=0.02)


def test_a_circle_of_hues_has_one_luma_and_stays_inside_the_cube_of_colours():
    circle = np.array([scenery.on_circle(degrees, 118, 66) for degrees in range(0, 360, 15)])
    np.testing.assert_allclose(circle @ scenery.LUMA, 118, atol=0.01)
    assert circle.min() >= 0 and circle.max() <= 255
    chroma = cv2.cvtColor(np.uint8(np.rint(circle))[None], cv2.COLOR_RGB2YCrCb)[0, :, 1:]
    np.testing.assert_allclose(np.linalg.norm(chroma.astype(float) - 128, axis=1), 66, atol=2)
