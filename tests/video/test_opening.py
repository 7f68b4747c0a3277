"""The film among a file's streams, and which side of it is up."""

import itertools
import subprocess
import sys

import av
import numpy as np
import pytest

from tests.video.films import turned, write_at
from twostream_lib import video
from twostream_lib.errors import InputError
from twostream_lib.video import planes

QUARTERS = [
    m for m in itertools.product((-1, 0, 1), repeat=4) if abs(m[0] * m[3]) != abs(m[1] * m[2])
]


@pytest.fixture(scope="module")
def upright_film(tmp_path_factory):
    """A film whose quarters have four colours, so that each of eight turns looks different."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32], picture[:24, 32:] = (250, 20, 20), (20, 250, 20)
    picture[24:, :32], picture[24:, 32:] = (20, 20, 250), (240, 240, 240)
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return write_at(path, [picture] * 5, np.arange(5) / 25)


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


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_track_of_thumbnails_is_not_the_film(order, tmp_path, upright_film):
    small = write_at(tmp_path / "small.mp4", [np.zeros((32, 32, 3), np.uint8)], [0.0])
    sources, path = (small, upright_film), tmp_path / "two.mp4"
    with av.open(str(path), "w") as target:
        opened = [av.open(str(sources[number])) for number in order]
        streams = [target.add_stream_from_template(one.streams.video[0]) for one in opened]
        for one, stream in zip(opened, streams, strict=True):
            for packet in one.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
            one.close()
    found = video.probe(path)
    assert (found["frames"], found["width"], found["height"]) == (5, 64, 48)


def test_frames_outlive_their_file(upright_film):
    """What a frame says of its file is safe to ask when the file is closed."""
    code = (
        "import sys; from twostream_lib import video\n"
        "*_, last = video.frames(sys.argv[1])\n"
        "print(last.header.frames, last.height, video.gray(last).shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(upright_film)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split(" ", 2)[:2] == ["5", "48"]


@pytest.mark.parametrize("name", ["n" * 300 + ".avi", "circle.avi"])
def test_a_file_that_the_system_does_not_open_is_told_by_its_cause(tmp_path, name):
    (tmp_path / "circle.avi").symlink_to(tmp_path / "circle.avi")
    with pytest.raises(InputError, match=r"cannot be read: .*too long|is not a file"):
        video.decode(tmp_path / name)
    assert video.probe(tmp_path / name)["why"]
