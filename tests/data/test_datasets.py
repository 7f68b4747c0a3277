"""What a stream is fed: the view of a window, batches in order, and their augmentation."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader, Subset

from tests.data.small import FAST
from twostream_lib.data import datasets, order, store

CLASSES = ["run", "walk"]


def test_a_view_takes_its_channels(images):
    everything = np.ones(len(images.index), bool)
    for view, channels in (("rgb", slice(0, 3)), ("sg3i", slice(3, 6))):
        data = datasets.WindowDataset(images, everything, view, ["run", "walk"])
        picture, label = data[1]
        assert picture.shape == (3, 48, 64) and picture.dtype == torch.uint8
        assert data.classes[label] == images.index.label[1]
        np.testing.assert_array_equal(
            picture.numpy(), images.array[1][..., channels].transpose(2, 0, 1)
        )


# --- some of them ----------------------------------------------------------------------------


@pytest.fixture
def half(images):
    """Every second window of a store, as RGB."""
    return datasets.WindowDataset(images, np.arange(len(images.index)) % 2 == 1, "rgb", CLASSES)


def pixels(images, places, channels):
    """The windows of a store by plain indexing, uint8 `[N, C, H, W]`."""
    return np.asarray(images.array[places][..., channels]).transpose(0, 3, 1, 2)


@pytest.mark.parametrize(
    ("view", "channels"),
    [("", slice(0, 3)), ("rgb", slice(0, 3)), ("sg3i", slice(3, 6)), ("both", slice(0, 6))],
)
@pytest.mark.parametrize("by", ["number", "mask"])
def test_some_windows_are_those_that_plain_indexing_gives(images, half, view, channels, by):
    rows = np.array([4, 1, 2])
    if by == "mask":
        rows = np.isin(np.arange(len(half)), rows)
    some = half.only(rows, view)
    places = np.flatnonzero(np.arange(len(images.index)) % 2 == 1)[[1, 2, 4]]  # as in the store
    windows, labels = some[list(range(len(some)))]
    np.testing.assert_array_equal(windows.numpy(), pixels(images, places, channels))
    wanted = [CLASSES.index(name) for name in images.index.label.iloc[places]]
    assert labels.tolist() == some.labels.tolist() == wanted
    pd.testing.assert_frame_equal(some.rows, images.index.iloc[places])
    assert (some.view, some.classes) == (view or "rgb", CLASSES)


def test_some_windows_keep_channels_of_their_own_until_another_view_is_asked_for(images):
    everything = np.ones(len(images.index), bool)
    odd = datasets.WindowDataset(images, everything, "sg3i", CLASSES, slice(1, 6, 2))
    same, other = odd.only(np.array([3])), odd.only(np.array([3]), view="rgb")
    np.testing.assert_array_equal(same[0][0].numpy(), pixels(images, [3], slice(1, 6, 2))[0])
    np.testing.assert_array_equal(other[0][0].numpy(), pixels(images, [3], slice(0, 3))[0])
    assert same.identity != other.identity


def test_some_of_some_and_all_and_none(images, half):
    twice = half.only(np.array([0, 2, 3, 5])).only(np.array([False, True, True, False]))
    assert twice.places.tolist() == [5, 7]
    everything = half.only(np.arange(len(half)))
    assert everything.identity == half.identity
    assert len(half.only(np.zeros(len(half), bool))) == 0
    assert len(half.only(np.array([1, 1, 1]))) == 1  # each window once
    with pytest.raises(IndexError):
        half.only(np.ones(len(half) + 1, bool))


# --- batches ---------------------------------------------------------------------------------


@pytest.fixture
def windows(few, tmp_path):
    built = store.build(few, tmp_path / "s", FAST, jobs=1)
    return datasets.WindowDataset(built, np.arange(len(built.index)) % 5 != 0, "rgb", ["wave"])


@pytest.mark.parametrize("shuffled", [True, False])
def test_whole_batches_are_those_of_a_plain_loader(windows, shuffled):
    chosen = order.epoch(len(windows), 0, 0) if shuffled else None
    ours = list(datasets.in_batches(windows, 4, chosen))
    places = range(len(windows)) if chosen is None else chosen.tolist()
    plain = list(DataLoader(Subset(windows, places), 4))
    item_by_item = list(DataLoader([windows[i] for i in places], 4))
    assert len(ours) == -(-len(windows) // 4)
    for batch, same, again in zip(ours, plain, item_by_item, strict=True):
        for tensor, *others in zip(batch, same, again, strict=True):
            assert tensor.is_contiguous()
            for other in others:
                assert tensor.dtype == other.dtype and torch.equal(tensor, other)


def test_balanced_by_clip_a_long_clip_is_drawn_as_often_as_a_short_one(images):
    everything = np.ones(len(images.index), bool)
    windows = datasets.WindowDataset(images, everything, "rgb", ["run", "walk"])
    shares = pd.Series(windows.clip_balanced_weights()).groupby(windows.rows.video.to_numpy())
    assert np.allclose(shares.sum(), 1)


@pytest.mark.parametrize("view", ["rgb", "sg3i"])
def test_an_index_in_plain_columns_gives_the_same_data(windows, view):
    index = windows.store.index
    plain = index.astype(dict.fromkeys(store.TEXT, object) | {"tag": int, "start": int})
    assert plain.dtypes.nunique() > 1 and not any(plain.dtypes == index.dtypes.video)
    for keep in (np.ones(len(index), bool), (index.tag == 2).to_numpy()):
        one, other = (
            datasets.WindowDataset(replace(windows.store, index=of), keep, view, ["other", "wave"])
            for of in (index, plain)
        )
        assert one.identity == other.identity and one.videos == other.videos
        assert one.labels.tolist() == other.labels.tolist() == [1] * len(one)
        assert one.clip_balanced_weights().tolist() == other.clip_balanced_weights().tolist()
        assert one[[1, 0]][1].dtype == torch.int64 and type(one[0][1]) is int


def test_a_clip_that_nobody_has_labelled_has_the_number_of_no_class(images):
    unlabelled = replace(images, index=images.index.assign(label=datasets.UNLABELLED))
    data = datasets.WindowDataset(unlabelled, np.ones(len(images.index), bool), "rgb", ["run"])
    _, labels = data[list(range(len(data)))]
    assert set(labels.tolist()) == {datasets.NO_CLASS} and datasets.NO_CLASS < 0
