"""Settings are chosen on sources that a fusion did not learn from, and never on test clips."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.svm import LinearSVC

from tests.fusion.samples import random_scores
from twostream_lib import fusion
from twostream_lib.errors import InputError
from twostream_lib.fusion import choosing, linear_svm, temperature
from twostream_lib.fusion.scores import with_logits

PAIR = ("spatial", "temporal-sg3i")


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


@pytest.mark.parametrize("name", sorted(fusion.FUSIONS.keys() - {"average", "product"}))
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
