"""Which side of a frame is up, held against ffmpeg for each of eight turns."""

import itertools

import numpy as np
import pytest

from tests.video.films import turned, write_at
from twostream_lib import video
from twostream_lib.video import planes

QUARTERS = [
    m for m in itertools.product((-1, 0, 1), repeat=4) if abs(m[0] * m[3]) != abs(m[1] * m[2])
]


@pytest.mark.parametrize("matrix", [m for m in QUARTERS if sum(map(abs, m)) == 2])
def test_each_of_eight_turns_is_the_one_that_ffmpeg_makes(matrix, upright_film, tmp_path, ffmpeg):
    path = turned(tmp_path / "turned.mp4", upright_film, matrix)
    rgb, gray, found = video.decode(path), video.decode_gray(path), video.probe(path)
    assert rgb.shape[1:3] == gray.shape[1:] == (found["height"], found["width"])
    assert rgb.shape[1:3] == ((48, 64) if matrix[0] else (64, 48))
    raw = ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    expected = np.frombuffer(raw, np.uint8).reshape(-1, *rgb.shape[1:])
    assert np.abs(rgb.astype(int) - expected[: len(rgb)]).mean() < 3
    frame = next(video.frames(path))
    np.testing.assert_array_equal(video.gray(frame), gray[0])
    luma, u, v = planes.yuv(frame, planes.ToRgb())
    assert luma.shape == gray.shape[1:] and u.shape == v.shape == (
        luma.shape[0] // 2,
        luma.shape[1] // 2,
    )
    stacked = [plane[None] for plane in (luma, u, v)]
    assert np.abs(planes.rgb(stacked, np.array([0]))[0].astype(int) - rgb[0]).max() <= 3


def test_odd_sides_that_are_turned_keep_their_colours(tmp_path, upright_film):
    pictures = video.decode(upright_film)[:, :47, :61]
    source = write_at(tmp_path / "odd.mp4", list(pictures), np.arange(5) / 25)
    path = turned(tmp_path / "turned.mp4", source, (-1, 0, 0, -1))
    frame = next(video.frames(path))
    luma, u, _ = planes.yuv(frame, planes.ToRgb())
    assert luma.shape == (47, 61) and u.shape == (24, 31)
    stretched = np.clip(np.rint((luma.astype(float) - 16) * 255 / 219), 0, 255)
    assert np.abs(stretched - video.gray(frame)).mean() < 1
