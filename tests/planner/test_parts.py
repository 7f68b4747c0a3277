"""What a run has to do, counted from its profile: beside counts by hand."""

from dataclasses import replace

import pytest

from twostream_lib.course.outlook import GAPS
from twostream_lib.experiments import flow_setups
from twostream_lib.planner.hours import Core, Machine, on_cards
from twostream_lib.planner.parts import memory, parts
from twostream_lib.planner.sets import HMDB51, KINETICS400
from twostream_lib.training import recipes
from twostream_lib.training.profiles import PROFILES

COLAB, LARGE = PROFILES["colab"], ("colab", "paper", "paper-mode1")
# Frames, and fields of flow, of a core in a second.
CORE = Core(looked=9_000, images=2_500, dense=4_000, fields=150, streamed=2_000)


def of(name, settings=COLAB, data=HMDB51):
    (part,) = [part for part in parts(settings, data) if part.name == name]
    return part


def test_a_streams_samples_are_epochs_times_windows_of_four_networks():
    """Three of folds, each of two thirds of the clips, and the one that is tested, of all."""
    recipe, windows = recipes.RECIPES[COLAB.recipes["spatial"]], HMDB51.windows_of_clip(COLAB.plan)
    spatial = of("training spatial")
    assert spatial.trained == pytest.approx((3 * 2 / 3 + 1) * recipe.epochs * 3_570 * windows)
    assert spatial.scored == pytest.approx(recipe.epochs / 3 * 3_570 * windows)  # of one alone
    scored = of("scoring spatial")  # all in fold, all out of fold
    assert scored.scored == pytest.approx(2 * 3_570 * windows + 1_530 * (windows + 11))


def test_the_networks_of_folds_are_counted():
    one, three = (
        of("training spatial", replace(COLAB, folds=5, trained_folds=count)) for count in (1, 3)
    )
    recipe, windows = recipes.RECIPES[COLAB.recipes["spatial"]], HMDB51.windows_of_clip(COLAB.plan)
    assert one.trained == pytest.approx(recipe.epochs * 0.8 * 3_570 * windows)
    assert one.trained == pytest.approx(recipe.epochs * recipes.HMDB51_WINDOWS, rel=0.03)
    # With more than one, a further network learns from all clips: a fifth more than each of them.
    assert three.trained == pytest.approx((3 + 1 / 0.8) * one.trained)
    assert three.kept == pytest.approx(4 * one.kept)
    assert three.scored == one.scored


def test_epochs_on_all_training_clips_are_counted(monkeypatch):
    single = replace(COLAB, trained_folds=1)
    before = of("training spatial", single)
    longer = replace(recipes.RECIPES["tune-spatial"], retrain_epochs=4)
    monkeypatch.setitem(recipes.RECIPES, "tune-spatial", longer)
    after = of("training spatial", single)
    more = 4 * 3_570 * HMDB51.windows_of_clip(COLAB.plan)
    assert after.trained - before.trained == pytest.approx(more)
    assert after.kept == 2 * before.kept and after.scored == before.scored


def test_a_network_of_both_streams_costs_what_both_cost():
    windows = HMDB51.windows_of_clip(COLAB.plan)
    epochs = {name: recipes.RECIPES[COLAB.recipes[name]].epochs for name in ("joint", "features")}
    joint, features = of("training joint"), of("training features")
    assert joint.trained == pytest.approx(2 * epochs["joint"] * 3_570 * windows)
    assert (joint.scored, features.trained) == (0, 0)  # whose backbones stay as they are
    assert features.scored == pytest.approx(2 * epochs["features"] * 3_570 * windows)
    assert joint.kept == pytest.approx(2 / 4 * of("training spatial").kept)
    assert of("scoring joint").scored == pytest.approx(2 * 1_530 * (windows + 11))


def test_all_gaps_are_trained():
    plan, recipe = COLAB.dense_plan, recipes.RECIPES[COLAB.recipes["gap-sweep"]]
    samples = GAPS * recipe.epochs * 2 / 3 * 3_570 * HMDB51.windows_of_clip(plan)
    assert of("the gaps").trained == pytest.approx(samples * (112 / 224) ** 2, rel=0.07)


def test_mode_1_decodes_every_frame_in_each_epoch():
    settings = PROFILES["paper-mode1"]
    spatial = of("training spatial", settings)
    frames = 4 / 5 * (3_570 + 1_666) * HMDB51.frames_of_clip
    epochs = recipes.RECIPES[settings.recipes["spatial"]].epochs
    assert spatial.streamed == spatial.trained == pytest.approx(epochs * frames)
    assert of("training temporal-flow", settings).streamed == 0
    assert all(part.streamed == 0 for part in parts(PROFILES["paper"], HMDB51))


