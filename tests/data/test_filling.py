"""A store that is built under bad conditions: killed, twice at once, broken clips, a full disk."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader

from twostream_lib import video
from twostream_lib.data import cutting, datasets, filling, store
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.video import encoding

KILLS = int(os.environ.get("TWOSTREAM_KILLS", "3"))
# Slow enough to be killed in the middle: some 40 flow fields a clip.
SLOW = Plan("flow", size=(48, 64), fps=30, step=0.1, length=3)
FAST = Plan("images", size=(24, 32))
BUILD = """
import sys, warnings
import pandas as pd
from twostream_lib.data import store
from twostream_lib.data.plan import Plan
warnings.formatwarning = lambda message, *_: f"Note: {message}\\n"
plan = Plan("flow", size=(48, 64), rate=30, step=0.1, length=3)
store.build(pd.read_csv(sys.argv[1]), sys.argv[2], plan, jobs=2)
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory, moving_square):
    """A table of 12 clips for each kill: three different ones under many names."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(3):
        encoding.write(folder / f"{number}.avi", moving_square[number * 2 :], 30)
    (folder / "walk").mkdir()
    rows = []
    for number in range(12 * KILLS):
        path = folder / "walk" / f"s{number}_walk.avi"
        path.symlink_to(folder / f"{number % 3}.avi")
        rows.append({"path": str(path), "label": "walk", "source": f"s{number}", "tag": 2})
    found = [video.probe(folder / f"{number}.avi") for number in range(3)]
    return pd.DataFrame([row | found[number % 3] for number, row in enumerate(rows)])


@pytest.fixture(scope="module")
def whole(many, tmp_path_factory):
    """The files of an undisturbed store of these clips."""
    folder = tmp_path_factory.mktemp("whole") / "store"
    return contents(store.build(many, folder, SLOW, jobs=1).file.parent)


@pytest.fixture
def few(tmp_path, moving_square):
    """A table of six clips in files of their own."""
    (tmp_path / "wave").mkdir()
    rows = []
    for number in range(6):
        path = tmp_path / "wave" / f"s{number}_wave.avi"
        encoding.write(path, np.roll(moving_square, 5 * number, axis=2), 30)
        row = {"path": str(path), "label": "wave", "source": f"s{number}", "tag": 1 + number % 2}
        rows.append(row | video.probe(path))
    return pd.DataFrame(rows)


@pytest.fixture
def decoded(monkeypatch):
    """The paths of the clips that are decoded in this process, as they come."""
    paths = []
    cut = cutting.windows_of_clip

    def noted(path, *rest):
        paths.append(path)
        return cut(path, *rest)

    monkeypatch.setattr(cutting, "windows_of_clip", noted)
    return paths


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def start(tmp_path):
    """Start another process that builds a store; gives it, and the file of what it says."""
    started = []

    def starting(table, folder):
        table.to_csv(tmp_path / "table.csv", index=False)
        command = [sys.executable, "-c", BUILD, str(tmp_path / "table.csv"), str(folder)]
        log = tmp_path / f"{len(started)}.log"
        with open(log, "w") as stderr:
            started.append(subprocess.Popen(command, stderr=stderr, start_new_session=True))
        return started[-1], log

    yield starting
    for process in started:  # a killed builder's decoding processes wait for work for minutes
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def done_by(folder):
    """How many clips of an unfinished store are done, 0 where there is none."""
    lists = [part / "done.txt" for part in folder.parent.glob(f"{folder.name}.part-*")]
    return sum(len(filling.read_done(path)) for path in lists)


def wait_for(happened, process):
    while not happened() and process.poll() is None:
        time.sleep(0.01)


def test_a_store_killed_again_and_again_ends_as_an_undisturbed_one(
    many, whole, tmp_path, decoded, start
):
    folder, rng = tmp_path / "killed" / "store", np.random.default_rng()
    done = 0
    for number in range(KILLS):
        process, _ = start(many, folder)
        wait_for(lambda before=done: done_by(folder) > before, process)
        time.sleep(rng.uniform(0, 0.1))
        if number % 2:
            process.kill()  # its decoding processes still do what they were given
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert (folder / "windows.npy").exists() or done_by(folder) >= done
        done = len(many) if folder.exists() else done_by(folder)
    decoded.clear()
    store.build(many, folder, SLOW, jobs=1)
    assert len(decoded) == len(many) - done
    assert contents(folder) == whole
    assert [path.name for path in folder.parent.iterdir() if path != folder] == ["store.lock"]


def test_the_one_that_waits_goes_on_where_the_killed_one_was(many, whole, tmp_path, start):
    folder = tmp_path / "two" / "store"
    first, _ = start(many, folder)
    wait_for(lambda: done_by(folder) > 0, first)
    os.kill(first.pid, signal.SIGSTOP)  # it holds the lock while the second one starts
    second, log = start(many, folder)
    wait_for(lambda: "waiting" in log.read_text(), second)
    first.kill()
    first.wait()
    assert second.wait() == 0, log.read_text()
    assert contents(folder) == whole


@pytest.mark.filterwarnings("ignore:Another process")
def test_two_builders_at_once_decode_each_clip_once(few, tmp_path, decoded):
    built = []
    builders = [
        threading.Thread(target=lambda: built.append(store.build(few, tmp_path / "s", FAST, 1)))
        for _ in range(2)
    ]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert sorted(decoded) == sorted(few.path)
    assert len(built) == 2 and built[0].file == built[1].file


def test_clips_that_break_after_probing_are_named_and_set_aside(few, tmp_path):
    paths = [str(path) for path in few.path]
    os.remove(paths[1])
    os.truncate(paths[2], os.path.getsize(paths[2]) // 2)
    os.truncate(paths[4], 0)
    names = ["wave/s1_wave.avi", "wave/s2_wave.avi", "wave/s4_wave.avi"]
    with pytest.warns(UserWarning, match=f"3 clips .*{'.*'.join(names)}"):
        built = store.build(few, tmp_path / "s", FAST, jobs=1)
    assert list(built.set_aside) == names and all(built.set_aside.values())
    good = few.iloc[[0, 3, 5]].reset_index(drop=True)
    alone = store.build(good, tmp_path / "good", FAST, jobs=1)
    pd.testing.assert_frame_equal(built.index, alone.index)
    np.testing.assert_array_equal(built.array, alone.array)
    with pytest.warns(UserWarning, match="3 clips"):  # it still lacks them
        again = store.build(few, tmp_path / "s", FAST, jobs=1)
    assert again.file.stat().st_ino == built.file.stat().st_ino


def test_nothing_but_broken_clips_is_an_error(few, tmp_path):
    shutil.rmtree(tmp_path / "wave")
    with pytest.raises(InputError, match=r"None of the 6 clips can be decoded.*s0_wave"):
        store.build(few, tmp_path / "s", FAST, jobs=1)
    assert not (tmp_path / "s").exists()


def test_a_disk_that_fills_up_keeps_what_was_done(few, tmp_path, monkeypatch, decoded):
    fill_clip = filling._fill_clip

    def full_from_the_fourth(*rest):
        if len(decoded) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return fill_clip(*rest)

    monkeypatch.setattr(filling, "_fill_clip", full_from_the_fourth)
    with pytest.raises(InputError, match=r"No space left.*free some disk.*kept"):
        store.build(few, tmp_path / "s", FAST, jobs=1)
    assert not (tmp_path / "s").exists()
    monkeypatch.setattr(filling, "_fill_clip", fill_clip)
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


def stop_before_the_end(few, folder, monkeypatch):
    """The folder of a build in which all clips are done and nothing more."""

    def stop(*rest):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(filling, "move", stop)
        store.build(few, folder, FAST, jobs=1)
    return next(folder.parent.glob(f"{folder.name}.part-*"))


def test_what_is_said_to_be_done_is_believed_only_where_the_bytes_agree(
    few, tmp_path, monkeypatch, decoded
):
    whole = contents(store.build(few, tmp_path / "whole", FAST, jobs=1).file.parent)
    part = stop_before_the_end(few, tmp_path / "s", monkeypatch)
    lines = (part / "done.txt").read_text().splitlines()
    (part / "done.txt").write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:3])
    with open(part / "windows.npy", "r+b") as file:
        file.seek(140)
        file.write(b"lost")  # in the first clip's windows
    decoded.clear()
    store.build(few, tmp_path / "s", FAST, jobs=1)
    assert decoded == [few.path[0], few.path[5]]
    assert contents(tmp_path / "s") == whole


def test_what_is_left_of_another_plan_is_taken_away(few, tmp_path, monkeypatch):
    part = stop_before_the_end(few, tmp_path / "s", monkeypatch)
    store.build(few, tmp_path / "s", Plan("images", size=(30, 40)), jobs=1)
    assert not part.exists()


def test_a_folder_that_is_no_store_is_left_alone(few, tmp_path):
    with pytest.raises(InputError, match="wave is there and is not a store"):
        store.build(few, tmp_path / "wave", FAST)
    assert len(list((tmp_path / "wave").iterdir())) == 6


def test_a_window_takes_six_bytes_a_pixel(few, tmp_path):
    built = store.build(few, tmp_path / "s", FAST, jobs=1)
    assert built.file.stat().st_size <= len(built.index) * 6 * 24 * 32 + 128
    assert built.array.shape == (len(built.index), 24, 32, 6)


def test_labels_that_look_like_a_missing_value_stay(few, tmp_path):
    odd = few.assign(label=["NA", "null", "nan", "None", "1", ""])
    built = store.build(odd, tmp_path / "s", FAST, jobs=1)
    assert built.index.label.unique().tolist() == odd.label.tolist()


# --- batches ---------------------------------------------------------------------------------


@pytest.fixture
def windows(few, tmp_path):
    built = store.build(few, tmp_path / "s", FAST, jobs=1)
    return datasets.WindowDataset(built, np.arange(len(built.index)) % 5 != 0, "rgb", ["wave"])


def seeded():
    return torch.Generator().manual_seed(3)


@pytest.mark.parametrize("shuffled", [True, False])
def test_whole_batches_are_those_of_a_plain_loader(windows, shuffled):
    generator = seeded() if shuffled else None
    ours = list(datasets.in_batches(windows, 4, generator))
    plain = list(DataLoader(windows, 4, shuffle=shuffled, generator=seeded()))
    item_by_item = list(
        DataLoader([windows[i] for i in range(len(windows))], 4, shuffled, generator=seeded())
    )
    assert len(ours) == -(-len(windows) // 4)
    for batch, same, again in zip(ours, plain, item_by_item, strict=True):
        for tensor, *others in zip(batch, same, again, strict=True):
            assert tensor.is_contiguous()
            for other in others:
                assert tensor.dtype == other.dtype and torch.equal(tensor, other)


def test_every_epoch_has_an_order_of_its_own(windows):
    windows.labels = list(range(len(windows)))
    loader = datasets.in_batches(windows, 4, seeded())
    first, second = (torch.cat([labels for _, labels in loader]).tolist() for _ in range(2))
    assert first != second
    assert sorted(first) == sorted(second) == windows.labels


def test_a_batch_comes_in_the_order_it_was_asked_for(windows):
    rows = np.array([7, 2, 2, 9, 0])
    batch = windows.store.read(rows, slice(3, 6))
    np.testing.assert_array_equal(batch, windows.store.array[rows][..., 3:].transpose(0, 3, 1, 2))


def test_an_array_that_was_cut_short_is_an_error(windows):
    os.truncate(windows.store.file, 4000)
    with pytest.raises(InputError, match="cut short"):
        windows[[0, 5]]
