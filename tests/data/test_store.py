"""From videos to what a stream is fed: the store and its views."""

import json
import os

import numpy as np
import pandas as pd
import pytest
import torch

from twostream_lib import clips, sampling, sg3i, video
from twostream_lib.data import cutting, datasets, store
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.video import encoding

PLAN = Plan("images", size=(48, 64))


def moving_square(frames=40, height=96, width=128, speed=2):
    pictures = np.full((frames, height, width, 3), 60, np.uint8)
    for t in range(frames):
        pictures[t, 30:60, 5 + speed * t : 25 + speed * t] = (220, 40, 40)
    return pictures


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
        encoding.write(path, moving_square(frames, speed=1 + number % 2), fps=30)
        rows.append({"path": str(path), "label": label, "source": f"s{number}", "tag": tag})
    return clips.probe_clips(pd.DataFrame(rows))


@pytest.fixture(scope="module")
def images(table, tmp_path_factory):
    return store.build(table, tmp_path_factory.mktemp("store") / "images", PLAN)


def test_the_index_has_the_windows_of_the_sampling(images, table):
    by_clip = images.index[images.index.protocol == "window"].groupby("video").size()
    for clip in table.itertuples():
        wanted = len(sampling.mode2(clip.frames, clip.fps))
        assert by_clip.get(f"{clip.label}/{os.path.basename(clip.path)}", 0) == wanted
    tests = images.index[images.index.tag == 2]
    assert (tests.protocol == "video-10").sum() == 10
    assert (tests.protocol == "video-1").sum() == 1
    assert set(images.index[images.index.tag == 1].protocol) == {"window"}


def test_clips_of_equal_names_in_two_classes_stay_apart(tmp_path):
    for label in ("run", "walk"):
        (tmp_path / label).mkdir()
        encoding.write(tmp_path / label / "clip.avi", moving_square(), fps=30)
    table = clips.probe_clips(
        pd.DataFrame(
            {"path": str(tmp_path / label / "clip.avi"), "label": label, "source": label, "tag": 1}
            for label in ("run", "walk")
        )
    )
    built = store.build(table, tmp_path / "store", PLAN)
    assert set(built.index.video) == {"run/clip.avi", "walk/clip.avi"}


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


def test_a_fitting_store_is_used_again(table, tmp_path):
    store.build(table, tmp_path / "s", PLAN)
    before = (tmp_path / "s" / "windows.npy").stat().st_mtime_ns
    store.build(table, tmp_path / "s", PLAN)
    assert (tmp_path / "s" / "windows.npy").stat().st_mtime_ns == before


@pytest.mark.parametrize("change", ["plan", "clips", "version"])
def test_anything_else_makes_a_new_store(table, tmp_path, change, monkeypatch):
    store.build(table, tmp_path / "s", PLAN)
    plan, rows = PLAN, table
    if change == "plan":
        plan = Plan("images", size=(48, 64), step=0.5)
    elif change == "clips":
        rows = table.iloc[:3].reset_index(drop=True)
    else:
        monkeypatch.setattr("twostream_lib.__version__", "0.0.0")
    before = (tmp_path / "s" / "windows.npy").stat().st_ino
    again = store.build(rows, tmp_path / "s", plan)
    assert (tmp_path / "s" / "windows.npy").stat().st_ino != before
    assert len(again.array) == len(again.index)


def test_the_manifest_says_what_made_the_store(table, tmp_path):
    store.build(table, tmp_path / "s", PLAN)
    manifest = json.loads((tmp_path / "s" / "manifest.json").read_text())
    assert manifest["plan"]["size"] == [48, 64]
    assert [name for name, *_ in manifest["files"]] == clips.names(table)


def test_clips_without_a_window_are_an_error(table, tmp_path):
    with pytest.raises(InputError, match="long enough for one window"):
        store.build(table.iloc[3:].reset_index(drop=True), tmp_path / "s", PLAN)


def test_flow_windows_see_the_square_move(table, tmp_path):
    plan = Plan("flow", size=(96, 128), fps=30, length=3)
    flows = store.build(table.iloc[:1].reset_index(drop=True), tmp_path / "f", plan)
    assert flows.array.shape[1:] == (96, 128, 6)
    u = (flows.array[..., 0::2].astype(float) - 128) * 20 / 127
    moving = np.abs(u).max(axis=(1, 2, 3))
    assert (moving > 0.5).all()


