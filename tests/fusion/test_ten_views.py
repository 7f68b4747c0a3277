"""The protocol 25x10: ten views of 25 windows, and what it comes to where they say the same."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from twostream_lib import clips, flow
from twostream_lib.data import positions, store
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.plan import Plan
from twostream_lib.data.positions import Positions
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation, scores
from twostream_lib.fusion.ten_views import POSITIONS, SHARE, TenViews
from twostream_lib.video import encoding


class MeanColour(nn.Module):
    """It says the same of an image and of its parts, if they have one colour."""

    def __init__(self, channels=3, classes=3):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(channels, classes)

    def forward(self, images):
        self.seen = [*getattr(self, "seen", []), images.clone()]
        return self.layer(images.float().mean((2, 3)) / 25)


def test_the_views_are_the_corners_and_the_centre_plain_and_mirrored():
    windows = torch.from_numpy(
        np.random.default_rng(0).integers(0, 256, (2, 3, 16, 24)).astype(np.uint8)
    )
    net = MeanColour()
    said = TenViews(net, "rgb", (14, 21))(windows)
    corners = [(0, 0), (0, 3), (2, 0), (2, 3), (1, 2)]
    views = [windows[:, :, top : top + 14, left : left + 21] for top, left in corners]
    wanted = [one for view in views for one in (view, view.flip(3))]
    assert len(net.seen) == 10
    for seen in net.seen:
        assert sum(torch.equal(seen, view) for view in wanted) == 1
    mean = sum(net(view).softmax(1) for view in wanted) / 10
    torch.testing.assert_close(said.exp(), mean)


def test_mirrored_flow_is_the_flow_of_the_mirrored_video():
    fields = np.random.default_rng(1).integers(1, 256, (4, 8, 10, 2)).astype(np.uint8)
    net = MeanColour(channels=8)
    TenViews(net, "flow", (8, 10))(torch.from_numpy(flow.as_channels(fields))[None])
    mirrored = torch.from_numpy(flow.as_channels(flow.flip(fields)))
    assert sum(torch.equal(seen[0], mirrored) for seen in net.seen) == 5


def test_a_network_that_diverged_says_so(tmp_path):
    net = MeanColour()
    nn.init.constant_(net.layer.bias, torch.nan)
    said = TenViews(net, "rgb", (4, 4))(torch.zeros((1, 3, 5, 5), dtype=torch.uint8))
    with pytest.raises(InputError, match="NaN or infinite"):
        scores.with_logits([plain_scores()], said.detach().numpy(), "spatial")


def plain_scores(protocol="video-1", windows=1):
    names = np.repeat(["a/1.avi", "b/2.avi"], windows)
    zeros = np.zeros(len(names), int)
    logits = np.zeros((len(names), 3), np.float32)
    kind = np.full(len(names), protocol)
    return scores.Scores("spatial", logits, names, zeros, zeros, kind, ("a", "b", "c"), "test")


@pytest.fixture
def plain_films(tmp_path):
    """Films that are of one colour from the first frame to the last."""
    rows = []
    for number, colour in enumerate([(200, 30, 60), (20, 220, 90), (110, 80, 240)]):
        path = tmp_path / "abc"[number] / f"f{number}.avi"
        path.parent.mkdir()
        encoding.write(path, np.full((40, 48, 64, 3), colour, np.uint8), 30)
        rows.append({"path": str(path), "label": "abc"[number], "source": path.stem, "tag": 2})
    return clips.probe_clips(pd.DataFrame(rows))


def test_where_space_and_time_tell_nothing_it_is_video_1(plain_films, tmp_path):
    plan, net = Plan("images", (28, 35)), MeanColour()
    built = store.build(plain_films, tmp_path / "s", plan, jobs=1)
    one = WindowDataset(built, (built.index.protocol == "video-1").to_numpy(), "rgb", "abc")
    wide = positions.larger(plan, 1 / SHARE)
    cut = Positions(plain_films, wide, "rgb", "abc", POSITIONS, "25x10")
    plain = scores.predict("spatial", net, one, "test")
    ten = scores.predict("spatial", TenViews(net, "rgb", plan.size), cut, "test", POSITIONS)
    assert len(ten) == 75 and set(ten.protocol) == {"25x10"}
    videos = scores.per_video(ten)
    assert videos.video.tolist() == plain.video.tolist()
    np.testing.assert_allclose(videos.probabilities(), plain.probabilities(), atol=0.01)
    assert np.ptp(plain.probabilities(), axis=0).max() > 0.2
    (found,) = evaluation.evaluate(ten)
    assert (found.protocol, found.n) == ("25x10", 3)


@pytest.mark.parametrize("other", ["video-1", "video-10"])
def test_it_is_neither_ranked_with_another_protocol_nor_averaged_with_it(other):
    ten, plain = plain_scores("25x10"), plain_scores(other)
    with pytest.raises(InputError, match="figures of unlike protocols are not ranked"):
        evaluation.compare_videos(ten, plain)
    with pytest.raises(InputError, match=f"row 1 has protocol 25x10 in the first, {other} in"):
        scores.check_aligned([ten, plain])
    mixed = plain_scores(windows=2)
    mixed.protocol[1:] = "25x10"
    with pytest.raises(InputError, match="are of 25x10 and video-1: average those of one"):
        scores.per_video(mixed)
