"""What `bench mode2` measures: a plain loop makes the same store as ours."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twostream_lib.bench import baselines, mode2
from twostream_lib.clips.probing import probe_clip
from twostream_lib.data import store


@pytest.fixture
def moving(tiny_clip):
    """A table of one clip in which something moves."""
    row = {"path": str(tiny_clip), "label": "move", "source": "square", "tag": 1}
    return pd.DataFrame([row | probe_clip(str(tiny_clip))])


def test_the_plain_loop_makes_the_same_windows(moving, tmp_path):
    table = mode2.repeated(moving, 3, tmp_path / "many")
    built = store.build(table, tmp_path / "store", mode2.PLAN)
    mode2.plain_store(table, tmp_path / "plain.npy", baselines.some_frames)
    plain = np.load(tmp_path / "plain.npy")
    assert plain.shape == built.array.shape and len(plain) == 3
    assert np.abs(plain.astype(int) - built.array).max() <= 3  # gray is stretched, and then rounded


def test_a_table_is_repeated_under_new_names(moving, tmp_path):
    table = mode2.repeated(pd.concat([moving, moving.assign(label="rest")]), 5, tmp_path)
    assert table.label.tolist() == ["move", "rest", "move", "rest", "move"]
    assert table.path.is_unique and all(Path(path).is_file() for path in table.path)
