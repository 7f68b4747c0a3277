"""metrics.json, its table, and baselines."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twostream_lib.course import metrics
from twostream_lib.errors import InputError
from twostream_lib.fusion import scores
from twostream_lib.fusion.scores import Scores

CLASSES = ("sit", "stand", "wave")


def known_scores(network, right, videos=20, part="test"):
    """Scores of three windows and a centre window a video; the first `right` videos are right."""
    label = np.arange(videos) % 3
    guess = np.where(np.arange(videos) < right, label, (label + 1) % 3)
    rows = np.repeat(np.arange(videos), 4)
    return Scores(
        network,
        np.eye(3, dtype=np.float32)[guess[rows]],
        np.array([f"video{row}.avi" for row in rows]),
        np.tile([0, 1, 2, 0], videos),
        label[rows],
        np.tile(["window", "window", "window", "video-1"], videos),
        CLASSES,
        part,
    )


def found(**accuracies):
    """Metrics of a run whose networks reached these accuracies per video."""
    rows = [
        {"network": network, "protocol": "video-10", "accuracy": value, "low": value - 4}
        | {"high": min(100, value + 4), "n": 216, "paper": None}
        for network, value in accuracies.items()
    ]
    return {
        "schema": 1,
        "run": {"profile": "quick"},
        "data": {"name": "StickHMDB", "split": 1, "train_tags": [1], "ceilings": {}},
        "results": rows,
    }


# --- results ---------------------------------------------------------------------------------


def test_results_count_what_the_scores_say(tmp_path):
    for network, right in (("average", 18), ("spatial", 15)):
        parts = {
            "validation": known_scores(network, 0, part="validation"),
            "test": known_scores(network, right),
        }
        scores.save(parts, tmp_path / f"{network}.npz")
    rows = metrics.results(tmp_path, "mode 2")
    assert [(r["network"], r["protocol"], r["accuracy"], r["n"]) for r in rows] == [
        ("spatial", "window", 75.0, 60),
        ("spatial", "video-1", 75.0, 20),
        ("average", "window", 90.0, 60),
        ("average", "video-1", 90.0, 20),
    ]
    assert all(0 <= row["low"] <= row["accuracy"] <= row["high"] <= 100 for row in rows)


def test_the_papers_figure_stands_beside_its_own_protocol_only(tmp_path):
    scores.save({"test": known_scores("average", 18)}, tmp_path / "average.npz")
    for mode, known in (("mode 1", 57.2), ("mode 2", 55.5)):
        rows = {row["protocol"]: row["paper"] for row in metrics.results(tmp_path, mode)}
        assert rows == {"window": known, "video-1": None}


def test_scores_under_other_names_are_no_results(tmp_path):
    scores.save({"test": known_scores("mine", 18)}, tmp_path / "mine.npz")
    assert metrics.results(tmp_path, "mode 2") == []


def test_versions_and_device_are_words():
    assert {"python", "twostream_lib", "torch", "numpy"} <= set(metrics.versions())
    assert all(isinstance(value, str) and value for value in metrics.versions().values())
    assert metrics.device_name()


def test_outside_of_a_checkout_there_is_no_commit(tmp_path):
    assert metrics.git_version(tmp_path) is None


# --- files -----------------------------------------------------------------------------------


def test_what_is_written_is_read_from_the_folder_and_from_the_file(tmp_path):
    metrics.write(found(spatial=50.0), tmp_path / "metrics.json")
    assert metrics.read(tmp_path) == metrics.read(tmp_path / "metrics.json") == found(spatial=50.0)
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "There is no"),
        ("{", "is no JSON"),
        ("[]", "no metrics file of schema 1"),
        ('{"schema": 2}', "no metrics file of schema 1"),
    ],
)
def test_a_file_that_is_no_metrics_is_named(tmp_path, content, said):
    if content is not None:
        (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(InputError, match=said) as error:
        metrics.read(tmp_path)
    assert str(tmp_path / "metrics.json") in str(error.value)


# --- baselines -------------------------------------------------------------------------------


def test_a_run_is_no_worse_than_the_baseline_made_of_it():
    run = found(spatial=50.0, average=80.0)
    assert metrics.compare(run, metrics.new_baseline(run, None)) == []


@given(drop=st.floats(0, 20), tolerance=st.floats(0, 20))
def test_a_result_regresses_when_it_falls_by_more_than_its_tolerance(drop, tolerance):
    baseline = metrics.new_baseline(found(average=80.0), None)
    baseline["results"][0]["tolerance"] = tolerance
    said = metrics.compare(found(average=80.0 - drop), baseline)
    assert bool(said) == (80.0 - drop < 80.0 - tolerance)
    assert all("average (video-10) fell from 80.00" in sentence for sentence in said)


def test_a_better_result_and_a_new_network_are_no_regressions():
    baseline = metrics.new_baseline(found(average=80.0), None)
    assert metrics.compare(found(average=99.0, fusenet=10.0), baseline) == []


def test_a_missing_result_is_a_regression():
    baseline = metrics.new_baseline(found(spatial=50.0, average=80.0), None)
    (said,) = metrics.compare(found(average=80.0), baseline)
    assert said.startswith("spatial (video-10) is missing")


def test_every_regression_is_named():
    baseline = metrics.new_baseline(found(spatial=50.0, average=80.0), None)
    said = metrics.compare(found(spatial=20.0, average=30.0), baseline)
    assert [sentence.split()[0] for sentence in said] == ["spatial", "average"]


def test_runs_of_another_kind_are_not_compared():
    baseline = metrics.new_baseline(found(average=80.0), None)
    other = copy.deepcopy(found(average=80.0))
    other["data"]["name"] = "weizmann"
    with pytest.raises(InputError, match=r"weizmann.*StickHMDB"):
        metrics.compare(other, baseline)


def test_accepting_keeps_tolerances_and_gives_new_ones_half_the_interval():
    old = metrics.new_baseline(found(average=80.0), None)
    assert old["results"][0]["tolerance"] == 4.0
    old["results"][0]["tolerance"] = 7.5
    new = metrics.new_baseline(found(average=85.0, spatial=99.9), old)
    assert [(row["accuracy"], row["tolerance"]) for row in new["results"]] == [
        (85.0, 7.5),
        (99.9, 2.05),
    ]
    assert metrics.compare(found(average=85.0, spatial=99.9), json.loads(json.dumps(new))) == []


# --- the table -------------------------------------------------------------------------------


def test_the_table_keeps_protocols_apart_and_shows_each_figure_with_its_interval():
    run = found(spatial=50.0, average=80.0)
    window = {"network": "spatial", "protocol": "window", "accuracy": 48.0, "low": 45.0}
    run["results"].append(window | {"high": 51.0, "n": 900, "paper": 53.2})
    lines = metrics.table(run).splitlines()
    heads = [line.split()[0] for line in lines if "interval" in line]
    assert heads == ["window", "video-10"]
    assert lines[0].startswith("StickHMDB, split 1, trained on tag 1")
    assert lines[3].split() == ["spatial", "48.0", "45.0", "to", "51.0", "900", "–", "53.2"]
    assert lines[-1].split() == ["average", "80.0", "76.0", "to", "84.0", "216", "–", "–"]


def test_ceilings_belong_to_what_a_network_sees():
    run = found(spatial=50.0)
    run["data"]["ceilings"] = {"spatial": 60.0, "temporal": 70.0, "both": 100.0}
    seen = {network: metrics.ceiling(run, network) for network in metrics.NETWORKS}
    assert seen.pop("spatial") == 60.0
    assert seen.pop("temporal-sg3i") == seen.pop("temporal-flow") == 70.0
    assert set(seen.values()) == {100.0}


def test_a_run_without_scores_says_so():
    assert metrics.table(found()) == "No network has been scored yet."
