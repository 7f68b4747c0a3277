"""The laboratory's figures: what was measured is drawn, and titles say what was found."""

import math

from twostream_lib.experiments import figures as lab_figures
from twostream_lib.experiments import flow_trials
from twostream_lib.experiments.flow_setups import QUICK_SWITCHES
from twostream_lib.experiments.truth.questions import GAPS, QUESTIONS


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


def test_one_trial_is_told_beside_its_control(finished):
    title = lab_figures.loss_curves(finished, QUICK_SWITCHES[:1]).get_suptitle()
    assert title == f"'{QUICK_SWITCHES[0]}' ends with a training loss of 0.23, its control 0.23"


def test_the_grid_of_gaps_has_a_line_for_each_number_of_windows_and_names_no_winner():
    (question,) = [one for one in QUESTIONS if one.name == "gaps"]
    names = dict.fromkeys(name for pair in question.pairs for name in (pair.first, pair.second))
    found = {"low": 0.2, "mean": 0.3, "high": 0.5, "n": 1023}
    figure = lab_figures.gap_grid(dict.fromkeys(names, found))
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "all windows",
        "half the windows",
    ]
    ticks = [label.get_text() for label in axes.get_xticklabels()]
    assert ticks == ["0.033", "0.067", "0.17", "0.27", "0.4"]
    lines = [line for line in axes.lines if line.get_linestyle() in ("-", "--")]
    assert [line.get_ydata().tolist() for line in lines] == [[30.0] * len(GAPS)] * 2
    assert figure.get_suptitle() == "Several runs: held-out videos right, by the gap"
    both_ends = {f"gap of {gap}": {"mean": 0.2} for gap in (GAPS[0], GAPS[-1])}
    lower = {name: found | both_ends.get(name, {}) for name in names if "half" not in name}
    title = lab_figures.gap_grid(lower).get_suptitle()
    assert title == "Several runs: on average, both ends are worse than the middle"
    assert axes.get_ylabel().endswith("; n = 1,023")
    assert figure.alt.count("0.27 s: 30 %") == 2


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
    assert figure.get_suptitle() == "For 1 of 2 the interval of the loss is above zero"
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == ["interval of the loss above zero", "it holds zero", "control"]
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["ReLU and dropout", "softmax"]  # from below
    assert "softmax 30 (50)" in figure.alt and "guessing gives 5" in figure.alt
    assert "4 runs, n = 1,020" in figure.axes[0].get_xlabel()
