"""Figures of results: titles tell the truth, and each network has its own ceiling."""

from dataclasses import replace

import numpy as np
import pytest

from tests.figures.samples import CEILINGS, results
from twostream_lib import figures, networks
from twostream_lib.errors import InputError


def test_accuracies_of_two_protocols_are_refused():
    mixed = results(["spatial"], "window") + results(["average"], "video-10")
    with pytest.raises(InputError, match="not video-10, window"):
        figures.accuracies(mixed)
    with pytest.raises(InputError, match="not none"):
        figures.accuracies([])


def test_of_several_highest_none_is_named():
    one = results(["spatial"])[0]
    figure = figures.accuracies([one, replace(one, network="average")])
    assert figure.get_suptitle() == "Highest: 2 of 2 alike, 50 %"


def test_accuracies_name_their_protocol_and_the_highest():
    figure = figures.accuracies(results(["spatial", "average"]), CEILINGS)
    assert "10 windows each" in figure.axes[0].get_xlabel()
    assert figure.get_suptitle() == "Highest: average, 95 %; no other's interval holds that figure"
    assert figures.accuracies(results(), title="mine").get_suptitle() == "mine"


def test_the_highest_is_not_said_to_be_shown_where_other_intervals_hold_it():
    one = results(["spatial"])[0]  # 50 %
    near, far = (
        replace(one, network=name, accuracy=a, low=a - 0.06, high=a + 0.04)
        for name, a in (("average", 0.47), ("svm", 0.4))
    )
    title = figures.accuracies([one, near, far]).get_suptitle()
    assert title == "Highest: spatial, 50 %; the interval of one other holds that figure"
    two = figures.accuracies([one, near, replace(near, network="svm")]).get_suptitle()
    assert two == "Highest: spatial, 50 %; the intervals of 2 others hold that figure"
    assert figures.accuracies([one]).get_suptitle() == "spatial: 50 % (95 % interval 44 to 54)"


def test_a_ceiling_is_called_the_best_one_can_do_only_for_single_views():
    def legend(names):
        (words,) = figures.accuracies(results(names), CEILINGS).axes[0].get_legend().get_texts()
        return words.get_text()

    assert legend(["spatial", "temporal-flow"]) == "ceiling: the best one can do with this view"
    assert legend(["spatial", "svm"]).endswith("of a fusion, with its views seen together")


def test_each_network_is_held_against_its_own_ceiling():
    three = ["spatial", "temporal-sg3i", "fusenet"]
    axes = figures.accuracies(results(three), CEILINGS).axes[0]
    marks = [mark.get_segments()[0][0] for mark in axes.collections]
    assert [round(x) for x, _ in marks] == [100, 70, 60]  # from below


def test_a_ceiling_is_drawn_above_a_marker_that_lies_on_it():
    axes = figures.accuracies(results(["spatial"]), CEILINGS).axes[0]
    (ceiling,), (words,) = axes.collections, axes.texts
    markers = max(line.get_zorder() for line in axes.lines)
    assert markers < ceiling.get_zorder() < words.get_zorder()


def test_networks_with_other_numbers_of_videos_are_not_counted_alike():
    one, two = results(["spatial", "temporal-flow"])
    assert figures.accuracies([one, two]).axes[0].get_xlabel().endswith("; n = 240")
    fewer = replace(two, n=200)
    assert figures.accuracies([one, fewer]).axes[0].get_xlabel().endswith("; n = 200 to 240")
    lines = {"spatial": {1: one, 2: replace(one, n=1200)}}
    axes = figures.by_number(lines, "a number", "clips", "a title").axes[0]
    assert axes.get_ylabel().endswith("; n = 240 to 1,200")
    assert axes.lines[0].get_xdata().tolist() == [1, 2]


def test_of_two_lines_against_a_number_no_interval_hides_another():
    lines = {one.network: {1: one, 10: one} for one in results()[:2]}
    first, second = (
        bars.lines[0].get_xdata()
        for bars in figures.by_number(lines, "n", "a", "b").axes[0].containers
    )
    assert (second / first > 1).all() and np.allclose(first * second, [1, 100])


def test_agreement_counts_every_case_once():
    first, second = np.array([1, 1, 1, 0, 0, 0]), np.array([1, 1, 0, 1, 0, 0])
    figure = figures.agreement(first, second, ("spatial", "temporal-sg3i"))
    assert figure.axes[0].collections[0].get_array().tolist() == [[2, 1], [1, 2]]
    words = [text.get_text() for text in figure.axes[0].texts]
    assert words == ["2\n33 %", "1\n17 %", "1\n17 %", "2\n33 %"]
    assert figure.get_suptitle() == "At least one is right in 67 %; alone, no more than 50 %"


def test_a_new_network_is_drawn_like_the_others_and_looks_like_none(monkeypatch):
    monkeypatch.setattr(networks, "_NETWORKS", dict(networks._NETWORKS))
    for number in range(3):
        networks.add(f"made-up-{number}", "made up", learned=False)
    drawn = results(networks.names())
    assert len(drawn) >= 12
    axes = figures.accuracies(drawn, CEILINGS).axes[0]
    dots = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert len({(dot.get_color(), dot.get_marker()) for dot in dots}) == len(drawn)
    lines = figures.by_number({one.network: {1: one, 2: one} for one in drawn}, "n", "clips", "a")
    assert len(lines.axes[0].get_legend().get_texts()) == len(drawn)


def test_a_network_that_nobody_entered_is_told():
    with pytest.raises(InputError, match="No network is called 'mine'"):
        figures.accuracies([replace(results()[0], network="mine")])


def test_what_varies_with_a_number_is_told_point_by_point():
    one, two = results(["spatial", "temporal-sg3i"])
    words = figures.by_number({"spatial": {0.033: one, 0.4: two}}, "s", "videos", "a").alt
    assert "spatial: 0.033: 50 %, 0.4: 95 %" in words


def test_the_four_cases_of_agreement_are_told():
    first, second = np.array([1, 1, 1, 0, 0, 0]), np.array([1, 1, 0, 0, 0, 0])
    words = figures.agreement(first, second, ("a", "b")).alt
    assert "both 2, a alone 1, b alone 0, neither 3" in words
