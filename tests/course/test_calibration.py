"""The calibration loop: the same work every time, and threads are left as they were."""

import pytest
import torch

from twostream_lib.course import calibration


def test_rounds_take_time_and_leave_the_threads_as_they_were():
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        found = calibration.rounds(1)
        assert len(found) == calibration.ROUNDS and all(one > 0 for one in found)
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_the_loop_is_the_median_of_all_rounds():
    assert calibration.loop_seconds([3.0, 1.0, 100.0, 2.0, 2.5]) == 2.5
    assert calibration.loop_seconds([]) is None


@pytest.mark.filterwarnings("error")
def test_it_works_where_gradients_are_switched_off():
    with torch.no_grad():
        assert calibration.rounds(1)
