"""Windows of a clip, and a file of windows that is filled under bad conditions."""

import errno
import os
import shutil
from collections import namedtuple

import numpy as np
import pytest

from tests.data.small import FAST, PLAN, contents
from twostream_lib import sg3i, video
from twostream_lib.data import cutting, store
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError


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


# --- many clips in one file ------------------------------------------------------------------


def test_a_disk_that_fills_up_keeps_what_was_done(few, tmp_path, monkeypatch, decoded):
    fill_clip = cutting._fill_clip

    def full_from_the_fourth(*rest):
        if len(decoded) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return fill_clip(*rest)

    monkeypatch.setattr(cutting, "_fill_clip", full_from_the_fourth)
    with pytest.raises(InputError, match=r"No space left.*free some disk.*kept"):
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
