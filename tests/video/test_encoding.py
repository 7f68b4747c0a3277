"""What is written comes back; what cannot be written leaves nothing; what browsers play."""

import hashlib
import os
from pathlib import Path

import av
import numpy as np
import pytest

from tests.video.films import PHONE, TWICE, bar_at, bars, coded, stamped, turned, write_at
from twostream_lib import video
from twostream_lib.errors import InputError
from twostream_lib.video import encoding


def test_a_written_clip_comes_back(tiny_clip, moving_square):
    frames = video.decode(tiny_clip)
    assert frames.dtype == np.uint8 and frames.shape == moving_square.shape
    away_from_edges = frames[:, 2:14].astype(int) - moving_square[:, 2:14]
    assert np.abs(away_from_edges).mean() < 2
    assert np.abs(frames[10, 24, 18].astype(int) - (220, 30, 40)).max() < 12
    assert video.probe(tiny_clip)["fps"] == 30.0


def test_the_same_frames_give_the_same_bytes(tmp_path, moving_square):
    for name in ("a.avi", "b.avi"):
        encoding.write(tmp_path / name, moving_square, 30)
    digests = {hashlib.sha256(path.read_bytes()).digest() for path in tmp_path.iterdir()}
    assert len(digests) == 1 and len(list(tmp_path.iterdir())) == 2


def test_write_takes_a_generator_and_fractional_rates(tmp_path, moving_square):
    path = tmp_path / "slow.avi"
    encoding.write(path, (frame for frame in moving_square), 30000 / 1001)
    assert video.probe(path)["fps"] == pytest.approx(29.97, abs=0.001)


@pytest.mark.parametrize(
    ("frames", "fps", "words"),
    [
        (np.zeros((0, 8, 8, 3), np.uint8), 25, "no frames"),
        (np.zeros((2, 8, 8), np.uint8), 25, "must be uint8"),
        (np.zeros((2, 8, 8, 3), np.float32), 25, "must be uint8"),
        ([np.zeros((8, 8, 3), np.uint8), np.zeros((8, 6, 3), np.uint8)], 25, "not all"),
        (np.zeros((2, 8, 8, 3), np.uint8), 0, "above 0"),
        (np.zeros((2, 8, 8, 3), np.uint8), 1e6, r"x.avi cannot be written: .*Invalid argument"),
    ],
)
def test_write_refuses_what_is_no_clip_and_leaves_nothing(tmp_path, frames, fps, words):
    with pytest.raises(InputError, match=words):
        encoding.write(tmp_path / "x.avi", frames, fps)
    assert not list(tmp_path.iterdir())


def test_write_makes_its_folder_where_that_can_be(tmp_path, moving_square):
    encoding.write(tmp_path / "new" / "x.avi", moving_square, 30)
    assert video.probe(tmp_path / "new" / "x.avi")["frames"] == 30
    with pytest.raises(InputError, match="cannot be written"):
        encoding.write(tmp_path / "new" / "x.avi" / "y.avi", moving_square, 30)


def test_a_full_disk_leaves_the_old_clip_and_nothing_half_written(
    tmp_path, moving_square, monkeypatch
):
    path = tmp_path / "x.avi"
    encoding.write(path, moving_square[:3], 30)

    def full(part, data):
        with open(part, "wb") as file:
            file.write(data[:100])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match=r"x.avi cannot be written: the disk of .* is full"):
        encoding.write(path, moving_square, 30)
    assert [p.name for p in tmp_path.iterdir()] == ["x.avi"]
    assert video.probe(path)["frames"] == 3


# --- what browsers play ------------------------------------------------------------------------


