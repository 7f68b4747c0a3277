"""What `bench fuse` measures: the same fusions as everywhere, and the same work by scikit-learn."""

import pytest

from twostream_lib import fusion
from twostream_lib.bench import fusing
from twostream_lib.bench.fusing import Size
from twostream_lib.fusion import fusenet

SMALL = Size(learned=84, fused=14, windows=2, classes=3)


@pytest.mark.usefixtures("quick")
def test_every_fusion_is_measured_and_the_sweep_apart(monkeypatch):
    monkeypatch.setattr(fusenet, "SWEEP", fusenet.SWEEP[:2])
    found = fusing.measure(SMALL, 1)
    assert {f"{name}_seconds" for name in fusion.FUSIONS} < set(found)
    assert all(value > 0 for value in found.values()) and found["videos"] == 98
    counted = [found[f"{name}_seconds"] for name in fusion.FUSIONS if name != fusing.SWEPT]
    assert found["together_seconds"] == pytest.approx(sum(counted))


def test_its_scores_are_of_sources_of_one_class():
    given = fusing.drawn("spatial", 84, 2, SMALL, 0)
    assert len(given) == 168 and len(set(given.source)) == 12
    for source in set(given.source):
        assert len(set(given.label[given.source == source])) == 1
    assert 0.5 < (given.logits.argmax(1) == given.label).mean() <= 1
    assert set(given.label) == {0, 1, 2}


def test_the_size_is_hmdb51s():
    assert Size() == (5236, 1530, 10, 51)
