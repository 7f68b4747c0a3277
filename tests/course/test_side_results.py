"""What is left beside the streams, and what a reader of the run folder makes of it."""

import os

import pytest

from tests.course import reported
from tests.course.reported import scored
from twostream_lib.course import side_results
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation


@pytest.fixture
def run(tmp_path):
    return reported.new_run(tmp_path)


def leave(run, place, name, right, control="working"):
    folder = run.checkpoint(side_results.LABORATORY) / place
    side_results.leave_scores(folder, scored(name, right, 16, "window", "validation"), {})
    side_results.leave_setup(folder, name, control)
    return folder


def test_gaps_come_from_small_to_large_and_other_trainings_are_none(run):
    for name, right in {"gap-12": 8, "gap-2": 14, "gap-2-every-2": 3, "gap-2-fold-1": 3}.items():
        said = scored(name, right, 16, "window", "validation")
        side_results.leave_scores(run.checkpoint(name), said, {})
    results = side_results.gap_results(run)
    assert {gap: one.accuracy for gap, one in results.items()} == {2: 14 / 16, 12: 0.5}
    assert list(results) == [2, 12] and results[2].n == 16 and results[2].sources == 8


def test_each_setup_is_held_against_its_own_control_in_one_family(run):
    leave(run, "a", "working", 15)
    leave(run, "b", "softmax", 2)
    leave(run, "c", "halves", 15, "softmax")
    leave(run, "d", "alone", 9, "never trained")
    table, right = side_results.laboratory(run)
    assert list(zip(table["first"], table["second"], strict=True)) == [
        ("halves", "softmax"),
        ("softmax", "working"),
    ]
    assert table.difference.tolist() == pytest.approx([13 / 16, -13 / 16])
    said = [scored("", n, 16, "window", "validation") for n in (2, 15)]
    alone = evaluation.compare(*said, "window")
    assert table.holm.tolist() == pytest.approx([2 * alone.p_value] * 2)
    assert right["alone"].accuracy == 9 / 16


def test_one_training_may_be_two_setups_and_the_last_of_two_trainings_counts(run):
    leave(run, "a", "working", 15)
    old = leave(run, "b", "softmax", 2)
    leave(run, "a", "the same by another name", 15)
    os.utime(old / side_results.SETUPS, (1000, 1000))
    leave(run, "c", "softmax", 7)
    table, right = side_results.laboratory(run)
    assert right["softmax"].accuracy == 7 / 16
    assert set(table["first"]) == {"softmax", "the same by another name"}


def test_nothing_is_there_of_a_run_without_them_and_damage_is_said(run):
    table, right = side_results.laboratory(run)
    assert table.empty and right == {} and side_results.gaps(run) == {}
    (leave(run, "a", "working", 15) / side_results.SETUPS).write_text("{")
    with pytest.raises(InputError, match="is no whole JSON file: delete it, and open notebook 05"):
        side_results.laboratory(run)
    side_results.leave_scores(run.checkpoint("gap-3"), scored("", 1, 4), {})
    (run.checkpoint("gap-3") / side_results.SCORES).write_bytes(b"no scores")
    with pytest.raises(InputError, match="are damaged"):
        side_results.gaps(run)
