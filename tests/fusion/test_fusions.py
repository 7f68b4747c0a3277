"""From scores to a fused, evaluated result."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix
from statsmodels.stats.contingency_tables import mcnemar

from twostream_lib import fusion
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation, scores
from twostream_lib.fusion.fusenet import FuseNet
from twostream_lib.fusion.scores import Scores
from twostream_lib.training.recipes import Phase, Recipe


def make(network="spatial", videos=40, windows=3, classes=4, seed=0, strength=1.0, part="test"):
    """Random scores whose label's logit is raised by `strength`."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(videos) % classes, windows)
    logits = rng.normal(size=(videos * windows, classes)).astype(np.float32)
    logits[np.arange(len(label)), label] += strength
    return Scores(
        network,
        logits,
        np.repeat([f"v{i}.avi" for i in range(videos)], windows),
        np.tile(np.arange(windows), videos),
        label,
        np.full(len(label), "video-10"),
        tuple(f"class{i}" for i in range(classes)),
        part,
    )


def test_saved_scores_come_back_equal(tmp_path):
    parts = {"validation": make(part="validation"), "test": make(seed=1)}
    scores.save(parts, tmp_path / "scores" / "spatial.npz")
    loaded = scores.load(tmp_path / "scores" / "spatial.npz")
    assert set(loaded) == set(parts)
    for part, wanted in parts.items():
        for name, value in vars(wanted).items():
            assert np.array_equal(getattr(loaded[part], name), value), name


def test_missing_scores_are_an_error(tmp_path):
    with pytest.raises(InputError, match="train that stream first"):
        scores.load(tmp_path / "spatial.npz")


def test_a_videos_score_is_the_mean_of_its_windows_probabilities():
    given = make(videos=5, windows=4)
    fused = scores.per_video(given)
    probabilities = torch.softmax(torch.from_numpy(given.logits), 1).numpy()
    for video, logits in zip(fused.video, fused.logits, strict=True):
        mean = probabilities[given.video == video].mean(axis=0)
        np.testing.assert_allclose(np.exp(logits), mean, rtol=1e-5)


def test_average_of_a_stream_with_itself_changes_nothing():
    given = make()
    fused = fusion.average([given, given])
    np.testing.assert_allclose(fused.probabilities(), given.probabilities(), atol=1e-6)


def test_average_does_not_depend_on_the_order_of_streams():
    a, b = make(seed=0), make("temporal-sg3i", seed=1)
    one, other = fusion.average([a, b]), fusion.average([b, a])
    np.testing.assert_allclose(one.logits, other.logits, atol=1e-6)


def test_scores_of_other_windows_are_not_fused():
    with pytest.raises(InputError, match="different windows"):
        fusion.average([make(videos=40), make(videos=36)])


def test_two_weak_streams_that_err_apart_are_better_together():
    a, b = make(seed=0, videos=400), make("temporal-sg3i", seed=1, videos=400)
    alone = max(evaluation.correct(s).mean() for s in (a, b))
    assert evaluation.correct(fusion.average([a, b])).mean() > alone + 0.05


def test_a_weight_is_never_chosen_on_test_clips():
    with pytest.raises(ValueError, match="never on test clips"):
        fusion.best_weight([make(part="test"), make(part="test")])


def test_the_best_weight_finds_the_stream_that_knows():
    good, noise = make(strength=6, part="validation"), make(strength=0, seed=3, part="validation")
    share, shares, accuracy = fusion.best_weight([good, noise])
    assert share >= 0.5 and accuracy[shares == share] == accuracy.max()


@pytest.mark.parametrize("hidden", [None, 16])
def test_fusenet_learns_whom_to_believe(tmp_path, hidden):
    train = [make(strength=4, seed=0, videos=200), make(strength=0, seed=1, videos=200)]
    test = [make(strength=4, seed=2, videos=200), make(strength=0, seed=3, videos=200)]
    net = FuseNet(4, hidden=hidden)
    recipe = Recipe("test", (Phase("adamw", 1e-2, 15),), batch_size=64)
    fusion.fit_fusenet(net, train, recipe, tmp_path, seed=0, name="fusenet")
    fused = fusion.apply_fusenet(net, test, "fusenet")
    assert evaluation.correct(fused).mean() > evaluation.correct(fusion.average(test)).mean() + 0.02


