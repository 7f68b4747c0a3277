"""The usual ways read the frames that they are asked for, and what is missing is told."""

import json

import numpy as np
import pytest

from twostream_lib import video
from twostream_lib.__main__ import main
from twostream_lib.bench import baselines, benchmarks


@pytest.mark.usefixtures("quick")
@pytest.mark.filterwarnings("ignore:.* has no split files")
def test_what_cannot_be_measured_is_told(two_clips, capsys, monkeypatch):
    monkeypatch.setattr(baselines, "optional", lambda name: None)
    monkeypatch.setattr(benchmarks, "ROUNDS", 1)
    assert main(["bench", "decode", "--videos", str(two_clips), "--json"]) == 0
    said = capsys.readouterr()
    assert not [name for name in json.loads(said.out) if name.startswith(("torchcodec", "decord"))]
    assert "torchcodec and decord" in said.err


@pytest.mark.parametrize("number", [0, 11, 12, 29])
def test_a_jump_ends_at_the_frame_that_was_asked_for(tiny_clip, number):
    frame = baselines.one_frame(str(tiny_clip), number)
    np.testing.assert_array_equal(frame, video.decode(tiny_clip)[number])


def test_some_frames_are_those_of_the_whole_clip(tiny_clip):
    found = baselines.some_frames(str(tiny_clip), {"rgb24": {3, 9}, "gray": {0, 9}})
    rgb, gray = video.decode(tiny_clip), video.decode_gray(tiny_clip)
    assert {layout: set(frames) for layout, frames in found.items()} == {
        "rgb24": {3, 9},
        "gray": {0, 9},
    }
    for number, frame in found["rgb24"].items():
        np.testing.assert_array_equal(frame, rgb[number])
    for number, frame in found["gray"].items():
        assert np.abs(frame.astype(int) - gray[number]).max() <= 1
