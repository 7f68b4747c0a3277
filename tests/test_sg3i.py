import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twostream_lib import sampling, video
from twostream_lib.errors import InputError
from twostream_lib.sg3i import (
    CHANGED,
    VARIANTS,
    colourfulness,
    gap_frames,
    sg3i,
    stack,
    stack_many,
)


def noise(frames: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (frames, 6, 8), dtype=np.uint8)


@given(start=st.integers(0, 20), gap=st.integers(1, 9))
def test_a_static_clip_is_gray(start, gap):
    still = np.repeat(noise(1), 40, 0)
    image = sg3i(still, start, gap)
    assert (image == still[0][..., None]).all()


@given(start=st.integers(0, 20), gap=st.integers(1, 9))
def test_channels_are_the_frames_in_order(start, gap):
    gray = noise(40)
    image = sg3i(gray, start, gap)
    assert image.dtype == np.uint8 and image.shape == (6, 8, 3) and image.flags.c_contiguous
    for channel in range(3):
        np.testing.assert_array_equal(image[..., channel], gray[start + channel * gap])


def test_motion_leaves_the_colour_of_its_moment():
    gray = np.zeros((3, 4, 9), np.uint8)
    for moment in range(3):
        gray[moment, 1, 2 + 2 * moment] = 255
    image = sg3i(gray, 0, 1)
    assert image[1, 2].tolist() == [255, 0, 0]  # earliest: red
    assert image[1, 6].tolist() == [0, 0, 255]  # latest: blue


def test_colourfulness_is_the_largest_minus_the_smallest_channel():
    image = np.array([[[7, 7, 7], [0, 255, 3], [250, 10, 200]]], np.uint8)
    assert colourfulness(image).tolist() == [[0, 255, 240]]


def test_the_window_of_mode_2_makes_the_same_image(tiny_clip):
    gray = video.decode_gray(tiny_clip)
    window = sampling.mode2(len(gray), 30.0)[0]
    np.testing.assert_array_equal(stack(gray[window]), sg3i(gray, 0, 5))


def test_many_windows_are_stacked_as_each_of_them():
    gray = noise(20)
    windows = sampling.mode1(20, gap=4)
    images = stack_many([gray[windows[:, moment]] for moment in range(3)])
    np.testing.assert_array_equal(images, np.stack([stack(gray[window]) for window in windows]))


def test_sg3i_of_a_real_still_camera_is_mostly_gray(real_data):
    clip = real_data / "data/weizmann/videos/wave1/daria_wave1.avi"
    image = sg3i(video.decode_gray(clip), start=10, gap=3).astype(int)
    colour = image.max(-1) - image.min(-1)
    assert np.mean(colour < 16) > 0.9  # the wall behind
    assert colour.max() > 60  # the waving arm


@pytest.mark.parametrize(("start", "gap"), [(0, 5), (8, 1), (-1, 1), (0, 0), (3, -1)])
def test_a_clip_too_short_or_senseless_values(start, gap):
    with pytest.raises(InputError):
        sg3i(noise(10), start, gap)


def test_the_last_window_that_fits():
    assert sg3i(noise(11), 0, 5).shape == (6, 8, 3)
    with pytest.raises(InputError, match=r"has 10 frames and an SG3I .* needs 11"):
        sg3i(noise(10), 0, 5)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_every_variant_takes_three_frames(variant):
    with pytest.raises(InputError, match=r"not \[4, 6, 8\]"):
        variant(noise(4))
    image = variant(noise(3))
    assert image.dtype == np.uint8 and image.shape == (6, 8, 3)


def test_variants_without_the_scene_are_even_where_nothing_moves():
    still = np.repeat(noise(1), 3, 0)
    assert (VARIANTS["difference"](still) == 128).all()
    assert (VARIANTS["history"](still) == 0).all()


@pytest.mark.parametrize("levels", [(0, 255, 0), (255, 0, 255), (10, 13, 9), (0, 0, 255)])
def test_differences_lie_around_the_middle(levels):
    first, second, third = levels
    image = VARIANTS["difference"](np.array(levels, np.uint8).reshape(3, 1, 1))[0, 0]
    expected = [second - first, third - second, third - first]
    assert np.abs(2 * (image.astype(int) - 128) - expected).max() <= 1


def test_history_is_the_brighter_the_later():
    frames = np.zeros((3, 1, 4), np.uint8)
    frames[1:, 0, 0] = CHANGED + 1  # changes in the first step
    frames[2, 0, 1] = 200  # in the second
    frames[1, 0, 2] = 200  # in both
    frames[2, 0, 3] = CHANGED  # too little
    assert VARIANTS["history"](frames)[0, :, 0].tolist() == [127, 255, 255, 0]


@given(frames=st.integers(1, 40), fps=st.sampled_from([15.0, 23.976, 25.0, 30.0, 59.94]))
def test_a_gap_of_so_many_frames_time_is_so_many_frames(frames, fps):
    assert gap_frames(frames / fps, fps) == frames


def test_the_gaps_of_both_modes():
    assert gap_frames(0, 30) == gap_frames(1 / 30, 30) == 1  # mode 1
    assert gap_frames(1 / 6, 30) == 5  # mode 2
    assert gap_frames(1 / 6, 2) == 1


@pytest.mark.parametrize(
    ("seconds", "fps"), [(-0.1, 30), (0.2, 0), (np.nan, 30), (0.2, np.inf), (1e308, 30)]
)
def test_a_senseless_gap_is_said(seconds, fps):
    with pytest.raises(InputError, match="no number of frames"):
        gap_frames(seconds, fps)


def test_less_than_one_frame_a_second_is_a_rate():
    assert gap_frames(4, 0.5) == 2
