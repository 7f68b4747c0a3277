"""A run is held against a baseline or another run, and becomes one only where it can be one."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.course.samples import found, whole
from twostream_lib.course import baselines, comparing, metrics
from twostream_lib.course.verdict import sentence
from twostream_lib.errors import InputError


def regressions(run, baseline):
    return [sentence(check) for check in comparing.compare([run], baseline).failing]


def test_a_run_is_no_worse_than_the_baseline_made_of_it():
    run = found(spatial=0.5, average=0.8)
    assert regressions(run, baselines.new_baseline([run], None)) == []


@given(drop=st.integers(0, 2000), tolerance=st.integers(0, 2000))
def test_a_result_regresses_when_it_falls_by_more_than_its_tolerance(drop, tolerance):
    """In hundredths of a point."""
    baseline = baselines.new_baseline([found(average=0.8)], None)
    baseline["results"][0]["tolerance"] = tolerance / 10_000
    said = regressions(found(average=(8000 - drop) / 10_000), baseline)
    assert bool(said) == (drop > tolerance)
    assert all("average (video-10) fell from 80.00" in sentence for sentence in said)


def test_a_better_result_and_a_new_network_are_no_regressions():
    baseline = baselines.new_baseline([found(average=0.8)], None)
    assert regressions(found(average=0.99, fusenet=0.1), baseline) == []


def test_a_missing_result_is_a_regression():
    baseline = baselines.new_baseline([found(spatial=0.5, average=0.8)], None)
    (said,) = regressions(found(average=0.8), baseline)
    assert said.startswith("spatial (video-10) is missing; the baseline has 50.00 %")


def test_every_regression_is_named():
    baseline = baselines.new_baseline([found(spatial=0.5, average=0.8)], None)
    said = regressions(found(spatial=0.2, average=0.3), baseline)
    assert [sentence.split()[0] for sentence in said] == ["spatial", "average"]
    assert said[0].endswith("50.00 to 20.00 %, more than its tolerance of 4.00 points.")


def test_runs_of_another_kind_are_not_compared():
    baseline = baselines.new_baseline([found(average=0.8)], None)
    other = copy.deepcopy(found(average=0.8))
    other["data"]["name"] = "weizmann"
    with pytest.raises(InputError, match=r"weizmann.*StickHMDB"):
        regressions(other, baseline)


def test_accepting_keeps_tolerances_and_gives_new_ones_half_the_interval(tmp_path):
    old = baselines.new_baseline([found(average=0.8)], None)
    assert old["results"][0]["tolerance"] == pytest.approx(0.04)
    old["results"][0]["tolerance"] = 0.075
    run = found(average=0.85, spatial=0.999)
    metrics.write(baselines.new_baseline([run], old), tmp_path / "baseline.json")
    rows = json.loads((tmp_path / "baseline.json").read_text())["results"]
    names = ("accuracy", "low", "high", "tolerance")
    assert [[row[name] for name in names] for row in rows] == [
        [85.0, 81.0, 89.0, 7.5],
        [99.9, 95.9, 100.0, 2.05],
    ]
    assert regressions(run, metrics.read(tmp_path / "baseline.json")) == []


def test_a_baseline_from_before_it_had_intervals_is_still_compared_with(tmp_path):
    baseline = baselines.new_baseline([found(average=0.8)], None)
    del baseline["data"], baseline["results"][0]["low"], baseline["results"][0]["high"]
    metrics.write(baseline, tmp_path / "baseline.json")
    old = metrics.read(tmp_path / "baseline.json")
    assert regressions(found(average=0.8), old) == []
    assert len(regressions(found(average=0.7), old)) == 1
    assert baselines.new_baseline([found(average=0.8)], old)["results"][0]["low"] == 0.76


# --- accepting -------------------------------------------------------------------------------


def test_another_run_is_compared_with_as_a_baseline():
    one, other = found(spatial=0.5, average=0.8), found(spatial=0.48, average=0.7)
    assert regressions(one, other) == []
    (said,) = regressions(other, one)
    assert said.startswith("average (video-10) fell from 80.00 to 70.00 %")


def test_nothing_is_compared_with_no_results():
    with pytest.raises(InputError, match="has no results"):
        regressions(found(average=0.8), found())


def test_a_run_without_results_is_no_baseline(tmp_path):
    with pytest.raises(InputError, match="has no results"):
        baselines.accept([found()], tmp_path / "baseline.json")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_not_finished_is_no_baseline(tmp_path):
    run = found(average=0.8)
    run["run"]["failed"] = {"05_temporal_stream_flow": "Notebook 05 failed in cell [3]."}
    with pytest.raises(InputError, match="not finished, as 05_temporal_stream_flow failed"):
        baselines.accept([run], tmp_path / "baseline.json")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_lacks_what_the_baseline_has_does_not_take_its_place(tmp_path):
    file = tmp_path / "baseline.json"
    baselines.accept([found(spatial=0.5, average=0.8)], file)
    before = file.read_bytes()
    with pytest.raises(InputError, match=r"lacks spatial \(video-10\), which the baseline"):
        baselines.accept([found(average=0.9)], file, "It is worse.")
    assert file.read_bytes() == before
    baselines.accept([found(spatial=0.6, average=0.9, svm=0.7)], file, "There is an SVM.")
    assert len(metrics.read(file)["results"]) == 3


@pytest.mark.parametrize(
    "theirs", ["name,grade\nAnn,1\n", "", "{}", '{"schema": 1, "results": []}', "a run", "a folder"]
)
def test_a_file_that_is_no_baseline_is_not_overwritten(tmp_path, theirs):
    file = tmp_path / "kept"
    if theirs == "a folder":
        file.mkdir()
        metrics.write(found(average=0.7), file / "metrics.json")
    elif theirs == "a run":
        metrics.write(found(average=0.7), file)
    else:
        file.write_text(theirs)
    before = file.read_bytes() if file.is_file() else sorted(file.iterdir())
    with pytest.raises(InputError, match=str(file)):
        baselines.accept([found(average=0.8)], file)
    assert (file.read_bytes() if file.is_file() else sorted(file.iterdir())) == before


# --- reasons ---------------------------------------------------------------------------------


@pytest.mark.parametrize("because", ["", " "])
def test_a_baseline_is_not_overwritten_without_a_reason(tmp_path, because):
    file = tmp_path / "baseline.json"
    baselines.accept([found(average=0.8)], file)
    before = file.read_bytes()
    with pytest.raises(InputError, match=r"without a reason: say why .* --because"):
        baselines.accept([found(average=0.7)], file, because)
    assert file.read_bytes() == before


def test_a_baseline_keeps_the_reasons_of_all_that_were_before_it(tmp_path):
    file = tmp_path / "baseline.json"
    baselines.accept([found(average=0.8)], file)
    for because in ("Flow is finer.", "Clips are longer."):
        baselines.accept([found(average=0.7)], file, because)
    kept = metrics.read(file)["accepted"]
    assert [one["because"] for one in kept] == [
        "It is the first.",
        "Flow is finer.",
        "Clips are longer.",
    ]
    assert all(one["date"] for one in kept)


# --- several runs ----------------------------------------------------------------------------


def test_a_baseline_of_several_runs_has_the_means_beside_the_figures_of_the_first(tmp_path):
    runs = [whole(seed, sd=0.02) for seed in range(3)]
    baselines.accept(runs, tmp_path / "baseline.json")
    baseline = metrics.read(tmp_path / "baseline.json")
    assert baseline["run"]["seeds"] == [0, 1, 2]
    for number, row in enumerate(baseline["results"]):
        each = [run["results"][number]["accuracy"] for run in runs]
        assert row["accuracy"] == pytest.approx(each[0], abs=1e-6)
        assert row["mean"] == pytest.approx(np.mean(each), abs=1e-6) and row["runs"] == 3
