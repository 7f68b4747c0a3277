"""Figures of curation: counts add up, and titles say what was drawn."""

import numpy as np
import pytest

from tests.figures.samples import AUDITED, FIFTY_ONE, LEAKAGE, clip_table, mixed
from twostream_lib import figures
from twostream_lib.errors import InputError


def test_class_counts_title_and_bars_add_up():
    figure = figures.class_counts(clip_table())
    assert figure.get_suptitle() == "72 clips: 12 classes of 6 clips each"
    assert sum(bar.get_width() for bar in figure.axes[0].patches) == 72


def test_broken_clips_are_not_measured():
    table = clip_table()
    table.loc[0, ["ok", "seconds"]] = [False, 99.0]
    assert "99" not in figures.clip_lengths(table).get_suptitle()
    with pytest.raises(InputError, match="None of the clips"):
        figures.clip_lengths(table.assign(ok=False))


def test_name_fields_leaves_out_what_the_names_do_not_say():
    table = clip_table().assign(view=None, people=None)
    assert [axes.get_title() for axes in figures.name_fields(table).axes] == [
        "body",
        "camera",
        "quality",
    ]
    table["camera"] = "cm"
    assert "moving camera" in figures.name_fields(table).get_suptitle()
    assert "camera: moving 72;" in figures.name_fields(table).alt
    assert not figures.name_fields(clip_table(fields=False)).axes


def test_values_that_are_equally_frequent_are_all_named():
    table = clip_table().assign(view=["le", "ri"] * 36)
    assert "left and right view" in figures.name_fields(table).get_suptitle()


@pytest.mark.parametrize(
    ("seconds", "full"), [([2.0], 1), ([45 / 30, 46 / 30, 50 / 30, 75 / 30], 4), ([1, 2, 400], 2)]
)
def test_bins_of_lengths_have_room_for_equally_many_lengths(seconds, full):
    table = clip_table().assign(seconds=np.resize(seconds, 72))
    bars = figures.clip_lengths(table).axes[0].patches
    edges = sorted({bar.get_x() for bar in bars if bar.get_height()})
    assert sum(bar.get_height() for bar in bars) == 72 and len(edges) == full
    width = bars[0].get_width()
    assert all(0.001 < (value - edges[0]) / width % 1 < 0.999 for value in seconds)
    assert len(bars) <= 3 * 33


def test_leak_states_both_shares():
    figure = figures.leak(LEAKAGE)
    assert figure.get_suptitle().endswith("in training: 0 %; with tag 0, 42 %")
    assert "647 of 1,530" in " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "tag 1 (official), 0; trained on tags 0 and 1 (the paper's), 647" in figure.alt


def test_leak_of_all_splits_states_the_range_and_every_count():
    figure = figures.leak_splits(AUDITED)
    assert figure.get_suptitle().endswith("same action: 0 %; with tag 0, 35 to 42 %")
    same, any_action = ([text.get_text() for text in axes.texts] for axes in figure.axes)
    assert [words.split()[0] for words in same] == ["0", "647", "0", "530", "0", "612"]
    assert [words.split()[0] for words in any_action] == ["12", "1,500"] * 3
    assert "split 2, tags 0 and 1: 530 and 1,500 of 1,530" in figure.alt


def test_sizes_are_counted_and_rare_ones_taken_together():
    table = clip_table(FIFTY_ONE).assign(width=lambda t: 100 + np.arange(len(t)) % 13)
    figure = figures.clip_sizes(table)
    assert figure.get_suptitle().startswith("13 sizes")
    assert sum(bar.get_width() for bar in figure.axes[0].patches) == len(table)
    assert "3 others" in [text.get_text() for text in figure.axes[0].get_yticklabels()]
    title = figures.clip_sizes(clip_table().assign(width=180, height=144)).get_suptitle()
    assert title == "All clips have 180 × 144 pixels"
    with pytest.raises(InputError, match="None of the clips"):
        figures.clip_sizes(table.assign(ok=False))


def test_mixing_draws_whole_batches_and_states_the_means():
    table = mixed(50)
    figure = figures.mixing({"mixed": table})
    ours, true = figure.axes[0].lines
    assert list(ours.get_ydata()) == table.sources[:-1].tolist()
    assert list(true.get_ydata()) == table.sources_shuffled[:-1].tolist()
    assert f"{table.sources.mean():.0f} mixed" in figure.get_suptitle()
