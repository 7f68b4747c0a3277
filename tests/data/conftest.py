"""Clips and a store that several test modules of this room share."""

import numpy as np
import pandas as pd
import pytest

from tests.data.small import FAST, PLAN, square_clip
from twostream_lib import clips
from twostream_lib.data import cutting, store
from twostream_lib.video import encoding


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Four clips of two classes; one of them is too short for a window."""
    folder = tmp_path_factory.mktemp("clips")
    rows = []
    for number, (label, tag, frames) in enumerate(
        [("run", 1, 40), ("run", 2, 45), ("walk", 1, 50), ("walk", 1, 6)]
    ):
        path = folder / label / f"s{number}_{label}.avi"
        path.parent.mkdir(exist_ok=True)
        encoding.write(path, square_clip(frames, speed=1 + number % 2), fps=30)
        rows.append({"path": str(path), "label": label, "source": f"s{number}", "tag": tag})
    return clips.probe_clips(pd.DataFrame(rows))


@pytest.fixture(scope="module")
def images(table, tmp_path_factory):
    return store.build(table, tmp_path_factory.mktemp("store") / "images", PLAN)


@pytest.fixture
def few(tmp_path, moving_square):
    """A table of six clips in files of their own."""
    (tmp_path / "wave").mkdir()
    rows = []
    for number in range(6):
        path = tmp_path / "wave" / f"s{number}_wave.avi"
        encoding.write(path, np.roll(moving_square, 5 * number, axis=2), 30)
        row = {"path": str(path), "label": "wave", "source": f"s{number}", "tag": 1 + number % 2}
        rows.append(row)
    return clips.probe_clips(pd.DataFrame(rows))


@pytest.fixture
def decoded(monkeypatch):
    """The paths of the clips that are decoded in this process, as they come."""
    paths = []
    cut = cutting.each_window

    def noted(path, *rest):
        paths.append(path)
        return cut(path, *rest)

    monkeypatch.setattr(cutting, "each_window", noted)
    return paths


@pytest.fixture
def stopped_before_the_end(few, monkeypatch):
    """Build a store up to where all clips are done and no more; gives the unfinished folder."""

    def stop(*rest):
        raise KeyboardInterrupt

    def build(folder):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(cutting, "move", stop)
            store.build(few, folder, FAST, jobs=1)
        return next(folder.parent.glob(f"{folder.name}.part-*"))

    return build
