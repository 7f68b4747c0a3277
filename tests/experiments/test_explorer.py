"""The explorer of switches."""

from twostream_lib.experiments.explorer import switch_explorer
from twostream_lib.experiments.flow_setups import SWITCHES


def test_the_explorer_shows_what_is_chosen_and_trains_nothing(finished):
    explorer = switch_explorer(finished)
    switch, picture = explorer.children
    assert list(switch.options) == list(SWITCHES)
    before = picture.value
    assert "softmax before cross entropy: 50 % right, working 83 %" in before
    switch.value = "no scaling"
    assert "no scaling: 83 % right" in picture.value and picture.value != before
