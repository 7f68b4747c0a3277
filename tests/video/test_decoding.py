import hashlib
import os
import wave
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from twostream_lib import video
from twostream_lib.errors import InputError
from twostream_lib.video import encoding
from twostream_lib.video.decoding import LENIENT

REAL_CLIPS = [
    "brush_hair/April_09_brush_hair_u_nm_np1_ba_goo_0.avi",
    "cartwheel/Turnk_r_Pippi_Michel_cartwheel_f_cm_np2_le_med_6.avi",
    "climb_stairs/Increase_stride_length_by_running_stairs__working_step_over_action_speed_"
    "development_climb_stairs_f_cm_np1_le_med_1.avi",
    "wave/RATRACE_wave_f_nm_np1_fr_goo_37.avi",
    "wave/SchoolRulesHowTheyHelpUs_wave_f_nm_np1_ba_med_0.avi",
    "wave/TrumanShow_wave_f_nm_np1_fr_med_26.avi",
]
# Luma 16-235 to 0-255, written apart from the library's own way of doing it.
STRETCH = np.clip(np.rint((np.arange(256) - 16) / 219 * 255), 0, 255).astype(np.uint8)


def ffmpeg_planes(ffmpeg, path, height, width):
    """Y [T, H, W], U and V [T, ceil(H/2), ceil(W/2)] as ffmpeg decodes them, frame by frame."""
    raw = ffmpeg_frames(ffmpeg, path, "yuv420p")
    high, wide = (height + 1) // 2, (width + 1) // 2
    frames = raw.reshape(-1, height * width + 2 * high * wide)
    y, u, v = np.split(frames, [height * width, height * width + high * wide], axis=1)
    return (
        y.reshape(-1, height, width),
        u.reshape(-1, high, wide),
        v.reshape(-1, high, wide),
    )


def ffmpeg_frames(ffmpeg, path, layout, *decoder):
    """All frames, none dropped or doubled; bit-exact decoding unless ``decoder`` says otherwise."""
    decoder = decoder or ("-flags", "bitexact")
    how = ("-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", layout, "-")
    return np.frombuffer(ffmpeg(*decoder, "-i", path, *how), np.uint8)


def exact_rgb(y, u, v):
    """The BT.601 formula in floating point, each chroma sample serving its 2x2 pixels."""
    height, width = y.shape[1:]

    def spread(chroma):
        return chroma.repeat(2, 1).repeat(2, 2)[:, :height, :width] * (255 / 224) - 128 * 255 / 224

    luma, blue, red = (y - 16.0) * (255 / 219), spread(u), spread(v)
    rgb = [luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue]
    return np.clip(np.stack(rgb, -1), 0, 255)


@pytest.fixture(params=REAL_CLIPS, ids=lambda name: Path(name).stem[:20])
def real_clip(request, real_data):
    return real_data / "data" / "hmdb51_clips" / request.param


def test_luma_of_real_clips_is_ffmpegs_frame_for_frame(real_clip, ffmpeg):
    gray = video.decode_gray(real_clip)
    luma, _, _ = ffmpeg_planes(ffmpeg, real_clip, *gray.shape[1:])
    assert gray.shape == luma.shape
    np.testing.assert_array_equal(gray, STRETCH[luma])
    full_range = ffmpeg_frames(ffmpeg, real_clip, "gray")
    np.testing.assert_array_equal(gray, full_range.reshape(gray.shape))


def test_luma_differs_from_ffmpegs_inexact_decoding_by_one_level_at_most(real_clip, ffmpeg):
    """Without its flag `bitexact` ffmpeg 5 takes short cuts, which show in one pixel here."""
    gray = video.decode_gray(real_clip).astype(int)
    other = ffmpeg_frames(ffmpeg, real_clip, "gray", "-threads", "1").reshape(gray.shape)
    difference = np.abs(gray - other)
    assert np.count_nonzero(difference) <= 1
    assert difference.max() <= 2  # one level of luma, stretched


def test_rgb_of_real_clips_is_the_bt601_formula_within_swscales_rounding(real_clip, ffmpeg):
    rgb = video.decode(real_clip)[::8]
    y, u, v = (plane[::8] for plane in ffmpeg_planes(ffmpeg, real_clip, *rgb.shape[1:3]))
    difference = rgb - exact_rgb(y, u, v)
    assert np.abs(difference).max() < 3.01
    assert -1.3 < difference.mean() < -0.8  # it rounds down


def pyavs_rgb(path):
    """What `to_ndarray` makes of each frame, set up anew for every one."""
    with av.open(str(path), **LENIENT) as container:
        container.streams.video[0].codec_context.options = {"flags": "+bitexact"}
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_rgb_of_real_clips_is_what_pyav_and_ffmpeg_make_of_them(real_clip, ffmpeg):
    rgb = video.decode(real_clip)
    np.testing.assert_array_equal(rgb, pyavs_rgb(real_clip))
    theirs = ffmpeg_frames(ffmpeg, real_clip, "rgb24").reshape(rgb.shape)
    assert cv2.absdiff(rgb, theirs).max() <= 1


