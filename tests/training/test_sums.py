"""Sums on the device are those of the losses and hits, and a loss that is no number is noticed."""

import math

import pytest
import torch

from tests.training.small import RECIPE, small_net
from twostream_lib.errors import InputError
from twostream_lib.training import schedule
from twostream_lib.training.checkpoints import EpochProgress
from twostream_lib.training.devices import Fed
from twostream_lib.training.job import Job
from twostream_lib.training.precision import Precision
from twostream_lib.training.sums import Sums, judged


@pytest.fixture
def job(tmp_path):
    what = {"name": "stream"}
    return Job.start(small_net(), what, Precision("float32"), RECIPE, 0, None, tmp_path)


EPOCH = schedule.epochs(RECIPE, 10)[0]


def fed(number, labels, counts=None):
    labels = torch.tensor(labels)
    counts = torch.ones(len(labels)) if counts is None else torch.tensor(counts)
    return Fed(number, len(labels), torch.zeros(len(labels), 1), labels, counts, None)


def test_losses_and_hits_are_added_up_on_top_of_what_was_there(job):
    job.state.progress = EpochProgress(batches=4, seen=8, right=3, loss_sum=2.5)
    sums = Sums.start(job)
    logits = torch.tensor([[2.0, 1.0], [0.0, 1.0], [5.0, 0.0]])
    sums.add(fed(4, [0, 0, 0]), logits, torch.tensor([0.25, 0.5, 1.0]))
    sums.add(fed(5, [0, 1, 0], [1.0, 1.0, 0.0]), logits, torch.tensor([0.25, 0.5, 64.0]))
    sums.put(job, EPOCH)
    assert job.state.progress.loss_sum == 2.5 + 1.75 + 0.75
    assert job.state.progress.right == 3 + 2 + 2


def test_when_they_are_read_does_not_change_them(job):
    losses = torch.rand(200, 7, generator=torch.Generator().manual_seed(0))
    logits, found = torch.zeros(7, 2), []
    for stops in ((), (3, 50, 51)):
        job.state.progress = EpochProgress()
        sums = Sums.start(job)
        for number, some in enumerate(losses):
            if number in stops:  # as at a checkpoint from which a training goes on
                sums.put(job, EPOCH)
                sums = Sums.start(job)
            sums.add(fed(number, [0] * 7), logits, some)
        sums.put(job, EPOCH)
        found.append(job.state.progress.loss_sum)
    assert found[0] == found[1] == pytest.approx(losses.sum().item())


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_the_first_batch_whose_loss_is_no_number_is_named(loss, job):
    sums = Sums.start(job)
    for number, bad in enumerate((0.5, loss, 0.5, loss)):
        sums.add(fed(number, [0, 0]), torch.zeros(2, 2), torch.tensor([0.5, bad]))
    with pytest.raises(InputError, match="stream diverged in epoch 1, after 1 of its 10 steps"):
        sums.require_finite(job, EPOCH)


def test_no_accuracy_is_told_where_the_loss_is_no_number():
    assert judged(torch.tensor([6.0, 3.0, 4.0])) == {"loss": 1.5, "accuracy": 0.75}
    found = judged(torch.tensor([math.nan, 3.0, 4.0]))
    assert math.isnan(found["loss"]) and math.isnan(found["accuracy"])
