"""The learning curve: sources held out, whole sources learned from, and the average level."""

from dataclasses import replace

import numpy as np

from tests.fusion.test_choosing import streams
from twostream_lib import fusion
from twostream_lib.experiments import fusenets
from twostream_lib.fusion import evaluation, scores


def test_more_clips_are_learned_from_and_the_same_ones_judged():
    given = streams(videos=240)
    found = fusenets.learning_curve(given, [12, 60, 10_000])
    assert found.fusion.tolist() == list(fusenets.CURVES) * 3
    assert (found.n == 240).all() and (found["n sources"] == 80).all()
    sizes = found.clips.unique()
    assert len(sizes) == 3 and (np.diff(sizes) > 0).all()
    # Three clips a source: no more than one source too many.
    assert 12 <= sizes[0] < 15 and 60 <= sizes[1] < 63 and sizes[2] == 160
    level = found[found.fusion == "average"]
    whole = scores.per_video(fusion.average(given))
    assert np.allclose(level.accuracy, evaluation.correct(whole).mean())
    assert np.allclose(level.low, evaluation.interval(evaluation.correct(whole), whole.source)[0])


def test_a_fusion_that_can_only_learn_by_heart_is_never_better_than_chance(monkeypatch):
    """What is learned from is never judged: whoever knows it by heart knows nothing."""

    def by_heart(learned, seed):
        known = dict(zip(learned[0].video, learned[0].label, strict=True))

        def rule(asked):
            assert not set(learned[0].source) & set(asked[0].source)
            label = [known.get(video, 0) for video in asked[0].video]
            return scores.with_logits(asked, np.eye(4)[label], "average")

        return rule

    monkeypatch.setitem(fusion.FUSIONS, "average", by_heart)
    found = fusenets.learning_curve(streams(videos=120), [30], ["average"])
    assert found.accuracy.tolist() == [0.25]


def test_the_first_sources_are_whole_and_of_all_classes_in_turn():
    (given,) = streams(videos=80, names=("spatial",))
    label = (np.unique(given.source, return_inverse=True)[1] % 4).astype(int)
    given = replace(given, label=label)  # a source is of one class
    few = given.rows(fusenets.first(given, 12, seed=3))
    assert np.bincount(few.label, minlength=4).min() == np.bincount(few.label).max() == 9
    for source in set(few.source):
        assert (few.source == source).sum() == (given.source == source).sum()
    more = fusenets.first(given, 24, seed=3)
    assert set(few.source) < set(given.source[more])
    assert fusenets.first(given, 10_000, seed=3).all()


def test_however_few_clips_are_wanted_each_class_is_among_them():
    """A source that has enough of them is of one class: of it alone no machine learns anything."""
    given = [
        replace(one, label=np.unique(one.source, return_inverse=True)[1] % 2)
        for one in streams(videos=48)
    ]
    for seed in range(3):
        few = fusenets.first(given[0], 1, seed)
        assert len(set(given[0].source[few])) == 2 and set(given[0].label[few]) == {0, 1}
    found = fusenets.learning_curve(given, [1, 3, 12], ["average", "svm"])
    assert len(found) == 6 and found.sources.tolist() == [2, 2, 2, 2, 4, 4]


def test_a_class_that_never_comes_first_in_a_source_is_learned_as_well():
    (given,) = streams(videos=60, names=("spatial",))
    given.label[:] = 0
    rare = given.source == "s13"
    given.label[np.flatnonzero(rare)[-1]] = 1
    assert set(given.label[fusenets.first(given, 3, seed=0)]) == {0, 1}


def test_where_no_source_can_be_held_out_there_is_no_row():
    given = [replace(one, source=np.full(len(one), "one")) for one in streams()]
    found = fusenets.learning_curve(given, [10])
    assert found.empty and list(found) == list(fusenets.learning_curve(streams(), [30]))
