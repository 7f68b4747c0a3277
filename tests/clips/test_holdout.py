"""What is held out, once or fold by fold: whole sources, a fair share, every label if possible."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twostream_lib import clips, records
from twostream_lib.errors import InputError
from twostream_lib.stickhmdb.casting import cast_clips

# Of the sources that every version of every package must hold out of StickHMDB's training clips of
# split 1: how many they are, and the checksum of their names.
STICKHMDB = (95, "ad8c8629b6513910")


def test_what_is_held_out_of_stickhmdb_never_moves():
    plan = cast_clips()
    training = plan[plan.tag1 == 1]
    held = clips.hold_out(training, seed=0, fraction=0.2)
    sources = sorted(set(training.source[held]))
    assert (len(sources), records.checksum(sources)) == STICKHMDB
    assert training.label[held].value_counts().between(7, 9).all()  # a fifth of 36 is 7.2
    assert training.label[held].nunique() == 21


@pytest.mark.parametrize(("split", "person"), [(1, "moshe"), (2, "moshe"), (3, "eli")])
def test_who_is_held_out_of_weizmann_never_moves(real_data, split, person):
    folder = real_data / "data" / "weizmann"
    table = clips.read(folder / "videos", folder / "splits", split)
    training = table[table.tag == 1]
    held = clips.hold_out(training, seed=0, fraction=0.2)
    assert set(training.source[held]) == {person}
    assert sorted(training.label[held]) == sorted(set(training.label))  # each action once


def test_the_order_of_the_rows_does_not_matter():
    plan = cast_clips()
    held = clips.hold_out(plan, seed=4, fraction=0.2)
    places = np.random.default_rng(0).permutation(len(plan))
    np.testing.assert_array_equal(
        clips.hold_out(plan.iloc[places], seed=4, fraction=0.2), held[places]
    )


def some_small_tables():
    """Clips of up to 5 sources and 4 labels, int [sources, labels]: how many of each."""
    rng = np.random.default_rng(0)
    while True:
        shape = rng.integers(2, 6), rng.integers(1, 5)
        counts = rng.integers(1, 4, shape) * (rng.random(shape) < rng.choice([0.3, 0.5, 0.8]))
        if counts.any(1).all() and counts.any(0).all() and counts.sum(0).max() > 1:
            yield counts


def labels_missing(counts, held):
    """How many labels cannot be trained on, and how many are not held out."""
    return tuple(int((counts[side].sum(0) == 0).sum()) for side in (~held, held))


def test_no_other_choice_of_sources_leaves_fewer_labels_out():
    for number, counts in zip(range(300), some_small_tables(), strict=False):
        rows = [(s, f"label {i}") for s, i in np.argwhere(counts) for _ in range(counts[s, i])]
        table = pd.DataFrame(rows, columns=["source", "label"])
        table["source"] = [f"film {source}" for source in table["source"]]
        held_rows = clips.hold_out(table, seed=number, fraction=0.2)
        held = np.array([held_rows[table.source == f"film {s}"].any() for s in range(len(counts))])
        choices = [np.array(sides) for sides in product([False, True], repeat=len(counts))]
        best = min(labels_missing(counts, c) for c in choices if c.any() and not c.all())
        assert labels_missing(counts, held) == best


def test_a_label_of_one_source_is_trained_on():
    """Two people wave and one of them alone jumps: the other one is held out, whoever is first."""
    rows = [("wave", "ann"), ("wave", "bob"), ("jump", "bob"), ("jump", "bob")]
    table = pd.DataFrame(rows, columns=["label", "source"])
    for seed in range(10):
        assert set(table.source[clips.hold_out(table, seed, fraction=0.5)]) == {"ann"}


def test_a_source_with_most_clips_of_a_label_is_left_for_training():
    """A fifth of 50 clips is 10: two small films, and never the one of 30."""
    table = pd.DataFrame({"label": "a", "source": ["long"] * 30 + list("uvwx" * 5)})
    for seed in range(10):
        held = clips.hold_out(table, seed, fraction=0.2)
        assert held.sum() == 10 and "long" not in set(table.source[held])


def test_names_that_are_no_utf8_can_be_held_out():
    table = pd.DataFrame({"label": "a", "source": ["film_\udcff", "film_\udcfe", "é"] * 2})
    assert clips.hold_out(table, seed=0, fraction=0.2).sum() == 2


@pytest.mark.parametrize("seed", range(5))
def test_hold_out_takes_whole_sources_and_a_fair_share(seed):
    rng = np.random.default_rng(seed)
    rows = [
        {"label": label, "source": f"{label}-{source}"}
        for label in ("a", "b", "c", "d")
        for source in range(10)
        for _ in range(rng.integers(1, 6))
    ]
    table = pd.DataFrame(rows).sample(frac=1, random_state=seed)
    held = clips.hold_out(table, seed, fraction=0.2)
    assert held.dtype == bool and held.shape == (len(table),)
    assert not set(table["source"][held]) & set(table["source"][~held])
    assert 0.12 <= held.mean() <= 0.28
    assert set(table["label"][held]) == set(table["label"][~held]) == {"a", "b", "c", "d"}


def test_hold_out_follows_its_seed():
    sources = np.random.default_rng(0).integers(20, size=60)
    table = pd.DataFrame({"label": list("ab" * 30), "source": [str(s) for s in sources]})
    same, other = clips.hold_out(table, 1, fraction=0.2), clips.hold_out(table, 2, fraction=0.2)
    np.testing.assert_array_equal(same, clips.hold_out(table, 1, fraction=0.2))
    assert (same != other).any()


@pytest.mark.parametrize("sources", [2, 3, 4])
def test_hold_out_of_a_handful_of_sources(sources):
    rows = [{"label": "ab"[i % 2], "source": i // 2 % sources} for i in range(24)]
    held = clips.hold_out(pd.DataFrame(rows), seed=0, fraction=0.2)
    assert held.mean() == pytest.approx(1 / sources)


def test_hold_out_with_one_clip_a_label_is_refused():
    table = pd.DataFrame({"label": list("abcdef"), "source": list("uvwxyz")})
    with pytest.raises(InputError, match="one clip only"):
        clips.hold_out(table, seed=0, fraction=0.2)


@given(
    rows=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), min_size=4, max_size=40),
    seed=st.integers(0, 9),
)
@settings(deadline=None)  # how long it takes is not what is tested
def test_hold_out_leaves_clips_on_both_sides_of_any_small_table(rows, seed):
    table = pd.DataFrame(rows, columns=["label", "source"])
    assume(table["source"].nunique() > 1)
    held = clips.hold_out(table, seed, fraction=0.2)
    assert 0 < held.sum() < len(table)
    assert not set(table["source"][held]) & set(table["source"][~held])


def test_hold_out_of_a_single_source_is_refused():
    table = pd.DataFrame({"label": ["a", "b", "b"], "source": ["film"] * 3})
    with pytest.raises(InputError, match=r"come from 1 source.*sources\.txt"):
        clips.hold_out(table, seed=0, fraction=0.2)
    with pytest.raises(InputError, match="fraction"):
        clips.hold_out(table.assign(source=[1, 2, 3]), seed=0, fraction=0.9)


# --- folds ------------------------------------------------------------------------------------


def of_one_label_each(sources, seed):
    """So many sources of each of four labels, with one to five clips each, in any order."""
    rng = np.random.default_rng(seed)
    rows = [
        {"label": label, "source": f"{label}-{source}"}
        for label in "abcd"
        for source in range(sources)
        for _ in range(rng.integers(1, 6))
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=seed)


def labels_without(table, fold, count):
    """How many pairs of a label and a fold have no clip."""
    return sum(len(set(table.label) - set(table.label[fold == k])) for k in range(count))


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("sources", [5, 6, 20])
def test_each_clip_is_in_one_fold_with_its_source_and_each_label_in_all(count, sources):
    for seed in range(5):
        table = of_one_label_each(sources, seed)
        fold = clips.folds(table, seed, count)
        assert fold.dtype == int and fold.shape == (len(table),)
        assert set(fold) == set(range(count))
        assert (table.assign(fold=fold).groupby("source").fold.nunique() == 1).all()
        assert labels_without(table, fold, count) == 0
        if sources == 20:
            assert np.bincount(fold).max() < 1.3 * len(table) / count


@pytest.mark.parametrize("count", [2, 3, 5])
def test_fold_0_is_what_is_held_out_once(count):
    plan = cast_clips()
    training = plan[plan.tag1 == 1]
    fold = clips.folds(training, seed=0, count=count)
    np.testing.assert_array_equal(fold == 0, clips.hold_out(training, 0, fraction=1 / count))


def test_folds_do_not_hang_on_the_order_of_the_rows_and_follow_the_seed():
    plan = cast_clips()
    fold = clips.folds(plan, seed=4, count=3)
    places = np.random.default_rng(0).permutation(len(plan))
    np.testing.assert_array_equal(clips.folds(plan.iloc[places], seed=4, count=3), fold[places])
    assert (fold != clips.folds(plan, seed=5, count=3)).any()


def test_a_source_moves_where_a_fold_would_lack_a_label():
    """A third of 14 clips are two small films of four: each of the three films has its fold."""
    table = pd.DataFrame({"label": "a", "source": list("uvw")}).loc[[0, 0, 1, 1, *[2] * 10]]
    assert (clips.hold_out(table, 0, fraction=1 / 3) == (table.source != "w")).all()
    assert set(clips.folds(table, 0, count=3)) == {0, 1, 2}


def test_no_move_of_a_source_would_bring_a_label_into_more_folds():
    for number, counts in zip(range(150), some_small_tables(), strict=False):
        rows = [(f"film {s}", i) for s, i in np.argwhere(counts) for _ in range(counts[s, i])]
        table = pd.DataFrame(rows, columns=["source", "label"]).astype(str)
        count = min(3, len(counts))
        fold = clips.folds(table, number, 3)
        now = labels_without(table, fold, count)
        for source, other in product(set(table.source), range(count)):
            assert (
                labels_without(table, np.where(table.source == source, other, fold), count) >= now
            )


def test_of_fewer_sources_than_folds_each_is_a_fold():
    table = pd.DataFrame({"label": list("abab"), "source": list("xxyy")})
    assert sorted(clips.folds(table, 0, count=5)) == [0, 0, 1, 1]


def test_one_fold_and_folds_of_one_source_are_refused():
    table = pd.DataFrame({"label": list("abab"), "source": list("xxyy")})
    with pytest.raises(InputError, match="1 folds were asked for"):
        clips.folds(table, 0, count=1)
    with pytest.raises(InputError, match="come from 1 source"):
        clips.folds(table.assign(source="x"), 0, count=3)
