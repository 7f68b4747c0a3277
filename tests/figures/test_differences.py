"""The picture of all pairs: what is real stands out, and nothing else does."""

import pandas as pd

from twostream_lib import figures

PAIRS = pd.DataFrame(
    {
        "first": ["average", "average", "spatial"],
        "second": ["spatial", "temporal-sg3i", "temporal-sg3i"],
        "difference": [0.201, 0.15, 0.051],
        "real": [True, True, False],
    }
)
ORDER = ["average", "spatial", "temporal-sg3i"]


def cells(figure):
    return {text.get_text(): text for text in figure.axes[0].texts}


def test_each_pair_has_its_number_above_the_diagonal():
    figure = figures.differences(PAIRS, ORDER)
    assert list(cells(figure)) == ["20.1", "15.0", "5.1"]
    assert all(text.get_position()[0] > text.get_position()[1] for text in figure.axes[0].texts)


def test_what_is_not_real_is_pale():
    written = cells(figures.differences(PAIRS, ORDER))
    assert written["20.1"].get_fontweight() == "bold"
    assert (written["5.1"].get_fontweight(), written["5.1"].get_color()) == ("normal", "0.5")


def test_title_and_words_count_what_is_real():
    figure = figures.differences(PAIRS, ORDER)
    assert figure.get_suptitle().startswith("2 of 3 differences are real")
    assert "average over spatial by 20.1" in figure.alt
