"""How long a film says it is."""

import pytest

from twostream_lib.errors import InputError
from twostream_lib.video.lengths import claimed_seconds


def test_a_film_tells_its_length(tiny_clip):
    assert claimed_seconds(tiny_clip) == pytest.approx(1.0, abs=0.05)


def test_a_stream_without_a_length_claims_none(ffmpeg, tiny_clip, tmp_path):
    (tmp_path / "bare.m4v").write_bytes(ffmpeg("-i", tiny_clip, "-c", "copy", "-f", "m4v", "-"))
    assert claimed_seconds(tmp_path / "bare.m4v") == 0.0


def test_what_is_no_film_is_refused(tmp_path):
    (tmp_path / "letter.avi").write_text("Dear reader")
    with pytest.raises(InputError, match="cannot be opened as a video"):
        claimed_seconds(tmp_path / "letter.avi")
