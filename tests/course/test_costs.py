"""What a run takes, by its metrics."""

import numpy as np
import pytest

from tests.course.samples import found, whole
from twostream_lib.course import costs


def test_seconds_are_told_in_calibration_loops_and_short_notebooks_in_the_sum_alone():
    of = costs.of(whole(0))
    assert of["seconds"].value == pytest.approx(255 / 0.02)
    assert of["seconds of 03_spatial"].value == pytest.approx(100 / 0.02)
    assert "seconds of 07_results" not in of
    assert of["clips set aside"] == costs.Cost(0, "clips", costs.COUNT)
    assert of["store of flow"].value == 2000


def test_a_run_that_went_on_says_nothing_of_time():
    assert not [name for name in costs.of(whole(0, resumed=True)) if name.startswith("seconds")]


def test_an_earlier_versions_run_tells_of_nothing():
    assert costs.of(found(svm=0.5)) == {}


def test_costs_of_several_runs_are_their_mean():
    of = costs.mean_of([whole(0), whole(1, seconds=275.0, disk_mb=420.0)])
    assert of["seconds"].value == pytest.approx(265 / 0.02)
    assert of["disk"].value == 410
    assert costs.from_json(costs.as_json(of)) == of


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({}, []),
        ({"cores": 4, "threads": 4}, ["number of cores", "number of threads"]),
        ({"device": "NVIDIA T4"}, ["device"]),
        ({"notebooks": {"03_spatial": 1.0}}, ["list of notebooks"]),
        ({"cores": None}, ["number of cores"]),
    ],
)
def test_what_stands_against_comparing_time_is_named(now, said):
    assert costs.unlike(whole(0, **now)["run"], whole(0)["run"]) == said


def test_how_far_a_cost_may_grow():
    assert costs.factor("seconds of 03", True, None) == costs.UNKNOWN["seconds"]
    assert costs.factor("disk", True, 1e-6) == costs.LEAST["disk"]
    assert costs.factor("peak memory", True, 0.4) == pytest.approx(np.exp(0.4))
    assert costs.factor("seconds", False, 0.01) == costs.OTHER_MACHINE
