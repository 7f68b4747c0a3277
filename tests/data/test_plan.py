"""What the windows of a store are."""

import pytest

from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError


@pytest.mark.parametrize(
    ("plan", "frames", "channels"),
    [
        (Plan("images", (4, 5)), 3, 6),  # an RGB frame and three gray ones
        (Plan("gray", (4, 5), length=25), 25, 25),
        (Plan("flow", (4, 5), length=10), 11, 20),  # a field lies between two frames
    ],
)
def test_each_kind_has_its_frames_and_channels(plan, frames, channels):
    assert (plan.frames, plan.channels) == (frames, channels)
    assert plan.window_bytes == channels * 4 * 5


def test_what_only_flow_needs_is_only_asked_of_flow():
    assert Plan("images", bound=0, method="none").channels == 6
    for wrong, says in (
        ({"bound": 0}, "bound is 0"),
        ({"method": "magic"}, "'magic' is unknown"),
        ({"length": 0}, "A stack of 0 fields"),
    ):
        with pytest.raises(InputError, match=says):
            Plan("flow", **wrong)
