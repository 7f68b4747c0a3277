"""What a probe says of films as people have them: true times, upright, and what is unusual."""

import numpy as np
import pytest

from tests.video.films import PAUSED, PHONE, bar_at, bars, coded, write_at
from twostream_lib import video
from twostream_lib.video import encoding, planes, probing

# file: what must be found (seconds to the thousandth), and a word of what is unusual.
AWKWARD = {
    "jump/anna_jump_1.mpg": (25, 96, 64, 25.0, 1.0, ""),
    "jump/ben_jump_1.m4v": (25, 96, 64, 25.0, 1.0, ""),
    "jump/cleo_jump_1.mts": (25, 96, 64, 25.0, 1.0, ""),
    "wave/portrait_wave_1.mp4": (30, 64, 96, 30.0, 1.0, ""),
    "wave/phone_wave_1.mp4": (150, 320, 64, 25.0, 6.0, "0.033 to 0.067 s apart"),
    "wave/browser_wave_1.webm": (80, 96, 64, 22.2, 3.604, "0.017 to 0.100 s apart"),
    "wave/cover_wave_1.mp4": (60, 96, 64, 30.0, 2.0, ""),
    "wave/interlaced_wave_1.mov": (50, 320, 240, 25.0, 2.0, "interlaced"),
    "wave/hlg_wave_1.mov": (12, 144, 64, 12.0, 1.0, "HDR (HLG)"),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_films_from_phones_browsers_and_cameras(name, real_data):
    frames, width, height, fps, seconds, unusual = AWKWARD[name]
    found = video.probe(real_data / "data" / "awkward" / "clips" / name)
    assert found["ok"] and not found["damage"], found
    assert (found["frames"], found["width"], found["height"]) == (frames, width, height)
    assert found["fps"] == pytest.approx(fps, abs=0.01)
    assert found["seconds"] == pytest.approx(seconds, abs=0.001)
    assert unusual in found["unusual"] and bool(unusual) == bool(found["unusual"])
    assert (found["times"] is not None) == ("apart" in unusual)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
@pytest.mark.parametrize(("times", "seconds"), [(PHONE, 3.0), (PAUSED, 4.0)])
def test_uneven_times_are_those_that_were_written(times, seconds, suffix, tmp_path):
    path = write_at(tmp_path / f"a.{suffix}", bar_at(times), times)
    found = video.probe(path)
    np.testing.assert_allclose(found["times"], times, atol=0.002)
    assert found["seconds"] == pytest.approx(seconds, abs=0.01)
    assert "apart" in found["unusual"] and not found["damage"]


def test_a_browsers_film_without_a_rate_has_that_of_its_frames(tmp_path):
    times = np.arange(50) / 25
    path = write_at(tmp_path / "a.webm", bar_at(times), times, codec="libvpx", rate=1000)
    found = video.probe(path)
    assert found["ok"] and found["times"] is None
    assert found["fps"] == pytest.approx(25, abs=0.01)


def test_an_avi_with_dropped_frames_lasts_as_long_as_it_should(tmp_path, ffmpeg):
    path = tmp_path / "dropped.avi"
    kept = "select='lt(n,30)+not(mod(n,3))'"
    source = "testsrc=s=96x64:r=30:d=3"
    ffmpeg("-f", "lavfi", "-i", source, "-vf", kept, "-vsync", "vfr", "-c:v", "mpeg4", path)
    found = video.probe(path)
    assert found["seconds"] == pytest.approx(3.0, abs=0.11) and not found["damage"]
    assert found["frames"] == 50 and found["times"][40] == pytest.approx(2.0, abs=0.05)


def test_a_trimmed_film_with_an_edit_list_is_whole(tmp_path, ffmpeg):
    whole, path = tmp_path / "whole.mp4", tmp_path / "trimmed.mp4"
    source = "testsrc=s=96x64:r=30:d=6"
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", "libx264", "-g", "30", "-bf", "2", whole)
    ffmpeg("-ss", "1.3", "-i", whole, "-t", "2", "-c", "copy", path)
    found = video.probe(path)
    assert found["ok"] and not found["damage"]
    assert found["seconds"] == pytest.approx(2.1, abs=0.1)


def test_a_film_that_was_cut_off_is_damaged(tmp_path, ffmpeg):
    path, source = tmp_path / "cut.mp4", "testsrc=s=96x64:r=30:d=6"
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", "mpeg4", "-movflags", "faststart", path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    found = video.probe(path)
    assert 60 < found["frames"] < 150
    assert "damaged after" in found["why"] or "promises 180 frames" in found["damage"]


def test_an_avi_that_was_cut_off_is_damaged(tmp_path):
    path = tmp_path / "cut.avi"
    encoding.write(path, np.random.default_rng(0).integers(0, 255, (30, 48, 64, 3), np.uint8), 30)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    found = video.probe(path)
    assert 8 < found["frames"] < 22
    assert f"promises 30 frames, and {found['frames']} are there" in found["damage"]


@pytest.mark.parametrize(
    ("options", "name", "word"),
    [
        (["-vf", "setsar=4/3", "-c:v", "libx264"], "a.mp4", "4:3"),
        (["-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-top", "1"], "a.mpg", "interlaced"),
        (
            [
                "-c:v",
                "libx265",
                "-pix_fmt",
                "yuv420p10le",
                "-x265-params",
                "log-level=none:transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc",
            ],
            "a.mkv",
            "HDR (PQ)",
        ),
        (["-c:v", "libx264", "-bsf:v", "h264_mp4toannexb"], "a.h264", "tells no times"),
        (["-c:v", "libvpx-vp9", "-b:v", "200k"], "a.webm", ""),
    ],
)
def test_what_is_unusual_is_said_and_what_is_not_is_not(options, name, word, tmp_path, ffmpeg):
    path = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=96x64:r=25:d=1", *options, path)
    found = video.probe(path)
    assert found["ok"] and found["frames"] == 25 and not found["damage"]
    assert word in found["unusual"] and bool(word) == bool(found["unusual"])


def test_cover_art_beside_a_film_is_not_seen(tmp_path, ffmpeg):
    film, cover, path = tmp_path / "film.mp4", tmp_path / "cover.jpg", tmp_path / "both.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=96x64:r=25:d=1", "-c:v", "libx264", film)
    ffmpeg("-f", "lavfi", "-i", "color=red:s=400x400:d=0.04", "-frames:v", "1", cover)
    maps = ["-map", "1", "-map", "0", "-c", "copy", "-disposition:v:0", "attached_pic"]
    ffmpeg("-i", film, "-i", cover, *maps, path)
    found = video.probe(path)
    assert (found["frames"], found["width"]) == (25, 96)
    assert video.decode(path).shape == (25, 64, 96, 3)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (8, "coded as YCgCo, and are taken for BT.709: not the true ones"),
        (10, "coded as BT.2020 of constant luminance, and are taken for BT.2020"),
        (14, "coded as ICtCp, and are taken for BT.2020"),
        (1, ""),
        (2, ""),
        (9, ""),
    ],
)
def test_colours_that_cannot_be_true_are_unusual(matrix, said, tmp_path):
    found = video.probe(coded(tmp_path / "a.mkv", bars(), 6, tagged=matrix))
    assert found["ok"] and not found["damage"]
    assert said in found["unusual"] and bool(said) == bool(found["unusual"])


def test_a_film_whose_pictures_need_too_much_memory_is_of_no_use(tmp_path, monkeypatch):
    def too_large(*rest, **options):
        raise MemoryError

    monkeypatch.setattr(planes.ToRgb, "as_coded", too_large)
    monkeypatch.setattr(probing, "SINCE_17", True)
    found = video.probe(coded(tmp_path / "a.mkv", bars(), 6))
    assert not found["ok"] and "a.mkv needs more memory than there is" in found["why"]
