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


def test_the_title_names_only_who_is_the_highest_in_every_kind():
    one, other, *_ = next(iter(KINDS.values()))
    level = [replace(one, accuracy=1.0), replace(other, accuracy=1.0)]
    below = [replace(one, accuracy=0.7), replace(other, accuracy=0.8)]
    title = figures.by_kind({"twins": level, "clubs": below}, {}).get_suptitle()
    assert title.endswith(f"in every kind of action: {other.network}")
    turned = {
        "smoke": below,
        "clubs": [replace(result, accuracy=1 - result.accuracy) for result in below],
    }
    assert figures.by_kind(turned, {}).get_suptitle().startswith("No network is the highest")


def test_the_words_tell_every_accuracy():
    words = figures.by_kind(KINDS, {}).alt
    assert all(kind in words for kind in KINDS) and all(name in words for name in NAMES)
