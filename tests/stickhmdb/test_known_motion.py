"""Known motion: each pair agrees with its truth, and the error of a flow is what it should be."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from tests.stickhmdb.flow_checks import sampled
from twostream_lib import flow, video
from twostream_lib.errors import InputError
from twostream_lib.stickhmdb import known_motion
from twostream_lib.stickhmdb.actions import ACTIONS, draw_source, draw_take


def textured_frame():
    noise = np.random.default_rng(0).normal(0, 1, (240, 320)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def test_every_pair_agrees_with_its_truth():
    found = known_motion.pairs(textured_frame())
    assert len({pair.name for pair in found}) == len(found) == 2 + len(known_motion.DRAWN)
    for name, frames, truth, known in found:
        assert frames.dtype == np.uint8 and truth.dtype == np.float32 and known.dtype == bool
        assert truth.shape == (*frames.shape[1:], 2) and known.shape == frames.shape[1:]
        back = sampled(frames[1], truth).astype(float)
        off = np.abs(back - frames[0])[known].mean()
        assert off < 2, name
        assert off < 0.35 * np.abs(frames[1].astype(float) - frames[0])[known].mean(), name


def test_a_panned_film_moves_to_the_left_by_two_pixels_a_frame():
    film = known_motion.panned(np.repeat(textured_frame()[None], 20, 0))
    assert film.shape == (16, 240, 320 - 32)
    for now, then in pairwise(film):
        np.testing.assert_array_equal(then[:, :-2], now[:, 2:])


def test_a_film_under_a_moving_camera_is_the_clip_or_our_own_panned(tiny_clip):
    gray = np.repeat(textured_frame()[None], 20, 0)
    film, origin = known_motion.under_a_moving_camera(str(tiny_clip), gray)
    np.testing.assert_array_equal(film, video.decode_gray(tiny_clip))
    assert origin == tiny_clip.name
    film, origin = known_motion.under_a_moving_camera(None, gray)
    np.testing.assert_array_equal(film, known_motion.panned(gray))
    assert origin == "No name says so: our own clip, panned"


def test_drawn_pairs_are_what_their_names_say():
    for pair in known_motion.drawn():
        label, seed, take, _ = known_motion.DRAWN[pair.name]
        source = draw_source((seed,), ACTIONS[label].kind)
        factors = draw_take((seed,), take, source)
        assert factors.camera == ("cm" if "moving camera" in pair.name else "nm")
        assert not any(ACTIONS[label].backwards)
        assert known_motion.moving(pair).sum() > 200
        still = pair.known & (pair.truth == 0).all(-1)
        assert still.any() == (factors.camera == "nm")


def test_something_moves_in_each_drawn_pair_of_an_action():
    pairs = known_motion.of_each_action(takes=1)
    labels = {pair.name.split(",")[0] for pair in pairs}
    assert len(pairs) == len(labels) and set(labels) <= set(ACTIONS)
    assert "smile" not in labels and "sit" in labels
    assert all(known_motion.moving(pair).sum() > known_motion.FEWEST for pair in pairs)


def test_a_good_method_finds_a_known_shift():
    pair = known_motion.warped(textured_frame())[0]
    found = flow.estimate(pair.frames)[0]
    error = known_motion.end_point_error(found, pair.truth, pair.known)
    assert error < 0.2
    assert known_motion.end_point_error(0 * found, pair.truth, pair.known) == pytest.approx(13**0.5)


def test_the_error_is_the_mean_distance_where_the_truth_is_known():
    truth = np.zeros((2, 2, 2), np.float32)
    found = np.array([[[3, 4], [0, 0]], [[6, 8], [99, 99]]], np.float32)
    known = np.array([[True, True], [True, False]])
    assert known_motion.end_point_error(found, truth, known) == pytest.approx(5.0)


def test_nothing_known_and_wrong_shapes_are_said():
    truth = np.zeros((4, 5, 2), np.float32)
    with pytest.raises(InputError, match="known at no pixel"):
        known_motion.end_point_error(truth, truth, np.zeros((4, 5), bool))
    with pytest.raises(InputError, match=r"flow is \[5, 4, 2\]"):
        known_motion.end_point_error(truth.swapaxes(0, 1), truth, np.ones((4, 5), bool))
    with pytest.raises(InputError, match="one gray frame"):
        known_motion.pairs(np.zeros((2, 20, 20), np.uint8))
