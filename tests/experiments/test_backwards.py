"""Playing backwards: what reads time follows the order of frames, and what does not stays."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.plan import Plan
from twostream_lib.data.store import Store
from twostream_lib.experiments import backwards
from twostream_lib.experiments.backwards import ANOTHER, BACKWARDS, FILMED, FORWARDS, REVERSE

CLASSES = ["down", "still", "up"]
TWINS = [("up", "down")]


class ByOrder(nn.Module):
    """Says `down` if the first frame is the brighter one, `up` if the last is, else `still`."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, images):
        first, _, last = images.float().mean((2, 3)).T
        return self.weight * torch.stack([first - last, 0 * first + 1, last - first], 1)


class ByAmount(ByOrder):
    """Says `up` if anything changes."""

    def forward(self, images):
        first, _, last = images.float().mean((2, 3)).T
        return self.weight * torch.stack([0 * first, 0 * first + 1, (last - first).abs()], 1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two windows of each of two sources of three classes, which grow darker, stay, or brighten."""
    folder = tmp_path_factory.mktemp("backwards")
    label = np.repeat(CLASSES, 4)
    steps = {"down": (200, 100, 50), "still": (90, 90, 90), "up": (50, 100, 200)}
    array = np.zeros((12, 6, 16, 16), np.uint8)
    for row, name in enumerate(label):
        array[row, 3:] = np.array(steps[name])[:, None, None]
    np.save(folder / "windows.npy", array)
    source = np.tile(["a", "a", "b", "b"], 3)
    index = pd.DataFrame({"label": label, "source": np.char.add(label.astype(str), source)})
    index = index.assign(video=index.source, tag=1, protocol="window", start=0)
    index["window"] = np.tile([0, 1], 6)
    store = Store(folder / "windows.npy", index, Plan("images", (16, 16)), {})
    return WindowDataset(store, np.ones(12, bool), "sg3i", CLASSES)


def shares(found):
    return {what: one.accuracy for what, one in found.items()}


def test_who_reads_the_order_names_the_reverse_of_what_was_filmed(data):
    said = backwards.both_ways(ByOrder(), data)
    assert shares(backwards.named(said[FORWARDS], TWINS)) == {FILMED: 1, REVERSE: 0, ANOTHER: 0}
    found = backwards.named(said[BACKWARDS], TWINS)
    assert shares(found) == {FILMED: 0, REVERSE: 1, ANOTHER: 0}
    assert (found[REVERSE].n, found[REVERSE].sources) == (8, 4)  # `still` has no twin
    assert backwards.changed(said).accuracy == pytest.approx(8 / 12)


def test_who_sees_how_much_moves_says_the_same_both_ways(data):
    said = backwards.both_ways(ByAmount(), data)
    for way in (FORWARDS, BACKWARDS):
        assert shares(backwards.named(said[way], TWINS)) == {FILMED: 0.5, REVERSE: 0.5, ANOTHER: 0}
    assert backwards.changed(said).accuracy == 0


def test_tables_tell_shares_with_their_intervals_and_counts(data):
    said = backwards.both_ways(ByOrder(), data)
    table = backwards.answers(said)
    assert table["windows (%)"].tolist() == ["100.0", "33.3", "66.7"]
    assert set(table["of"]) == {"12 windows, 6 sources"}
    table = backwards.directions(said, TWINS)
    assert table["windows (%)"].tolist() == ["100.0", "0.0", "0.0", "0.0", "100.0", "0.0"]
    assert table.index.names == ["played", "the answer names"]
    assert table["95 % interval"].str.contains(" to ").all()


@pytest.mark.parametrize("twins", [[], [("throw", "catch")]])
def test_without_twins_nothing_is_sorted(data, twins):
    said = backwards.both_ways(ByOrder(), data)
    assert backwards.named(said[FORWARDS], twins) == {}
    assert backwards.directions(said, twins).empty


def test_of_twins_without_a_window_nothing_is_told(data):
    said = backwards.both_ways(ByOrder(), data)
    still = {way: one.rows(one.label == 1) for way, one in said.items()}
    assert backwards.directions(still, TWINS).empty
