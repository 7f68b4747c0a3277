"""The schemas let through what this version and earlier ones write, and nothing else."""

import pytest

from tests.course.samples import found, whole
from twostream_lib import records
from twostream_lib.course import schemas


@pytest.mark.parametrize("run", [found(svm=0.5), whole(0)])
def test_runs_of_this_version_and_of_earlier_ones_fit(run):
    assert records.misfit(run, schemas.RUN) == ""


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("run", {"seconds": "long"}),
        ("run", {"calibration_seconds": -1}),
        ("run", {"packages": ["torch"]}),
        ("run", {"cores": 1.5}),
        ("run", {"notebooks": {"03": None}}),
        ("data", {"stores": {"images": "large"}}),
        ("data", {"set_aside": -1}),
    ],
)
def test_what_no_run_writes_is_named(part, change):
    run = whole(0)
    run[part] |= change
    assert next(iter(change)) in records.misfit(run, schemas.RUN)


def test_an_entry_that_must_be_there_is_missed():
    run = whole(0)
    del run["data"]["ceilings"]
    assert "'ceilings' is a required property" in records.misfit(run, schemas.RUN)
