"""What goes wrong in a training is said in one sentence, and nothing else is taken for it."""

import pytest
import torch

from tests.training.small import RECIPE, blobs, small_net
from twostream_lib.errors import InputError
from twostream_lib.training import faults, loop, schedule
from twostream_lib.training.job import Job
from twostream_lib.training.precision import Precision


@pytest.fixture
def job(tmp_path):
    what = {"name": "stream"}
    return Job.start(small_net(), what, Precision("float32"), RECIPE, 0, None, tmp_path)


def test_a_lack_of_memory_is_said_and_the_checkpoint_before_it_kept(tmp_path):
    class Hungry(type(small_net())):
        """Has room for three epochs' images, and no more."""

        seen = 0

        def forward(self, images):
            if self.training:
                self.seen += len(images)
            if self.seen > 2 * 48:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
            return super().forward(images)

    net = Hungry(3, 32)
    with pytest.raises(InputError, match=r"memory of cpu is not enough to train stream in .* 16"):
        loop.fit(net, blobs(), None, RECIPE, tmp_path)
    saved = torch.load(tmp_path / "last.pt", weights_only=True)
    assert len(saved["history"]) == 2


def test_other_errors_are_no_lack_of_memory(job):
    with pytest.raises(RuntimeError, match="shapes"), faults.enough_memory(job):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


def test_weights_that_are_no_numbers_are_named(job):
    epoch = schedule.epochs(RECIPE, 10)[1]
    faults.require_finite_weights(job, epoch)
    with torch.no_grad():
        job.state.net[5].weight[0, 0] = torch.nan
    with pytest.raises(InputError, match=r"diverged in epoch 2, .* values in 5\.weight are NaN"):
        faults.require_finite_weights(job, epoch)
