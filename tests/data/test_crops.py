"""The crop of a frame that becomes a sample of mode 1."""

import numpy as np
import pytest

from twostream_lib import video
from twostream_lib.data.crops import crop_of
from twostream_lib.video import encoding, planes


@pytest.mark.parametrize(
    ("frame", "size", "crop"),
    [
        ((240, 320), (224, 224), (224, 224)),  # HMDB-51: cut as it is
        ((144, 180), (112, 144), (112, 144)),
        ((240, 320), (72, 96), (210, 280)),  # 7/8 of the frame
        ((480, 640), (224, 224), (420, 420)),
        ((112, 112), (224, 224), (98, 98)),  # too small: enlarged
    ],
)
def test_how_much_of_a_frame_is_cut(frame, size, crop):
    assert crop_of(frame, size) == crop


@pytest.mark.parametrize("size", [(48, 64), (48, 63), (46, 60)])
def test_planes_are_turned_into_the_rgb_of_the_whole(tmp_path, moving_square, size):
    path = tmp_path / "clip.avi"
    encoding.write(path, moving_square[:20, : size[0], : size[1]], 30)
    whole, luma, to_rgb = video.decode(path), video.decode_gray(path), planes.ToRgb()
    found = []
    for number, frame in enumerate(video.frames(path)):
        np.testing.assert_array_equal(video.gray(frame), luma[number])
        np.testing.assert_array_equal(to_rgb(frame), whole[number])
        found.append([plane.copy() for plane in planes.yuv(frame, to_rgb)])
    y, u, v = (np.stack(plane) for plane in zip(*found, strict=True))
    for top, left, height, width in ((0, 0, 46, 60), (2, 4, 20, 30), (40, 10, 6, 10)):
        half = [
            plane[:, top // 2 : (top + height) // 2, left // 2 : (left + width) // 2]
            for plane in (u, v)
        ]
        crop = [y[:, top : top + height, left : left + width], *half]
        which = np.array([3, 0, 3, 19, 7, 8, 9, 10, 11, 12])
        np.testing.assert_array_equal(
            planes.rgb(crop, which), whole[which, top : top + height, left : left + width]
        )