def test_fusenet_without_hidden_layer_starts_as_the_average_of_log_probabilities():
    streams = [make(seed=0), make(seed=1)]
    fused = fusion.apply_fusenet(FuseNet(4, hidden=None), streams, "fusenet-linear")
    mean = sum(np.log(s.probabilities()) for s in streams) / 2
    np.testing.assert_allclose(fused.logits, mean, atol=1e-5)


def test_svm_scores_have_a_column_for_a_class_it_never_saw():
    train = [make(classes=4, videos=40, strength=4) for _ in range(2)]
    seen = train[0].label != 3
    train = [s.rows(seen) for s in train]
    test = [make(classes=4, videos=40, strength=4, seed=5) for _ in range(2)]
    fused = fusion.svm(train, test)
    assert fused.logits.shape == test[0].logits.shape
    known = test[0].label != 3
    assert evaluation.correct(fused)[known].mean() > 0.9
    assert not evaluation.correct(fused)[~known].any()


def test_accuracy_and_confusion_agree_with_scikit_learn():
    given = make(videos=60, windows=1)
    guess = given.logits.argmax(1)
    measured = evaluation.result(given, "video-10")
    assert measured.accuracy == pytest.approx(accuracy_score(given.label, guess))
    order = np.argsort(given.video)
    wanted = confusion_matrix(given.label[order], guess[order])
    np.testing.assert_array_equal(evaluation.confusion(given), wanted)


def test_the_interval_of_windows_counts_videos_and_not_windows():
    few = make(videos=40, windows=1)
    repeated = few.rows(np.repeat(np.arange(40), 25))
    repeated.protocol[:] = "window"
    alone = few.rows(np.arange(40))
    alone.protocol[:] = "window"
    wide, narrow = (evaluation.result(s, "window") for s in (alone, repeated))
    assert narrow.high - narrow.low == pytest.approx(wide.high - wide.low, abs=1e-9)


@pytest.mark.parametrize("accuracy", [0.55, 0.9])
def test_the_intervals_hold_the_truth_about_95_times_in_100(accuracy):
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        given = make(videos=150, windows=1, classes=2, seed=seed)
        given.logits[:] = 0
        right = rng.random(150) < accuracy
        given.logits[np.arange(150), np.where(right, given.label, 1 - given.label)] = 1
        measured = evaluation.result(given, "video-10")
        held += measured.low <= accuracy <= measured.high
    assert 180 <= held <= 199


def test_the_paired_test_is_mcnemars():
    a, b = make(seed=0, videos=120, windows=1), make("other", seed=1, videos=120, windows=1)
    found = evaluation.compare(a, b)
    right_a, right_b = evaluation.correct(a), evaluation.correct(b)
    table = [
        [(right_a & right_b).sum(), (right_a & ~right_b).sum()],
        [(~right_a & right_b).sum(), (~right_a & ~right_b).sum()],
    ]
    assert found.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert (found.only_first, found.only_second) == (table[0][1], table[1][0])


def test_networks_that_saw_other_windows_of_the_same_videos_can_be_compared():
    a, b = make(videos=30, windows=4), make("other", seed=1, videos=30, windows=2)
    found = evaluation.compare(a, b)
    right_a, right_b = (evaluation.correct(scores.per_video(s)) for s in (a, b))
    assert (found.only_first, found.only_second) == (
        (right_a & ~right_b).sum(),
        (right_b & ~right_a).sum(),
    )


def test_networks_on_other_videos_are_not_compared():
    with pytest.raises(InputError, match="different videos"):
        evaluation.compare(make(videos=30), make(videos=29))


def test_three_streams_are_averaged_by_video_whatever_windows_they_saw():
    spatial, sg3i = make(videos=20, windows=3), make(seed=1, videos=20, windows=3)
    flow = make(seed=2, videos=18, windows=2)  # two videos are too short for flow
    fused = fusion.average_of_videos([spatial, sg3i, flow], "average-three")
    assert fused.network == "average-three" and len(fused) == 18
    for video, logits in zip(fused.video, fused.logits, strict=True):
        means = [s.probabilities()[s.video == video].mean(axis=0) for s in (spatial, sg3i, flow)]
        np.testing.assert_allclose(np.exp(logits), np.mean(means, axis=0), rtol=1e-5)


def test_a_protocol_that_nothing_was_scored_under_is_named():
    with pytest.raises(InputError, match="spatial has no scores under video-1"):
        evaluation.result(make(), "video-1")
