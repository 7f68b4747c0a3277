"""What `bench decode` measures: ways that read the same frames."""

import numpy as np
import pytest

from twostream_lib import video
from twostream_lib.bench import baselines, decoding


@pytest.mark.slow
def test_every_way_of_decoding_gives_the_same_frames_within_rounding(stick_set):
    clip = next((stick_set / "videos").rglob("*.avi"))
    ours = {"gray": video.decode_gray(clip), "rgb": video.decode(clip)}
    others = {
        name: (ours[kind], way(str(clip), len(ours["rgb"])))
        for name, (kind, way) in decoding.OTHERS.items()
        if name != "bare_decode" and (name not in baselines.OPTIONAL or baselines.optional(name))
    }
    for name, (own, other) in others.items():
        assert own.shape == other.shape, name
        assert np.abs(own.astype(int) - other).mean() < 3, name
    assert baselines.count_frames(str(clip)) == len(ours["gray"])


@pytest.mark.usefixtures("quick")
def test_a_way_that_cannot_read_the_clips_is_left_out_and_named(table, monkeypatch, capsys):
    def fails(path, frames):
        raise RuntimeError("the header miscounts")

    monkeypatch.setattr(baselines, "optional", lambda name: name == "decord")
    monkeypatch.setitem(decoding.OTHERS, "decord", ("rgb", fails))
    found = decoding.measure(table, 1)
    assert "decord_ratio" not in found and found["to_ndarray_rgb_ratio"] > 0
    assert "decord (the header miscounts)" in capsys.readouterr().err
