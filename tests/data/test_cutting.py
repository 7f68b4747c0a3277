"""Windows of a clip, and a file of windows that is filled under bad conditions."""

import dataclasses
import errno
import os
import shutil
import tracemalloc
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest

from tests.data.small import FAST, PLAN, contents
from tests.video.films import PHONE, bar_at, left_of_bar, write_at
from twostream_lib import clips, flow, sg3i, video
from twostream_lib.data import cutting, planning, store
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.video import encoding

PLAIN = {"label": "wave", "source": "s", "tag": 2}


def test_windows_hold_what_the_video_shows(images, table):
    small = lambda frame: cutting.resize(frame[None], PLAN.size)[0]  # noqa: E731
    for row, window in zip(images.index.itertuples(), images.array, strict=True):
        path = next(p for p in table.path if p.endswith(row.video))
        gray, rgb = video.decode_gray(path), video.decode(path)
        gap = 5
        wanted = np.stack([small(gray[row.start + k * gap]) for k in range(3)], axis=-1)
        np.testing.assert_array_equal(window[..., 3:], wanted)
        np.testing.assert_array_equal(window[..., :3], small(rgb[row.start + gap]))


def test_sg3i_view_is_sg3i_of_the_frames(images, table):
    row = images.index.iloc[0]
    path = next(p for p in table.path if p.endswith(row.video))
    full = sg3i.sg3i(video.decode_gray(path), row.start, 5)
    np.testing.assert_array_equal(
        images.array[0][..., 3:], cutting.resize(full[None], PLAN.size)[0]
    )


def test_flow_windows_see_the_square_move(table, tmp_path):
    plan = Plan("flow", size=(96, 128), fps=30, length=3)
    flows = store.build(table.iloc[:1].reset_index(drop=True), tmp_path / "f", plan)
    assert flows.array.shape[1:] == (96, 128, 6)
    u = (flows.array[..., 0::2].astype(float) - 128) * 20 / 127
    moving = np.abs(u).max(axis=(1, 2, 3))
    assert (moving > 0.5).all()


@pytest.fixture(scope="module")
def square(tiny_clip):
    row = {"path": str(tiny_clip), "label": "move", "source": "square", "tag": 1}
    return clips.probe_clips(pd.DataFrame([row]))


STACKS = Plan("flow", size=(48, 64), fps=30, length=4)


@pytest.mark.parametrize("bound", [5.0, 20.0])
def test_a_store_holds_the_stacks_of_its_plan(square, tmp_path, bound):
    plan = dataclasses.replace(STACKS, bound=bound)
    built = store.build(square, tmp_path / "store", plan)
    gray = cutting.resize(video.decode_gray(square.path[0]), plan.size)
    start = built.index.start[0]
    wanted = flow.subtract_mean(flow.estimate(gray[start : start + 5]))
    stored = flow.dequantise(built.array[0].transpose(2, 0, 1), plan.bound)
    clipped = np.clip(flow.as_channels(wanted), -bound, bound)
    assert np.abs(stored - clipped).max() <= bound / 254 + 1e-4
    assert store.read_manifest(tmp_path / "store")["plan"]["bound"] == bound


def test_a_store_can_hold_the_shrunk_flow_of_larger_frames(square, tmp_path):
    plan = dataclasses.replace(STACKS, size=(16, 16), estimate_at=(48, 64))
    gray = video.decode_gray(square.path[0])
    window = cutting.windows_of_clip(square.path[0], np.arange(5)[None], plan)[0]
    fields = flow.resize(flow.estimate(gray[:5]), (16, 16))
    wanted = flow.quantise(flow.as_channels(flow.subtract_mean(fields)))
    np.testing.assert_array_equal(window, wanted)
    built = store.build(square, tmp_path / "store", plan)
    assert built.array.shape[1:] == (16, 16, 8)
    assert store.read_manifest(tmp_path / "store")["plan"]["estimate_at"] == [48, 64]


def test_a_field_that_windows_share_is_estimated_once(square, monkeypatch):
    frames, asked = np.arange(5) + np.arange(3)[:, None], []
    alone = [cutting.windows_of_clip(square.path[0], one[None], STACKS)[0] for one in frames]
    step = flow.estimator(STACKS.method)
    noted = lambda now, after: asked.append(1) or step(now, after)  # noqa: E731
    monkeypatch.setattr(flow, "estimator", lambda method: noted)
    together = cutting.windows_of_clip(square.path[0], frames, STACKS)
    np.testing.assert_array_equal(together, alone)
    assert len(asked) == 6  # of 3 windows with 4 fields each


def test_u_and_v_of_real_stacks_are_two_things_without_mean_and_never_zero(real_data):
    plan = Plan("flow", size=(72, 96), fps=15, length=5)
    for path in sorted((real_data / "data" / "hmdb51_clips").rglob("*.avi"))[:3]:
        stacks = cutting.windows_of_clip(str(path), 10 + 2 * np.arange(6)[None], plan)
        assert stacks.min() >= 1  # 0 is no level of flow: a flip could not mirror it
        motion = flow.dequantise(stacks[0], plan.bound)
        assert np.abs(motion.mean(axis=(1, 2))).max() < plan.bound / 254
        u, v = motion[0::2], motion[1::2]
        assert abs(np.corrcoef(u.ravel(), v.ravel())[0, 1]) < 0.9
        assert np.abs(u + v).mean() > 0.1 * np.abs(u).mean()  # the slip: v = -u


def test_what_stands_still_is_stored_as_128(square):
    """A clip that is slower than the plan's rate has frames that are taken several times."""
    stacks = cutting.windows_of_clip(square.path[0], np.full((1, 5), 7), STACKS)
    assert (stacks == 128).all()


