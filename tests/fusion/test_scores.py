"""Scores: what a network answers, averaged over videos, and refused where they do not fit."""

from dataclasses import replace

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


def test_a_videos_score_is_the_mean_of_its_windows_probabilities():
    given = random_scores(videos=5, windows=4)
    fused = scores.per_video(given)
    probabilities = torch.softmax(torch.from_numpy(given.logits), 1).numpy()
    for video, logits in zip(fused.video, fused.logits, strict=True):
        mean = probabilities[given.video == video].mean(axis=0)
        np.testing.assert_allclose(np.exp(logits), mean, rtol=1e-5)


def test_scores_of_other_windows_are_not_fused():
    with pytest.raises(InputError, match="the first are of 120 windows, the others of 108"):
        fusion.average([random_scores(videos=40), random_scores(videos=36)])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"part": "train"}, "the first are of the test part, the others of the train part"),
        ({"classes": ("class0", "class2", "x", "y")}, "the class class1, the others have class2"),
        ({"window": np.array([0, 1, 3] * 8)}, "row 3 has window 2 in the first, 3 in the others"),
        ({"video": np.full(24, "w")}, r"row 1 has video v0.avi in the first, w in the others"),
        ({"protocol": np.full(24, "window")}, "row 1 has protocol video-10 in the first, window"),
        ({"label": np.zeros(24, int)}, "row 4 has label 1 in the first, 0 in the others"),
    ],
)
def test_the_first_difference_of_scores_that_are_not_fused_is_named(change, said):
    given = random_scores(videos=8)
    with pytest.raises(InputError, match=said):
        scores.check_aligned([given, replace(given, network="other", **change)])


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
