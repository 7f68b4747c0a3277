"""Notebooks 03, 04, 05 and 07: what they tell is reckoned once more from the scores."""

import numpy as np
import pytest
import torch

from tests.joins.known import STREAMS, Echo, Lesson, beside, made_up, windows
from twostream_lib import course
from twostream_lib.course import folds
from twostream_lib.fusion import evaluation, score_files, scores
from twostream_lib.training import launch

NETWORKS = (*STREAMS, "average", "svm")
ROW = {"train_loss": 1.0, "train_accuracy": 0.5, "valid_loss": 1.1, "valid_accuracy": 0.4}


class Teller(Echo):
    """Answers with what it is shown, whatever the order of magnitude."""

    def forward(self, images):
        return super().forward(images) / 10


@pytest.fixture
def run(films, tmp_path, monkeypatch):
    """A run whose networks need no training, with a history for whoever asks."""
    given = {}

    def fit(net, train, valid, recipe, folder, **_):
        given[f"{folder.parent.name}/{folder.name}"] = (train, valid)
        with torch.no_grad():
            net.mark.fill_(len(given))
        return [ROW | {"epoch": 1, "seconds": float(len(given)), "waiting": 0.0}]

    monkeypatch.setattr(launch, "fit", fit)
    monkeypatch.setattr(course.Run, "new_stream", lambda *_: Teller())
    monkeypatch.setattr(
        folds, "side_by_side", lambda task, arguments, _: [task(*each) for each in arguments]
    )
    made = beside(films, tmp_path / "run")
    made.__dict__["given"] = given
    return made


