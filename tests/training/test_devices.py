"""What brings a training to its device leaves the network as it was, and keeps nobody waiting."""

import copy
import subprocess
import sys
import time

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from tests.training.small import FLIPS, blobs, small_net
from twostream_lib.errors import InputError
from twostream_lib.models import StreamNet
from twostream_lib.training import devices, loop
from twostream_lib.training.precision import Precision
from twostream_lib.training.recipes import Phase, Recipe

RECIPE = Recipe("test", (Phase("sgd", 0.02, 1),), batch_size=16)


@pytest.mark.parametrize("name", ["bfloat16", "float32", "bfloat16"])
def test_a_process_may_train_in_one_precision_after_the_other(name):
    assert devices.accelerator(Precision(name)).mixed_precision == Precision(name).mixed


def test_a_trained_network_bears_no_marks(tmp_path):
    """A copy with Accelerate's marks would answer as the network that it was copied from."""
    net = StreamNet("resnet8", 3, weights="none")
    before = set(vars(net))
    loop.fit(net, blobs(), None, RECIPE, tmp_path)
    assert set(vars(net)) == before
    other = copy.deepcopy(net)
    with torch.no_grad():
        other.head[-1].bias.fill_(7.0)
    images, _ = blobs()[:4]
    assert (other.eval()(images) - net.eval()(images) > 6).all()


@pytest.mark.parametrize("number", [0, 2**63 - 1])
def test_a_cpu_is_seeded_as_torch_does_and_no_device_that_is_not_there(number, monkeypatch):
    torch.manual_seed(number)
    wanted = torch.rand(5)
    for other in (torch.cuda, torch.mps):
        monkeypatch.setattr(other, "manual_seed", pytest.fail)
        monkeypatch.setattr(other, "manual_seed_all", pytest.fail, raising=False)
    devices.seed(number, torch.device("cpu"))
    assert torch.equal(torch.rand(5), wanted)


CHURN = """
import resource, sys, torch
from twostream_lib.training import devices
if sys.argv[1] == "kept":
    devices.keep_freed_memory()
def step():
    return [torch.ones(2**21) for _ in range(20)]  # 20 pieces of 8 MiB
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
devices.give_back_memory()
print(int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="it is Linux's C library that is told")
def test_freed_memory_is_kept_for_the_next_step_and_given_back_in_the_end():
    def run(how):
        done = subprocess.run([sys.executable, "-c", CHURN, how], capture_output=True, check=True)
        return map(int, done.stdout.split())

    (faults, left), (faults_before, left_before) = run("kept"), run("as it is")
    assert faults < faults_before / 10  # pages that the system had to give
    assert left < left_before + 2**25  # less than a fifth of what a step needs


def test_processes_that_do_not_find_each_other_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(InputError, match="3 processes were started, and this one finds 1"):
        devices.accelerator(Precision("float32"))


class SlowDevice(nn.Module):
    """A network that takes 100 ms a step, as a device does that leaves the CPU alone."""

    def __init__(self):
        super().__init__()
        self.net = small_net()

    def forward(self, images):
        time.sleep(0.1)
        return self.net(images)


class SlowReader(TensorDataset):
    """A batch takes 60 ms to be read."""

    def __getitem__(self, places):
        time.sleep(0.06)
        return super().__getitem__(places)


def test_a_slow_reader_works_while_the_device_does(tmp_path):
    data = SlowReader(*blobs(16 * 12).tensors)
    recipe = Recipe("test", (Phase("sgd", 0.02, 1),), batch_size=16)
    history = loop.fit(SlowDevice(), data, None, recipe, tmp_path, augment=FLIPS)
    # One after the other they take 160 ms a step. The rest is what this machine needs.
    assert history[0]["seconds"] / 12 < 0.15 and history[0]["waiting"] < 0.05


def test_a_device_that_waits_says_so(tmp_path):
    data = SlowReader(*blobs(16 * 12).tensors)
    history = loop.fit(small_net(), data, None, RECIPE, tmp_path)
    assert history[0]["waiting"] > 0.3


def test_on_one_core_is_what_it_says_and_ends_with_its_block():
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), devices.one_core():
        assert torch.get_num_threads() == 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == before
