"""Both streams as one network: the same windows and steps as its control, and no test clip."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.conftest import one_epoch
from twostream_lib import course
from twostream_lib.course.judges import PAIR
from twostream_lib.course.run import Run
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.errors import InputError
from twostream_lib.experiments import joint
from twostream_lib.fusion import score_files, scores
from twostream_lib.models.two_stream import TwoStreamNet
from twostream_lib.training.recipes import RECIPES


@pytest.fixture(scope="module")
def short():
    """Recipes that take a moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECIPES, "quick-joint", replace(one_epoch(), backbone_lr_scale=0.3))
        patch.setitem(RECIPES, "quick-features", replace(one_epoch(), freeze_fraction=1.0))
        yield


@pytest.fixture
def run(moving_films, small_profile, short, tmp_path):
    return course.configure(videos=str(moving_films / "videos"), runs=str(tmp_path / "run"))


@pytest.fixture
def fitted(monkeypatch):
    """What was trained, by the folder's name: the network, its data, and its recipe."""
    seen, fit = {}, Run.fit

    def watched(self, network, net, train, valid, folder, recipe=None):
        seen[folder.name] = net, train, valid, recipe or self.recipe(network)
        return fit(self, network, net, train, valid, folder, recipe)

    monkeypatch.setattr(Run, "fit", watched)
    return seen


@pytest.mark.parametrize("part", ["train", "validation", "train+validation", "test"])
def test_a_window_is_a_frame_and_the_sg3i_around_it(run, part):
    both, one, other = joint.part_of(run, part), *(run.part(name, part) for name in PAIR)
    assert both.rows.equals(one.rows) and both.rows.equals(other.rows)
    (seen, labels), (rgb, same), (sg3i, _) = (
        data[list(range(len(data)))] for data in (both, one, other)
    )
    torch.testing.assert_close(seen, torch.cat([rgb, sg3i], 1), rtol=0, atol=0)
    assert torch.equal(labels, same) and both.view == "both"


def test_mirrored_and_moved_both_halves_go_together(run):
    """Or the person would run out of the picture of his motion."""
    both = joint.part_of(run, "train")
    images, _ = both[list(range(8))]
    augment = Augmentation(both.view, random_translation=5)
    halves = [
        augment(some, np.random.default_rng(3)) for some in (images, images[:, :3], images[:, 3:])
    ]
    assert torch.equal(halves[0], torch.cat(halves[1:], 1)) and not torch.equal(halves[0], images)


@pytest.mark.parametrize("network", joint.NETWORKS)
def test_it_is_trained_on_all_training_clips_and_no_test_clip(run, fitted, network):
    said = joint.score(run, network)
    net, train, valid, recipe = fitted[network]
    assert isinstance(net, TwoStreamNet) and valid is None and recipe == run.recipe(network)
    assert train.rows.equals(run.part("spatial", "train+validation").rows)
    assert 2 not in set(train.rows.tag)
    tests = run.part("spatial", "test")
    np.testing.assert_array_equal(said.video, tests.videos)
    np.testing.assert_array_equal(said.protocol, tests.rows.protocol)
    assert said.part == "test" and said.network == network


def test_it_starts_from_the_streams_that_are_tested_and_leaves_them_alone(run, fitted):
    before = [joint.tested_stream(run, name).state_dict() for name in PAIR]
    joint.trained(run, "joint")
    after = [joint.tested_stream(run, name).state_dict() for name in PAIR]
    for old, new in zip(before, after, strict=True):
        assert all(torch.equal(weight, new[name]) for name, weight in old.items())
    for name, wanted in zip(PAIR, before, strict=True):
        tested = run.final(name, run.new_stream(name)).state_dict()  # read from its checkpoint
        assert all(torch.equal(weight, tested[key]) for key, weight in wanted.items())


def test_the_features_stay_as_the_streams_made_them_and_joint_training_moves_them(run):
    streams = [joint.tested_stream(run, name) for name in PAIR]
    moved = {}
    for network in joint.NETWORKS:
        net = joint.trained(run, network)
        moved[network] = [
            not torch.equal(weight.cpu(), dict(stream.backbone.named_parameters())[name].cpu())
            for part, stream in zip(("spatial", "temporal"), streams, strict=True)
            for name, weight in net.backbone[part].named_parameters()
        ]
    assert not any(moved["features"]) and all(moved["joint"])


def test_scores_are_kept_in_the_run_and_read_again(run, monkeypatch):
    said = joint.score(run, "joint")
    file = run.scores_file("joint")
    read = score_files.load_part(file, "test", run.classes, run.made_by)
    for name in scores.ROWS:
        np.testing.assert_array_equal(getattr(read, name), getattr(said, name))
    monkeypatch.setattr(Augmentation, "draw", None)  # which each batch of a training needs
    again = joint.score(run, "joint")
    np.testing.assert_array_equal(again.logits, said.logits)
    with pytest.raises(InputError, match="not of this run"):
        score_files.load_part(file, "test", run.classes, run.made_by | {"seed": 1})


@pytest.mark.parametrize("network", PAIR)
def test_the_control_makes_as_many_steps_on_the_same_clips_by_the_same_recipe(run, fitted, network):
    joint.trained(run, "joint")
    said = joint.trained_on(run, network)
    _, both, _, recipe = fitted["joint"]
    net, train, valid, of_control = fitted[f"{network}-trained-on"]
    assert of_control == recipe and valid is None
    assert train.rows.equals(both.rows) and train.view == run.view_of(network)
    assert said.part == "test" and len(said) == len(run.part(network, "test"))
    start = joint.tested_stream(run, network).state_dict()
    assert any(
        not torch.equal(weight.cpu(), start[name].cpu())
        for name, weight in net.state_dict().items()
    )


def test_what_a_stream_had_frozen_learns_in_the_control_as_in_joint_training(run, monkeypatch):
    frozen = replace(one_epoch(retrain_epochs=1), freeze_fraction=0.75)
    monkeypatch.setitem(RECIPES, "quick-spatial", frozen)
    monkeypatch.setitem(RECIPES, "quick-temporal", frozen)
    seen, fit = {}, Run.fit

    def watched(self, network, net, train, valid, folder, recipe=None):
        seen[folder.name] = {name for name, one in net.named_parameters() if one.requires_grad}
        return fit(self, network, net, train, valid, folder, recipe)

    streams = [joint.tested_stream(run, name) for name in PAIR]
    monkeypatch.setattr(Run, "fit", watched)
    joint.trained_on(run, "spatial")
    assert seen["spatial-trained-on"] == {name for name, _ in streams[0].named_parameters()}
