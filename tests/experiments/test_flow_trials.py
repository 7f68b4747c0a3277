"""Trials of the failure laboratory: trained once, scored, and compared with the working one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.experiments.samples import CLASSES, PLAN, scored
from twostream_lib import records
from twostream_lib.course import side_results
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.experiments import flow_setups, flow_trials
from twostream_lib.experiments.flow_setups import QUICK_SWITCHES, SETUPS, WORKING
from twostream_lib.fusion.scores import Scores
from twostream_lib.training import profiles
from twostream_lib.training.recipes import Phase, Recipe


def test_the_papers_optimiser_and_batch_are_two_switches():
    recipe = Recipe(
        "a test", (Phase("adamw", 3e-3, 16, "one-cycle"),), batch_size=32, weight_decay=0.05
    )
    recipe = replace(recipe, label_smoothing=0.1, backbone_lr_scale=0.3)
    sgd = flow_trials.recipe_of(replace(WORKING, optimiser="paper"), recipe)
    assert (sgd.batch_size, sgd.weight_decay) == (32, 0)
    assert sgd.phases == (Phase("sgd", 1e-2, WORKING.epochs),)
    assert (sgd.backbone_lr_scale, sgd.label_smoothing) == (1, 0)
    large = flow_trials.recipe_of(replace(WORKING, large_batch=True), recipe)
    assert (large.batch_size, large.weight_decay, large.phases[0].optimiser) == (128, 0.05, "adamw")


def test_a_trial_learns_is_kept_and_is_read_again(lab, monkeypatch):
    monkeypatch.setitem(flow_setups.SETUPS, "short", replace(WORKING, epochs=4))
    monkeypatch.setattr(flow_trials, "subsample", lambda data, seconds: data)
    trial = lab.trial("short")
    assert len(trial.history) == 4
    assert trial.result.n == 16 and trial.result.accuracy > 0.9
    assert trial.scores.part == "validation" and trial.steps == 4 * 4
    assert not list(lab.folder.rglob("*.pt"))
    monkeypatch.setattr(flow_trials.loop, "fit", None)  # nothing is trained again
    assert lab.trial("short").history == trial.history
    (left,) = lab.folder.glob(f"*/{side_results.SETUPS}")  # for the report
    assert records.read(left, "")["setups"] == {"short": "working"}


def test_of_few_windows_all_trials_make_as_many_times_more_steps(lab, monkeypatch, tmp_path):
    monkeypatch.setattr(profiles, "TRIAL_STEPS", 100)
    monkeypatch.setattr(flow_trials, "subsample", lambda data, seconds: data)
    monkeypatch.setitem(flow_setups.SETUPS, "shorter", replace(WORKING, epochs=2))
    few = replace(lab, folder=tmp_path)
    working, shorter = few.trial("working"), few.trial("shorter")
    assert (working.steps, len(working.history)) == (3 * 8 * 4, 3 * 8)
    assert (shorter.steps, len(shorter.history)) == (3 * 2 * 4, 3 * 2)
    many = replace(
        lab, train=lab.train.only(np.arange(24)), recipe=replace(lab.recipe, batch_size=1)
    )
    assert many.rounds == 1


def test_a_trial_on_other_labels_is_another_one(lab, monkeypatch, tmp_path):
    monkeypatch.setitem(flow_setups.SETUPS, "short", replace(WORKING, epochs=1))
    monkeypatch.setattr(flow_trials, "subsample", lambda data, seconds: data)
    first = replace(lab, folder=tmp_path)
    trial = first.trial("short")
    swapped = {"up": "down", "down": "up"}
    index = lab.train.store.index
    other_store = replace(lab.train.store, index=index.assign(label=index.label.map(swapped)))
    parts = [
        WindowDataset(other_store, np.isin(np.arange(40), data.places), "flow", CLASSES)
        for data in (lab.train, lab.valid)
    ]
    other = replace(first, train=parts[0], valid=parts[1]).trial("short")
    theirs, ours = other.scores, trial.scores
    assert (theirs.label != ours.label).all()
    assert not np.allclose(theirs.logits, ours.logits)


@pytest.mark.slow
def test_trials_side_by_side_are_those_one_after_the_other(lab, monkeypatch):
    monkeypatch.undo()  # other processes know nothing of fewer steps
    names = ["flip without negation", "3 fields"]
    trials = replace(lab, folder=lab.folder.with_name("beside")).trials(names)
    assert list(trials) == names
    by_name = replace(lab, folder=lab.folder.with_name("alone"))
    for name, trial in trials.items():
        alone = by_name.trial(name)
        assert trial.setup == alone.setup
        losses = [[row["train_loss"] for row in one.history] for one in (trial, alone)]
        assert losses[0] == pytest.approx(losses[1], rel=0.05, abs=1e-3)  # sums in another order
        np.testing.assert_array_equal(trial.scores.video, alone.scores.video)


def test_without_negation_a_stack_is_mirrored_as_a_picture_is(lab, monkeypatch):
    monkeypatch.setattr(flow_trials, "subsample", lambda data, seconds: data)
    wrong = replace(WORKING, epochs=4, flip_negates=False)
    monkeypatch.setitem(flow_setups.SETUPS, "mirror", wrong)
    seen = []

    def fit(net, train, valid, recipe, folder, seed, augment, name):
        images, _ = train[list(range(len(train)))]
        mirrored = augment(images, np.random.default_rng(0))
        seen.append((images, mirrored))
        folder.mkdir(parents=True)
        (folder / "history.json").write_text("[]")
        (folder / "last.pt").touch()

    monkeypatch.setattr(flow_trials.loop, "fit", fit)
    lab.trial("mirror")
    ((images, mirrored),) = seen
    pairs = list(zip(images, mirrored, strict=True))
    flipped = torch.tensor([torch.equal(after, before.flip(-1)) for before, after in pairs])
    kept = torch.tensor([torch.equal(after, before) for before, after in pairs])
    assert flipped.any() and kept.any() and (flipped | kept).all()


@pytest.mark.parametrize(("seconds", "n"), [(0.1, 1), (1.0, 1), (2.0, 2), (8.0, 8)])
def test_a_trial_takes_one_window_for_so_many_seconds(lab, seconds, n):
    assert lab.train.store.plan.step == 1
    assert (
        flow_trials.subsample(lab.train, seconds).places.tolist() == lab.train.places[::n].tolist()
    )


@pytest.mark.parametrize("windows", [500, 4_000, 9_700, 3_000_000])
def test_what_is_compared_makes_equally_many_steps_of_few_windows(windows):
    plan, recipe = (
        replace(PLAN, step=1),
        Recipe("a test", (Phase("adamw", 1e-3, 9),), batch_size=32),
    )

    def of(name):
        setup = SETUPS[name]
        every = flow_trials.each_so_many(windows, plan, setup.seconds_per_window)
        seen = len(range(0, windows, every))
        batch = flow_trials.recipe_of(setup, recipe).batch_size
        return seen, setup.epochs * seen / batch

    assert {of(name)[0] for name in SETUPS if SETUPS[name].network == "stream"} == {
        of("working")[0]
    }
    assert min(windows, 2_000) <= of("working")[0] <= 4_000
    for name in SETUPS:
        control = flow_setups.control_of(name)
        if name != "a quarter of the steps" and name not in flow_setups.TWINS:
            assert of(name)[1] == of(control)[1]


def test_of_many_clips_a_trial_sees_windows_at_equal_distances(lab, monkeypatch):
    monkeypatch.setattr(flow_trials, "TRIAL_WINDOWS", 10)
    seen = flow_trials.subsample(lab.train, 1.0).places
    assert seen.tolist() == lab.train.places[::3].tolist() and len(seen) == 8


def test_verdicts_tell_a_great_loss_from_luck():
    right = {name: np.arange(60) < 50 for name in SETUPS}
    right["no scaling"] = np.arange(60) < 20
    right["u and v averaged with each other"] = np.arange(60) < 48
    right["ReLU and dropout"] = np.arange(60) < 60
    right["batches of 128"] = np.arange(60) < 20
    right["a quarter of the steps"] = np.arange(60) < 20  # its control is as bad: even
    trials = {
        name: flow_trials.Trial(name, WORKING, [], scored(which)) for name, which in right.items()
    }
    table = flow_trials.verdicts(trials, QUICK_SWITCHES)
    assert list(table.index) == list(QUICK_SWITCHES)
    assert table.verdict["no scaling"] == flow_trials.MATTERED
    assert table.verdict["u and v averaged with each other"] == flow_trials.NO_DIFFERENCE
    assert table.verdict["a quarter of the steps"] == flow_trials.MATTERED
    assert table.verdict["batches of 128"] == flow_trials.NO_DIFFERENCE
    row = table.loc["ReLU and dropout"]
    assert (row.only_first, row.only_second, row.difference) == (10, 0, pytest.approx(1 / 6))
    assert row.verdict == flow_trials.BETTER
    assert (table.holm >= table.p_value).all() and (table.holm <= 1).all()


def test_twins_are_compared_with_each_other_alone():
    logits = np.array([[1, 0, 9], [0, 1, 9], [0, 2, 9], [5, 5, 0]], np.float32)
    labels, names = np.array([0, 0, 1, 2]), np.array(list("abcd"))
    zeros, kind = np.zeros(4, np.int64), np.full(4, "video-10")
    scores = Scores("x", logits, names, zeros, labels, kind, ("sit", "stand", "run"), "test")
    right, source = flow_trials.between_twins(scores, [("sit", "stand")])
    assert right.tolist() == [True, False, True] and source.tolist() == list("abc")


def test_a_setup_is_listed_with_its_control_and_what_differs():
    table = flow_trials.what_differs(["batches of 128", "working"])
    assert list(table["held against"]) == ["a quarter of the steps", "working"]
    assert list(table.iloc[:, 1]) == ["large_batch = True, epochs = 8", ""]


def test_a_table_has_each_setup_beside_its_control(finished):
    verdicts = flow_trials.verdicts(finished, ["softmax", "batches of 128"])
    table = flow_trials.beside_controls(finished, verdicts)
    row = table.loc["softmax"]
    assert (row.steps, row["last loss"], row["held against"]) == (60, "0.23", "working: 83.3 %")
    low, high = (
        100 * end for end in (finished["softmax"].result.low, finished["softmax"].result.high)
    )
    assert row.iloc[2] == f"50.0 ({low:.1f} to {high:.1f})"
    assert row.iloc[4].startswith("-33.3 (-") and row.verdict == flow_trials.MATTERED
    assert table.loc["batches of 128", "held against"] == "a quarter of the steps: 83.3 %"
