"""Every window of a store is of the frames that `sampling` says, under every protocol."""

from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pytest

from tests.conftest import SMALL
from tests.joins.known import beside
from twostream_lib import clips, flow, sampling, video
from twostream_lib.data import store
from twostream_lib.data.plan import Plan

GRAY = Plan("gray", (24, 32), fps=12.5, length=4, step=0.5)
FLOW = replace(SMALL["flow_plan"], estimate_at=(48, 64), bound=3)
PLANS = {"images": SMALL["plan"], "flow": FLOW, "gray": GRAY}
COUNTS = {"video-1": 1, "video-10": 10}


@pytest.fixture(scope="module", params=list(PLANS))
def cut(request, films, tmp_path_factory):
    """A store of each kind, of one training and two test clips."""
    table = films.used_clips
    chosen = table[table.path.str.contains("film0_left|film4_left|film5_down")]
    place = tmp_path_factory.mktemp("cut") / request.param
    return store.build(chosen.reset_index(drop=True), place, PLANS[request.param], jobs=1), chosen


def frames_of(clip, plan: Plan, protocol: str) -> np.ndarray:
    """The frames of the windows of a clip under a protocol, from its length and rate alone."""
    if protocol == "window":
        return sampling.mode2(clip.frames, clip.fps, plan.fps, plan.frames, plan.step)
    return sampling.spread(clip.frames, clip.fps, COUNTS[protocol], plan.fps, plan.frames)


def shown_by(clip, frames: np.ndarray, plan: Plan) -> np.ndarray:
    """The window of these frames, cut out of a clip that was decoded whole: `[channels, H, W]`."""
    gray = video.decode_gray(clip.path)[frames]
    if plan.kind == "flow":
        fields = flow.estimate(
            np.stack([video.shrink(one, plan.estimate_at) for one in gray]), plan.method
        )
        small = np.stack([flow.resize(field, plan.size) for field in fields])
        levels = flow.quantise(flow.subtract_mean(small), plan.bound)
        return levels.transpose(0, 3, 1, 2).reshape(plan.channels, *plan.size)
    small = [video.shrink(one, plan.size) for one in gray]
    if plan.kind == "images":
        colour = video.shrink(video.decode(clip.path)[frames[1]], plan.size)
        small = [*colour.transpose(2, 0, 1), *small]
    return np.stack(small)


def test_each_protocol_has_its_windows_of_each_clip_and_no_others(cut):
    made, table = cut
    found = Counter(zip(made.index.video, made.index.protocol, strict=True))
    wanted = {}
    for clip, name in zip(table.itertuples(), clips.names(table), strict=True):
        for protocol in ("window", *(COUNTS if clip.tag == 2 else ())):
            wanted[name, protocol] = len(frames_of(clip, made.plan, protocol))
    assert found == wanted
    assert {wanted[one] for one in wanted if one[1] == "video-10"} == {10}


def test_each_window_shows_the_frames_of_its_protocol_and_number(cut):
    made, table = cut
    by_name = dict(zip(clips.names(table), table.itertuples(), strict=True))
    seen = set()
    for row, window in zip(made.index.itertuples(), made.array, strict=True):
        clip = by_name[row.video]
        frames = frames_of(clip, made.plan, row.protocol)[row.window]
        assert row.start == frames[0]
        assert (row.label, row.source, row.tag) == (clip.label, clip.source, clip.tag)
        wanted = shown_by(clip, frames, made.plan)
        np.testing.assert_array_equal(window.transpose(2, 0, 1), wanted, err_msg=str(row))
        seen.add((row.protocol, row.window))
    assert {protocol for protocol, _ in seen} == {"window", *COUNTS}


def test_the_ten_windows_of_a_video_are_of_ten_times(cut):
    made, _ = cut
    ten = made.index[made.index.protocol == "video-10"]
    for _, of_video in ten.groupby("video", observed=True):
        starts = of_video.sort_values("window").start.to_numpy()
        assert len(set(starts)) == 10 and (np.diff(starts) > 0).all()


OTHER_PLANS = {
    "kind": Plan("images", (24, 32), fps=12.5, step=0.5),
    "size": replace(FLOW, size=(32, 24)),
    "fps": replace(FLOW, fps=8),
    "step": replace(FLOW, step=0.25),
    "length": replace(FLOW, length=3),
    "method": replace(FLOW, method="dis-fast"),
    "estimate_at": replace(FLOW, estimate_at=(40, 56)),
    "bound": replace(FLOW, bound=4),
}


@pytest.mark.parametrize("field", [field.name for field in fields(Plan)])
def test_a_store_of_another_plan_is_not_taken_for_this_one(films, tmp_path, field):
    """The plans of a profile may change between two runs in one folder."""
    table = films.used_clips[:1]
    before = store.build(table, tmp_path / "store", FLOW, jobs=1).array.tobytes()
    made = store.build(table, tmp_path / "store", OTHER_PLANS[field], jobs=1)
    alone = store.build(table, tmp_path / "alone", OTHER_PLANS[field], jobs=1)
    assert made.plan == OTHER_PLANS[field]
    assert np.array_equal(made.array, alone.array) and made.array.tobytes() != before


def test_a_run_reads_the_store_of_its_own_plans(films, tmp_path, monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    small = beside(films, tmp_path / "run", plan=Plan("images", (12, 16), step=0.5))
    small.__dict__.pop("images")
    assert small.part("spatial", "test")[0][0].shape == (3, 12, 16)
    assert films.part("spatial", "test")[0][0].shape == (3, 32, 40)
    assert films.part("temporal-flow", "test")[0][0].shape == (8, 24, 32)
