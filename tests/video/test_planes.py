"""Luma is the decoder's own, RGB is swscale's, and planes go back and forth."""

import av
import cv2
import numpy as np
import pytest

from tests.video.films import bars, coded, without_conversion
from tests.video.oracles import STRETCH, exact_rgb, ffmpeg_frames, ffmpeg_planes, pyavs_rgb
from twostream_lib import video
from twostream_lib.errors import InputError
from twostream_lib.video import encoding, planes


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


def test_rgb_of_real_clips_is_what_pyav_and_ffmpeg_make_of_them(real_clip, ffmpeg):
    rgb = video.decode(real_clip)
    np.testing.assert_array_equal(rgb, pyavs_rgb(real_clip))
    theirs = ffmpeg_frames(ffmpeg, real_clip, "rgb24").reshape(rgb.shape)
    assert cv2.absdiff(rgb, theirs).max() <= 1


def test_gray_is_the_luma_of_rgb(tiny_clip):
    gray, rgb = video.decode_gray(tiny_clip), video.decode(tiny_clip)
    weights = np.array([0.299, 0.587, 0.114])
    assert gray.shape == rgb.shape[:3] and gray.dtype == np.uint8
    assert np.abs(rgb @ weights - gray)[:, :14].max() < 2.5


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


def test_the_planes_of_a_frame_are_the_decoders_and_make_its_rgb_again(tiny_clip, ffmpeg):
    to_rgb = planes.ToRgb()
    parts = [[part.copy() for part in planes.yuv(f, to_rgb)] for f in video.frames(tiny_clip)]
    stacked = [np.stack(part) for part in zip(*parts, strict=True)]
    for ours, theirs in zip(stacked, ffmpeg_planes(ffmpeg, tiny_clip, 48, 64), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    which = np.array([29, 3, 3, *range(10)])  # more than are converted together
    np.testing.assert_array_equal(planes.rgb(stacked, which), video.decode(tiny_clip)[which])


def test_the_planes_of_a_gray_frame_are_limited_range_without_colour(tmp_path, ffmpeg):
    path = tmp_path / "gray.mkv"
    source = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=0.2")
    ffmpeg(*source, "-c:v", "ffv1", "-pix_fmt", "gray", path)
    frame = next(video.frames(path))
    luma, u, v = planes.yuv(frame, planes.ToRgb())
    assert np.abs(STRETCH[luma].astype(int) - video.gray(frame)).max() <= 1
    assert np.abs(np.stack([u, v]).astype(int) - 128).max() <= 1


BITS = {
    "yuv420p": 8, "yuv422p": 8, "yuv444p": 8, "yuva420p": 8, "gray": 8,
    "yuv420p10le": 10, "yuv422p10le": 10, "yuv444p12le": 12, "gray10le": 10, "gray16le": 16,
    "yuva444p10le": 10, "yuv420p16le": 16,
}  # fmt: skip


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", ["bt709", "bt2020nc", "smpte170m"])
@pytest.mark.parametrize("layout", BITS)
def test_luma_is_the_decoders_scaled_to_eight_bits(layout, matrix, full, tmp_path, ffmpeg):
    path, levels = tmp_path / "film.mkv", 2 ** BITS[layout]
    tags = ["-colorspace", matrix, "-color_range", "pc" if full else "tv"]
    source = "testsrc2=s=64x48:r=5:d=0.4"
    ffmpeg("-f", "lavfi", "-i", source, "-pix_fmt", layout, "-c:v", "ffv1", *tags, path)
    kind = "u1" if levels == 256 else "<u2"
    raw = np.frombuffer(ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", layout, "-"), kind)
    luma = raw.reshape(2, -1)[:, : 48 * 64].reshape(2, 48, 64).astype(float)
    # swscale, too, takes layouts without colour for full range, whatever they are tagged
    of_256 = (0, 255) if full or "gray" in layout else (16, 235)
    black, white = (level * levels / 256 for level in of_256)
    expected = ((luma - black) / (white - black) * 255).clip(0, 255)
    assert np.abs(video.decode_gray(path) - expected).max() <= 1


@pytest.mark.parametrize("layout", ["yuv420p10le", "yuv422p10le"])
@pytest.mark.parametrize(
    ("matrix", "red", "blue"), [("bt709", 0.2126, 0.0722), ("bt2020nc", 0.2627, 0.0593)]
)
def test_colours_of_deep_frames_follow_their_matrix(layout, matrix, red, blue, tmp_path, ffmpeg):
    """Wide plain bars, so that only the matrix counts; by the formula of the standard."""
    path = tmp_path / "bars.mkv"
    to_matrix = f"scale=out_color_matrix={matrix.removesuffix('nc')}:out_range=tv,format={layout}"
    tags = ["-colorspace", matrix, "-color_range", "tv"]
    ffmpeg("-f", "lavfi", "-i", "rgbtestsrc=s=96x96:r=5:d=0.4", "-vf", to_matrix,
           "-c:v", "ffv1", *tags, path)  # fmt: skip
    raw = np.frombuffer(ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", "yuv444p16le", "-"), "<u2")
    y, u, v = (plane / 65536 * 256 for plane in raw.reshape(-1, 3, 96, 96)[0].astype(float))
    luma, cb, cr = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    r, b = luma + 2 * (1 - red) * cr, luma + 2 * (1 - blue) * cb
    g = (luma - red * r - blue * b) / (1 - red - blue)
    middles = np.s_[[16, 48, 80], 48]
    expected = 255 * np.stack([r, g, b], -1).clip(0, 1)[middles]
    assert np.abs(video.decode(path)[0][middles] - expected).max() <= 3


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize(("tagged", "near"), [(8, 1), (10, 9), (12, 9), (14, 9), (17, 1)])
def test_matrices_that_swscale_does_not_convert_are_taken_for_near_ones(
    tagged, near, full, tmp_path
):
    path = coded(tmp_path / "tagged.mkv", bars(), near, full, tagged)
    same = coded(tmp_path / "near.mkv", bars(), near, full)
    assert next(video.frames(path)).image.colorspace == tagged
    np.testing.assert_array_equal(video.decode(path), video.decode(same))
    np.testing.assert_array_equal(video.decode_gray(path), video.decode_gray(same))
    frames, to_rgb = [next(video.frames(film)) for film in (path, same)], planes.ToRgb()
    for one, other in zip(*(planes.yuv(frame, to_rgb) for frame in frames), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("matrix", [3, 40])
def test_a_matrix_that_nobody_knows_is_taken_for_that_of_old_films(matrix):
    image = av.VideoFrame.from_ndarray(bars(), "rgb24").reformat(format="yuv420p")
    assert planes.rare_colours(image) is None
    image.colorspace = matrix
    assert planes.rare_colours(image) == (f"by an unknown matrix ({matrix})", "BT.601")
    gray = av.VideoFrame(64, 48, "gray")
    gray.colorspace = matrix
    assert planes.rare_colours(gray) is None


def test_gray_of_a_layout_without_a_plane_of_luma_minds_no_matrix(tmp_path):
    path = tmp_path / "packed.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv440p"
        stream.codec_context.colorspace = 10
        frame = av.VideoFrame.from_ndarray(bars()[:, 96:160], "rgb24").reformat(format="yuv440p")
        frame.colorspace, frame.pts = 10, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert np.ptp(video.decode_gray(path)) > 250


def test_a_film_that_cannot_be_converted_is_named(tmp_path):
    path = without_conversion(tmp_path / "odd.nut")
    for decode in (video.decode, video.decode_gray):
        with pytest.raises(InputError, match=r"odd\.nut has frames in a layout .*rgb4.* re-encode"):
            decode(path)
    found = video.probe(path)
    assert not found["ok"] and "odd.nut has frames" in found["why"] and found["frames"] == 5
