"""Settings are chosen on sources that a fusion did not learn from, and never on test clips."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.svm import LinearSVC

from tests.fusion.samples import random_scores
from twostream_lib import fusion
from twostream_lib.errors import InputError
from twostream_lib.fusion import averages, choosing, fusenet, linear_svm, temperature
from twostream_lib.fusion.scores import with_logits

PAIR = ("spatial", "temporal-sg3i")


@pytest.fixture(autouse=True)
def short_sweep(monkeypatch):
    """Some of FuseNet's settings, of each kind: all of them take seconds."""
    monkeypatch.setattr(fusenet, "SWEEP", fusenet.SWEEP[::7])


def streams(seed=0, videos=60, strength=1.0, part="out-of-fold", names=PAIR):
    """Scores of two streams; three videos in a row are of one source."""
    made = [
        random_scores(name, videos=videos, strength=strength, seed=seed + n, part=part)
        for n, name in enumerate(names)
    ]
    source = np.array([f"s{int(video[1:-4]) // 3}" for video in made[0].video])
    return [replace(scores, source=source) for scores in made]


def test_no_source_is_on_both_sides_and_each_is_held_out_once():
    given, seen = streams(), []

    def learn(some, setting):
        learned = set(some[0].source)

        def rule(asked):
            assert not learned & set(asked[0].source)
            seen.extend(set(asked[0].source))
            return asked[0]

        return rule

    choosing.best_setting(["one", "other"], learn, given)
    assert sorted(seen) == sorted([*set(given[0].source)] * 2)


def test_the_cost_is_the_one_that_scikit_learns_search_finds():
    given = streams(strength=0.6)
    found = choosing.best_setting(
        linear_svm.COSTS,
        lambda some, cost: (
            lambda asked: with_logits(
                asked,
                LinearSVC(C=cost, random_state=0)
                .fit(linear_svm.stacked(some), some[0].label)
                .decision_function(linear_svm.stacked(asked)),
                "svm",
            )
        ),
        given,
    )
    search = GridSearchCV(
        LinearSVC(random_state=0),
        {"C": list(linear_svm.COSTS)},
        cv=StratifiedGroupKFold(choosing.FOLDS, shuffle=True, random_state=0),
    ).fit(linear_svm.stacked(given), given[0].label, groups=given[0].source)
    assert found == search.best_params_["C"]


def test_with_one_source_there_is_nothing_to_hold_out_and_the_first_is_taken():
    given = [replace(scores, source=np.full(len(scores), "one")) for scores in streams()]
    assert choosing.best_setting([3, 5], lambda some, setting: pytest.fail(), given) == 3


LEARNED = sorted(fusion.FUSIONS.keys() - {"average", "product"})


@pytest.mark.parametrize("name", LEARNED)
def test_no_fusion_learns_from_test_clips(name):
    with pytest.raises(InputError, match="never from test clips"):
        fusion.FUSIONS[name](streams(part="test"), 0)


def test_no_temperature_is_chosen_on_test_clips():
    with pytest.raises(InputError, match="never from test clips"):
        temperature.temperature(random_scores())


@pytest.mark.parametrize("name", list(fusion.FUSIONS))
@pytest.mark.parametrize("count", [2, 3])
def test_every_fusion_takes_any_number_of_streams_and_loses_nothing_by_them(name, count):
    names = ("spatial", "temporal-sg3i", "temporal-flow")[:count]
    learned, asked = streams(names=names, videos=120), streams(9, names=names, part="test")
    fused = fusion.FUSIONS[name](learned, 0)(asked)
    assert fused.network == name and fused.part == "test"
    assert fused.logits.shape == asked[0].logits.shape and np.isfinite(fused.logits).all()
    alone = [(one.logits.argmax(1) == one.label).mean() for one in asked]
    assert (fused.logits.argmax(1) == fused.label).mean() > max(alone)


# What each learned fusion chooses, where: the module and the function that says it.
CHOICES = {
    "average-calibrated": (temperature, "temperature"),
    "fusenet-tuned": (fusenet, "sweep"),
    "per-class": (averages, "best_setting"),
    "svm": (linear_svm, "best_setting"),
    "weighted": (averages, "_share_right"),
}


@pytest.mark.parametrize("name", LEARNED)
def test_noise_in_place_of_the_labels_of_test_clips_changes_no_choice(name, monkeypatch):
    """Weight, weights of classes, temperature, C and the sweep's setting, each with its answers."""
    module, function = CHOICES.get(name, (choosing, "require_choice"))
    chosen, plain = [], getattr(module, function)
    monkeypatch.setattr(module, function, lambda *given: chosen.append(plain(*given)) or chosen[-1])
    learned, asked = streams(), streams(9, part="test")
    noise = np.random.default_rng(0).integers(0, 4, len(asked[0]))
    said, choices = [], []
    for label in (asked[0].label, noise):
        test = [replace(scores, label=label) for scores in asked]
        said.append(fusion.FUSIONS[name](learned, 0)(test).logits)
        choices.append([str(choice) for choice in chosen])
        chosen.clear()
    assert np.array_equal(*said)
    assert choices[0] == choices[1] and (choices[0] or name not in CHOICES)


def test_every_choice_is_looked_at():
    assert set(LEARNED) - CHOICES.keys() == {"fusenet", "fusenet-linear"}  # these choose nothing


