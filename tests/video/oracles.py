"""What FFmpeg, PyAV and the formula of BT.601 make of a clip, to hold our frames against."""

import av
import numpy as np

from twostream_lib.video.opening import LENIENT

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


def pyavs_rgb(path):
    """What `to_ndarray` makes of each frame, set up anew for every one."""
    with av.open(str(path), **LENIENT) as container:
        container.streams.video[0].codec_context.options = {"flags": "+bitexact"}
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
