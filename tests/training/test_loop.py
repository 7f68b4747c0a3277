"""The training loop: it learns, and its step is torch's."""

import math

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from tests.training.small import RECIPE, blobs, stream_net
from twostream_lib.errors import InputError
from twostream_lib.models.stream import StreamNet
from twostream_lib.training import devices, loop
from twostream_lib.training.precision import Precision
from twostream_lib.training.recipes import Phase, Recipe


def test_one_batch_can_be_overfitted(tmp_path):
    torch.manual_seed(0)
    images = torch.randint(0, 256, (16, 3, 48, 48), dtype=torch.uint8)
    data = TensorDataset(images, torch.arange(16) % 4)
    net = StreamNet("resnet8", 4, weights="none")
    recipe = Recipe("test", (Phase("adamw", 3e-3, 30),), batch_size=16)
    history = loop.fit(net, data, data, recipe, tmp_path)
    assert history[-1]["train_loss"] < 0.3 < 1 < history[0]["train_loss"]


def test_evaluate_agrees_with_torch():
    data, net = blobs(n=20), stream_net().eval()
    images, labels = data.tensors
    with torch.inference_mode():
        logits = net(images)
    measured = loop.evaluate(net, data, batch_size=7)
    assert measured["loss"] == pytest.approx(nn.functional.cross_entropy(logits, labels).item())
    assert measured["accuracy"] == pytest.approx((logits.argmax(1) == labels).float().mean().item())


def test_nothing_to_train_or_test_on_is_said_before_any_work(tmp_path):
    data, nothing, net = blobs(n=20), blobs(n=0), stream_net()
    for train, valid in ((nothing, data), (data, nothing)):
        with pytest.raises(InputError, match="no sample"):
            loop.fit(net, train, valid, RECIPE, tmp_path)
    with pytest.raises(InputError, match="no sample"):
        loop.evaluate(net, nothing)
    assert not list(tmp_path.iterdir())


# --- a training that diverges --------------------------------------------------------------------


