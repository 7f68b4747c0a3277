"""A recorded training; what CUDA itself makes of one is in `test_gpu.py`."""

from tests.training.small import RECIPE, blobs, small_net
from twostream_lib.training import loop, recording


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
