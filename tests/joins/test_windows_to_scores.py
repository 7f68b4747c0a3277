"""Scores are what the right network says of the right window, in the store's order."""

import numpy as np
import pytest
import torch

from tests.joins.known import SEEN, STREAMS, Echo, beside, echo
from twostream_lib import course
from twostream_lib.course import folds
from twostream_lib.fusion import evaluation, scores
from twostream_lib.training import launch

TESTED = 3000.0  # the mark of the network that is tested; that of a fold's is a thousand times it


@pytest.fixture
def run(films, tmp_path, monkeypatch):
    """The run, with networks that say what they are shown and who has trained them."""

    def mark(net, train, valid, recipe, folder, **_):
        assert net.mark.item() == 0, "a network that was trained already is trained once more"
        name = folder.name
        fold = float(name.rpartition("-fold-")[2]) if "-fold-" in name else 0.0
        with torch.no_grad():
            net.mark.fill_(TESTED if folder.parent.name == "retrained" else 1000 * fold)
        return []

    monkeypatch.setattr(launch, "fit", mark)
    monkeypatch.setattr(course.Run, "new_stream", lambda *_: Echo())
    monkeypatch.setattr(
        folds, "side_by_side", lambda task, arguments, _: [task(*each) for each in arguments]
    )
    return beside(films, tmp_path / "run")


def scored(run, network):
    net = run.new_stream(network)
    run.train(network, net)
    return run.score(network, net)


@pytest.mark.parametrize("network", STREAMS)
def test_each_answer_is_that_of_its_window_by_the_network_of_its_fold(run, network):
    store = run.store_of(network)
    array = {
        (row.video, row.protocol, row.window): window.transpose(2, 0, 1)
        for row, window in zip(store.index.itertuples(), store.array, strict=True)
    }
    parts, seen = scored(run, network), {}
    for part, said in parts.items():
        assert said.classes == ("down", "left", "right") and said.part == part
        seen[part] = list(zip(said.video, said.protocol, said.window, strict=True))
        for row, key in enumerate(seen[part]):
            video = key[0]
            mark = 1000 * run.limits.folds[video] if part == "out-of-fold" else TESTED
            wanted = echo(array[key][SEEN[network]]) + mark
            np.testing.assert_allclose(said.logits[row], wanted, rtol=1e-6, err_msg=str(key))
            assert said.classes[said.label[row]] == video.split("/")[0]
            assert said.source[row] == video.split("/")[1].split("_")[0]
    for part, tag in (("in-fold", 1), ("out-of-fold", 1), ("test", 2)):
        rows = store.index[store.index.tag == tag]
        assert seen[part] == list(zip(rows.video, rows.protocol, rows.window, strict=True))
    assert set(run.limits.folds.values()) == {0, 1, 2}


def test_what_is_kept_is_what_was_said(run):
    said = scored(run, "spatial")
    for part, kept in run.scores_of("spatial").items():
        for name in (*scores.ROWS, "classes", "part", "network"):
            assert np.array_equal(getattr(kept, name), getattr(said[part], name)), (part, name)


@pytest.mark.parametrize("protocol", evaluation.PROTOCOLS)
def test_a_protocol_reads_its_own_rows_alone(films, protocol):
    """Right under one protocol and wrong under the others: the accuracies are 1 and 0."""
    test = films.part("spatial", "test")
    there = (test.rows.protocol == protocol).to_numpy()
    said = np.where(there, test.labels, (test.labels + 1) % 3)
    logits = np.eye(3)[said]
    found = evaluation.evaluate(scores.of_windows("spatial", logits, test, "test"))
    accuracies = {one.protocol: one.accuracy for one in found}
    assert accuracies == {name: float(name == protocol) for name in evaluation.PROTOCOLS}
    n = {one.protocol: one.n for one in found}
    assert n == {"window": (test.rows.protocol == "window").sum(), "video-1": 6, "video-10": 6}
    assert {one.sources for one in found} == {2}
