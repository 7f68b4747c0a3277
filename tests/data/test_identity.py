"""Data are known again, and other data are not taken for them."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import TensorDataset

from tests.data.small import FAST
from twostream_lib.data import identity, store
from twostream_lib.data.datasets import WindowDataset


def test_tensors_are_known_by_their_numbers():
    points, labels = torch.arange(6.0).view(3, 2), torch.arange(3)
    first = identity.of(TensorDataset(points, labels))
    assert first == identity.of(TensorDataset(points + 0, labels))
    assert first != identity.of(TensorDataset(points + 1, labels))
    assert first != identity.of(TensorDataset(points, labels.flip(0)))
    assert first != identity.of(TensorDataset(points.view(3, 1, 2), labels))
    with pytest.raises(TypeError, match="list cannot be known again"):
        identity.of([1, 2])
    assert identity.of(None) == {}


def test_a_long_column_counts_as_the_list_of_its_values(monkeypatch):
    monkeypatch.setattr(identity, "AT_ONCE", 3)
    for count in (0, 1, 3, 7):
        names, numbers = [f'n, "{i % 4}é' for i in range(count)], list(range(count))
        word = identity.word([names, numbers])
        small = np.array(numbers, np.int32)
        assert identity.word([pd.Series(pd.Categorical(names)), pd.Series(small)]) == word
        assert identity.word([pd.Series(names, dtype=object), pd.Series(small)]) == word
        parts = [json.dumps(names).encode(), json.dumps(numbers).encode()]
        whole = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
        assert word == hashlib.sha256(whole).hexdigest()[:16]


def test_parts_of_a_word_cannot_run_together():
    assert identity.word(["ab", "c"]) != identity.word(["a", "bc"])


@pytest.fixture
def built(few, tmp_path):
    return store.build(few, tmp_path / "s", FAST, jobs=1)


def data(built, keep=None, view="rgb", classes=("run", "wave")):
    keep = np.ones(len(built.index), bool) if keep is None else keep
    classes = sorted(set(built.index.label) | set(classes))
    return WindowDataset(built, keep, view, classes)


def changed(first, second):
    """What differs between two identities, by name."""
    one, other = first.identity, second.identity
    return {name for name in one if one[name] != other[name]}


def test_windows_are_known_by_clips_labels_classes_plan_and_pixels(built):
    of = data(built)
    assert not changed(of, data(built))
    one_clip = (built.index.video != built.index.video[0]).to_numpy()
    assert changed(of, data(built, one_clip)) == {"clips", "labels", "windows", "pixels"}
    assert changed(of, data(built, view="sg3i")) == {"plan"}
    assert changed(of, data(built, classes=("run", "swim", "wave"))) >= {"classes"}
    label = built.index.label.astype(object)
    label = label.where(built.index.video != built.index.video[0], "swim")
    relabelled = replace(built, index=built.index.assign(label=label))
    assert changed(data(relabelled), data(built, classes=("run", "swim", "wave"))) == {"labels"}
    shifted = replace(built, index=built.index.assign(start=built.index.start + 1))
    assert changed(of, data(shifted)) == {"windows"}
    count, checksum = built.windows.clips[0]
    windows = replace(built.windows, clips=[[count, checksum + 1], *built.windows.clips[1:]])
    assert changed(of, data(replace(built, windows=windows))) == {"pixels"}
