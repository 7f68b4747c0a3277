"""What a training reads, what it is judged on, and that nothing of it comes from the test part."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.joins.known import PAIR, STREAMS, beside
from tests.training.small import stopped_after
from twostream_lib.data import identity, order, store
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.fusion import scores
from twostream_lib.training import launch
from twostream_lib.training.recipes import Phase, Recipe

RECIPE = Recipe(
    "test",
    (Phase("sgd", 0.05, 3),),
    batch_size=8,
    label_smoothing=0.3,
    random_translation=3,
)
RECIPES = dict.fromkeys(STREAMS, RECIPE)
RECIPES["temporal-flow"] = replace(RECIPE, flow_magnitude_jitter=1.3)  # of flow alone


@pytest.fixture
def run(films, tmp_path):
    made = beside(films, tmp_path / "run")
    made.__dict__["recipes"] = made.recipes | RECIPES
    return made


@pytest.fixture
def read(monkeypatch):
    """The rows of the stores that were read since the list was emptied."""
    rows, true = [], store.Store.read

    def watch(self, places, *more):
        rows.append(self.index.iloc[places])
        return true(self, places, *more)

    monkeypatch.setattr(store.Store, "read", watch)
    return rows


def videos(rows):
    return set(np.concatenate([part.video for part in rows]))


@pytest.mark.parametrize("network", STREAMS)
def test_nothing_of_the_test_part_is_read_before_the_tested_network_is_there(run, read, network):
    net = run.new_stream(network)
    run.train(network, net)
    folds, all_of = run.limits.folds, set(run.limits.folds)
    assert videos(read) == all_of  # fold 0 is what it is watched by
    read.clear()
    other = run.new_stream(network)
    run.train(network, other, fold=1)
    assert videos(read) == {name for name in all_of if folds[name] != 1}
    read.clear()
    tested = run.final(network, net)
    assert videos(read) == all_of
    read.clear()
    scores.predict(network, tested, run.part(network, "test"), "test")
    tags = {tag for rows in read for tag in rows.tag}
    assert tags == {2} and not videos(read) & all_of


def test_training_and_validation_share_no_source_and_have_windows_of_one_protocol(run):
    for network in STREAMS:
        for fold in range(3):
            train = run.part(network, "train", fold=fold).rows
            held_out = run.part(network, "validation", fold=fold).rows
            assert not set(train.source) & set(held_out.source)
            assert set(train.protocol) == set(held_out.protocol) == {"window"}
            assert set(held_out.video) == run.limits.of_fold(fold)


@pytest.mark.parametrize("network", STREAMS)
def test_the_history_is_of_the_last_network_on_fold_0_without_smoothing_or_chance(run, network):
    net = run.new_stream(network)
    history = run.train(network, net)
    said = scores.predict(network, net, run.part(network, "validation"), "out-of-fold")
    logits, label = torch.from_numpy(said.logits), torch.from_numpy(said.label)
    last = history[-1]
    plain = functional.cross_entropy(logits, label).item()
    assert last["valid_loss"] == pytest.approx(plain, rel=1e-4)
    assert last["valid_accuracy"] == pytest.approx(
        (logits.argmax(1) == label).float().mean().item()
    )
    assert len(history) == RECIPE.epochs
    # Of networks that differ this would be another number: each epoch has moved the weights.
    assert len({row["valid_loss"] for row in history}) == RECIPE.epochs


def test_each_stream_is_augmented_as_what_it_sees(run, monkeypatch):
    given = {}

    def watch(net, train, valid, recipe, folder, *, augment, **_):
        given[folder.name] = (train.view, augment)
        return []

    monkeypatch.setattr(launch, "fit", watch)
    for network in STREAMS:
        run.train(network, run.new_stream(network))
    views = dict(zip(STREAMS, ("rgb", "sg3i", "flow"), strict=True))
    jitters = dict.fromkeys(STREAMS, 1.0) | {"temporal-flow": 1.3}
    assert given == {
        name: (view, Augmentation(view, 3, jitters[name])) for name, view in views.items()
    }


@pytest.mark.parametrize("network", PAIR)
def test_both_modes_show_pictures_of_one_kind_and_size_and_number_classes_alike(run, network):
    every, windows = run.frames(network), run.part(network, "train")
    images, labels = next(every.batches(4, 0, 0, workers=0))
    window, _ = windows[0]
    assert (images.shape[1:], images.dtype) == (window.shape, window.dtype)
    assert list(every.classes) == windows.classes and set(labels.tolist()) <= {0, 1, 2}


def test_the_sg3i_stream_of_a_run_sees_colour_alone_and_the_others_all(run):
    texture = torch.rand(1, 1, 32, 40).expand(-1, 3, -1, -1)  # gray, as what stands still
    for network, blind in (("spatial", False), ("temporal-sg3i", True)):
        net = run.new_stream(network)
        layers = net.backbone.modules()
        first = next(layer for layer in layers if isinstance(layer, torch.nn.Conv2d))
        assert (first(texture).abs().max().item() < 1e-5) == blind, network


def test_a_stopped_training_goes_on_through_the_run_to_the_same_network(run, tmp_path):
    whole = beside(run, tmp_path / "whole")
    nets = [whole.new_stream("spatial"), run.new_stream("spatial"), run.new_stream("spatial")]
    history = whole.train("spatial", nets[0])
    with stopped_after(1):
        run.train("spatial", nets[1])
    resumed = run.train("spatial", nets[2])
    assert identity.of_network(nets[2]) == identity.of_network(nets[0])
    assert [row["train_loss"] for row in resumed] == [row["train_loss"] for row in history]


def test_the_batches_of_an_epoch_are_drawn_by_the_runs_seed(run, read):
    """The order in which a run reads its windows follows from its seed and the epoch alone."""
    train = run.part("spatial", "train")
    run.train("spatial", run.new_stream("spatial"))
    steps = [part for part in read if set(part.video) <= set(train.videos)]
    first = np.concatenate([part.index for part in steps])[: len(train)]
    wanted = train.places[order.epoch(len(train), run.seed, 0)]
    assert first.tolist() == wanted.tolist()
