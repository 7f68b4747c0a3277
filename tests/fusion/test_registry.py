"""The one registry of fusions: what is entered is there wherever all of them are gone over."""

import numpy as np
import pytest

from tests.fusion.samples import random_scores
from twostream_lib import networks
from twostream_lib.errors import InputError
from twostream_lib.fusion import registry


@pytest.fixture
def entered(monkeypatch):
    """The registries, to enter a fusion into that is gone afterwards."""
    monkeypatch.setattr(registry, "FUSIONS", registry.FUSIONS.copy())
    monkeypatch.setattr(networks, "_NETWORKS", dict(networks._NETWORKS))
    return registry


def test_a_further_fusion_is_one_function(entered):
    @entered.enter("first", "the first stream", learned=False)
    def first(streams, seed):
        return lambda asked: asked[0]

    assert networks.get("first").words == "the first stream"
    assert not networks.get("first").learned
    asked = [random_scores(), random_scores("temporal-sg3i", seed=1)]
    fused = entered.FUSIONS["first"]([], 0)(asked)
    assert np.array_equal(fused.logits, asked[0].logits)


def test_a_name_with_two_meanings_is_refused(entered):
    with pytest.raises(InputError, match="There is a network svm already"):
        entered.enter("svm", "another machine")


def test_a_fusion_without_a_network_is_refused(entered):
    with pytest.raises(InputError, match="No network is called 'mine'"):
        entered.enter("mine")