def test_probe_counts_frames_by_decoding(real_data):
    path = real_data / "data" / "hmdb51_clips" / REAL_CLIPS[2]
    with av.open(str(path), **LENIENT) as container:
        assert container.streams.video[0].frames == 75  # the header is wrong
    found = video.probe(path)
    assert found["frames"] == 74
    assert (found["fps"], found["width"], found["height"]) == (30.0, 320, 240)
    assert found["seconds"] == pytest.approx(74 / 30)
    assert found["ok"] and found["why"] == ""


def test_a_written_clip_comes_back(tiny_clip, moving_square):
    frames = video.decode(tiny_clip)
    assert frames.dtype == np.uint8 and frames.shape == moving_square.shape
    away_from_edges = frames[:, 2:14].astype(int) - moving_square[:, 2:14]
    assert np.abs(away_from_edges).mean() < 2
    assert np.abs(frames[10, 24, 18].astype(int) - (220, 30, 40)).max() < 12
    assert video.probe(tiny_clip)["fps"] == 30.0


def test_gray_is_the_luma_of_rgb(tiny_clip):
    gray, rgb = video.decode_gray(tiny_clip), video.decode(tiny_clip)
    weights = np.array([0.299, 0.587, 0.114])
    assert gray.shape == rgb.shape[:3] and gray.dtype == np.uint8
    assert np.abs(rgb @ weights - gray)[:, :14].max() < 2.5


def test_the_same_frames_give_the_same_bytes(tmp_path, moving_square):
    for name in ("a.avi", "b.avi"):
        encoding.write(tmp_path / name, moving_square, 30)
    digests = {hashlib.sha256(path.read_bytes()).digest() for path in tmp_path.iterdir()}
    assert len(digests) == 1 and len(list(tmp_path.iterdir())) == 2


def test_write_takes_a_generator_and_fractional_rates(tmp_path, moving_square):
    path = tmp_path / "slow.avi"
    encoding.write(path, (frame for frame in moving_square), 30000 / 1001)
    assert video.probe(path)["fps"] == pytest.approx(29.97, abs=0.001)


@pytest.mark.parametrize(("height", "width"), [(47, 64), (48, 63), (45, 61), (46, 60), (2, 2)])
def test_odd_sizes_keep_every_pixel(tmp_path, ffmpeg, moving_square, height, width):
    path = tmp_path / "odd.avi"
    encoding.write(path, moving_square[:5, :height, :width], 25)
    gray, rgb = video.decode_gray(path), video.decode(path)
    y, u, v = ffmpeg_planes(ffmpeg, path, height, width)
    np.testing.assert_array_equal(gray, STRETCH[y])
    np.testing.assert_array_equal(rgb, pyavs_rgb(path))
    if height % 2 == 0:  # else swscale blends the chroma of neighbours: edges of colour are softer
        assert np.abs(rgb - exact_rgb(y, u, v)).max() < 3.01


@pytest.mark.parametrize(
    ("codec", "layout", "extra"),
    [
        ("mjpeg", "yuvj420p", ()),
        ("mjpeg", "yuvj422p", ()),
        ("ffv1", "yuv422p", ()),
        ("ffv1", "yuv444p", ()),
        ("ffv1", "gray", ()),
        ("rawvideo", "bgr24", ()),
        ("png", "rgb24", ()),
        ("ffv1", "yuv420p", ("-vf", "scale=out_range=full,format=yuv420p", "-color_range", "pc")),
        ("libx264", "yuv420p", ("-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709")),
    ],
)
def test_other_layouts_ranges_and_matrices_are_ffmpegs(tmp_path, ffmpeg, codec, layout, extra):
    path = tmp_path / ("upside_down.avi" if codec == "rawvideo" else "other.mkv")
    source = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=0.4")
    ffmpeg(*source, *extra, "-c:v", codec, "-pix_fmt", layout, path)
    gray, rgb = video.decode_gray(path), video.decode(path)
    assert gray.shape == (10, 120, 160) and rgb.shape == (10, 120, 160, 3)
    for ours, name in ((gray, "gray"), (rgb, "rgb24")):
        theirs = ffmpeg_frames(ffmpeg, path, name).reshape(ours.shape)
        assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_full_range_luma_is_not_stretched(tmp_path, ffmpeg):
    path = tmp_path / "full.avi"
    source = ("-f", "lavfi", "-i", "color=c=black:size=64x48:rate=25:duration=0.2")
    ffmpeg(*source, "-vf", "lutyuv=y=10,scale=in_range=full:out_range=full", "-c:v", "mjpeg",
           "-pix_fmt", "yuvj420p", "-q:v", "1", path)  # fmt: skip
    assert np.abs(video.decode_gray(path).astype(int) - 10).max() <= 1


@pytest.mark.parametrize("pick", [[0], [29], [3, 4, 9], [2, 2, 2, 7, 7], range(0, 30, 6)])
def test_pick_is_indexing(tiny_clip, pick):
    indices = list(pick)
    np.testing.assert_array_equal(video.decode(tiny_clip, pick), video.decode(tiny_clip)[indices])
    gray = video.decode_gray(tiny_clip, np.array(indices))
    np.testing.assert_array_equal(gray, video.decode_gray(tiny_clip)[indices])