@pytest.mark.parametrize("way", encoding.PLAYED, ids=lambda way: way[0])
@pytest.mark.parametrize("size", [(48, 64), (47, 63)])
def test_a_copy_for_browsers_has_the_clips_frames_at_their_times(tmp_path, monkeypatch, way, size):
    if way[0] not in av.codecs_available:
        pytest.skip(f"this PyAV has no {way[0]}")
    monkeypatch.setattr(encoding, "PLAYED", (way,))
    ramp = np.linspace(40, 200, 13).astype(np.uint8)
    clip = tmp_path / "clip.avi"
    encoding.write(clip, np.broadcast_to(ramp[:, None, None, None], (13, *size, 3)), 25)
    copy = encoding.for_browser(clip, tmp_path)
    found = video.probe(copy)
    assert (found["frames"], found["fps"]) == (13, 25) and not found["damage"]
    assert (found["height"], found["width"]) == (48, 64)
    np.testing.assert_allclose(video.decode_gray(copy).mean((1, 2)), ramp, atol=4)
    with av.open(str(copy)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == {"libx264": "h264", "libvpx-vp9": "vp9"}[way[0]]
        assert stream.codec_context.pix_fmt == "yuv420p"
        times = [
            float(packet.pts * packet.time_base) for packet in container.demux() if packet.size
        ]
    np.testing.assert_allclose(sorted(times), np.arange(13) / 25, atol=1e-3)


def test_a_copy_for_browsers_is_made_once_and_again_when_the_clip_changes(tmp_path, moving_square):
    clip = tmp_path / "clip.avi"
    encoding.write(clip, moving_square, 30)
    first = encoding.for_browser(clip, tmp_path)
    made = first.stat().st_mtime_ns
    assert encoding.for_browser(clip, tmp_path) == first and first.stat().st_mtime_ns == made
    encoding.write(clip, moving_square[:5], 30)
    second = encoding.for_browser(clip, tmp_path)
    assert second != first and video.probe(second)["frames"] == 5
    assert {path.suffix for path in tmp_path.iterdir()} == {".avi", first.suffix}


def test_a_real_clip_can_be_copied_for_browsers(real_clip, tmp_path):
    copy = encoding.for_browser(real_clip, tmp_path)
    asked, got = video.probe(real_clip), video.probe(copy)
    assert (got["frames"], got["fps"]) == (asked["frames"], pytest.approx(asked["fps"], rel=1e-3))


def test_a_copy_for_browsers_of_what_is_no_clip_leaves_nothing(tmp_path, monkeypatch):
    words = tmp_path / "words.avi"
    words.write_bytes(b"this is no video")
    for path in (words, tmp_path / "absent.avi"):
        with pytest.raises(InputError, match=path.name):
            encoding.for_browser(path, tmp_path)
    assert list(tmp_path.iterdir()) == [words]
    monkeypatch.setattr(encoding, "PLAYED", ())
    with pytest.raises(InputError, match="no video that browsers play"):
        encoding.for_browser(words, tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
@pytest.mark.parametrize("way", encoding.PLAYED, ids=lambda way: way[0])
def test_a_full_disk_is_said_of_a_copy_for_browsers(tmp_path, monkeypatch, moving_square, way):
    if way[0] not in av.codecs_available:
        pytest.skip(f"this PyAV has no {way[0]}")
    monkeypatch.setattr(encoding, "PLAYED", (way,))
    clip, copies = tmp_path / "clip.avi", tmp_path / "copies"
    encoding.write(clip, moving_square, 30)
    copy = encoding.for_browser(clip, copies)
    copy.unlink()
    copy.with_name(f"{copy.name}.part").symlink_to("/dev/full")
    with pytest.raises(InputError, match=rf"{copy.name} cannot be written: .*copies is full"):
        encoding.for_browser(clip, copies)
    assert not list(copies.iterdir())


def test_an_encoder_that_refuses_is_said_of_the_copy(tmp_path, monkeypatch, moving_square):
    codec, container, _ = next(way for way in encoding.PLAYED if way[0] in av.codecs_available)
    odd = {"preset": "none such", "quality": "none such"}
    monkeypatch.setattr(encoding, "PLAYED", ((codec, container, odd),))
    encoding.write(tmp_path / "clip.avi", moving_square, 30)
    with pytest.raises(InputError, match=rf"\.{container} cannot be written: the system says"):
        encoding.for_browser(tmp_path / "clip.avi", tmp_path / "copies")
    assert not list((tmp_path / "copies").iterdir())


def test_a_copy_for_browsers_keeps_uneven_times(tmp_path):
    path = write_at(tmp_path / "phone.mp4", bar_at(PHONE), PHONE)
    found = video.probe(encoding.for_browser(path, tmp_path / "copies"))
    np.testing.assert_allclose(found["times"], PHONE, atol=0.002)


@pytest.mark.parametrize("way", encoding.PLAYED, ids=lambda way: way[0])
@pytest.mark.parametrize("times", [[0, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 0.4], TWICE])
def test_frames_that_share_their_time_are_all_copied_for_browsers(
    tmp_path, monkeypatch, times, way
):
    if way[0] not in av.codecs_available:
        pytest.skip(f"this PyAV has no {way[0]}")
    monkeypatch.setattr(encoding, "PLAYED", (way,))
    path = stamped(tmp_path / "shared.mkv", bar_at(times), times)
    copied = [frame.image for frame in video.frames(encoding.for_browser(path, tmp_path / "b"))]
    found = [float(image.pts * image.time_base) for image in copied]
    np.testing.assert_allclose(found, times, atol=0.002)


@pytest.mark.parametrize("matrix", [(0, 1, -1, 0), (0, -1, 1, 0), (-1, 0, 0, -1)])
def test_a_copy_for_browsers_is_upright(matrix, tmp_path, moving_square):
    film = write_at(tmp_path / "film.mp4", list(moving_square[:5]), np.arange(5) / 30)
    path = turned(tmp_path / "turned.mp4", film, matrix)
    copy = encoding.for_browser(path, tmp_path / "copies")
    original, copied = video.decode(path), video.decode(copy)
    assert copied.shape == original.shape
    assert np.abs(copied.astype(int) - original).mean() < 6
    assert "DISPLAYMATRIX" not in str(next(video.frames(copy)).image.side_data.keys())


@pytest.mark.parametrize("way", encoding.PLAYED, ids=lambda way: way[0])
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", [1, 6, 9], ids=["BT.709", "BT.601", "BT.2020"])
def test_a_copy_for_browsers_has_the_colours_of_the_film(tmp_path, monkeypatch, matrix, full, way):
    if way[0] not in av.codecs_available:
        pytest.skip(f"this PyAV has no {way[0]}")
    monkeypatch.setattr(encoding, "PLAYED", (way,))
    film = coded(tmp_path / "film.mkv", bars(), matrix, full)
    copy = encoding.for_browser(film, tmp_path / "copies")
    middles = np.s_[:, 24, 16::32]
    shown, copied = (video.decode(path)[middles].astype(int) for path in (film, copy))
    assert np.abs(shown - bars()[24, 16::32]).max() <= 4
    assert np.abs(copied - shown).mean() < 4 and np.abs(copied - shown).max() <= 10
    image = next(video.frames(copy)).image  # what players are told, who would guess otherwise
    assert (image.colorspace, image.color_range) == (6, 1)


def test_a_copy_for_browsers_of_a_cameras_full_range_has_its_contrast(tmp_path):
    pictures = [bars()] * 5
    film = write_at(tmp_path / "a.avi", pictures, np.arange(5) / 30, "mjpeg", "yuvj420p")
    copy = encoding.for_browser(film, tmp_path / "copies")
    shown, copied = (video.decode(path).astype(int) for path in (film, copy))
    assert np.abs(copied - shown).mean() < 4


def test_a_copy_of_a_long_film_of_large_frames_is_short_and_small(tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "LONGEST", 2)
    large = np.zeros((1080, 1920, 3), np.uint8)
    path = write_at(tmp_path / "long.mp4", [large] * 20, np.arange(20) / 5, rate=5)
    found = video.probe(encoding.for_browser(path, tmp_path / "copies"))
    assert (found["width"], found["height"], found["frames"]) == (640, 360, 11)
