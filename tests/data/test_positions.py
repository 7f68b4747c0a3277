"""Positions are cut as those of a store are, wherever they are asked for, and kept nowhere."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.data.small import PLAN
from twostream_lib import flow
from twostream_lib.data import cutting, datasets, positions, store
from twostream_lib.data.plan import Plan
from twostream_lib.data.positions import Positions
from twostream_lib.errors import InputError

FLOW = Plan("flow", (24, 32), length=3, method="dis-ultrafast", fps=10, bound=2)
CLASSES = ["run", "walk"]


@pytest.fixture(scope="module")
def tested(table):
    """The same clips, each of them a test clip."""
    return table.assign(tag=2)


@pytest.mark.parametrize(("plan", "view"), [(PLAN, "rgb"), (PLAN, "sg3i"), (FLOW, "flow")])
def test_ten_positions_are_the_windows_that_a_store_has_of_video_10(tested, tmp_path, plan, view):
    built = store.build(tested, tmp_path / "s", plan, jobs=1)
    ten = (built.index.protocol == "video-10").to_numpy()
    kept = datasets.WindowDataset(built, ten, view, CLASSES)
    cut = Positions(tested, plan, view, CLASSES, 10, "video-10")
    assert len(cut) == len(kept) == 30  # one of the four clips is too short
    for name in ("video", "label", "source", "protocol", "window"):
        assert cut.rows[name].tolist() == kept.rows[name].tolist()
    mixed = [29, 3, 12, 3, 0]
    for ours, theirs in zip(cut[mixed], kept[mixed], strict=True):
        assert ours.dtype == theirs.dtype and torch.equal(ours, theirs)


def test_in_order_each_clip_is_decoded_once(tested, decoded):
    cut = Positions(tested, PLAN, "rgb", CLASSES, 25, "25x10")
    for images, labels in datasets.in_batches(cut, 25):
        assert len(images) == len(labels) == 25
    assert decoded == cut.paths and len(decoded) == 3


def test_in_a_short_clip_positions_coincide_and_all_are_there(tested):
    short = tested[tested.frames == 40]
    cut = Positions(short, replace(PLAN, fps=2), "rgb", CLASSES, 25, "25x10")
    images, _ = cut[list(range(25))]
    assert len(cut) == 25 and len(np.unique(images.numpy(), axis=0)) == 10


def test_where_no_clip_has_a_window_there_is_nothing_to_cut(tested):
    with pytest.raises(InputError, match="None of the 1 clips is long enough"):
        Positions(tested[tested.frames == 6], PLAN, "rgb", CLASSES, 25, "25x10")


def test_a_larger_plan_shows_the_same_motion_in_its_own_pixels(tested):
    wide = positions.larger(FLOW, 4 / 3)
    assert wide.size == (32, 43) and wide.estimate_at == FLOW.size
    path, frames = tested.path.iloc[0], np.array([[0, 3, 6, 9]])
    plain, large = (cutting.windows_of_clip(path, frames, plan)[0] for plan in (FLOW, wide))

    def fields(window):
        return flow.dequantise(window.reshape(3, 2, *window.shape[1:]).transpose(0, 2, 3, 1), 2)

    wanted = flow.resize(fields(plain), wide.size)
    assert np.abs(fields(large) - wanted).max() < 0.05
    assert np.abs(wanted).max() > 0.5
    assert positions.larger(PLAN, 8 / 7).size == (55, 73)
