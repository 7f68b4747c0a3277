"""What is meant to tell classes apart is seen by some and not by others, exactly."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from twostream_lib import stickhmdb, video
from twostream_lib.stickhmdb import rendering, scenery, true_flow
from twostream_lib.stickhmdb.actions import ACTIONS, draw_source, draw_take
from twostream_lib.video import encoding

LUMA = np.array([0.299, 0.587, 0.114])


@pytest.mark.parametrize("pair", stickhmdb.MOTION_TWINS)
def test_motion_twins_are_each_other_backwards(pair):
    forwards, backwards = (stickhmdb.render(label, seed=25) for label in pair)
    assert np.array_equal(forwards, backwards[::-1])
    assert not np.array_equal(forwards, backwards)


@pytest.mark.parametrize("pair", stickhmdb.APPEARANCE_TWINS)
@pytest.mark.parametrize("seed", [2, 26])
def test_appearance_twins_differ_in_hue_alone(pair, seed):
    one, other = (stickhmdb.render(label, seed).astype(float) for label in pair)
    apart = np.abs((one - other) @ LUMA)
    changed = np.abs(one - other).max(-1) > 80
    assert apart.max() < 3 and apart[changed].mean() < 0.7  # rounding, of layer upon layer
    assert changed.sum((1, 2)).min() > 150, "the told hue is too small in some frame"


def test_what_a_red_ball_does_in_one_class_a_blue_ball_does_in_the_other():
    (pair,) = stickhmdb.JOINT_TWINS
    for seed in (2, 3, 4):
        throw, catch = (stickhmdb.render(label, seed) for label in pair)
        assert np.array_equal(throw, catch[::-1]) and not np.array_equal(throw, catch)
    assert {coin_of(seed) for seed in range(8)} == {0, 1}


def coin_of(seed):
    return draw_take((seed,), 0, draw_source((seed,), "ball")).coin


def clip(label, seed, **told):
    """A clip with a still camera and nobody else, and something told that is not its class's."""
    source = draw_source((seed,), ACTIONS[label].kind)
    take = replace(draw_take((seed,), 0, source), camera="nm", people=1, quality="goo")
    return rendering.paint(
        source, take, replace(rendering.told_of(label, (seed,), 0, source, take), **told)
    )


@pytest.mark.parametrize("seed", [1, 5])
def test_all_hues_of_clubs_and_court_are_one_gray(seed, tmp_path):
    """Before the encoder and behind it."""
    films = []
    for degrees in (0, 100, 200, 300):
        thing, court = scenery.on_circle(degrees, 118, 66), scenery.on_circle(-degrees, 134, 44)
        films.append(clip("golf", seed, thing=thing, court=court)[:20])
    for number, film in enumerate(films):
        encoding.write(tmp_path / f"{number}.avi", film, 30)
    encoded = [video.decode_gray(tmp_path / f"{n}.avi").astype(float) for n in range(len(films))]
    for film, gray in zip(films[1:], encoded[1:], strict=True):
        assert np.abs(film.astype(float) - films[0]).max() > 60
        assert (
            np.abs((film.astype(float) - films[0]) @ LUMA).max() < 4
        )  # rounding, layer upon layer
        assert np.abs(gray - encoded[0]).mean() < 1 and abs((gray - encoded[0]).mean()) < 0.3


def test_rates_of_clubs_and_leaves_are_told_by_motion_alone():
    """The first picture of a clip is the same, whatever its rates; later ones are not."""
    slow, fast = (clip("golf", 3, rates=rates) for rates in ((0.1, 0.2), (0.7, -0.5)))
    assert np.array_equal(slow[0], fast[0]) and not np.array_equal(slow[5], fast[5])


def test_three_gray_frames_do_not_see_a_shake_and_flow_does_not_see_a_cloud_that_fades():
    smile, laugh, smoke = (clip(label, 5).astype(float) for label in ("smile", "laugh", "smoke"))
    assert np.array_equal(smile[0], smile[3]), "all stands still"
    for start in (0, 1, 2):
        three = laugh[start : start + 15 : 5]
        assert np.array_equal(three[0], three[1]) and np.array_equal(three[0], three[2])
    assert np.abs(laugh[1] - laugh[0]).max() > 50
    truth = true_flow.Truth(true_flow.scene_of("smoke", 5))
    assert np.abs(smoke[5] - smoke[0]).max() > 10
    for t in (0, 10, 20):
        field, known = truth.flow(t, t + 5)
        moved = field - (truth.path[t] - truth.path[t + 5])
        assert np.abs(moved[known]).max() < 1e-3


def test_no_saturated_colour_where_no_hue_is_told():
    for seed in range(40, 46):
        frame = stickhmdb.render("sit", seed)[20]
        saturation = cv2.cvtColor(cv2.blur(frame, (5, 5)), cv2.COLOR_RGB2HSV)[..., 1]
        assert np.mean(saturation > 150) < 0.002


@pytest.mark.parametrize("label", ["golf", "sit", "throw", "drink"])
def test_every_third_of_a_second_moves_visibly(label):
    film = stickhmdb.render(label, 31)
    small = np.stack([cv2.resize(frame, (128, 96), interpolation=cv2.INTER_AREA) for frame in film])
    gray = small @ LUMA
    for step in (5, 10):
        moved = np.abs(gray[step:] - gray[:-step]) > 20
        assert moved.sum((1, 2)).min() > 15, f"{step} frames apart"
