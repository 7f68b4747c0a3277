"""Scores: kept in files, averaged over videos, and refused where they do not fit."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from tests.fusion.samples import random_scores
from twostream_lib import fusion
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.plan import Plan
from twostream_lib.data.store import Store
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


CLASSES = ["run", "wave"]


@pytest.fixture
def data(tmp_path):
    """Ten windows of five videos, all but the last two in the data set."""
    array = np.random.default_rng(0).integers(0, 256, (10, 4, 6, 8), dtype=np.uint8)
    np.save(tmp_path / "windows.npy", array)
    index = pd.DataFrame(
        {
            "video": np.repeat([f"{CLASSES[n % 2]}/{n}.avi" for n in range(5)], 2),
            "label": np.repeat([CLASSES[n % 2] for n in range(5)], 2),
            "source": "one",
            "tag": 2,
            "protocol": np.tile(["window", "video-1"], 5),
            "window": np.tile([3, 0], 5),
            "start": 0,
        }
    )
    windows = Store(tmp_path / "windows.npy", index, Plan("flow", (6, 8), length=2), {})
    return WindowDataset(windows, np.arange(10) < 8, "flow", CLASSES)


class Answers(nn.Module):
    """Sums of its inputs, and a dropout that would show."""

    def __init__(self):
        super().__init__()
        self.scale, self.dropout = nn.Parameter(torch.tensor(0.01)), nn.Dropout(0.5)

    def forward(self, images):
        pairs = images.float().flatten(2).sum(-1).unflatten(1, (2, 2)).sum(-1)
        return self.dropout(self.scale * pairs)


def test_every_window_is_scored_in_its_order(data):
    net = Answers()
    found = scores.predict("temporal-flow", net, data, "test", batch_size=3)
    images, _ = data[list(range(len(data)))]
    np.testing.assert_allclose(found.logits, net.eval()(images).detach().numpy(), rtol=1e-6)
    assert found.video.tolist() == data.rows.video.tolist()
    assert found.window.tolist() == [3, 0] * 4
    assert found.label.tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert found.protocol.tolist() == ["window", "video-1"] * 4
    assert (found.network, found.part, found.classes) == ("temporal-flow", "test", ("run", "wave"))


def test_no_window_at_all_is_an_error(data):
    nothing = WindowDataset(data.store, np.zeros(10, bool), "flow", CLASSES)
    with pytest.raises(InputError, match="no test window that spatial could score"):
        scores.predict("spatial", Answers(), nothing, "test")


def test_logits_that_are_no_numbers_are_no_scores(data):
    """Argmax would make a class of them, and fusions an accuracy."""
    net = Answers()
    net.scale.data.fill_(torch.nan)
    with pytest.raises(InputError, match=r"spatial answers 8 of 8 windows with NaN or infinite"):
        scores.predict("spatial", net, data, "test")
    whole = random_scores()
    logits = whole.logits.copy()
    logits[3, 1] = np.inf
    with pytest.raises(InputError, match="fusenet answers 1 of 120 windows"):
        scores.with_logits([whole], logits, "fusenet")
