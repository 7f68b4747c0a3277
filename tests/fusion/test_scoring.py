"""A network's scores of the windows of a data set."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.plan import Plan
from twostream_lib.data.store import Store
from twostream_lib.fusion import scoring

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
    found = scoring.predict("temporal-flow", net, data, "test", batch=3)
    images, _ = data[list(range(len(data)))]
    np.testing.assert_allclose(found.logits, net.eval()(images).detach().numpy(), rtol=1e-6)
    assert found.video.tolist() == data.rows.video.tolist()
    assert found.window.tolist() == [3, 0] * 4
    assert found.label.tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert found.protocol.tolist() == ["window", "video-1"] * 4
    assert (found.network, found.part, found.classes) == ("temporal-flow", "test", ("run", "wave"))
