"""What is held out are whole sources, a fair share, and some of every label where that can be."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twostream_lib import clips
from twostream_lib.errors import InputError


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
    held = clips.hold_out(table, seed)
    assert held.dtype == bool and held.shape == (len(table),)
    assert not set(table["source"][held]) & set(table["source"][~held])
    assert 0.12 <= held.mean() <= 0.28
    assert set(table["label"][held]) == set(table["label"][~held]) == {"a", "b", "c", "d"}


def test_hold_out_follows_its_seed():
    sources = np.random.default_rng(0).integers(20, size=60)
    table = pd.DataFrame({"label": list("ab" * 30), "source": [str(s) for s in sources]})
    same, other = clips.hold_out(table, 1), clips.hold_out(table, 2)
    np.testing.assert_array_equal(same, clips.hold_out(table, 1))
    assert (same != other).any()


@pytest.mark.parametrize("sources", [2, 3, 4])
def test_hold_out_with_fewer_sources_than_folds(sources):
    rows = [{"label": "ab"[i % 2], "source": i // 2 % sources} for i in range(24)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        held = clips.hold_out(pd.DataFrame(rows), seed=0)
    assert held.mean() == pytest.approx(1 / sources)


def test_hold_out_with_one_clip_a_label_is_refused():
    table = pd.DataFrame({"label": list("abcdef"), "source": list("uvwxyz")})
    with pytest.raises(InputError, match="one clip only"):
        clips.hold_out(table, seed=0)


@given(
    rows=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), min_size=4, max_size=40),
    seed=st.integers(0, 9),
)
@settings(deadline=None)  # how long it takes is not what is tested
def test_hold_out_leaves_clips_on_both_sides_of_any_small_table(rows, seed):
    table = pd.DataFrame(rows, columns=["label", "source"])
    assume(table["source"].nunique() > 1)
    held = clips.hold_out(table, seed)
    assert 0 < held.sum() < len(table)
    assert not set(table["source"][held]) & set(table["source"][~held])


def test_hold_out_of_a_single_source_is_refused():
    table = pd.DataFrame({"label": ["a", "b", "b"], "source": ["film"] * 3})
    with pytest.raises(InputError, match="come from 1 source"):
        clips.hold_out(table, seed=0)
    with pytest.raises(InputError, match="fraction"):
        clips.hold_out(table.assign(source=[1, 2, 3]), seed=0, fraction=0.9)
