"""The figures of a report: which there are, in which order, and one for each size of page."""

import base64
import re
import struct

import numpy as np
import pytest

from tests.course import reported
from tests.figures.samples import history
from twostream_lib import figures
from twostream_lib.course import report_figures as drawn


def pictures(markup):
    """The PNG files in a page, those for phones first."""
    return [base64.b64decode(data) for data in re.findall(r"base64,([^\"]+)", str(markup))]


def test_a_figure_is_drawn_for_a_wide_page_and_for_a_phone():
    made = []

    def draw():
        made.append(figures.curves(history(3), 2))
        return made[-1]

    image = drawn.both(draw)
    narrow, wide = pictures(image)
    widths = [struct.unpack(">I", png[16:20])[0] for png in (narrow, wide)]
    assert widths == [round(figures.PHONE * drawn.SHARP), 900]
    assert [one.get_figwidth() for one in made] == [9, figures.PHONE]
    assert wide == figures.to_png(made[0]) and f'media="{drawn.NARROW}"' in image
    assert made[0].alt in image


def test_curves_of_clips_come_in_the_order_of_tables_and_those_of_scores_apart(tmp_path):
    made = reported.whole(tmp_path)
    for name in ("spatial-fold-1", "joint"):  # unwatched, or learned from all clips
        made.checkpoint(name).mkdir()
        (made.checkpoint(name) / "history.json").write_text(
            '[{"epoch": 1, "train_loss": 1.0, "train_accuracy": 0.5, "seconds": 1.0}]'
        )
    (made.checkpoint("temporal-sg3i") / "history.json").write_text("no history")
    of_clips, of_scores = drawn.curves(made, 2)
    assert [one.caption.removeprefix("How ").partition(" learned")[0] for one in of_clips] == [
        "spatial",
        "temporal-sg3i",
        "SG3I with a gap of 1",
        "SG3I with a gap of 2",
        "SG3I with a gap of 12",
    ]
    assert "history.json" in of_clips[1].image and not pictures(of_clips[1].image)
    (fused,) = of_scores
    assert fused.caption == "How fusenet learned from scores of clips"
    assert "nothing is held out" in fused.note and "validation" not in fused.image


def test_the_most_frequent_mistakes_are_named_in_order():
    matrix = np.array([[5, 1, 0], [3, 5, 0], [0, 0, 5]])
    assert drawn.mistakes(matrix, ["a", "b", "c"]) == (
        "Most often, and how many times: b is taken for a (3); a is taken for b (1)."
    )
    assert drawn.mistakes(np.eye(3, dtype=int), "abc") == "Nothing is off the diagonal."


@pytest.mark.parametrize("make", [drawn.leak, drawn.history])
def test_nothing_is_drawn_of_nothing(make):
    assert make({}) == []
