"""Streams without the course's additions: each differs from the run's own in what its name says."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from tests.conftest import one_epoch
from twostream_lib import course
from twostream_lib.course.run import Run
from twostream_lib.errors import CannotBeHad
from twostream_lib.experiments import plain
from twostream_lib.training.recipes import RECIPES


@pytest.fixture
def run(moving_films, small_profile, tmp_path):
    return course.configure(videos=str(moving_films / "videos"), runs=str(tmp_path / "run"))


@pytest.fixture
def fitted(monkeypatch):
    """What was trained: the network's name, the network as it began, its data, and its recipe."""
    seen, fit = [], Run.fit

    def watched(self, network, net, train, valid, folder, recipe=None):
        begun = {name: value.clone() for name, value in net.state_dict().items()}
        seen.append((network, begun, train, valid, folder, recipe or self.recipe(network)))
        return fit(self, network, net, train, valid, folder, recipe)

    monkeypatch.setattr(Run, "fit", watched)
    return seen


def first_layer(net):
    return next(module for module in net.modules() if isinstance(module, nn.Conv2d))


def test_it_differs_from_the_tested_stream_in_its_first_layer_alone(run, fitted):
    own = run.new_stream(plain.SG3I)
    run.final(plain.SG3I, own)
    said = plain.first_layer(run)
    (network, begun, train, valid, place, recipe), of_plain = fitted
    assert of_plain[0] == network == plain.SG3I and of_plain[5] == recipe
    assert valid is of_plain[3] is None and place != of_plain[4]
    assert of_plain[2].identity == train.identity  # all training clips, as SG3I
    assert parametrize.is_parametrized(first_layer(own))
    raw = {
        name.replace("parametrizations.weight.original", "weight"): begun[name] for name in begun
    }
    assert raw.keys() == of_plain[1].keys()
    differ = {name for name in raw if not torch.equal(raw[name], of_plain[1][name])}
    assert differ == set()  # from the same seed the same weights: one of them sees them less a mean
    assert said.part == "test" and set(said.video) == set(run.part(plain.SG3I, "test").rows.video)


def test_a_plain_layer_answers_to_what_stands_still(run, fitted):
    plain.first_layer(run)
    layer = next(weight for name, weight in fitted[0][1].items() if name.startswith("backbone."))
    assert layer.shape[1] == 3 and layer.sum(1).abs().max() > 1e-3


def test_it_is_trained_once(run, monkeypatch):
    first = plain.first_layer(run)
    again = plain.first_layer(run)
    torch.testing.assert_close(torch.tensor(first.logits), torch.tensor(again.logits))
    history = (run.checkpoint("plain-first-layer") / "history.json").read_text()
    assert history.count('"epoch"') == sum(p.epochs for p in run.recipe(plain.SG3I).phases)


def test_a_run_that_starts_from_weights_has_no_other_first_layer(run):
    with pytest.raises(CannotBeHad, match="its first layer is plain"):
        plain.first_layer(replace(run, weights="imagenet"))
    assert not run.checkpoint("plain-first-layer").exists()


@pytest.mark.parametrize("network", ["spatial", "temporal-sg3i", "temporal-flow"])
def test_a_plain_fine_tune_learns_from_all_training_clips_with_nothing_frozen(
    run, fitted, network, monkeypatch, tmp_path
):
    monkeypatch.setitem(RECIPES, "plain-tune", one_epoch())
    torch.save(run.new_stream("spatial").backbone.state_dict(), tmp_path / "weights.pth")
    tuned = replace(run, weights=str(tmp_path / "weights.pth"))
    said = plain.fine_tuned(tuned, network)
    ((_, begun, train, valid, place, recipe),) = fitted
    fresh = tuned.new_stream(network).state_dict()
    assert all(torch.equal(weight, fresh[name]) for name, weight in begun.items())
    assert train.identity == tuned.part(network, "train+validation").identity and valid is None
    assert recipe is RECIPES["plain-tune"] and place != tuned.checkpoint(network)
    assert set(said.video) == set(tuned.part(network, "test").rows.video)


def test_the_control_of_recipes_is_one_phase_at_one_rate():
    recipe = RECIPES["plain-tune"]
    assert len(recipe.phases) == 1 and recipe.backbone_lr_scale == 1
    assert (recipe.freeze_fraction, recipe.partial_bn, recipe.retrain_epochs) == (0, False, 0)
    assert recipe.random_translation == 0 and recipe.flow_magnitude_jitter == 1


def test_random_weights_cannot_be_tuned(run):
    with pytest.raises(CannotBeHad, match="nothing to fine-tune"):
        plain.fine_tuned(run, "spatial")
