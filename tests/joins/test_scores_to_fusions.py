"""The fusions of notebook 06 learn from out-of-fold scores, and are asked about the test."""

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from tests.joins.known import PAIR, Lesson, beside
from twostream_lib import fusion
from twostream_lib.errors import InputError
from twostream_lib.fusion import choosing, evaluation, fusenet, score_files, scores, temperature

# How much the logit of the label is raised, by network and part: whoever learns from in-fold scores
# learns to believe the one that is wrong about other clips.
STRENGTHS = {
    ("spatial", "in-fold"): 0.5,
    ("spatial", "out-of-fold"): 3.0,
    ("spatial", "test"): 3.0,
    ("temporal-sg3i", "in-fold"): 9.0,
    ("temporal-sg3i", "out-of-fold"): 0.2,
    ("temporal-sg3i", "test"): 0.2,
}
CELLS = (
    *("scores", "setting", "told", "one-window", "average-make", "weight", "weight-save"),
    "in-fold",
    *("weight-trap", "by-class-save", "temperature", "temperature-table", "svm-make"),
    *("fusenet-fit", "test", "compare", "trap"),
)


def said(run, network, part):
    data = run.part(network, "test" if part == "test" else "train+validation")
    rng = np.random.default_rng([len(network), len(part)])
    logits = 2 * rng.normal(size=(len(data), 3))
    logits[np.arange(len(data)), data.labels] += STRENGTHS[network, part]
    return scores.of_windows(network, logits, data, part)


@pytest.fixture(scope="module")
def lesson(films, tmp_path_factory):
    """Notebook 06 of a run whose streams say what is known."""
    run = beside(films, tmp_path_factory.mktemp("fused") / "run")
    for network in PAIR:
        run.save_scores(network, {part: said(run, network, part) for part in scores.PARTS})
    taught = Lesson("06", run)
    taught.run(*CELLS)
    return taught


def parts(lesson, part):
    return [said(lesson.names["run"], network, part) for network in PAIR]


def shares(one):
    raised = np.exp(one.logits.astype(float))
    return raised / raised.sum(1, keepdims=True)


def mean_of(streams, weights):
    return sum(weight * shares(one) for weight, one in zip(weights, streams, strict=True))


def test_the_average_and_the_product_are_those_of_the_test_scores(lesson):
    test, fused = parts(lesson, "test"), lesson.names["fused"]
    np.testing.assert_allclose(shares(fused["average"]), mean_of(test, [0.5, 0.5]), atol=1e-5)
    product = shares(test[0]) * shares(test[1])
    product /= product.sum(1, keepdims=True)
    np.testing.assert_allclose(shares(fused["product"]), product, atol=1e-5)


def test_the_weight_is_the_first_streams_and_the_best_out_of_fold(lesson):
    learned, test, names = parts(lesson, "out-of-fold"), parts(lesson, "test"), lesson.names
    label, tried = learned[0].label, np.linspace(0, 1, 21)
    right = [(mean_of(learned, [w, 1 - w]).argmax(1) == label).mean() for w in tried]
    best = tried[np.flatnonzero(np.isclose(right, max(right)))]
    share = best[np.abs(best - 0.5).argmin()]
    assert names["share"] == pytest.approx(share) and share > 0.5 >= names["share_in_fold"]
    fused = names["fused"]["weighted"]
    np.testing.assert_allclose(shares(fused), mean_of(test, [share, 1 - share]), atol=1e-5)


def test_the_temperatures_are_those_of_out_of_fold_scores(lesson):
    learned, test = parts(lesson, "out-of-fold"), parts(lesson, "test")
    rows = np.arange(len(learned[0]))
    for network, one, found in zip(PAIR, learned, lesson.names["heat"], strict=True):
        tried = np.exp(np.linspace(np.log(0.05), np.log(20), 600))
        losses = [-np.log(shares(temperature.at(one, t))[rows, one.label]).mean() for t in tried]
        assert found == pytest.approx(tried[np.argmin(losses)], rel=0.03), network
    cooled = [temperature.at(*pair) for pair in zip(test, lesson.names["heat"], strict=True)]
    fused = lesson.names["fused"]["average-calibrated"]
    np.testing.assert_allclose(shares(fused), mean_of(cooled, [0.5, 0.5]), atol=1e-5)


