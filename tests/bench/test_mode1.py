"""What `bench mode1` measures: any rows of a table, at a size that fits all frames."""

import numpy as np
import pandas as pd
import pytest

from twostream_lib import video
from twostream_lib.bench import mode1
from twostream_lib.clips.probing import probe_clip


@pytest.mark.slow
def test_it_can_be_measured_on_some_rows_of_a_table(table):
    """As notebook 09 does: the first clip of a table may be a test clip."""
    found = mode1.measure(table.iloc[1:], turns=1, least=1)
    assert found["mode1_frames_per_second"] > 0 and found["clips"] == 1


@pytest.mark.parametrize(
    ("sizes", "side"), [([(240, 320), (300, 400)], 224), ([(120, 160)], 112), ([(48, 63)], 48)]
)
def test_the_crop_fits_into_all_frames(sizes, side):
    assert mode1.largest_crop(pd.DataFrame(sizes, columns=["height", "width"])) == side


def test_single_frames_are_counted_through_all_clips(tiny_clip):
    row = {"path": str(tiny_clip), "label": "move"} | probe_clip(str(tiny_clip))
    single = mode1._SingleFrames(pd.DataFrame([row, row]), lambda frame: frame)
    frames = video.decode(tiny_clip)
    assert len(single) == 60
    for item in (0, 29, 30, 47):
        shown, label = single[item]
        np.testing.assert_array_equal(shown[0].permute(1, 2, 0), frames[item % 30])
        assert label == 0
