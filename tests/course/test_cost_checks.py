"""Time, memory, disk, clips set aside and stores, held against a baseline."""

import pytest

from tests.course.samples import whole
from twostream_lib.course import bands, baselines, comparing

BASELINE = baselines.new_baseline([whole(0)], None)


def moved(run, baseline=BASELINE, record=None):
    found = comparing.compare([run], baseline, record)
    return {c.name: c.moved for c in found.checks if not c.network and c.moved != "steady"}, found


def with_data(**data):
    run = whole(0)
    run["data"] |= data
    return run


def test_the_same_run_has_moved_in_nothing():
    assert moved(whole(0))[0] == {}


@pytest.mark.parametrize(
    ("run", "wanted"),
    [
        (whole(0, peak_memory_mb=4000), {"peak memory": "worse"}),
        (whole(0, peak_memory_mb=2000), {"peak memory": "better"}),
        (whole(0, disk_mb=800.0), {"disk": "worse"}),
        (with_data(set_aside=3), {"clips set aside": "worse"}),
        (with_data(stores={"images": 1000, "flow": 2001}), {"store of flow": "changed"}),
        (with_data(stores={"images": 1000}), {"store of flow": "missing"}),
        (with_data(stores={"images": 1000, "flow": 2000, "dense": 1}), {"store of dense": "new"}),
    ],
)
def test_what_moved_is_named(run, wanted):
    found, whole_of_it = moved(run)
    assert found == wanted
    fails = set(wanted.values()) & {"worse", "changed", "missing"}
    assert whole_of_it.verdict == ("fail" if fails else "pass")


def test_fewer_clips_set_aside_are_better():
    before = baselines.new_baseline([with_data(set_aside=3)], None)
    assert moved(with_data(set_aside=1), before)[0] == {"clips set aside": "better"}


def test_a_machine_that_is_twice_as_slow_in_all_is_no_slower_run():
    slow = {name: 2 * each for name, each in whole(0)["run"]["notebooks"].items()}
    run = whole(0, seconds=510.0, notebooks=slow, calibration_seconds=0.04)
    assert moved(run)[0] == {}


def test_a_notebook_that_takes_longer_is_named():
    notebooks = whole(0)["run"]["notebooks"] | {"03_spatial": 260.0}
    found, _ = moved(whole(0, seconds=415.0, notebooks=notebooks))
    assert found == {"seconds": "worse", "seconds of 03_spatial": "worse"}


def test_time_on_half_the_threads_is_not_judged_and_that_is_said():
    run = whole(0, threads=1, seconds=900.0, peak_memory_mb=9000)
    found, told = moved(run)
    assert set(found.values()) == {"unjudged"} and told.verdict == "pass"
    assert "Time and memory are not judged, as these differ: number of threads." in told.notes


def test_on_another_processor_time_may_move_more():
    assert moved(whole(0, seconds=255.0 * 1.8, machine="Another"))[0] == {}
    assert moved(whole(0, seconds=255.0 * 1.8))[0] == {"seconds": "worse"}


def test_of_a_run_that_went_on_it_is_said_that_time_is_not_judged():
    found, told = moved(whole(0, resumed=True))
    assert "went on with what lay in its folder" in " ".join(told.notes)
    assert set(found.values()) == {"unjudged"}


def test_where_noise_was_measured_it_says_how_far_costs_may_move(tmp_path):
    shaky = [2600, 3000, 3400, 3800]
    runs = [whole(seed, sd=0.01, peak_memory_mb=mb) for seed, mb in enumerate(shaky)]
    record = bands.add(runs, tmp_path / "noise.json")
    run = whole(0, peak_memory_mb=4000)
    assert moved(run)[0] == {"peak memory": "worse"}
    found, told = moved(run, record=record)
    assert found == {}
    (memory,) = [check for check in told.checks if check.name == "peak memory"]
    assert memory.judged_by == "noise between seeds" and memory.visible > memory.tolerance
