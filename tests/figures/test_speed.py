"""Figures of speed."""

from tests.figures.samples import MODE1, RATES, SPEEDS
from twostream_lib import figures
from twostream_lib.figures import speed


def test_speeds_are_compared_with_the_fastest_other_way():
    figure = speed.speeds(SPEEDS, MODE1)
    assert figure.get_suptitle().endswith("1.8 in gray, 0.9 in colour, 80.0 in mode 1")
    dots = [line.get_xdata()[0] for axes in figure.axes for line in axes.lines]
    assert len(dots) == 9 and dots[0] == SPEEDS["gray_frames_per_second"]
    beside = [text.get_text() for text in figure.axes[0].texts]
    assert beside[:2] == ["900", "1,100 (ours 3.0 times)"]
    assert "gray: ours 900; PyAV 1,100 (ours 3.0 times); " in figure.alt
    assert "(log)" in figure.axes[-1].get_xlabel()


def test_played_back_steps_stand_beside_those_that_are_asked_for_part_by_part():
    figure = figures.recorded({32: (1_000, 3_300), 128: (4_300, 4_350)})
    assert figure.get_suptitle() == "Batches of 32 train 3.3 times as fast when played back"
    widths = [bar.get_width() for bar in figure.axes[0].patches if bar.get_width()]
    assert widths == [1_000, 3_300, 4_300, 4_350]
    beside = [text.get_text().strip() for text in figure.axes[0].texts]
    assert beside == ["1,000", "3,300 (3.3 times)", "4,300", "4,350 (1.0 times)"]
    assert "batches of 32: 1,000 and 3,300" in figure.alt


def test_no_number_leaves_the_axis_of_speeds():
    figure = speed.speeds(SPEEDS, MODE1)
    figure.canvas.draw()
    for axes in figure.axes:
        left, right = axes.get_window_extent().intervalx
        for text in axes.texts:
            box = text.get_window_extent()
            assert left <= box.x0 and box.x1 <= right, text.get_text()


def test_rates_are_compared_with_the_first_way():
    figure = figures.throughputs(RATES, "images")
    title = 'Fastest here: "channels_last, mixed precision" (100.0 times plain)'
    assert figure.get_suptitle() == title
    beside = [text.get_text().strip() for text in figure.axes[0].texts]
    assert beside == ["520", "640 (1.2 times)", "52,000 (100.0 times)"]
    assert "plain 520; channels_last 640; " in figure.alt
    slower = figures.throughputs({"plain": 8.53, "other": 4.0}, "images")
    assert slower.get_suptitle() == 'Fastest here: "plain"'
    assert slower.axes[0].texts[0].get_text().strip() == "8.53"
