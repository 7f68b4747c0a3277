"""What only a GPU of CUDA can show: `make gpu` runs it, and nothing else needs one.

It needs torch, accelerate and PyAV, and neither Jupyter nor papermill.
"""

import numpy as np
import pytest
import torch
from torch import nn

from tests.training.small import FLIPS, blobs, stopped_after
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.models import StreamNet
from twostream_lib.training import determinism, devices, loop, precision, recording
from twostream_lib.training.answers import answers
from twostream_lib.training.recipes import Phase, Recipe

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU of CUDA"),
]
RECIPE = Recipe("test", (Phase("adamw", 2e-3, 3),), batch_size=16, grad_clip_norm=1.0)


def net():
    torch.manual_seed(0)
    return StreamNet("resnet8", 3, weights="none")


@pytest.mark.parametrize("view", ["rgb", "flow"])
def test_augmentation_makes_the_same_bytes(view):
    images = torch.randint(0, 256, (64, 20, 40, 50), dtype=torch.uint8)
    augment = Augmentation(view, 6, 1.4)
    draws = augment.draw(64, np.random.default_rng(5))
    assert torch.equal(augment.apply(images.cuda(), draws).cpu(), augment.apply(images, draws))


def test_it_learns_and_its_history_says_how(tmp_path):
    history = loop.fit(net(), blobs(160), blobs(48), RECIPE, tmp_path, augment=FLIPS)
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert all(row["pieces"] == 1 and 0 <= row["waiting"] < 1 for row in history)


def test_nobody_waits_for_the_gpu_between_reports(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "REPORT_SECONDS", 1e9)
    step, add, steps = loop._step, loop.Sums.add, []

    def guarded(of):
        def call(*arguments):
            steps.append(1)
            # The first steps choose kernels and find out how much memory a batch takes.
            torch.cuda.set_sync_debug_mode("error" if len(steps) > 4 else "default")
            try:
                return of(*arguments)
            finally:
                torch.cuda.set_sync_debug_mode("default")

        return call

    monkeypatch.setattr(loop, "_step", guarded(step))
    monkeypatch.setattr(loop.Sums, "add", guarded(add))
    loop.fit(net(), blobs(160), None, RECIPE, tmp_path, augment=FLIPS)
    assert len(steps) == 2 * 3 * 10


def test_after_a_resume_the_optimisers_counts_are_where_its_kernel_wants_them(
    tmp_path, monkeypatch
):
    saved, counts = loop.checkpoints.save, []
    with stopped_after(1):
        loop.fit(net(), blobs(160), None, RECIPE, tmp_path)

    def look_then_save(state, folder):
        steps = [of["step"] for of in state.optimiser.state.values()] if state.optimiser else []
        counts.append([(step.is_cuda, step.item()) for step in steps])
        saved(state, folder)

    monkeypatch.setattr(loop.checkpoints, "save", look_then_save)
    loop.fit(net(), blobs(160), None, RECIPE, tmp_path)
    after_two_epochs, at_the_end = counts
    assert after_two_epochs and set(after_two_epochs) == {(True, 20)}
    assert not at_the_end  # of a finished phase it is not kept


def trained_when_asked(folder, stop_at=None):
    """The weights of a training in the deterministic mode; it may be stopped and taken up again."""
    of = net()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(determinism.SWITCH, "1")
        if stop_at:
            with stopped_after(stop_at):
                loop.fit(net(), blobs(160), None, RECIPE, folder, augment=FLIPS)
        loop.fit(of, blobs(160), None, RECIPE, folder, augment=FLIPS)
    return of.state_dict()


def test_in_the_deterministic_mode_a_second_and_a_resumed_training_have_the_same_bits(tmp_path):
    first, second = (trained_when_asked(tmp_path / name) for name in "ab")
    resumed = trained_when_asked(tmp_path / "c", stop_at=1)
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert all(torch.equal(value, resumed[name]) for name, value in first.items())


def trained_in_float32(folder, rows):
    """The weights of a training in float32 and the deterministic mode."""
    of = net()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(determinism.SWITCH, "1")
        patch.setenv(precision.SWITCH, "float32")
        loop.fit(of, blobs(rows), None, RECIPE, folder, augment=FLIPS)
    assert "forward" not in vars(of)
    return of.state_dict()


def test_a_recorded_training_gives_what_another_gives(tmp_path, monkeypatch):
    # Its dropout differs from batch to batch, or the weights would be others; the last batch of
    # an epoch is smaller, and is not played back.
    played, calls = trained_in_float32(tmp_path / "played", 168), []
    monkeypatch.setattr(recording, "record", lambda job, images: calls.append(images.shape))
    plain = trained_in_float32(tmp_path / "plain", 168)
    assert calls == [(16, 3, 32, 32)]
    for name, value in plain.items():
        torch.testing.assert_close(played[name], value, rtol=1e-4, atol=1e-5, msg=name)


def test_in_half_the_bits_a_recorded_head_keeps_its_gradients_digits(tmp_path, monkeypatch):
    found = []

    def looked_at(*step):
        found.append(real(*step))
        found.append(step[1].net.head[-1].weight.grad.clone())
        return found[-2]

    real = loop.training_step
    monkeypatch.setattr(loop, "training_step", looked_at)
    loop.fit(net(), blobs(160), None, RECIPE, tmp_path, augment=FLIPS)
    assert all(not torch.equal(grad, grad.bfloat16().float()) for grad in found[1::2])


def test_what_cannot_be_recorded_is_said_and_trained_all_the_same(tmp_path, capsys):
    class Asks(nn.Module):
        """A network that waits for the GPU in each pass."""

        def __init__(self):
            super().__init__()
            self.net = net()

        def forward(self, images):
            return self.net(images) * float(images.float().mean() > 0)

    history = loop.fit(Asks(), blobs(160), None, RECIPE, tmp_path)
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert "are not recorded" in capsys.readouterr().out


def test_answers_agree_with_float32(tmp_path):
    trained, data = net(), blobs(96)
    loop.fit(trained, data, None, RECIPE, tmp_path)
    ours = torch.cat([logits for logits, _ in answers(trained, data, 32)])
    images, _ = data.tensors
    with torch.inference_mode():
        plain = trained.eval()(images.cuda())
    assert (ours.argmax(1) == plain.argmax(1)).float().mean() > 0.97


def test_a_batch_without_room_is_computed_in_pieces(tmp_path, capsys):
    device = devices.best_device()
    total = torch.cuda.get_device_properties(device).total_memory
    big = torch.randint(0, 256, (64, 3, 224, 224), dtype=torch.uint8)
    data = torch.utils.data.TensorDataset(big, torch.arange(64) % 3)
    recipe = Recipe("test", (Phase("adamw", 1e-3, 1),), batch_size=64)
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1.5 * 2**30 / total)
    try:
        torch.manual_seed(0)
        resnet = StreamNet("resnet50", 3, weights="none")
        (row,) = loop.fit(resnet, data, None, recipe, tmp_path)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert row["pieces"] > 1 and "batch norm sees one piece" in capsys.readouterr().out
