"""How well mode 1 is mixed: as a true shuffle with a large buffer, and nearly so without."""

from math import comb

import numpy as np
import pandas as pd
import pytest

from tests.data.small import SIZE, table_of
from twostream_lib.data.frame_stream import FrameStream
from twostream_lib.data.mixing import mixing


def expected_distinct(counts, batch):
    """How many kinds a batch of a true shuffle has on average, where `counts` of each are there."""
    total = sum(counts)
    return sum(1 - comb(total - n, batch) / comb(total, batch) for n in counts)


def test_a_buffer_for_everything_is_a_true_shuffle():
    rows = table_of([30] * 40, classes=["a", "b", "c", "d", "e"])
    streams = [FrameStream(rows, list("abcde"), "rgb", SIZE, seed, 1200) for seed in range(5)]
    found = pd.concat([mixing(stream, 16) for stream in streams]).mean()
    for name, count in (("labels", 240), ("sources", 60), ("clips", 30)):
        expected = expected_distinct([count] * (1200 // count), 16)
        assert found[name] == pytest.approx(expected, rel=0.03)
        assert found[f"{name}_shuffled"] == pytest.approx(expected, rel=0.03)


def test_a_data_set_of_hmdbs_size_is_well_mixed():
    """As HMDB-51's split 1: 51 classes of 70 training clips, here 2 of a source, some long."""
    lengths = np.random.default_rng(0).gamma(3, 30, 3570).astype(int) + 18
    classes = [f"class {i}" for i in range(51)]
    stream = FrameStream(table_of(lengths.tolist(), classes=classes), classes, "rgb", (224, 224))
    found = mixing(stream, 128).mean()
    assert found.labels > 0.94 * found.labels_shuffled
    assert found.sources > 0.8 * found.sources_shuffled