def test_windows_of_a_phones_film_are_cut_by_its_clock(real_data):
    """A bar moves 50 pixels a second of true time, so where it stands tells the time."""
    path = real_data / "data" / "awkward" / "clips" / "wave" / "phone_wave_1.mp4"
    table = clips.probe_clips(pd.DataFrame([{"path": str(path), **PLAIN}]))
    for plan in (Plan("gray", (64, 320)), Plan("images", (64, 320))):
        index, frames = planning.plan_windows(table, plan)
        index, frames = index[index.protocol == "window"], frames[index.protocol == "window"]
        windows = cutting.windows_of_clip(str(path), frames, plan)[:, -3:]
        seconds = np.stack([left_of_bar(window) for window in windows]) / 50
        seconds -= seconds[0, 0]
        np.testing.assert_allclose(seconds[:, 0], range(6), atol=1 / 60 + 0.02)
        np.testing.assert_allclose(np.ptp(seconds, axis=1), 1 / 3, atol=1 / 30 + 0.02)


def test_windows_of_a_portrait_are_upright(real_data):
    """Red above, blue below."""
    path = real_data / "data" / "awkward" / "clips" / "wave" / "portrait_wave_1.mp4"
    table = clips.probe_clips(pd.DataFrame([{"path": str(path), **PLAIN}]))
    plan = Plan("images", (96, 64))
    _, frames = planning.plan_windows(table, plan)
    for window in cutting.windows_of_clip(str(path), frames, plan):
        above, below = window[:3, 5:40].mean((1, 2)), window[:3, 56:90].mean((1, 2))
        assert above[0] > above[2] + 80 and below[2] > below[0] + 80


@pytest.mark.parametrize("length", [5, 10])
def test_flow_of_an_uneven_film_never_takes_a_frame_twice(length, tmp_path):
    path = write_at(tmp_path / "a.mp4", bar_at(PHONE), PHONE)
    table = clips.probe_clips(pd.DataFrame([{"path": str(path), **PLAIN}]))
    plan = Plan("flow", (64, 320), fps=30, length=length, step=0.1)
    index, frames = planning.plan_windows(table, plan)
    assert set(index.protocol) == {"window", "video-1", "video-10"}
    assert (np.diff(frames, axis=1) > 0).all()
    times = np.array(PHONE)[frames]
    np.testing.assert_allclose(np.ptp(times, axis=1), length / 30, atol=1 / 30)


@pytest.mark.parametrize("kind", ["images", "gray", "flow"])
def test_memory_does_not_grow_with_the_clip(kind, tmp_path):
    plan = Plan(kind, (32, 48), fps=30, step=0.1, length=3)
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    peaks = []
    for seconds in (2, 16):
        path = tmp_path / f"{seconds}.avi"
        encoding.write(path, (np.roll(noise, 3 * t, 1) for t in range(30 * seconds)), 30)
        table = clips.probe_clips(pd.DataFrame([{"path": str(path), **PLAIN}]))
        _, frames = planning.plan_windows(table, plan)
        tracemalloc.start()
        for _ in cutting.each_window(str(path), frames, plan):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    windows = len(frames) * plan.window_bytes
    assert peaks[1] - peaks[0] < windows / 10 + 500_000, peaks


def test_a_clip_that_asks_for_too_much_memory_is_set_aside(few, tmp_path, monkeypatch):
    cut = cutting.each_window

    def too_much(path, *rest):
        if path == few.path[1]:
            raise MemoryError
        return cut(path, *rest)

    monkeypatch.setattr(cutting, "each_window", too_much)
    with pytest.warns(UserWarning, match="1 clips could not be decoded"):
        built = store.build(few, tmp_path / "s", FAST, jobs=1)
    (why,) = built.set_aside.values()
    assert "more memory than there is" in why and len(built.index.video.unique()) == 5


# --- many clips in one file ------------------------------------------------------------------


def test_a_disk_that_fills_up_keeps_what_was_done(few, tmp_path, monkeypatch, decoded):
    fill_clip = cutting._fill_clip

    def full_from_the_fourth(*rest):
        if len(decoded) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return fill_clip(*rest)

    monkeypatch.setattr(cutting, "_fill_clip", full_from_the_fourth)
    with pytest.raises(InputError, match=r"the disk of .* is full; make room .*kept"):
        store.build(few, tmp_path / "s", FAST, jobs=1)
    assert not (tmp_path / "s").exists()
    monkeypatch.setattr(cutting, "_fill_clip", fill_clip)
    built = store.build(few, tmp_path / "s", FAST, jobs=1)
    assert decoded == few.path.tolist()
    assert contents(built.file.parent) == contents(
        store.build(few, tmp_path / "other", FAST, jobs=1).file.parent
    )


def test_a_disk_without_room_is_an_error_before_anything_is_decoded(
    few, tmp_path, monkeypatch, decoded
):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(1000))
    with pytest.raises(InputError, match=r"needs .* MB more .* free some"):
        store.build(few, tmp_path / "s", FAST, jobs=1)
    assert not decoded


def test_what_is_said_to_be_done_is_believed_only_where_the_bytes_agree(
    few, tmp_path, stopped_before_the_end, decoded
):
    whole = contents(store.build(few, tmp_path / "whole", FAST, jobs=1).file.parent)
    unfinished = stopped_before_the_end(tmp_path / "s")
    lines = (unfinished / "done.txt").read_text().splitlines()
    (unfinished / "done.txt").write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:3])
    with open(unfinished / "windows.npy", "r+b") as file:
        file.seek(140)
        file.write(b"lost")  # in the first clip's windows
    decoded.clear()
    store.build(few, tmp_path / "s", FAST, jobs=1)
    assert decoded == [few.path[0], few.path[5]]
    assert contents(tmp_path / "s") == whole
