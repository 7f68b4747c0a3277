import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twostream_lib import sampling, video
from twostream_lib.errors import InputError
from twostream_lib.sg3i import sg3i, stack


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


def test_the_window_of_mode_2_makes_the_same_image(tiny_clip):
    gray = video.decode_gray(tiny_clip)
    window = sampling.mode2(len(gray), 30.0)[0]
    np.testing.assert_array_equal(stack(gray[window]), sg3i(gray, 0, 5))


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


def test_stack_takes_three_frames():
    with pytest.raises(InputError, match=r"not \[4, 6, 8\]"):
        stack(noise(4))
