"""Clips set apart where there are few of them."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twostream_lib import clips
from twostream_lib.clips import apart


def table(*named):
    """A clip table of `label/source` for each clip."""
    rows = [(f"/{place}/{name}/{place}.mp4", *name.split("/")) for place, name in enumerate(named)]
    return pd.DataFrame(rows, columns=["path", "label", "source"])


def weizmann(people, labels=("bend", "jack", "run")):
    """One clip of each person and action."""
    return table(*(f"{label}/{person}" for label in labels for person in range(people)))


@pytest.mark.parametrize("people", [3, 4, 5, 9])
def test_of_a_few_people_whole_ones_are_tested_on(people):
    dealt = apart.deal(weizmann(people), seed=1)
    tested, trained = (set(dealt.source[dealt.tag == tag]) for tag in (2, 1))
    assert tested and trained and not tested & trained
    assert all(set(dealt.label[dealt.tag == tag]) == set(dealt.label) for tag in (1, 2))
    left = dealt[dealt.tag == 1].reset_index(drop=True)
    fold = apart.spared_folds(left, seed=0, count=3)
    assert (left.assign(fold=fold).groupby("source").fold.nunique() == 1).all()
    assert set(fold) == set(range(min(3, left.source.nunique())))


def test_enough_clips_are_dealt_as_folds_are():
    many = weizmann(20)
    for seed, count in ((0, 3), (3, 4)):
        spared = apart.spared_folds(many, seed, count)
        assert (spared == clips.folds(many, seed, count)).all()


def test_three_clips_each_without_a_source_have_two_to_train_on_and_one_to_test():
    dealt = apart.deal(table(*(f"{label}/{n}{label}" for label in "ab" for n in range(3))), seed=1)
    assert dealt.groupby(["label", "tag"]).size().to_dict() == {
        ("a", 1): 2,
        ("a", 2): 1,
        ("b", 1): 2,
        ("b", 2): 1,
    }
    left = dealt[dealt.tag == 1].reset_index(drop=True)
    assert sorted(apart.spared_folds(left, seed=0, count=3)) == [0, 0, 1, 2]


def test_of_one_source_no_clip_is_tested_on_and_single_clips_are_held_out():
    one = table(*["a/me", "b/me"] * 3)
    assert set(apart.deal(one, seed=1).tag) == {1}
    fold = apart.spared_folds(one, seed=0, count=3)
    assert all(set(one.label[fold == number]) == {"a", "b"} for number in range(3))


def test_labels_and_sources_are_all_that_is_asked_for():
    one = table(*["a/me", "b/me"] * 3)
    bare = one[["label", "source"]]
    bare_and_whole = [apart.spared_folds(some, seed=0, count=3) for some in (bare, one)]
    assert (bare_and_whole[0] == bare_and_whole[1]).all()


def test_of_a_clip_for_each_label_none_is_set_apart():
    lonely = table("a/ann", "b/ann", "c/ben")
    assert set(apart.spared_folds(lonely, seed=0, count=3)) == {apart.NO_FOLD}
    assert set(apart.deal(lonely, seed=1).tag) == {1}


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1, max_size=12),
    st.integers(0, 3),
)
@settings(deadline=None)
def test_every_label_keeps_a_clip_to_learn_from_and_two_are_chosen_by_or_none(named, seed):
    some = table(*("/".join(pair) for pair in named))
    fold = apart.spared_folds(some, seed, count=3)
    dealt = apart.deal(some, seed + 1)
    assert set(some.label) == set(dealt.label[dealt.tag == 1])
    for number in range(3):
        assert set(some.label[fold != number]) == set(some.label)
    assert some.label[fold == 0].nunique() != 1
    assert (fold == apart.NO_FOLD).all() or (fold == 0).any()


def test_a_label_of_one_source_is_always_trained_on():
    some = table(*(f"{label}/{who}" for label in "ab" for who in range(6)), "c/0", "c/0")
    fold = apart.spared_folds(some, seed=0, count=3)
    assert set(fold[some.label == "c"]) == {apart.NO_FOLD}
    assert set(fold[some.label != "c"]) == {0, 1, 2}