@pytest.mark.parametrize(("pick", "pick_gray"), [([2, 5], [0, 2, 9]), (None, [3]), ([4, 4], None)])
def test_one_pass_gives_what_two_passes_give(tiny_clip, pick, pick_gray):
    rgb, gray = video.decode_both(tiny_clip, pick, pick_gray)
    np.testing.assert_array_equal(rgb, video.decode(tiny_clip, pick))
    np.testing.assert_array_equal(gray, video.decode_gray(tiny_clip, pick_gray))


@pytest.mark.parametrize("pick", [[], [3, 2], [-1, 2]])
def test_pick_must_be_sorted_indices(tiny_clip, pick):
    with pytest.raises(InputError, match="sorted"):
        video.decode(tiny_clip, pick)


def test_pick_beyond_the_end_says_how_long_the_clip_is(tiny_clip):
    with pytest.raises(InputError, match="has 30 frames, so there is no frame 30"):
        video.decode_gray(tiny_clip, [4, 30])


def test_a_header_that_promises_too_few_frames(tmp_path, moving_square):
    path = tmp_path / "long.avi"
    encoding.write(path, moving_square, 30)
    data = path.read_bytes()
    thirty, one = (30).to_bytes(4, "little"), (1).to_bytes(4, "little")
    path.write_bytes(data[:300].replace(thirty, one) + data[300:])
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 1
    assert video.probe(path)["frames"] == len(video.decode(path)) == 30


def test_a_tag_that_is_not_utf8(tmp_path, tiny_clip):
    path = tmp_path / "tag.avi"
    with (
        av.open(str(tiny_clip)) as source,
        av.open(str(path), "w", format="avi") as copy,
    ):
        copy.metadata["title"] = "Gr\xfcn__"
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    data = path.read_bytes()
    assert "Gr\xfcn".encode() in data
    path.write_bytes(data.replace("Gr\xfcn".encode(), b"Gr\xfcnx"))
    if LENIENT:
        with pytest.raises(UnicodeDecodeError):
            av.open(str(path), metadata_errors="strict")
    assert video.probe(path)["frames"] == 30


def damaged(path: Path, source: Path, intact: int) -> Path:
    """A copy whose packets are zeros from frame ``intact`` on."""
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        places = [(packet.pos + 8, packet.size) for packet in packets]
    for start, size in places[intact:]:
        data[start : start + size] = bytes(size)
    path.write_bytes(data)
    return path


def test_a_damaged_tail_is_told_with_the_frames_before_it(tmp_path, tiny_clip):
    path = damaged(tmp_path / "tail.avi", tiny_clip, intact=20)
    found = video.probe(path)
    assert not found["ok"] and "damaged after" in found["why"] and str(path) in found["why"]
    assert 19 <= found["frames"] <= 21
    with pytest.raises(InputError, match=r"tail\.avi is damaged after \d+ frames"):
        video.decode(path)
    assert len(video.decode(path, [0, 9])) == 2  # what lies before it can still be had


def test_a_change_of_frame_size_is_refused(tmp_path, ffmpeg):
    parts = []
    for index, size in enumerate(("64x48", "80x64")):
        parts.append(tmp_path / f"{index}.h264")
        source = f"testsrc2=size={size}:rate=25:duration=0.4"
        ffmpeg(
            "-f", "lavfi", "-i", source, "-c:v", "libx264", "-bsf:v", "h264_mp4toannexb", parts[-1]
        )
    path = tmp_path / "change.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert "changes its frame size after 10 frames" in video.probe(path)["why"]
    with pytest.raises(InputError, match="changes its frame size"):
        video.decode_gray(path)


def broken_files(folder: Path) -> dict[str, Path]:
    """Files that are no videos, by the words that must be said of them."""
    files = {"not a file": folder / "nowhere.avi", "only sound": folder / "sound.avi"}
    for words, name, content in (
        ("cannot be opened", "empty.avi", b""),
        ("cannot be opened ", "letter.avi", b"Dear reader,\n" * 50),
    ):
        files[words] = folder / name
        files[words].write_bytes(content)
    with wave.open(str(files["only sound"]), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000))
    return files


def test_files_that_are_no_videos(tmp_path):
    for words, path in broken_files(tmp_path).items():
        found = video.probe(path)
        assert not found["ok"] and words.strip() in found["why"] and str(path) in found["why"]
        for decode in (video.decode, video.decode_gray):
            with pytest.raises(InputError, match=words.strip()):
                decode(path)


@pytest.mark.parametrize(
    ("frames", "fps", "words"),
    [
        (np.zeros((0, 8, 8, 3), np.uint8), 25, "no frames"),
        (np.zeros((2, 8, 8), np.uint8), 25, "must be uint8"),
        (np.zeros((2, 8, 8, 3), np.float32), 25, "must be uint8"),
        ([np.zeros((8, 8, 3), np.uint8), np.zeros((8, 6, 3), np.uint8)], 25, "not all"),
        (np.zeros((2, 8, 8, 3), np.uint8), 0, "above 0"),
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
    with pytest.raises(InputError, match="No space left"):
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