@pytest.mark.parametrize("name", list(fusion.FUSIONS))
def test_the_labels_of_what_is_asked_change_no_answer(name):
    learned, asked = streams(), streams(9, part="test")
    noise = np.random.default_rng(0).integers(0, 4, len(asked[0]))
    wrong = [replace(scores, label=noise) for scores in asked]
    said, again = (fusion.FUSIONS[name](learned, 0)(these) for these in (asked, wrong))
    assert np.array_equal(said.logits, again.logits)


@pytest.mark.parametrize("name", list(fusion.FUSIONS))
def test_the_same_seed_gives_the_same_fusion(name):
    one, other = (fusion.FUSIONS[name](streams(), 4)(streams(9, part="test")) for _ in range(2))
    assert np.array_equal(one.logits, other.logits)


def test_with_one_window_of_each_class_there_is_nothing_to_hold_out():
    few = [scores.rows([0, 3, 6, 9]) for scores in streams()]
    assert sorted(few[0].label) == [0, 1, 2, 3]
    for name in fusion.FUSIONS:
        fused = fusion.FUSIONS[name](few, 0)(streams(9, part="test"))
        assert np.isfinite(fused.logits).all()


def test_a_machine_that_is_shown_one_class_says_so():
    one = [scores.rows(scores.label == 2) for scores in streams()]
    with pytest.raises(InputError, match="all windows are of one"):
        fusion.svm(one)


def of_another_split(scores):
    other = np.array([f"w{video[1:]}" for video in scores.video])
    return replace(scores, video=other, source=other)


UNLIKE = {
    "split": (of_another_split, "row 1 has video v0.avi in the first, w0.avi in the others"),
    "classes": (
        lambda scores: replace(scores, classes=("class0", "class2", "class1", "class3")),
        "where the first have the class class1, the others have class2",
    ),
    "protocol": (
        lambda scores: replace(scores, protocol=np.full(len(scores), "25x10")),
        "row 1 has protocol video-10 in the first, 25x10 in the others",
    ),
    "videos": (
        lambda scores: scores.rows(scores.video != "v7.avi"),
        "the first are of 180 windows, the others of 177",
    ),
    "order of videos": (
        lambda scores: scores.rows(np.r_[3:6, 0:3, 6 : len(scores)]),
        "row 1 has video v0.avi in the first, v1.avi in the others",
    ),
    "part": (
        lambda scores: replace(scores, part="in-fold"),
        "the first are of the test part, the others of the in-fold part",
    ),
}


@pytest.mark.parametrize("unlike", list(UNLIKE))
@pytest.mark.parametrize("name", list(fusion.FUSIONS))
def test_scores_that_are_unlike_are_not_fused_and_the_first_difference_is_named(name, unlike):
    change, said = UNLIKE[unlike]
    first, second = streams(9, part="test")
    with pytest.raises(InputError, match=said):
        rules(name)([first, change(second)])


@pytest.mark.parametrize("unlike", list(UNLIKE))
@pytest.mark.parametrize("name", LEARNED)
def test_nothing_is_learned_from_scores_that_are_unlike(name, unlike):
    change, said = UNLIKE[unlike]
    first, second = streams()
    with pytest.raises(InputError, match=said.replace("the test part", "the out-of-fold part", 1)):
        fusion.FUSIONS[name]([first, change(second)], 0)


@cache
def rules(name):
    return fusion.FUSIONS[name](streams(), 0)


@pytest.mark.parametrize("name", LEARNED)
def test_what_was_learned_is_not_asked_about_other_classes_or_streams(name):
    asked = streams(9, part="test")
    others = [replace(scores, classes=("class0", "a", "b", "c")) for scores in asked]
    with pytest.raises(InputError, match=f"{name} learned of the class class1 where .* about a"):
        rules(name)(others)
    with pytest.raises(InputError, match=f"{name} learned from 2 streams and is asked about 1"):
        rules(name)(asked[:1])


def test_the_weights_are_those_of_a_grid():
    given = streams(strength=0.8)
    share, _, _ = fusion.best_weight(given)
    of_both = [scores.probabilities() for scores in given]
    right = {
        one: accuracy_score(given[0].label, (one * of_both[0] + (20 - one) * of_both[1]).argmax(1))
        for one in range(21)
    }
    best = [one for one, found in right.items() if found == max(right.values())]
    assert 20 * share in best and abs(20 * share - 10) == min(abs(one - 10) for one in best)
    test = streams(9, part="test")
    weighted = fusion.weighted(given, 0)(test)
    by_grid = fusion.average(test, [share, 1 - share])
    np.testing.assert_allclose(weighted.logits, by_grid.logits, atol=1e-6)


def test_nothing_is_learned_from_in_fold_scores_unless_on_purpose():
    own = streams(part="in-fold")
    with pytest.raises(InputError, match="never from in-fold ones"):
        choosing.require_choice(own)
    taken = choosing.on_purpose(own)
    choosing.require_choice(taken)
    for mine, other in zip(own, taken, strict=True):
        assert (mine.logits is other.logits) and (mine.label is other.label)
    for part in ("test", "out-of-fold"):
        with pytest.raises(InputError, match=f"some are of {part}"):
            choosing.on_purpose(streams(part=part))
