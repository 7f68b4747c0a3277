"""What else is not the same stands beside what moved."""

import pytest

from tests.course.samples import whole, worse
from twostream_lib.course import baselines, comparing

BASELINE = baselines.new_baseline([whole(0)], None, "Flow is finer.")


def differs(run):
    found = comparing.compare([run], BASELINE)
    return {one.name: (one.before, one.now) for one in found.differs}


def other_clips():
    run = whole(0)
    run["data"]["fingerprint"] = "beef"
    return run


@pytest.mark.parametrize(
    ("run", "wanted"),
    [
        (whole(0), {}),
        (whole(0, git="fedcba9"), {"code commit": ("abc1234", "fedcba9")}),
        (whole(3), {"seed": ("0", "3")}),
        (whole(0, device="NVIDIA T4"), {"device": ("cpu", "NVIDIA T4")}),
        (whole(0, threads=1), {"threads": ("2", "1")}),
        (whole(0, machine="Another"), {"processor": ("A processor", "Another")}),
        (
            whole(0, packages={"torch": "2.7.0", "numpy": "2.1.0", "av": "14.1"}),
            {"torch": ("2.6.0", "2.7.0"), "av": ("–", "14.1")},
        ),
        (whole(0, versions={"python": "3.13.0"}), {"python": ("3.12.1", "3.13.0")}),
        (other_clips(), {"clips": ("f00d", "beef")}),
    ],
)
def test_each_kind_of_difference_is_named(run, wanted):
    assert differs(run) == wanted


def test_a_package_that_moved_is_said_and_is_no_alarm():
    run = whole(0, packages={"torch": "2.6.0", "numpy": "2.2.0"})
    found = comparing.compare([run], BASELINE)
    assert found.verdict == "pass" and [one.name for one in found.differs] == ["numpy"]


def test_the_baseline_is_told_of_with_its_reason():
    said = comparing.compare([whole(0)], BASELINE).against
    assert said.startswith("Seed 0, commit abc1234, on cpu (A processor); accepted on 20")
    assert said.endswith(": Flow is finer.")


def exact(run):
    notes = comparing.compare([run], BASELINE).notes
    return [note for note in notes if note.startswith("Seed, clips, machine and packages")]


def test_of_one_seed_and_machine_every_digit_is_compared():
    (same,) = exact(whole(0, git="fedcba9"))
    assert same.endswith("and all 24 accuracies are, to the last digit.")
    (other,) = exact(worse(whole(0), "svm", 0.0001))
    assert "3 of 24 accuracies are others (svm (window), svm (video-1), svm (video-10)):" in other


def test_digits_of_a_run_that_was_resumed_say_nothing_of_the_code():
    (same,) = exact(whole(0, git="fedcba9", resumed=True))
    assert "went on with what lay in its folder, so that says nothing of this code." in same
    assert "to the last digit" not in same
    (other,) = exact(worse(whole(0, resumed=True), "svm", 0.0001))
    assert "3 of 24" in other and "or the one that made what lay in its folder, computes" in other


@pytest.mark.parametrize(
    "run", [whole(1), whole(0, threads=1), whole(0, device=None), other_clips()]
)
def test_where_more_than_the_code_differs_digits_say_nothing(run):
    assert exact(run) == []
