"""Films and clip sets at a glance: the right frames, of the right clips."""

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from twostream_lib import clips, figures, stickhmdb
from twostream_lib.errors import InputError
from twostream_lib.video import encoding


def drawn(figure):
    return [axes.images[0].get_array() for axes in figure.axes]


def test_film_rows_have_five_moments_of_each_film_in_order():
    film = np.arange(48, dtype=np.uint8)[:, None, None] + np.zeros((1, 6, 8), np.uint8)
    figure = figures.film_rows({"sit": film, "stand": film[::-1]}, "Time runs to the right")
    moments = [2, 13, 24, 34, 45]
    values = [int(image.flat[0]) for image in drawn(figure)]
    assert values == moments + [47 - moment for moment in moments]
    assert [axes.get_title() for axes in figure.axes[:5]] == [f"frame {m}" for m in moments]
    assert [figure.axes[place].texts[0].get_text() for place in (0, 5)] == ["sit", "stand"]


def test_the_classes_of_the_drawn_clips_are_the_contact_sheet(stick_set):
    table = clips.read(stick_set / "videos").assign(ok=True)
    figure = figures.classes_shown(table)
    sheet = stickhmdb.contact_sheet()
    assert all(label in figure.alt for label in stickhmdb.CLASSES)
    page = np.rint(255 * imread(io.BytesIO(figures.to_png(figure)))[..., :3])
    above = len(page) - len(sheet)
    assert np.array_equal(page[above:], sheet), "pixel for pixel"
    assert page[:above].min() < 50, "the title stands above it"


@pytest.fixture
def own_clips(tmp_path):
    """A probed table of 14 classes of two clips each: all frames of one gray level, by class."""
    for number in range(14):
        folder = tmp_path / f"class_{number:02d}"
        folder.mkdir()
        frames = np.full((9, 48, 64, 3), 10 + 15 * number, np.uint8)
        frames[4] += 10  # the middle one
        for name in ("a", "b"):
            encoding.write(folder / f"{name}_{folder.name}.avi", frames, 30)
    return clips.probe_clips(clips.read(tmp_path).drop(columns="tag").assign(tag=1))


@pytest.mark.filterwarnings("ignore:.*no split files")
def test_of_other_clips_it_is_the_middle_frame_of_one_a_class(own_clips):
    own_clips.loc[0, "ok"] = False  # then it is the other clip of the class
    figure = figures.classes_shown(own_clips)
    assert [axes.get_title() for axes in figure.axes] == [f"class_{n:02d}" for n in range(12)]
    for number, image in enumerate(drawn(figure)):
        assert image.shape == (120, 160, 3)
        assert abs(float(image.mean()) - (20 + 15 * number)) < 3
    assert "12 classes" in figure.get_suptitle()


def test_a_table_without_a_clip_that_can_be_read_is_refused():
    table = pd.DataFrame({"path": ["a/b/c.avi"], "label": ["b"], "ok": [False]})
    with pytest.raises(InputError, match="None of the clips can be read"):
        figures.classes_shown(table)
