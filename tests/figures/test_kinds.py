"""Networks within each kind of classes: each with its own ceiling, and said in words."""

from dataclasses import replace

from tests.figures.samples import CEILINGS, KINDS
from twostream_lib import figures

NAMES = ["spatial", "temporal-sg3i", "temporal-flow", "average-three"]


def test_each_kind_has_a_panel_with_its_counts():
    figure = figures.by_kind(KINDS, {})
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [f"{kind}\nn = 240, 60 sources" for kind in KINDS]


def test_ceilings_stand_where_they_are_known():
    figure = figures.by_kind(KINDS, {"smoke": CEILINGS})
    bars = {
        axes.get_title(): [mark.get_segments()[0][0][0] for mark in axes.collections]
        for axes in figure.axes
    }
    assert bars.pop("smoke\nn = 240, 60 sources") == [
        100 * CEILINGS[name]
        for name in ("joint-three", "temporal-flow", "temporal-sg3i", "spatial")
    ]
    assert not any(bars.values())
    (named,) = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "best over all classes" in named
    assert not figures.by_kind(KINDS, {}).legends


def test_the_title_says_whether_one_network_is_ahead_everywhere():
    (one, other, *_) = next(iter(KINDS.values()))
    ahead = {"smoke": [replace(one, accuracy=0.9), replace(other, network="average", accuracy=0.4)]}
    title = figures.by_kind(ahead, {}).get_suptitle()
    assert title == f"{one.network} is ahead in every kind of action"
    behind = [replace(result, accuracy=1 - result.accuracy) for result in ahead["smoke"]]
    assert "differs" in figures.by_kind(ahead | {"laugh": behind}, {}).get_suptitle()


def test_the_words_tell_every_accuracy():
    words = figures.by_kind(KINDS, {}).alt
    assert all(kind in words for kind in KINDS) and all(name in words for name in NAMES)