def shares(one):
    raised = np.exp(one.logits.astype(float) - one.logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def judged(one, protocol):
    """What is said of each thing that a protocol counts, what is true, and of what, by hand."""
    there = one.rows(one.protocol == protocol)
    if protocol == "window":
        return shares(there).argmax(1), there.label, there.video
    names = np.unique(there.video)
    means = np.array([shares(there)[there.video == name].mean(0) for name in names])
    return means.argmax(1), np.array([there.label[there.video == n][0] for n in names]), names


def accuracy(one, protocol):
    said, label, _ = judged(one, protocol)
    return (said == label).mean()


def matrix_of(one):
    said, label, _ = judged(one, "video-10")
    found = np.zeros((3, 3), int)
    np.add.at(found, (label, said), 1)
    return found


LESSONS = {
    "03": (
        "spatial",
        ("train-run", "scores-run", "accuracy-figure", "by-heart-run", "confusion-figure"),
    ),
    "04": ("temporal-sg3i", ("train-run", "score", "accuracies", "confusion-figure", "ten-run")),
}


@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_trains_scores_and_judges_its_own_stream(run, number, capsys):
    network, cells = LESSONS[number]
    if number == "04":  # its notebook before it
        run.score("spatial", run.new_stream("spatial"))
        run.given.clear()
    lesson = Lesson(number, run)
    lesson.names["net"] = run.new_stream(network)
    names = lesson.run(*cells)
    train, valid = run.given[f"checkpoints/{network}"]
    assert train.view == valid.view == run.view_of(network)
    assert set(train.videos) == set(run.part(network, "train").videos)
    assert set(valid.videos) == run.limits.of_fold(0)
    assert names["history"][0]["seconds"] == 1  # of fold 0, the first that was trained
    assert names["net"].mark.item() == 1
    kept = run.scores_of(network)
    found = {"03": "scored", "04": "temporal"}[number]
    for part, one in names[found].items():
        assert np.array_equal(one.logits, kept[part].logits)
    assert np.array_equal(names["matrix"].to_numpy(), matrix_of(kept["test"]))
    if number == "03":
        results = {one: names["results"][one].accuracy for one in evaluation.PROTOCOLS}
        assert results == pytest.approx({p: accuracy(kept["test"], p) for p in results})
        by_part = {part: accuracy(kept[part], "window") for part in scores.PARTS}
        assert [one.accuracy for one in names["by_part"]] == pytest.approx(list(by_part.values()))
    else:
        tests = [run.scores_of(name)["test"] for name in ("spatial", network)]
        assert [one.network for one in names["results"]] == ["spatial", network]
        wanted = [accuracy(one, "video-10") for one in tests]
        assert [one.accuracy for one in names["results"]] == pytest.approx(wanted)
        for one, line in zip(tests, names["averaged"].values(), strict=True):
            assert (scores.per_video(one.under("video-10")).logits == line[10].logits).all()


def test_lesson_05_sets_flow_beside_sg3i_on_the_videos_of_both(run):
    for network in STREAMS[:2]:
        run.score(network, run.new_stream(network))
    lesson = Lesson("05", run)
    lesson.names |= {"net": run.new_stream("temporal-flow")}
    names = lesson.run("setting", "train-run", "twins-run", "score")
    train, valid = run.given["checkpoints/temporal-flow"]
    assert train.view == valid.view == "flow" and set(valid.videos) == run.limits.of_fold(0)
    tests = {name: run.scores_of(name)["test"] for name in STREAMS}
    for name in STREAMS:
        assert np.array_equal(names["tests"][name].logits, tests[name].logits), name
    found = {one.network: one.accuracy for one in names["results"]}
    assert found == pytest.approx({name: accuracy(tests[name], "video-10") for name in STREAMS[1:]})


# --- notebook 07 --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seven(films, tmp_path_factory):
    """Notebook 07 of a run with known scores."""
    run = beside(films, tmp_path_factory.mktemp("results") / "run")
    rng = np.random.default_rng(5)
    for network in NETWORKS:
        stream = network if network in STREAMS else "spatial"
        label = windows(run, stream, "test").label
        right = rng.random(len(label)) < rng.uniform(0.3, 0.9)
        said = np.where(right, label, (label + rng.integers(1, 3, len(label))) % 3)
        test = made_up(run, stream, "test", said)
        run.save_scores(network, dict.fromkeys(scores.PARTS, test))
    lesson = Lesson("07", run)
    lesson.run("read-scores", "table", "protocols", "pairs", "confusion")
    lesson.names["alone"] = STREAMS
    lesson.run("kinds", "per-class-dots")
    return lesson


def kept(lesson):
    run = lesson.names["run"]
    return {name: score_files.load(run.scores_file(name))["test"] for name in NETWORKS}


def test_the_table_of_07_is_of_ten_windows_a_video(seven):
    table, test = seven.names["table"], kept(seven)
    assert list(table.index) == list(seven.names["made"]) and set(test) == {*table.index}
    for name, row in table.iterrows():
        said, label, video = judged(test[name], "video-10")
        source = np.array([one.split("/")[1].split("_")[0] for one in video])
        low, high = evaluation.interval(said == label, source)
        wanted = [100 * (said == label).mean(), 100 * low, 100 * high]
        assert row[["accuracy", "low", "high"]].tolist() == pytest.approx(wanted)
        assert (row.n, row.sources) == (len(said), len(set(source)))


def test_each_protocol_of_07_stands_in_its_own_column(seven):
    wide, test = seven.names["wide"], kept(seven)
    for name in NETWORKS:
        for protocol in evaluation.PROTOCOLS:
            words = wide.loc[name, protocol]
            said, _, _ = judged(test[name], protocol)
            assert words.startswith(f"{100 * accuracy(test[name], protocol):.1f} (")
            assert words.endswith(f"n = {len(said)}")


def test_the_pairs_of_07_are_counted_video_by_video_and_corrected_by_holm(seven):
    compared, test = seven.names["compared"], kept(seven)
    right = {}
    for name in NETWORKS:
        said, label, _ = judged(test[name], "video-10")
        right[name] = said == label
    assert len(compared) == len(NETWORKS) * (len(NETWORKS) - 1) // 2
    for row in compared.itertuples():
        a, b = right[row.first], right[row.second]
        assert (row.only_first, row.only_second) == ((a & ~b).sum(), (b & ~a).sum())
        assert row.difference == pytest.approx(a.mean() - b.mean()) and row.difference >= 0
    # Holm's step-down, written out.
    p = np.sort(compared.p_value)
    holm = np.minimum(1, np.maximum.accumulate(p * np.arange(len(p), 0, -1)))
    assert compared.sort_values("p_value").holm.tolist() == pytest.approx(holm.tolist())


def test_the_matrix_and_the_classes_of_07_are_those_of_their_networks(seven):
    names, test = seven.names, kept(seven)
    assert np.array_equal(names["matrix"].to_numpy(), matrix_of(test["average"]))
    assert list(names["matrix"].index) == list(names["matrix"].columns) == ["down", "left", "right"]
    for name, found in names["accuracy"].items():
        matrix = matrix_of(test[name])
        assert found.tolist() == pytest.approx((matrix.diagonal() / matrix.sum(1)).tolist()), name
    (results,) = names["by_kind"].values()
    for one in results:
        assert one.accuracy == pytest.approx(accuracy(test[one.network], "video-10"))