@pytest.mark.parametrize("name", ["per-class", "svm", "fusenet", "fusenet-linear"])
def test_what_is_learned_is_learned_out_of_fold_and_asked_of_the_test(lesson, name):
    run = lesson.names["run"]
    known = [parts(lesson, "out-of-fold"), choosing.on_purpose(parts(lesson, "in-fold"))]
    if name in fusenet.HIDDEN:
        rules = [fusenet.learned(one, run.recipe(name), run.seed, name) for one in known]
    else:
        rules = [fusion.FUSIONS[name](one, run.seed) for one in known]
    right, trap = (shares(rule(parts(lesson, "test"))) for rule in rules)
    np.testing.assert_allclose(shares(lesson.names["fused"][name]), right, atol=1e-3)
    np.testing.assert_allclose(shares(lesson.names["trapped"][name]), trap, atol=1e-3)
    assert np.abs(right - trap).max() > 1e-2


def test_what_was_made_is_kept_as_test_scores_under_its_name(lesson):
    run, fused = lesson.names["run"], lesson.names["fused"]
    for name, one in fused.items():
        kept = score_files.load_part(run.scores_file(name), "test", run.classes, run.made_by)
        assert np.array_equal(kept.logits, one.logits) and kept.network == one.network == name
        for column in ("video", "window", "label", "protocol", "source"):
            assert np.array_equal(getattr(kept, column), getattr(parts(lesson, "test")[0], column))


def right_videos(one):
    """Which videos are right by ten windows each, counted by hand."""
    ten = one.rows(one.protocol == "video-10")
    names = np.unique(ten.video)
    means = np.array([shares(ten)[ten.video == name].mean(0) for name in names])
    label = np.array([ten.label[ten.video == name][0] for name in names])
    return means.argmax(1) == label


def test_the_results_and_comparisons_are_of_videos_by_ten_windows(lesson):
    names = lesson.names
    everything = {one.network: right_videos(one) for one in names["networks"].values()}
    assert set(everything) == {*PAIR, *names["fused"]}
    for result in names["results"]:
        right = everything[result.network]
        assert (result.accuracy, result.n) == (pytest.approx(right.mean()), len(right))
    average = everything["average"]
    compared = [(name, "average") for name in names["fused"] if name != "average"]
    compared += [("average", name) for name in PAIR]
    found = [evaluation.compare(names["networks"][a], names["networks"][b]) for a, b in compared]
    for (first, second), one in zip(compared, found, strict=True):
        a, b = everything[first], everything[second]
        assert (one.only_first, one.only_second) == ((a & ~b).sum(), (b & ~a).sum())
    holm = multipletests([one.p_value for one in found], method="holm")[1]
    for corrected in holm:
        assert f"{corrected:.2g}" in lesson.said
    assert len(average) == 6


def test_the_trap_names_nothing_as_the_runs_own(lesson):
    """What was learned in fold is shown, and never kept in the run's folder."""
    run = lesson.names["run"]
    kept = {file.stem for file in (run.folder / "scores").glob("*.npz")}
    assert kept == {*PAIR, *lesson.names["fused"]}
    assert {one.network for one in lesson.names["trapped"].values()} == {"the same, in fold"}


def test_scores_of_classes_in_another_order_are_refused_everywhere(lesson):
    run = lesson.names["run"]
    test = parts(lesson, "test")
    turned = replace(test[1], classes=tuple(reversed(test[1].classes)))
    for fuse in (fusion.average, fusion.product):
        with pytest.raises(
            fusion.averages.check_aligned.__globals__["InputError"], match="have the class"
        ):
            fuse([test[0], turned])
    run.save_scores("temporal-flow", {"test": replace(turned, network="temporal-flow")})
    with pytest.raises(InputError, match="which differ in their order"):
        score_files.load_part(run.scores_file("temporal-flow"), "test", run.classes, run.made_by)
    run.scores_file("temporal-flow").unlink()
