"""Windows that are planned: small in memory, and of flow no frame twice."""

import numpy as np
import pandas as pd
import pytest

from tests.data.small import PLAN
from twostream_lib.data import planning
from twostream_lib.data.plan import Plan


def test_an_index_takes_at_most_40_bytes_a_window_and_its_frames_take_4_bytes_each():
    columns = {"label": "brush_hair", "tag": 1, "frames": 300, "fps": 30.0, "times": ""}
    paths = [f"/clips/brush_hair/April_09_brush_hair_u_nm_np1_ba_goo_{i}.avi" for i in range(2000)]
    table = pd.DataFrame({"path": paths, "source": [f"s{i // 3}" for i in range(2000)]} | columns)
    index, frames = planning.plan_windows(table.assign(**columns), PLAN)
    assert len(index) == len(frames) == 2000 * 10 and frames.itemsize == 4
    assert index.memory_usage(deep=True).sum() <= 40 * len(index)


def test_flow_takes_no_frame_of_a_slow_clip_twice(table):
    slow = table[table.frames > 20].assign(fps=25.0)
    _, images = planning.plan_windows(slow, Plan("images", fps=30, length=10))
    _, fields = planning.plan_windows(slow, Plan("flow", fps=30, length=10))
    assert (np.diff(images, axis=1) == 0).any() and (np.diff(fields, axis=1) == 1).all()


@pytest.mark.parametrize("shared", [2, 3])
def test_flow_of_frames_that_share_their_time_has_the_rate_of_the_others(table, shared):
    times = np.arange(40).repeat(shared) * 100_000
    rows = table[:1].assign(frames=len(times), fps=30.0, times=" ".join(map(str, times)))
    index, frames = planning.plan_windows(rows, Plan("flow", fps=30, length=10))
    assert len(index) == 3 and (np.diff(times[frames], axis=1) == 100_000).all()
