"""The batches of an epoch: all samples once, as one process or as several read them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

from tests.training.small import FLIPS, RECIPE, small_net
from twostream_lib.data.order import FEWEST, Share
from twostream_lib.training import schedule
from twostream_lib.training.job import Job
from twostream_lib.training.precision import Precision
from twostream_lib.training.reading import read


def numbered(count):
    images = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).repeat(1, 3, 6, 6)
    return TensorDataset(images, torch.arange(count))


class Balanced(TensorDataset):
    """Its first sample is all that counts."""

    def clip_balanced_weights(self):
        return np.eye(len(self))[0]


def epoch_of(data, folder, share=Share(), start=0, **changes):  # noqa: B008
    recipe = replace(RECIPE, batch_size=8, **changes)
    job = Job.start(small_net(), {"name": "a test"}, Precision("float32"), recipe, 0, FLIPS, folder)
    job.share, job.state.progress.batches = share, start
    (epoch, *_) = schedule.epochs(recipe, schedule.batches_in(len(data), 8))
    return list(read(job, epoch, data))


@pytest.mark.parametrize("ranks", [1, 2, 3, 5])
def test_processes_share_each_batch_and_augment_it_as_one_would(ranks, tmp_path):
    data = numbered(43)  # the last batch has three
    (whole, *parts) = [
        epoch_of(data, tmp_path, share)
        for share in (Share(), *(Share(rank, ranks) for rank in range(ranks)))
    ]
    assert sorted(torch.cat([fed.labels for fed in whole]).tolist()) == list(range(43))
    for batch, *shares in zip(whole, *parts, strict=True):
        counted = [fed.counts.bool() for fed in shares]
        assert {fed.number for fed in shares} == {batch.number}
        assert {fed.samples for fed in shares} == {len(batch.labels)}
        assert all(len(fed.labels) >= min(FEWEST, fed.samples) for fed in shares)
        for name in ("images", "labels"):
            own = [getattr(fed, name)[of] for fed, of in zip(shares, counted, strict=True)]
            assert torch.equal(torch.cat(own), getattr(batch, name))
        for place, drawn in enumerate(batch.draws):
            own = [fed.draws[place][of] for fed, of in zip(shares, counted, strict=True)]
            assert torch.equal(torch.cat(own), drawn)


def test_an_epoch_goes_on_at_any_batch(tmp_path):
    data = numbered(40)
    whole, rest = epoch_of(data, tmp_path), epoch_of(data, tmp_path, start=3)
    assert [fed.number for fed in rest] == [3, 4]
    for one, other in zip(whole[3:], rest, strict=True):
        assert torch.equal(one.labels, other.labels)
        assert torch.equal(one.draws.moves, other.draws.moves)


def test_a_left_over_batch_of_one_is_not_read(tmp_path):
    assert [len(fed.labels) for fed in epoch_of(numbered(17), tmp_path)] == [8, 8]


def test_clips_are_balanced_where_the_recipe_says_so(tmp_path):
    data = Balanced(*numbered(24).tensors)
    plain, balanced = (
        torch.cat([fed.labels for fed in epoch_of(data, tmp_path, clip_balanced=on)])
        for on in (False, True)
    )
    assert len(set(plain.tolist())) == 24 and set(balanced.tolist()) == {0}
