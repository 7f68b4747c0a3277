"""A recorded training; what CUDA itself makes of one is in `test_gpu.py`."""

from types import SimpleNamespace

import pytest
import torch

from tests.training.small import RECIPE, blobs, small_net, stream_net
from twostream_lib.errors import InputError
from twostream_lib.training import loop, recording
from twostream_lib.training.precision import Precision


def test_what_is_recorded_gives_the_logits_and_gradients_of_the_step_itself(monkeypatch):
    def at_once(passes, arguments, allow_unused_input):
        """In place of a recording: CUDA asks for both passes just so."""
        assert not torch.is_autocast_enabled("cpu")
        return passes

    monkeypatch.setattr(torch.cuda, "make_graphed_callables", at_once)
    net, half = stream_net().eval(), Precision("bfloat16")
    images = blobs(8).tensors[0]
    with half.autocast(images.device):
        logits = net(images)
    logits.square().sum().backward()
    expected = {name: weight.grad for name, weight in net.named_parameters()}
    net.zero_grad()

    recorded = recording._recorded(net, images.clone(), half)
    answered = recorded(images, *net.parameters())
    torch.testing.assert_close(answered, logits, rtol=0, atol=0)
    answered.square().sum().backward()
    for name, weight in net.named_parameters():
        torch.testing.assert_close(weight.grad, expected[name], rtol=0, atol=0, msg=name)
    # The head's are of more digits than half the bits have.
    of_head = net.head[-1].weight.grad
    assert not torch.equal(of_head, of_head.bfloat16().float())


def test_a_network_with_a_forward_of_its_own_keeps_it():
    net = small_net()
    own = net.forward = lambda images: images
    with recording.erased(net):
        net.forward = lambda images: -images
    assert net.forward is own


def test_the_switch_says_what_it_takes(monkeypatch):
    monkeypatch.setenv(recording.SWITCH, "1")
    with pytest.raises(InputError, match="set it to 0, or unset it"):
        recording.record(SimpleNamespace(), torch.zeros(1))


def test_a_training_leaves_nothing_of_a_recording_behind(tmp_path, monkeypatch):
    net, calls = small_net(), []

    def record(job, images):
        """What stands for CUDA's recording: it answers for the network while that is trained."""
        plain = job.state.net.forward
        job.state.net.forward = lambda of: calls.append(len(of)) or plain(of)

    monkeypatch.setattr(recording, "record", record)
    loop.fit(net, blobs(48), None, RECIPE, tmp_path)
    assert calls == 3 * 3 * [16]
    assert "forward" not in vars(net) and all(of.grad is None for of in net.parameters())


def test_on_a_cpu_the_network_is_asked_itself(tmp_path, monkeypatch):
    record, seen = recording.record, []

    def looked_at(job, images):
        record(job, images)
        seen.append(vars(job.state.net).get("forward"))

    monkeypatch.setattr(recording, "record", looked_at)
    loop.fit(small_net(), blobs(48), None, RECIPE, tmp_path)
    assert seen == [None]
