"""Figures of the flow laboratory: what is drawn, and what the titles count."""

import math

from twostream_lib.experiments import figures, flow_trials
from twostream_lib.experiments.flow_setups import SWITCHES


def test_the_accuracies_are_drawn_and_the_title_counts_what_mattered(finished):
    switches = [finished[name] for name in SWITCHES]
    verdicts = flow_trials.verdicts(finished)
    figure = figures.switch_accuracies(finished["working"], switches, verdicts)
    assert figure.get_suptitle().startswith("Changed alone, 1 of 10 things")
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels[0] == "softmax before cross entropy" and labels[-1] == "working"
    assert any(line.get_xdata()[0] == 50 for line in figure.axes[0].lines)  # guessing


def test_each_trial_has_its_curve_beside_the_working_one_and_guessing(finished):
    switches = [finished[name] for name in SWITCHES]
    figure = figures.loss_curves(switches, finished["working"], "a title")
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title().replace("\n", " ") for axes in shown] == list(SWITCHES)
    for axes in shown:
        heights = [list(line.get_ydata()) for line in axes.lines]
        assert [0.7, 0.35, 0.7 / 3] in heights and [math.log(2)] * 2 in heights
