"""A run beside a baseline: what noise explains is let through, and what it does not is named."""

import numpy as np
import pytest

from tests.course.samples import found, whole, worse
from twostream_lib import records
from twostream_lib.course import bands, baselines, comparing, metrics
from twostream_lib.course.comparison import ALL_PROTOCOLS, FAIL, PASS
from twostream_lib.errors import InputError

SD = 0.007


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """The noise of six runs whose accuracies move by 0.7 points."""
    file = tmp_path_factory.mktemp("noise") / "noise-quick.json"
    return bands.add([whole(seed, sd=SD) for seed in range(6)], file)


@pytest.fixture(scope="module")
def baseline():
    return baselines.new_baseline([whole(seed, sd=SD) for seed in range(6)], None)


def of(found, network, protocol="video-10"):
    (one,) = [c for c in found.checks if (c.network, c.protocol) == (network, protocol)]
    return one


# --- false alarms and alarms -----------------------------------------------------------------


def test_ten_runs_with_other_seeds_raise_no_alarm(record, baseline):
    for seed in range(100, 110):
        found = comparing.compare([whole(seed, sd=SD)], baseline, record)
        assert found.verdict == PASS and found.moved == [], seed


@pytest.mark.parametrize(("loss", "least"), [(0.04, 12), (0.05, 18), (0.06, 20)])
def test_a_stream_that_is_four_points_worse_is_named(record, baseline, loss, least):
    alarms = 0
    for seed in range(100, 120):
        run = worse(whole(seed, sd=SD), "spatial", loss)
        found = comparing.compare([run], baseline, record)
        assert {check.network for check in found.failing} <= {"spatial"}
        alarms += found.verdict == FAIL
    assert alarms >= least


def test_where_noise_hides_a_loss_the_smallest_that_shows_is_said(tmp_path):
    loud = [whole(seed, sd=0.03) for seed in range(4)]
    record = bands.add(loud, tmp_path / "noise.json")
    found = comparing.compare([worse(loud[0], "svm", 0.01)], loud[0], record)
    assert found.verdict == PASS and of(found, "svm").visible > 0.05
    (said,) = [note for note in found.notes if "smallest loss" in note]
    low, high = (100 * f([c.visible for c in found.of_kind("accuracy")]) for f in (min, max))
    assert f"{low:.1f} to {high:.1f} points" in said and "mean of 3 runs" in said


def test_the_mean_of_several_runs_shows_what_one_does_not(record, baseline):
    def seen(runs):
        return of(comparing.compare(runs, baseline, record), "svm").visible

    three = [whole(seed, sd=SD) for seed in (50, 51, 52)]
    assert seen(three) < seen(three[:1])
    lost = [worse(run, "svm", 0.03) for run in three]
    found = comparing.compare(lost, baseline, record)
    assert of(found, "svm", ALL_PROTOCOLS).moved == "worse" and found.runs == (3, 6)
    now = np.mean(
        [row["accuracy"] for r in lost for row in r["results"] if row["network"] == "svm"]
    )
    assert of(found, "svm", ALL_PROTOCOLS).now == pytest.approx(now)


def test_one_protocol_that_is_worse_is_named_by_itself(record, baseline):
    run = worse(whole(100, sd=SD), "joint", 0.08, ["video-10"])
    found = comparing.compare([run], baseline, record)
    assert of(found, "joint").moved == "worse" and of(found, "joint", "window").moved == "steady"


def test_what_is_better_than_noise_explains_is_named_and_passes(record, baseline):
    run = worse(whole(100, sd=SD), "joint", -0.08)
    found = comparing.compare([run], baseline, record)
    assert found.verdict == PASS and {check.network for check in found.better} == {"joint"}


def test_what_is_missing_fails_and_what_is_new_does_not(record, baseline):
    run = whole(100, sd=SD)
    run["results"] = [row for row in run["results"] if row["network"] != "svm"]
    extra = run["results"][0] | {"network": "per-class"}
    run["results"].append(extra)
    found = comparing.compare([run], baseline, record)
    assert {check.network for check in found.failing} == {"svm"}
    assert of(found, "per-class", "window").moved == "new"


