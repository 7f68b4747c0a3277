"""Scores: kept in files, averaged over videos, and refused where they do not fit."""

import numpy as np
import pytest
import torch

from tests.fusion.samples import random_scores
from twostream_lib import fusion
from twostream_lib.errors import InputError
from twostream_lib.fusion import scores


def test_saved_scores_come_back_equal(tmp_path):
    parts = {"validation": random_scores(part="validation"), "test": random_scores(seed=1)}
    scores.save(parts, tmp_path / "scores" / "spatial.npz")
    loaded = scores.load(tmp_path / "scores" / "spatial.npz")
    assert set(loaded) == set(parts)
    for part, wanted in parts.items():
        for name, value in vars(wanted).items():
            assert np.array_equal(getattr(loaded[part], name), value), name


def test_missing_scores_are_an_error(tmp_path):
    with pytest.raises(InputError, match="train that stream first"):
        scores.load(tmp_path / "spatial.npz")


def test_a_videos_score_is_the_mean_of_its_windows_probabilities():
    given = random_scores(videos=5, windows=4)
    fused = scores.per_video(given)
    probabilities = torch.softmax(torch.from_numpy(given.logits), 1).numpy()
    for video, logits in zip(fused.video, fused.logits, strict=True):
        mean = probabilities[given.video == video].mean(axis=0)
        np.testing.assert_allclose(np.exp(logits), mean, rtol=1e-5)


def test_scores_of_other_windows_are_not_fused():
    with pytest.raises(InputError, match="different windows"):
        fusion.average([random_scores(videos=40), random_scores(videos=36)])
