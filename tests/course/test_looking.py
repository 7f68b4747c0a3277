"""Where a run's networks look: at the windows that they are asked about, with what they answer."""

from types import SimpleNamespace

import numpy as np
import pytest

from twostream_lib.course import finished, looking
from twostream_lib.errors import InputError
from twostream_lib.fusion import score_files


@pytest.fixture
def run(finished_folder, small_profile):
    return finished.open_run(finished_folder)


@pytest.mark.parametrize("network", ["spatial", "temporal-sg3i"])
def test_answers_are_those_of_the_scores_and_heat_is_as_large_as_the_window(run, network):
    said = score_files.load_part(run.scores_file(network), "test").under("video-1")
    videos = said.video[:3]
    found = looking.look(run, network, videos)
    best = said.logits[:3].argmax(axis=1)
    assert found.answers == [said.classes[number] for number in best]
    assert found.images.dtype == np.uint8 and found.images.shape[-1] == 3
    assert found.heat.shape == found.images.shape[:3]
    assert found.heat.min() >= 0 and found.heat.max() <= 1 + 1e-6


def test_more_windows_than_a_network_looks_at_together_are_all_looked_at(run, monkeypatch):
    said = score_files.load_part(run.scores_file("spatial"), "test").under("video-1")
    whole = looking.look(run, "spatial", said.video[:3])
    monkeypatch.setattr(looking, "BATCH", 2)
    parts = looking.look(run, "spatial", said.video[:3])
    assert parts.answers == whole.answers and (parts.images == whole.images).all()
    np.testing.assert_allclose(parts.heat, whole.heat, atol=1e-5)


def test_heat_on_what_moves_is_counted_of_all_windows_and_of_wrong_ones():
    """Four windows: the left half moves in three of them, and nothing in the last."""
    images = np.full((4, 2, 4, 3), 7, np.uint8)
    images[:3, :, :2, 0] = 200
    left = np.repeat([[[1.0, 1, 0, 0]]], 2, axis=1)
    heat = np.concatenate([left, left[..., ::-1], left, left])
    motion = SimpleNamespace(images=images, answers=["a", "a", "b", "b"], heat=heat)
    cold = SimpleNamespace(images=images, answers=["a", "b", "a", "a"], heat=0 * heat)
    found = looking.on_motion({"temporal-sg3i": motion, "spatial": cold}, ["a", "b", "a", "a"])
    assert found.loc["temporal-sg3i"].to_dict() == {
        "all": pytest.approx(2 / 3),
        "wrong": 0.5,
        "n all": 3,
        "n wrong": 2,
    }
    assert found.loc["spatial", ["n all", "n wrong"]].tolist() == [0, 0]
    assert found.loc["spatial", ["all", "wrong"]].isna().all()


def test_a_video_that_is_not_tested_is_named(run):
    with pytest.raises(InputError, match=r"nobody\.avi has no window"):
        looking.look(run, "spatial", ["down/nobody.avi"])