def test_a_view_takes_its_channels(images):
    everything = np.ones(len(images.index), bool)
    for view, channels in (("rgb", slice(0, 3)), ("sg3i", slice(3, 6))):
        data = datasets.WindowDataset(images, everything, view, ["run", "walk"])
        picture, label = data[1]
        assert picture.shape == (3, 48, 64) and picture.dtype == torch.uint8
        assert data.classes[label] == images.index.label[1]
        np.testing.assert_array_equal(
            picture.numpy(), images.array[1][..., channels].transpose(2, 0, 1)
        )


def test_mirroring_twice_is_the_identity():
    pictures = torch.randint(1, 256, (4, 6, 8, 8), dtype=torch.uint8)
    for view in ("rgb", "flow"):
        assert torch.equal(datasets.flip(datasets.flip(pictures, view), view), pictures)


def test_a_mirrored_flow_runs_the_other_way():
    still_and_right = torch.full((1, 2, 4, 4), 128, dtype=torch.uint8)
    still_and_right[:, 0] = 148
    mirrored = datasets.flip(still_and_right, "flow")
    assert (mirrored[:, 0] == 108).all() and (mirrored[:, 1] == 128).all()


def test_every_sample_of_a_batch_has_its_own_coin():
    coins = torch.Generator().manual_seed(0)
    ramp = torch.arange(16, dtype=torch.uint8).expand(400, 3, 16, 16).contiguous()
    flipped = datasets.augment(ramp, "rgb", 0, coins)[:, 0, 0, 0] == 15
    assert 150 < flipped.sum() < 250


def test_shifting_moves_by_no_more_than_asked():
    coins = torch.Generator().manual_seed(0)
    ramp = torch.arange(0, 160, 5, dtype=torch.uint8).expand(64, 3, 32, 32).contiguous()
    moved = datasets.augment(ramp, "rgb", 3, coins)[:, 0, 16, 16].int()
    middle = {5 * (16 + k) for k in range(-3, 4)} | {5 * (15 - k) for k in range(-3, 4)}
    assert set(moved.tolist()) <= middle and len(set(moved.tolist())) > 7


def test_jittered_flow_keeps_directions_and_stillness():
    coins = torch.Generator().manual_seed(0)
    still, left, right = 128, 128 - 40, 128 + 40
    stacks = torch.tensor([still, left, right], dtype=torch.uint8).view(1, 1, 1, 3)
    jittered = (
        datasets.augment(
            stacks.repeat(500, 2, 1, 1), "rgb", 0, coins, flow_magnitude_jitter=1.5
        ).int()
        - 128
    )
    jittered = torch.where(jittered[..., :1] == 0, jittered, jittered.flip(-1))  # mirrored back
    assert (jittered[..., 0] == 0).all() and (jittered[..., 1] == -jittered[..., 2]).all()
    speed = jittered[:, 0, 0, 2]
    assert round(40 / 1.5) <= speed.min() < 30 and 54 < speed.max() <= 60
    assert 0.4 < (speed > 40).float().mean() < 0.6


def test_balanced_by_clip_a_long_clip_is_drawn_as_often_as_a_short_one(images):
    everything = np.ones(len(images.index), bool)
    windows = datasets.WindowDataset(images, everything, "rgb", ["run", "walk"])
    weights = windows.clip_balanced_weights()
    shares = pd.Series(weights.numpy()).groupby(windows.rows.video.to_numpy())
    assert np.allclose(shares.sum(), 1)

    of_clip = np.repeat([0, 1], [90, 10])
    data = torch.utils.data.TensorDataset(torch.from_numpy(of_clip))
    uneven = torch.from_numpy(1 / np.bincount(of_clip)[of_clip])
    generator = torch.Generator().manual_seed(0)
    epochs = [
        torch.cat([batch for (batch,) in datasets.in_batches(data, 16, generator, uneven)])
        for _ in range(20)
    ]
    assert {len(epoch) for epoch in epochs} == {len(of_clip)}
    assert torch.cat(epochs).float().mean().item() == pytest.approx(0.5, abs=0.04)


def test_flow_takes_no_frame_of_a_slow_clip_twice(table):
    slow = table[table.frames > 20].assign(fps=25.0)
    _, images = store.plan_windows(slow, Plan("images", fps=30, length=10))
    _, fields = store.plan_windows(slow, Plan("flow", fps=30, length=10))
    assert (np.diff(images, axis=1) == 0).any() and (np.diff(fields, axis=1) == 1).all()


def test_a_method_that_is_not_to_be_had_is_no_fault_of_the_clips(table, tmp_path, monkeypatch):
    def missing():
        raise InputError("no weights here")

    monkeypatch.setitem(store.METHODS, "raft", missing)
    with pytest.raises(InputError, match="no weights here"):
        store.build(table, tmp_path / "flow", Plan("flow", (32, 48), method="raft"))
