"""What a stream is fed: the view of a window, batches in order, and their augmentation."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader

from tests.data.small import FAST
from twostream_lib.data import datasets, store


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


# --- batches ---------------------------------------------------------------------------------


@pytest.fixture
def windows(few, tmp_path):
    built = store.build(few, tmp_path / "s", FAST, jobs=1)
    return datasets.WindowDataset(built, np.arange(len(built.index)) % 5 != 0, "rgb", ["wave"])


def seeded():
    return torch.Generator().manual_seed(3)


@pytest.mark.parametrize("shuffled", [True, False])
def test_whole_batches_are_those_of_a_plain_loader(windows, shuffled):
    generator = seeded() if shuffled else None
    ours = list(datasets.in_batches(windows, 4, generator))
    plain = list(DataLoader(windows, 4, shuffle=shuffled, generator=seeded()))
    item_by_item = list(
        DataLoader([windows[i] for i in range(len(windows))], 4, shuffled, generator=seeded())
    )
    assert len(ours) == -(-len(windows) // 4)
    for batch, same, again in zip(ours, plain, item_by_item, strict=True):
        for tensor, *others in zip(batch, same, again, strict=True):
            assert tensor.is_contiguous()
            for other in others:
                assert tensor.dtype == other.dtype and torch.equal(tensor, other)


def test_every_epoch_has_an_order_of_its_own(windows):
    windows.labels = list(range(len(windows)))
    loader = datasets.in_batches(windows, 4, seeded())
    first, second = (torch.cat([labels for _, labels in loader]).tolist() for _ in range(2))
    assert first != second
    assert sorted(first) == sorted(second) == windows.labels


def test_balanced_by_clip_a_long_clip_is_drawn_as_often_as_a_short_one(images):
    everything = np.ones(len(images.index), bool)
    windows = datasets.WindowDataset(images, everything, "rgb", ["run", "walk"])
    weights = windows.clip_balanced_weights()
    shares = pd.Series(weights.numpy()).groupby(windows.rows.video.to_numpy())
    assert np.allclose(shares.sum(), 1)

    of_clip = np.repeat([0, 1], [90, 10])
    data = torch.utils.data.TensorDataset(torch.from_numpy(of_clip))
    uneven = torch.from_numpy(1 / np.bincount(of_clip)[of_clip])
    generator = torch.Generator().manual_seed(0)
    epochs = [
        torch.cat([batch for (batch,) in datasets.in_batches(data, 16, generator, uneven)])
        for _ in range(20)
    ]
    assert {len(epoch) for epoch in epochs} == {len(of_clip)}
    assert torch.cat(epochs).float().mean().item() == pytest.approx(0.5, abs=0.04)


# --- augmentation ----------------------------------------------------------------------------


def test_a_clip_that_nobody_has_labelled_has_the_number_of_no_class(images):
    unlabelled = replace(images, index=images.index.assign(label=datasets.UNLABELLED))
    data = datasets.WindowDataset(unlabelled, np.ones(len(images.index), bool), "rgb", ["run"])
    _, labels = data[list(range(len(data)))]
    assert set(labels.tolist()) == {datasets.NO_CLASS} and datasets.NO_CLASS < 0


def test_mirroring_twice_is_the_identity():
    pictures = torch.randint(1, 256, (4, 6, 8, 8), dtype=torch.uint8)
    for view in ("rgb", "flow"):
        assert torch.equal(datasets.flip(datasets.flip(pictures, view), view), pictures)


def test_a_mirrored_flow_runs_the_other_way():
    still_and_right = torch.full((1, 2, 4, 4), 128, dtype=torch.uint8)
    still_and_right[:, 0] = 148
    mirrored = datasets.flip(still_and_right, "flow")
    assert (mirrored[:, 0] == 108).all() and (mirrored[:, 1] == 128).all()


def test_every_sample_of_a_batch_is_flipped_by_a_chance_of_its_own():
    generator = torch.Generator().manual_seed(0)
    ramp = torch.arange(16, dtype=torch.uint8).expand(400, 3, 16, 16).contiguous()
    flipped = datasets.augment(ramp, "rgb", 0, generator)[:, 0, 0, 0] == 15
    assert 150 < flipped.sum() < 250


def test_random_translation_moves_by_no_more_than_asked():
    generator = torch.Generator().manual_seed(0)
    ramp = torch.arange(0, 160, 5, dtype=torch.uint8).expand(64, 3, 32, 32).contiguous()
    moved = datasets.augment(ramp, "rgb", 3, generator)[:, 0, 16, 16].int()
    middle = {5 * (16 + k) for k in range(-3, 4)} | {5 * (15 - k) for k in range(-3, 4)}
    assert set(moved.tolist()) <= middle and len(set(moved.tolist())) > 7


def test_jittered_flow_keeps_directions_and_stillness():
    generator = torch.Generator().manual_seed(0)
    still, left, right = 128, 128 - 40, 128 + 40
    stacks = torch.tensor([still, left, right], dtype=torch.uint8).view(1, 1, 1, 3)
    jittered = (
        datasets.augment(
            stacks.repeat(500, 2, 1, 1), "rgb", 0, generator, flow_magnitude_jitter=1.5
        ).int()
        - 128
    )
    jittered = torch.where(jittered[..., :1] == 0, jittered, jittered.flip(-1))  # mirrored back
    assert (jittered[..., 0] == 0).all() and (jittered[..., 1] == -jittered[..., 2]).all()
    speed = jittered[:, 0, 0, 2]
    assert round(40 / 1.5) <= speed.min() < 30 and 54 < speed.max() <= 60
    assert 0.4 < (speed > 40).float().mean() < 0.6
