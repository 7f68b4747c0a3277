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


def test_where_no_source_can_be_held_out_there_is_no_row():
    given = [replace(one, source=np.full(len(one), "one")) for one in streams()]
    found = fusenets.learning_curve(given, [10])
    assert found.empty and list(found) == list(fusenets.learning_curve(streams(), [30]))
