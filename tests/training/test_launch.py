"""Several processes train as one does: the same samples, weights and losses."""

import os
import signal

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from tests.training.small import noise_clips
from twostream_lib.data.frame_stream import FrameStream
from twostream_lib.errors import InputError
from twostream_lib.training import launch, loop
from twostream_lib.training.recipes import Phase, Recipe

RECIPE = Recipe(
    "test",
    (Phase("sgd", 0.05, 1), Phase("adamw", 1e-3, 2)),
    batch_size=16,
    label_smoothing=0.1,
    grad_clip_norm=0.5,
)


class NoStatistics(nn.Sequential):
    """A network whose answer to an image does not depend on the others."""

    def __init__(self):
        torch.manual_seed(0)
        super().__init__(nn.Linear(12, 16), nn.Tanh(), nn.Linear(16, 3))


class Killed(NoStatistics):
    """The second process is killed in its first step."""

    def forward(self, points):
        if os.environ.get("RANK") == "1":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(points)


def points(count):
    generator = torch.Generator().manual_seed(count)
    return TensorDataset(torch.randn(count, 12, generator=generator), torch.arange(count) % 3)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_end_in_the_weights_and_losses_of_one(processes, tmp_path):
    # The last batch has two samples: one of three processes has none of its own.
    train, valid, nets, histories = points(50), points(17), [], []
    for count in (1, processes):
        nets.append(NoStatistics())
        place = tmp_path / str(count)
        histories.append(launch.fit(nets[-1], train, valid, RECIPE, place, processes=count))
    start = NoStatistics().state_dict()
    for name, weight in nets[0].state_dict().items():
        torch.testing.assert_close(nets[1].state_dict()[name], weight, rtol=0, atol=1e-6)
        assert not torch.equal(weight, start[name])
    for one, several in zip(*histories, strict=True):
        for name in ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy"):
            assert np.isclose(one[name], several[name], rtol=0, atol=1e-6), name


class OfImages(NoStatistics):
    """The same, of images of 12 numbers."""

    def forward(self, images):
        small = nn.functional.adaptive_avg_pool2d(images.float() / 255, 2)
        return super().forward(small.flatten(1))


@pytest.mark.slow
def test_so_do_they_with_every_frame(tmp_path):
    table, nets, histories = noise_clips(tmp_path, (14, 9, 25, 11)), [], []
    for count in (1, 2):
        data = FrameStream(table, ["c0", "c1", "c2"], "rgb", (32, 32), buffer=16, open_clips=3)
        nets.append(OfImages())
        place = tmp_path / str(count)
        histories.append(launch.fit(nets[-1], data, None, RECIPE, place, processes=count))
    for name, weight in nets[0].state_dict().items():
        torch.testing.assert_close(nets[1].state_dict()[name], weight, rtol=0, atol=1e-6)
    losses = [[row["train_loss"] for row in history] for history in histories]
    assert np.allclose(*losses, rtol=0, atol=1e-6)


@pytest.mark.slow
def test_what_a_process_refuses_is_said_as_by_one(tmp_path):
    launch.fit(NoStatistics(), points(50), None, RECIPE, tmp_path, processes=1)
    with pytest.raises(InputError, match="its seed was 0, and is 1 now"):
        launch.fit(NoStatistics(), points(50), None, RECIPE, tmp_path, seed=1, processes=2)


class Unreadable(TensorDataset):
    """Data that the second process cannot read."""

    def __getitem__(self, places):
        if os.environ.get("RANK") == "1":
            raise InputError("clip 7 is damaged: delete it.")
        return super().__getitem__(places)


@pytest.mark.slow
def test_what_one_of_them_refuses_ends_all_at_once(tmp_path):
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    data = Unreadable(*points(50).tensors)
    with pytest.raises(InputError, match=r"^clip 7 is damaged: delete it\.$"):
        launch.fit(NoStatistics(), data, None, RECIPE, tmp_path, processes=2)
    assert {number: signal.getsignal(number) for number in handlers} == handlers


class WithStatistics(nn.Sequential):
    """A network with batch norm."""

    def __init__(self):
        torch.manual_seed(0)
        super().__init__(nn.Linear(12, 16), nn.BatchNorm1d(16), nn.Linear(16, 3))


@pytest.mark.slow
def test_what_is_validated_is_the_network_that_is_kept(tmp_path):
    net, valid = WithStatistics(), points(17)
    history = launch.fit(net, points(50), valid, RECIPE, tmp_path, processes=2)
    assert loop.evaluate(net, valid)["loss"] == pytest.approx(history[-1]["valid_loss"], abs=1e-6)
    assert history[-1]["processes"] == 2
    # A finished training is read by this process alone.
    again = WithStatistics()
    assert launch.fit(again, points(50), valid, RECIPE, tmp_path, processes=2) == history
    for name, weight in net.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name]), name


@pytest.mark.slow
def test_a_lost_process_ends_the_training_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"Process 1 of the training ended with code -9.*again"):
        launch.fit(Killed(), points(50), None, RECIPE, tmp_path, processes=2)