def test_a_run_whose_notebooks_failed_does_not_pass(record, baseline):
    said = {"06_fusion": "Notebook 06_fusion failed in cell [3]: ValueError."}
    unread = {"scores of svm": "The scores of svm are damaged."}
    found = comparing.compare([whole(100, sd=SD, failed=said | unread)], baseline, record)
    assert found.verdict == FAIL and found.moved == []
    assert [(one.kind, one.name, one.why) for one in found.failing] == [
        ("notebook", name, why) for name, why in (said | unread).items()
    ]
    runs = [whole(100, sd=SD), whole(101, sd=SD, failed=said)]
    (one,) = comparing.compare(runs, baseline, record).failing
    assert one.name == "06_fusion of seed 101"


def test_that_the_other_run_is_not_finished_is_said():
    found = comparing.compare([whole(0)], whole(0, failed={"06_fusion": "It failed."}))
    assert found.verdict == PASS
    assert found.notes[0].startswith("The other run is not finished, as 06_fusion failed:")


# --- where the tolerance is from -------------------------------------------------------------


def test_without_a_record_the_baselines_tolerances_hold_and_that_is_said(baseline):
    found = comparing.compare([whole(100, sd=SD)], baseline)
    allowed = [check.tolerance for check in found.of_kind("accuracy")]
    assert allowed == pytest.approx([0.05] * len(allowed)) and len(allowed) == 24
    assert all(check.visible is None for check in found.of_kind("accuracy"))
    assert found.notes[0].startswith(
        "There is no record of the noise of such runs: each accuracy may move by"
    )


def test_a_gpu_without_a_band_takes_the_cpus_wider_and_says_so(record, baseline):
    on_cpu = comparing.compare([whole(100, sd=SD)], baseline, record)
    run = whole(100, sd=SD, device="NVIDIA A100")
    found = comparing.compare([run], baseline, record)
    wider = of(found, "svm").tolerance / of(on_cpu, "svm").tolerance
    assert wider == pytest.approx(bands.WIDER)
    assert "On NVIDIA A100 nobody has measured any" in found.notes[0]


def test_without_any_band_that_fits_half_the_interval_is_taken_and_that_is_said(tmp_path, baseline):
    runs = [whole(seed, sd=SD, device="NVIDIA T4") for seed in range(4)]
    record = bands.add(runs, tmp_path / "noise.json")
    found = comparing.compare([whole(100, sd=SD)], baseline, record)
    assert "no band for cpu, and none for a CPU" in found.notes[0]
    allowed = [check.tolerance for check in found.of_kind("accuracy")]
    assert allowed == pytest.approx([0.05] * len(allowed)) and len(allowed) == 24


def test_a_network_of_which_no_noise_is_known_is_named(record):
    runs = [whole(seed, sd=SD) for seed in range(2)]
    for run in runs:
        run["results"].append(run["results"][0] | {"network": "per-class"})
    found = comparing.compare(runs[:1], runs[1], record)
    assert of(found, "per-class", "window").tolerance == pytest.approx(0.05)
    assert any(note.startswith("Of per-class (window) no noise is known") for note in found.notes)


def test_no_noise_is_applied_to_other_clips_and_that_is_said(record, baseline):
    run = worse(whole(100, sd=SD), "svm", 0.03)
    assert comparing.compare([run], baseline, record).verdict == FAIL
    run["data"]["fingerprint"] = "beef"
    found = comparing.compare([run], baseline, record)
    allowed = [check.tolerance for check in found.of_kind("accuracy")]
    assert found.verdict == PASS and allowed == pytest.approx([0.05] * 24)
    assert "(clips f00d → beef)" in found.unlike
    assert found.notes[0].startswith("No noise between seeds is applied: each accuracy may move")


