"""Figures of speed."""

from tests.figures.samples import MODE1, SPEEDS
from twostream_lib.figures import speed


def test_speeds_are_compared_with_the_fastest_other_way():
    figure = speed.speeds(SPEEDS, MODE1)
    assert figure.get_suptitle().endswith("1.8 in gray, 0.9 in colour, 80.0 in mode 1")
    bars = [bar.get_width() for axes in figure.axes for bar in axes.patches]
    assert len(bars) == 9 and bars[0] == SPEEDS["gray_frames_per_second"]
