"""The clips behind a cell: the right ones, in the picture and in the explorer."""

import html
import re

import ipywidgets
import numpy as np
import pandas as pd
import pytest

from tests.figures.test_explorers import gray_clip
from twostream_lib import figures
from twostream_lib.errors import InputError
from twostream_lib.figures import mistaken
from twostream_lib.fusion.scores import Scores
from twostream_lib.video import encoding

CLASSES = ("jump", "run", "wave")
# True class of each video, and what the network takes it for.
TAKEN = [(0, 0), (0, 2), (0, 2), (1, 1), (1, 0), (2, 2)]


def scores(network, taken, videos, sure):
    logits = np.zeros((len(taken), 3), np.float32)
    logits[np.arange(len(taken)), [guess for _, guess in taken]] = sure
    labels = np.array([label for label, _ in taken])
    rows = (np.array(videos), np.zeros(len(taken), int), labels, np.full(len(taken), "video-10"))
    return Scores(network, logits, *rows, CLASSES, "test")


@pytest.fixture
def cells(tmp_path):
    rows = []
    for number, (label, _) in enumerate(TAKEN):
        path = tmp_path / CLASSES[label] / f"film{number}.avi"
        path.parent.mkdir(exist_ok=True)
        encoding.write(path, np.repeat(gray_clip(12)[..., None], 3, axis=-1), 30)
        rows.append({"path": str(path), "label": CLASSES[label]})
    videos = [f"{CLASSES[label]}/film{number}.avi" for number, (label, _) in enumerate(TAKEN)]
    sure = [3, 1, 2, 3, 3, 3]
    right = [(label, label) for label, _ in TAKEN]
    parts = [scores("average", TAKEN, videos, sure), scores("spatial", right, videos, sure)]
    order = np.argsort(videos)
    return mistaken.Cells.of([part.rows(order) for part in parts], pd.DataFrame(rows))


def test_the_commonest_mistake_is_found(cells):
    assert cells.commonest == ("jump", "wave")
    assert cells.matrix.loc["jump"].tolist() == [1, 0, 2]


def test_where_all_is_right_the_first_class_with_a_video_is_shown(cells):
    """The first class of all may have no test video."""
    right = cells.said[1]
    cells = mistaken.Cells((right.rows(right.label > 0),), cells.paths)
    assert cells.commonest == ("run", "run")
    assert mistaken.in_cell(cells).get_suptitle().startswith("2 videos of run, rightly told")
    assert mistaken.explorer(cells).children[0].children[0].value == "run"


def test_a_cell_has_its_videos_the_surest_first(cells):
    videos = cells.said[0].video[cells.rows_of("jump", "wave")]
    assert videos.tolist() == ["jump/film2.avi", "jump/film1.avi"]


def test_the_picture_says_what_each_network_says(cells):
    figure = mistaken.in_cell(cells)
    assert figure.get_suptitle() == "2 videos of jump, taken for wave by the average"
    assert re.match(
        r"average:\nwave \d+ %\nspatial:\njump \d+ %", figure.axes[0].texts[0].get_text()
    )
    assert (
        mistaken.in_cell(cells, "run", "run").get_suptitle().endswith("rightly told by the average")
    )


def test_an_empty_cell_is_refused(cells):
    with pytest.raises(InputError, match="No video of wave is taken for jump"):
        mistaken.in_cell(cells, "wave", "jump")


def test_videos_that_one_network_lacks_are_left_out(cells):
    first, second = cells.said
    table = pd.DataFrame({"path": ["x/jump/film0.avi"], "label": ["jump"]})
    fewer = mistaken.Cells.of([first, second.rows(np.arange(2))], table)
    assert [len(one) for one in fewer.said] == [2, 2]


def test_the_explorer_offers_the_cells_that_hold_a_video(cells, monkeypatch):
    monkeypatch.setattr(figures, "to_png", lambda figure: b"")
    box = mistaken.explorer(cells)
    (true, taken), picture = box.children[0].children, box.children[1]
    assert isinstance(true, ipywidgets.Dropdown) and true.value == "jump"
    assert taken.options == (("wave (2)", "wave"), ("jump (1)", "jump")) and taken.value == "wave"

    def title():
        return html.unescape(re.search(r'alt="([^"]*)"', picture.value)[1])

    assert "2 videos of jump, taken for wave" in title()
    true.value = "run"
    assert [name for _, name in taken.options] == ["jump", "run"]
    assert f"1 video of run, {'rightly' if taken.value == 'run' else 'taken'}" in title()
    taken.value = "run"
    assert "1 video of run, rightly told" in title()