class Gauge(nn.Module):
    """Logits `[N, 2]` of numbers `[N, 1]`, by a weight that starts at one."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, numbers):
        return self.weight * torch.cat([numbers, -numbers], dim=1)


def numbers(*values):
    return TensorDataset(torch.tensor(values)[:, None], torch.arange(len(values)) % 2)


def steps_of(*rates):
    return Recipe("test", tuple(Phase("sgd", lr, 1) for lr in rates), batch_size=2)


def test_a_loss_that_is_not_finite_ends_the_training_in_its_step(tmp_path):
    wrong = torch.ones(4, dtype=torch.int64)  # so that the first step is a long one
    data = TensorDataset(torch.tensor([[1.0], [2.0], [3.0], [4.0]]), wrong)
    words = (
        r"training of gauge diverged in epoch 1, after 1 of its 2 steps, at .* 1e\+38, as its tr"
    )
    with pytest.raises(InputError, match=words) as said:
        loop.fit(Gauge(), data, data, steps_of(1e38, 0.1), tmp_path, name="gauge")
    assert "lower the learning rate" in str(said.value) and "last.pt" not in str(said.value)
    assert not list(tmp_path.iterdir())


def test_the_checkpoint_before_is_kept_and_says_the_same_again(tmp_path):
    data, recipe = numbers(1.0, 2.0, 3.0, 4.0), steps_of(0.01, 1e38)
    for _ in range(2):  # the second time it goes on after the first epoch
        with pytest.raises(
            InputError, match=r"diverged in epoch 2, .*last\.pt is from before that"
        ):
            loop.fit(Gauge(), data, data, recipe, tmp_path)
        saved = torch.load(tmp_path / "last.pt", weights_only=True)
        assert len(saved["history"]) == 1 and torch.isfinite(saved["net"]["weight"])
        assert "NaN" not in (tmp_path / "history.json").read_text()


def test_weights_that_the_last_step_of_an_epoch_spoilt_are_not_kept(tmp_path):
    data = numbers(1e3, 2e3)
    with pytest.raises(
        InputError, match=r"after 1 of its 1 steps.* values in weight are NaN or inf"
    ):
        loop.fit(Gauge(), data, data, steps_of(1e38), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_validation_loss_that_is_not_finite_is_no_row_of_the_history(tmp_path):
    data = numbers(1.0, 2.0)
    with pytest.raises(InputError, match="its validation loss is nan"):
        loop.fit(Gauge(), data, numbers(1.0, torch.inf), steps_of(0.01), tmp_path)
    assert not list(tmp_path.iterdir())


def test_of_answers_that_are_no_numbers_no_accuracy_is_told():
    net = Gauge()
    nn.init.constant_(net.weight, torch.nan)
    measured = loop.evaluate(net, numbers(1.0, 2.0, 3.0))
    assert math.isnan(measured["loss"]) and math.isnan(measured["accuracy"])


# --- the step --------------------------------------------------------------------------------


class Slopes(nn.Module):
    """Logits `[N, 2]` that are the inputs times two weights."""

    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.zeros(1, 2))

    def forward(self, images):
        return images * self.slope


class TwoSlopes(nn.Module):
    """The sum of two, of which one is the backbone."""

    def __init__(self):
        super().__init__()
        self.backbone, self.head = Slopes(), Slopes()

    def forward(self, images):
        return self.backbone(images) + self.head(images)


@pytest.mark.parametrize("pieces", [1, 2, 3, 8])
def test_a_step_goes_down_the_gradient_of_the_smoothed_cross_entropy(pieces):
    torch.manual_seed(0)
    net, images, labels = nn.Linear(5, 3), torch.randn(8, 5), torch.arange(8) % 3
    before = net.weight.detach().clone()
    probabilities = torch.softmax(net(images).detach(), 1)
    wanted = 0.9 * nn.functional.one_hot(labels, 3) + 0.1 / 3
    gradient = (probabilities - wanted).T @ images / 8
    logits, losses = loop.training_step(
        devices.accelerator(Precision("float32")),
        net,
        torch.optim.SGD(net.parameters(), lr=0.5),
        images,
        labels,
        torch.full((8,), 1 / 8),
        Recipe("test", (), label_smoothing=0.1),
        pieces,
    )
    torch.testing.assert_close(net.weight.detach(), before - 0.5 * gradient)
    torch.testing.assert_close(torch.softmax(logits, 1), probabilities)
    torch.testing.assert_close(losses, -(wanted * probabilities.log()).sum(1))


def test_each_batch_has_the_learning_rate_of_its_place_in_the_phase(tmp_path):
    """Where the gradient stays the same, AdamW moves each weight by the learning rate."""
    rising, constant = Phase("adamw", 1e-4, 2, "one-cycle"), Phase("adamw", 5e-5, 1)
    recipe = Recipe("test", (rising, constant), batch_size=4, backbone_lr_scale=0.1)
    data = TensorDataset(torch.ones(12, 2), torch.zeros(12, dtype=torch.int64))
    net = TwoSlopes()
    loop.fit(net, data, None, recipe, tmp_path)
    way = sum(rising.lr_at(batch / 6) for batch in range(6)) + 3 * constant.lr
    moved = net.head.slope.detach().cpu()
    torch.testing.assert_close(moved, torch.tensor([[way, -way]]), rtol=1e-3, atol=0)
    torch.testing.assert_close(net.backbone.slope.detach().cpu(), moved / 10)


@pytest.mark.parametrize(("limit", "moved"), [(0.0, 200.0), (20.0, 20.0), (1000.0, 200.0)])
def test_a_huge_gradient_is_clipped(tmp_path, limit, moved):
    """At a learning rate of 1, the first step of SGD is as long as the gradient."""
    net = Slopes()
    # Two even logits of class 0: the loss has the slopes -1/2 and 1/2 by them, times the input.
    data = TensorDataset(torch.full((4, 2), 400 / 2**0.5), torch.zeros(4, dtype=torch.int64))
    recipe = Recipe("test", (Phase("sgd", 1.0, 1),), batch_size=4, grad_clip_norm=limit)
    loop.fit(net, data, None, recipe, tmp_path)
    assert net.slope.norm().item() == pytest.approx(moved, rel=1e-4)