def test_the_network_that_is_tested_learns_from_every_frame_too_in_mode_1():
    settings = replace(PROFILES["paper-mode1"], trained_folds=3)
    spatial = of("training spatial", settings)
    frames = (3_570 + 1_666) * HMDB51.frames_of_clip
    epochs = recipes.RECIPES[settings.recipes["spatial"]].epochs
    assert spatial.streamed == spatial.trained == pytest.approx((3 * 4 / 5 + 1) * epochs * frames)


def test_stores_are_as_large_as_their_windows():
    windows = 5_100 * HMDB51.windows_of_clip(COLAB.plan) + 11 * 1_530
    assert of("the store of images").disk == pytest.approx(windows * 6 * 224 * 224)
    assert of("the store of images").images == pytest.approx(5_100 * HMDB51.frames_of_clip)
    flow = of("the store of flow")
    assert flow.disk == pytest.approx(windows * COLAB.flow_plan.window_bytes)
    assert 3_570 * 33 + 1_530 * 90 < flow.fields < 5_100 * HMDB51.frames_of_clip
    assert 0 < of("the store of gray frames").disk < of("the store of images").disk


def test_stores_lie_on_the_machine_and_checkpoints_in_the_run_folder():
    for part in parts(COLAB, HMDB51):
        assert part.anew == (part.group in ("clips", "stores")), part.name
        assert not (part.disk and part.kept)
        assert bool(part.meanwhile) == (part.group in ("streams", "gaps", "laboratory"))
    weights = 25e6  # of ResNet-50 with its head
    assert of("training spatial").kept == pytest.approx(4 * 4 * weights, rel=0.05)
    assert of("training spatial").meanwhile == pytest.approx(3 * 3 * 4 * weights, rel=0.05)


def test_a_part_needs_only_what_was_made_before_it():
    there = set()
    for part in parts(COLAB, HMDB51):
        assert there >= set(part.needs), part.name
        there.add(part.name)


@pytest.mark.parametrize("name", LARGE)
def test_the_laboratory_takes_a_third_of_a_run_at_most(name):
    every = parts(PROFILES[name], HMDB51)
    (lab,) = [part for part in every if part.group == "laboratory"]
    for machine in (Machine(2, CORE, 3, 9), *on_cards(CORE).values()):
        whole = sum(machine.seconds(part) for part in every)
        computed = sum(machine.seconds(part) for part in every if part.trained)
        assert machine.seconds(lab) <= whole / 3
        assert machine.seconds(lab) <= computed / 3  # of the trainings alone, too


def test_a_laboratory_of_all_windows_and_whole_fields_would_take_more(monkeypatch):
    one = replace(COLAB, trained_folds=1)
    t4, lab = on_cards(CORE)["T4"], of("the laboratory", one)
    monkeypatch.setattr("twostream_lib.experiments.flow_trials.TRIAL_WINDOWS", 10**9)
    whole = replace(one, flow_plan=replace(one.flow_plan, size=COLAB.flow_seen_at))
    (larger,) = [part for part in parts(whole, HMDB51) if part.name == lab.name]
    rest = sum(t4.seconds(part) for part in parts(one, HMDB51) if part.name != lab.name)
    assert t4.seconds(larger) > rest / 2 > t4.seconds(lab)  # more than a third of the whole


def test_every_setup_is_counted(monkeypatch):
    before = of("the laboratory").trained
    more = (*flow_setups.QUICK, "3 fields")
    monkeypatch.setattr("twostream_lib.planner.parts.QUICK", more)
    assert of("the laboratory").trained > 1.05 * before


def test_a_data_set_of_more_clips_costs_as_many_times_as_much():
    twice = replace(
        HMDB51,
        train=2 * HMDB51.train,
        test=2 * HMDB51.test,
        unused=2 * HMDB51.unused,
        frames=2 * HMDB51.frames,
        archive=2 * HMDB51.archive,
    )
    for one, other in zip(parts(COLAB, HMDB51), parts(COLAB, twice), strict=True):
        if one.group in ("clips", "stores", "streams", "gaps"):
            for unit in ("fetched", "looked", "images", "fields", "trained", "scored", "disk"):
                assert getattr(other, unit) == pytest.approx(2 * getattr(one, unit)), one.name


def test_memory_of_kinetics():
    found = memory(PROFILES["paper-mode1"], KINETICS400)
    assert found["plan of mode 1"] == pytest.approx(20 * 4 / 5 * 240_436 * 300)
    windows = 260_232 * KINETICS400.windows_of_clip(COLAB.plan) + 11 * 19_796
    assert found["index of a store"] == pytest.approx(40 * windows)
