"""Flow of a clip, and what is shrunk, stored, flipped and drawn stays true."""

import cv2
import numpy as np
import pytest

from tests.flow.scenes import moving
from twostream_lib import flow, video
from twostream_lib.errors import InputError


def fields(steps=4, height=6, width=8, scale=8.0):
    return np.random.default_rng(1).normal(0, scale, (steps, height, width, 2)).astype(np.float32)


def test_same_frames_same_flow():
    gray = moving(2, 1)
    np.testing.assert_array_equal(flow.estimate(gray), flow.estimate(gray))


def test_the_mirrored_video_has_the_flipped_flow():
    gray = moving(3, 1)
    mirrored = flow.estimate(gray[:, :, ::-1].copy())
    assert np.median(np.abs(flow.flip(flow.estimate(gray)) - mirrored)) < 0.1


def test_mirrored_real_clips_have_the_flipped_flow(real_data):
    for path in sorted((real_data / "data" / "hmdb51_clips").rglob("*.avi")):
        gray = video.decode_gray(path, [20, 21])
        there, mirrored = flow.estimate(gray), flow.estimate(gray[:, :, ::-1].copy())
        assert np.median(np.abs(flow.flip(there) - mirrored)) < 0.15  # of up to 12 pixels a step


def test_pairs_are_taken_as_they_come():
    gray = moving(2, 0, frames=4)
    forward, wide, back = flow.between(gray, [(0, 1), (0, 2), (3, 2)])
    np.testing.assert_array_equal(forward, flow.estimate(gray)[0])
    for found, u in ((wide, 4), (back, -2)):
        assert np.median(np.linalg.norm(found - [u, 0], axis=-1)) < 0.1


def test_fields_are_those_of_the_method_that_is_asked_for():
    gray = moving(2, 1)
    pairs = [(now, now + 1) for now in range(len(gray) - 1)]
    for method in ("dis", "farneback"):
        asked = flow.estimate(gray, method)
        np.testing.assert_array_equal(asked, list(flow.between(gray, pairs, method)))
        assert asked.dtype == np.float32
    assert not np.array_equal(asked, flow.estimate(gray))
    usual = flow.estimator()(gray[0], gray[1])
    np.testing.assert_array_equal(usual, flow.estimate(gray)[0])
    assert usual.dtype == np.float32


def test_the_smallest_frames_have_flow():
    still = np.random.default_rng(0).integers(0, 255, (1, 16, 16), np.uint8).repeat(2, 0)
    assert flow.estimate(still).shape == (1, 16, 16, 2)


@pytest.mark.parametrize(
    ("gray", "says"),
    [
        (np.zeros((1, 32, 32), np.uint8), "at least 2 frames, not 1"),
        (np.zeros((0, 32, 32), np.uint8), "at least 2 frames, not 0"),
        (np.zeros((3, 32, 32), np.float32), "uint8 .* not float32 .*; decode the clip with"),
        (np.zeros((3, 32, 32, 3), np.uint8), r"not uint8 \[3, 32, 32, 3\]"),
        (np.zeros((3, 9, 200), np.uint8), "16 pixels a side, not 200 x 9; enlarge them.$"),
        (np.full((3, 32, 32), np.nan), "uint8 .* not float64"),
        (np.zeros((3, 32, 32), np.int64), "uint8 .* not int64"),
        (
            [np.zeros((32, 32), np.uint8), np.zeros((32, 40), np.uint8)],
            r"of one size, not of \(32, 32\) and \(32, 40\); resize them first.$",
        ),
    ],
)
def test_refuses_what_is_no_gray_clip(gray, says):
    with pytest.raises(InputError, match=says):
        flow.estimate(gray)


def test_unknown_method_lists_the_known_ones():
    with pytest.raises(InputError, match="dis, dis-fast, dis-ultrafast, farneback, tvl1, raft"):
        flow.estimate(moving(1, 0), "lucas-kanade")


# --- resized ---------------------------------------------------------------------------------


def test_resizing_to_the_same_size_changes_nothing():
    flow_ = fields()
    np.testing.assert_array_equal(flow.resize(flow_, flow_.shape[1:3]), flow_)


