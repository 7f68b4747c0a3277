"""The verdict follows from the checks."""

import pytest

from twostream_lib.course import comparison
from twostream_lib.course.comparison import Check, Comparison


def check(moved, network="svm"):
    known = (0.8, 0.7, 0.01, 0.03, 0.04, "noise between seeds")
    return Check("accuracy", network, "video-10", "accuracy", "share", *known, moved)


@pytest.mark.parametrize(
    ("moved", "verdict"),
    [
        (["steady", "better", "new", "unjudged"], comparison.PASS),
        *((["steady", one], comparison.FAIL) for one in ("worse", "changed", "missing", "failed")),
        ([], comparison.PASS),
    ],
)
def test_a_comparison_fails_where_a_check_does(moved, verdict):
    found = Comparison("", tuple(map(check, moved)), (), (), (1, 1))
    assert found.verdict == verdict
    assert [one.moved for one in found.moved] == [
        one for one in moved if one in ("worse", "better", "changed", "missing")
    ]
    assert len(found.failing) == (verdict == comparison.FAIL)


def test_a_check_is_called_by_what_it_is_of():
    assert check("worse").name == "svm (video-10)"
    cost = Check("cost", "", "", "peak memory", "MB", *[None] * 5, "", "unjudged")
    assert cost.name == "peak memory"
