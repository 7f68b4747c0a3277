"""Twins are exact: motion twins backwards in time, appearance twins in one hue."""

import cv2
import numpy as np
import pytest

from twostream_lib import stickhmdb, video
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


def test_gray_stays_equal_through_the_encoder(tmp_path):
    gray = []
    for label in ("golf", "swing_baseball"):
        film = stickhmdb.render(label, 3)[:20]
        encoding.write(tmp_path / f"{label}.avi", film, 30)
        gray.append(video.decode_gray(tmp_path / f"{label}.avi").astype(float))
    assert np.abs(gray[0] - gray[1]).mean() < 0.7
    assert abs(gray[0].mean() - gray[1].mean()) < 0.3


def test_no_saturated_colour_where_no_hue_is_told():
    for seed in range(40, 46):
        frame = stickhmdb.render("sit", seed)[20]
        saturation = cv2.cvtColor(cv2.blur(frame, (5, 5)), cv2.COLOR_RGB2HSV)[..., 1]
        assert np.mean(saturation > 150) < 0.002


@pytest.mark.parametrize("label", ["draw_sword", "sit", "throw", "drink", "golf"])
def test_every_third_of_a_second_moves_visibly(label):
    film = stickhmdb.render(label, 31)
    small = np.stack([cv2.resize(frame, (128, 96), interpolation=cv2.INTER_AREA) for frame in film])
    gray = small @ LUMA
    for step in (5, 10):
        moved = np.abs(gray[step:] - gray[:-step]) > 20
        assert moved.sum((1, 2)).min() > 15, f"{step} frames apart"
