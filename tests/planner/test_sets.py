"""What is known of data sets agrees with what else the course knows of them."""

import numpy as np
import pytest

from twostream_lib import sampling
from twostream_lib.data.plan import Plan
from twostream_lib.download.sets import DATASETS
from twostream_lib.planner.sets import HMDB51, KINETICS400
from twostream_lib.training.profiles import PROFILES
from twostream_lib.training.recipes import HMDB51_WINDOWS


def test_hmdb51_has_the_clips_that_are_fetched():
    (videos,) = [archive for archive in DATASETS["hmdb51"] if archive.folder == "videos"]
    assert (HMDB51.clips, HMDB51.classes) == (videos.content.files, videos.content.classes)
    assert HMDB51.archive < videos.largest


def test_windows_are_those_that_are_known_of_hmdb51():
    plan = PROFILES["paper"].plan
    windows = HMDB51.windows_of_clip(plan)
    known = {  # windows, and the clips that they are of
        HMDB51_WINDOWS: 0.8 * HMDB51.training_clips((1,)),
        17_600: HMDB51.training_clips((0, 1)),
        5_100: HMDB51.test,
    }
    for number, clips in known.items():
        assert windows * clips == pytest.approx(number, rel=0.03)


@pytest.mark.parametrize(
    "plan", [Plan(), Plan("flow", fps=30, length=10), Plan("gray", fps=30, length=25, step=2)]
)
def test_the_mean_clips_windows_are_the_mean_of_those_of_clips(plan):
    lengths = np.arange(60, 129)  # frames: as many above the mean of HMDB-51's clips as below
    counts = [len(sampling.mode2(n, 30, plan.fps, plan.frames, plan.step)) for n in lengths]
    assert abs(lengths.mean() - HMDB51.frames_of_clip) < 1
    assert HMDB51.windows_of_clip(plan) == pytest.approx(np.mean(counts), rel=0.05)


def test_a_clip_of_ten_seconds_has_ten_windows_of_a_second():
    assert KINETICS400.windows_of_clip(Plan()) == pytest.approx(10, rel=0.03)
    assert KINETICS400.frames_of_clip == 300


def test_a_clip_shorter_than_a_window_has_none():
    assert HMDB51.windows_of_clip(Plan("gray", fps=1, length=30)) == 0
