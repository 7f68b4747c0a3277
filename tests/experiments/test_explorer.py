"""The laboratory's explorer: it shows what is chosen, of trials that are finished."""

from twostream_lib.experiments.explorer import setup_explorer
from twostream_lib.experiments.flow_setups import QUICK_SWITCHES


def test_the_explorer_shows_what_is_chosen_and_trains_nothing(finished):
    explorer = setup_explorer(finished, QUICK_SWITCHES)
    chosen, picture = explorer.children
    assert list(chosen.options) == list(QUICK_SWITCHES)
    before = picture.value
    assert "softmax: 50 % right, working 83 %" in before
    chosen.value = "batches of 128"
    assert "batches of 128: 83 % right, a quarter of the steps 83 %" in picture.value
