"""The figure of several runs."""

import pytest

from tests.figures.samples import results
from twostream_lib import figures
from twostream_lib.errors import InputError


def test_each_network_is_a_line_through_the_runs_that_have_it():
    names = ["first", "second", "third"]
    whole = results(["spatial", "average"])
    figure = figures.over_runs(names, [whole, whole[:1], whole])
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["spatial", "average"]
    spatial, average = (container.lines[0] for container in axes.containers)
    shares = [100 * one.accuracy for one in whole]
    assert spatial.get_ydata() == pytest.approx([shares[0]] * 3)
    assert average.get_ydata() == pytest.approx([shares[1]] * 2)
    assert average.get_xdata().round().tolist() == [0, 2]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == names
    assert "second: spatial 50.0 %; third: spatial 50.0 %, average 95.0 %" in figure.alt


def test_runs_without_results_and_several_protocols_are_refused():
    with pytest.raises(InputError, match="one protocol, not none"):
        figures.over_runs(["one"], [[]])
    with pytest.raises(InputError, match="not video-10, window"):
        figures.over_runs(["a", "b"], [results(), results(protocol="window")])