@pytest.mark.parametrize("size", [(24, 64), (37, 50), (96, 128), (120, 150)])
def test_a_uniform_field_stays_uniform_and_its_vectors_shrink_with_the_picture(size):
    uniform = np.broadcast_to(np.float32([6, -2]), (2, 96, 128, 2))
    small = flow.resize(uniform, size)
    assert small.shape == (2, *size, 2) and small.dtype == np.float32
    wanted = np.broadcast_to([6 * size[1] / 128, -2 * size[0] / 96], small.shape)
    np.testing.assert_allclose(small, wanted, rtol=1e-5)


def test_resizing_takes_the_mean_over_areas():
    flow_ = fields(height=6, width=8)
    means = flow_.reshape(4, 3, 2, 4, 2, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(flow.resize(flow_, (3, 4)), means / 2, atol=1e-5)
    thirds = flow_.reshape(4, 2, 3, 8, 2).mean(axis=2) * np.float32([1, 1 / 3])
    np.testing.assert_allclose(flow.resize(flow_, (2, 8)), thirds, atol=1e-5)
    to_one = flow_.mean(axis=(1, 2), keepdims=True) * np.float32([1 / 8, 1 / 6])
    np.testing.assert_allclose(flow.resize(flow_, (1, 1)), to_one, atol=1e-5)


def test_resizing_and_flipping_change_places():
    flow_ = fields()
    flipped_first, resized_first = (
        flow.resize(flow.flip(flow_), (4, 5)),
        flow.flip(flow.resize(flow_, (4, 5))),
    )
    np.testing.assert_allclose(flipped_first, resized_first, atol=1e-5)


def test_flow_of_a_large_picture_shrunk_is_flow_of_the_small_one():
    gray = moving(4, -2, frames=2)
    small = np.stack([cv2.resize(f, (64, 48), interpolation=cv2.INTER_AREA) for f in gray])
    shrunk = flow.resize(flow.estimate(gray), (48, 64))
    assert np.median(np.abs(shrunk - flow.estimate(small))) < 0.1


def test_nothing_can_be_resized_to_nothing():
    with pytest.raises(InputError, match="8 x 0"):
        flow.resize(fields(), (0, 8))


# --- in 8 bits -------------------------------------------------------------------------------


def test_still_is_128_and_the_bound_reaches_the_ends():
    levels = flow.quantise(np.array([0.0, -20.0, 20.0, -300.0, 300.0], np.float32))
    assert levels.tolist() == [128, 1, 255, 1, 255]
    assert flow.dequantise(levels)[0] == 0.0


@pytest.mark.parametrize("bound", [0.5, 5.0, 20.0])
def test_round_trip_is_off_by_half_a_step_at_most(bound):
    values = np.linspace(-bound, bound, 10_001, dtype=np.float32)
    back = flow.dequantise(flow.quantise(values, bound), bound)
    half_step = bound / 127 / 2
    assert back.dtype == np.float32
    assert np.abs(back - values).max() <= half_step * (1 + 1e-4)
    assert np.abs(back - values).max() > half_step * 0.9  # there is nothing finer in a byte


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_quantise_refuses_what_is_not_finite(value):
    with pytest.raises(InputError, match="not finite"):
        flow.quantise(np.array([0, value], np.float32))


@pytest.mark.parametrize("bound", [0, -1, np.nan, np.inf])
def test_quantise_refuses_what_is_no_range(bound):
    with pytest.raises(InputError, match=f"bound is {bound}"):
        flow.quantise(fields(), bound)


def test_dequantise_refuses_what_was_not_quantised():
    with pytest.raises(InputError, match="uint8, not float32"):
        flow.dequantise(fields())


def test_texture_is_where_brightness_changes_and_not_where_it_is_plain():
    gray = np.full((20, 30), 100, np.uint8)
    gray[:, 15:] = 140  # one edge, 40 levels high
    textured = flow.textured(gray)
    assert textured.dtype == bool and textured[:, 14:16].all()
    assert not textured[:, :14].any() and not textured[:, 16:].any()
    for faint in (4, 8):  # levels a pixel; the second is the steepest that does not count
        ramp = np.tile(np.arange(0, 30 * faint, faint, dtype=np.uint8), (20, 1))
        assert not flow.textured(ramp).any()
    assert flow.textured(np.tile(np.arange(0, 225, 9, dtype=np.uint8), (20, 1))).all()


def test_clipped_are_the_pixels_whose_u_or_v_is_beyond_the_bound():
    field = np.array([[[3, -20], [21, 0], [0, -21], [15, 15]]], np.float32)
    assert flow.clipped(field).tolist() == [[False, True, True, False]]
    assert flow.clipped(field, 10).tolist() == [[True, True, True, True]]
    there_and_back = flow.dequantise(flow.quantise(field))
    off = np.abs(there_and_back - field).max(-1)
    np.testing.assert_array_equal(off > flow.BOUND / 254 + 1e-5, flow.clipped(field))


def test_flip_twice_changes_nothing():
    flow_ = fields()
    once = flow.flip(flow_)
    np.testing.assert_array_equal(flow.flip(once), flow_)
    np.testing.assert_array_equal(once[..., 0], -flow_[:, :, ::-1, 0])
    np.testing.assert_array_equal(once[..., 1], flow_[:, :, ::-1, 1])


def test_flip_twice_changes_no_byte():
    every_level = np.arange(256, dtype=np.uint8).reshape(1, 16, 8, 2)
    np.testing.assert_array_equal(flow.flip(flow.flip(every_level)), every_level)
    mirrored = flow.flip(every_level)[:, :, ::-1, 0].astype(int)
    # 0, which no flow is stored as, has no opposite in a byte
    wanted = 256 - every_level[..., 0].astype(int)
    np.testing.assert_array_equal(mirrored[wanted < 256], wanted[wanted < 256])


def test_flip_and_quantise_change_places():
    flow_ = fields(scale=15)  # some of it beyond the bound
    np.testing.assert_array_equal(flow.flip(flow.quantise(flow_)), flow.quantise(flow.flip(flow_)))


def test_mean_vector_goes_and_u_and_v_stay_apart():
    camera = np.array([4.0, -1.0], np.float32)
    calm = flow.subtract_mean(fields(scale=1) + camera)
    np.testing.assert_allclose(calm.mean(axis=(1, 2)), 0, atol=1e-5)
    np.testing.assert_array_equal(flow.subtract_mean(fields()[0]), flow.subtract_mean(fields())[0])
    assert abs(np.corrcoef(calm[..., 0].ravel(), calm[..., 1].ravel())[0, 1]) < 0.3


def test_channels_alternate_u_and_v():
    stack = fields(steps=3)
    stacked = flow.as_channels(stack)
    assert stacked.shape == (6, 6, 8)
    for step in range(3):
        np.testing.assert_array_equal(stacked[2 * step], stack[step, ..., 0])
        np.testing.assert_array_equal(stacked[2 * step + 1], stack[step, ..., 1])


def test_a_stack_of_no_field_is_refused():
    flow.check_length(1)
    with pytest.raises(InputError, match="A stack of 0 fields is none"):
        flow.check_length(0)


def test_drawing_shows_still_as_white_and_directions_as_different_hues():
    assert (flow.draw(np.zeros((4, 5, 2), np.float32)) == 255).all()
    directions = [(3, 0), (-3, 0), (0, 3), (0, -3)]
    colours = {tuple(flow.draw(np.full((4, 5, 2), uv, np.float32))[0, 0]) for uv in directions}
    assert len(colours) == 4


def test_drawing_with_one_top_speed_is_comparable():
    slow, fast = (np.full((4, 5, 2), speed, np.float32) for speed in (1, 4))
    assert (flow.draw(slow) == flow.draw(fast)).all()  # each on its own scale
    assert flow.draw(slow, 4)[0, 0].min() > flow.draw(fast, 4)[0, 0].min()  # paler: slower
    beyond = flow.draw(fast * 3, 4)
    np.testing.assert_array_equal(beyond, flow.draw(fast, 4))
    assert beyond.shape == (4, 5, 3)
    assert beyond.dtype == np.uint8


def test_what_is_drawn_of_a_pixel_depends_on_it_and_on_the_top_speed_alone():
    row = np.float32([[[1, 0], [0, 2], [-3, 0], [0, -40]]])  # one row high
    drawn = flow.draw(row, 4)
    for place in range(3):
        np.testing.assert_array_equal(drawn[0, place], flow.draw(row[:, [place]], 4)[0, 0])
    # The speed of the fastest is the usual top, and is that of a whole vector.
    slant = np.float32([[[3, 4], [1, 0]]])
    np.testing.assert_array_equal(flow.draw(slant), flow.draw(slant, 5))
