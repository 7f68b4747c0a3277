"""Noise in place of the labels of the test clips changes no network: neither what it learns nor
which one is kept. (That no fusion is changed by it, `tests/fusion/test_choosing` has.)."""

from dataclasses import replace

import numpy as np
import pytest

from tests.joins.known import STREAMS, beside
from twostream_lib.data import identity
from twostream_lib.fusion import scores


@pytest.fixture(scope="module", params=STREAMS)
def both(request, films, tmp_path_factory):
    """A stream trained and scored twice: as it is, and with noise for the labels of the test."""
    network, found = request.param, {}
    for name in ("true", "noise"):
        run = beside(films, tmp_path_factory.mktemp(name))
        run.__dict__["recipes"] = run.recipes | {
            network: replace(run.recipe(network), phases=run.recipe(network).phases * 3)
        }
        if name == "noise":
            for kind in ("images", "flow"):
                run.__dict__[kind] = relabelled(run.__dict__[kind])
        net = run.new_stream(network)
        history = run.train(network, net)
        tested = run.final(network, net)
        found[name] = {
            "trained": identity.of_network(net),
            "tested": identity.of_network(tested),
            "history": [
                {k: row[k] for k in row if k not in ("seconds", "waiting")} for row in history
            ],
            "test": scores.predict(network, tested, run.part(network, "test"), "test"),
        }
    return found


def relabelled(store):
    """The store with the next class as the label of each test window."""
    index = store.index.copy()
    names = list(index.label.cat.categories)
    tested = index.tag == 2
    after = {name: names[(place + 1) % len(names)] for place, name in enumerate(names)}
    index.loc[tested, "label"] = index.label[tested].map(after)
    return replace(store, index=index)


def test_the_same_networks_are_trained_watched_and_tested(both):
    true, noise = both["true"], both["noise"]
    assert (true["test"].label != noise["test"].label).all()
    for name in ("trained", "tested", "history"):
        assert true[name] == noise[name], name
    assert np.array_equal(true["test"].logits, noise["test"].logits)