def test_a_record_of_other_runs_is_refused(record):
    with pytest.raises(InputError, match=r"record of noise is of .*StickHMDB.*baseline of .*weiz"):
        other = whole(0)
        other["data"]["name"] = "weizmann"
        comparing.compare([other], other, record)


# --- places ----------------------------------------------------------------------------------


def matrix(folder, cells):
    rows = []
    for name, run, failed in cells:
        metrics.write(run, folder / name / "metrics.json")
        rows.append({"name": name, "failed": failed})
    records.write(folder / comparing.SUMMARY, {"schema": 1, "cells": rows, "results": []})
    return folder


def test_a_matrix_of_seeds_is_compared_as_the_mean_of_its_finished_runs(tmp_path, record):
    runs = [(f"seed{seed}", whole(seed, sd=SD), "") for seed in range(3)]
    broken = ("seed9", worse(whole(9), "svm", 0.5), "It failed.")
    place = matrix(tmp_path / "matrix", [*runs, broken])
    metrics.write(baselines.new_baseline([whole(0, sd=SD)], None), tmp_path / "baseline.json")
    records.write(tmp_path / "noise-quick.json", record)
    found = comparing.compare_places(place, tmp_path / "baseline.json")
    assert found.runs == (3, 1) and found.verdict == PASS
    assert found.notes[0].startswith("Noise is what 6 runs")
    # And a matrix can be what others are compared with.
    assert comparing.compare_places(place / "seed0", place).runs == (1, 3)


def test_a_matrix_that_is_no_one_kind_is_refused(tmp_path):
    other = whole(1)
    other["data"]["split"] = 2
    place = matrix(tmp_path, [("a", whole(0), ""), ("b", other, "")])
    with pytest.raises(InputError, match="several splits or backbones"):
        comparing.read_runs(place)
    with pytest.raises(InputError, match=r"No run in .* is finished"):
        comparing.read_runs(matrix(tmp_path, [("a", whole(0), "It failed.")]))


def test_a_matrix_whose_runs_are_of_other_clips_is_refused(tmp_path):
    other, unknown = whole(1), whole(2)
    other["data"]["fingerprint"] = "beef"
    del unknown["data"]["fingerprint"]
    place = matrix(tmp_path, [("a", whole(0), ""), ("b", other, ""), ("c", unknown, "")])
    with pytest.raises(InputError, match=r"are of other clips \(beef, f00d\)"):
        comparing.read_runs(place)
    matrix(tmp_path, [("a", whole(0), ""), ("c", unknown, "")])
    assert len(comparing.read_runs(place)) == 2


def test_a_record_beside_the_baseline_that_is_of_other_runs_is_not_used(tmp_path, record):
    other = whole(0)
    other["data"]["name"] = "weizmann"
    metrics.write(other, tmp_path / "metrics.json")
    metrics.write(baselines.new_baseline([other], None), tmp_path / "baseline.json")
    records.write(tmp_path / "noise-quick.json", record)
    found = comparing.compare_places(tmp_path, tmp_path / "baseline.json")
    assert found.notes[0].startswith("There is no record of the noise of such runs")
    with pytest.raises(InputError, match="record of noise is of"):
        comparing.compare_places(
            tmp_path, tmp_path / "baseline.json", tmp_path / "noise-quick.json"
        )


# --- the same comparison twice ---------------------------------------------------------------


def test_a_comparison_is_the_same_each_time(record, baseline):
    run = worse(whole(100, sd=SD), "svm", 0.06)
    assert comparing.compare([run], baseline, record) == comparing.compare([run], baseline, record)


def test_a_baseline_of_an_earlier_version_is_compared_with_and_said_to_be_one():
    old = baselines.new_baseline([found(average=0.8)], None)
    for name in ("run", "costs", "accepted"):
        del old[name]
    told = comparing.compare([whole(0)], old)
    assert of(told, "average").moved == "worse"
    assert "earlier version" in told.against and told.differs == ()
    assert "The baseline says nothing of time, memory, disk and stores." in told.notes
