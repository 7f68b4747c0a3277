"""The laboratory's figures: what was measured is drawn, and titles say what was found."""

import math

from twostream_lib.experiments import figures as lab_figures
from twostream_lib.experiments import flow_trials
from twostream_lib.experiments.flow_setups import QUICK_SWITCHES


def test_the_accuracies_are_drawn_and_the_title_counts_what_mattered(finished):
    verdicts = flow_trials.verdicts(finished, QUICK_SWITCHES)
    figure = lab_figures.accuracies(finished, verdicts)
    assert figure.get_suptitle() == f"1 of {len(QUICK_SWITCHES)} cost more than luck explains"
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels[0] == "softmax" and set(labels) == set(QUICK_SWITCHES)
    assert any(line.get_xdata()[0] == 50 for line in figure.axes[0].lines)  # guessing
    assert "softmax 50 (83)" in figure.alt


def test_each_trial_has_its_curve_beside_its_control_and_guessing(finished):
    figure = lab_figures.loss_curves(finished, QUICK_SWITCHES)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    titles = [axes.get_title().replace("\n", " ") for axes in shown]
    assert titles == list(QUICK_SWITCHES)
    for axes in shown:
        heights = [list(line.get_ydata()) for line in axes.lines]
        assert heights.count([0.7, 0.35, 0.7 / 3]) == 2 and [math.log(2)] * 2 in heights


def test_of_a_record_each_setup_stands_beside_its_control_as_its_interval_says():
    arms = {"working": 0.5, "softmax": 0.3, "ReLU and dropout": 0.05}
    question = {
        "judged": "validation videos",
        "arms": {
            name: {"mean": share, "low": share - 0.04, "high": share + 0.04, "n": 1020}
            | {"sources": 600, "by_run": [share] * 4}
            for name, share in arms.items()
        },
        "pairs": [
            {"first": "working", "second": "softmax", "low": 0.1, "high": 0.3},
            {"first": "working", "second": "ReLU and dropout", "low": -0.1, "high": 0.3},
        ],
    }
    figure = lab_figures.over_runs(question, chance=0.05)
    assert figure.get_suptitle() == "1 of 2 cost more than luck explains"
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["ReLU and dropout", "softmax"]  # from below
    assert "softmax 30 (50)" in figure.alt and "guessing gives 5" in figure.alt
    assert "4 runs, n = 1,020" in figure.axes[0].get_xlabel()
