"""A store of windows: what is in it, when it is made anew, and builds that are killed."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from tests.data.small import FAST, PLAN, contents, square_clip
from tests.video.films import bar_at, bars, coded, turned, without_conversion, write_at
from twostream_lib import clips, sampling
from twostream_lib.clips.probing import probe_clip
from twostream_lib.data import cutting, soundness, store
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.video import encoding


def test_the_index_has_the_windows_of_the_sampling(images, table):
    windows = images.index[images.index.protocol == "window"]
    by_clip = windows.groupby("video", observed=True).size()
    for clip in table.itertuples():
        wanted = len(sampling.mode2(clip.frames, clip.fps))
        assert by_clip.get(f"{clip.label}/{os.path.basename(clip.path)}", 0) == wanted
    tests = images.index[images.index.tag == 2]
    assert (tests.protocol == "video-10").sum() == 10
    assert (tests.protocol == "video-1").sum() == 1
    assert set(images.index[images.index.tag == 1].protocol) == {"window"}


def as_text(index):
    """The same index in plain columns."""
    return index.astype(dict.fromkeys(store.TEXT, object) | dict.fromkeys(store.NUMBERS, np.int64))


@pytest.mark.parametrize(("windows", "clips_a_source"), [(6, 3), (10, 1)])
def test_an_index_takes_at_most_40_bytes_a_window(windows, clips_a_source, tmp_path):
    """With names as long as HMDB-51's; with a source for each of its clips, as in Kinetics."""
    clip = np.arange(40_000).repeat(windows)
    columns = {
        "video": [f"swing_baseball/BaseballSwingAnalysis_swing_u_cm_np1_ri_{c}.avi" for c in clip],
        "label": [f"class {c % 400}" for c in clip],
        "source": [f"video{c // clips_a_source:06}" for c in clip],
        "tag": clip % 3,
        "protocol": np.tile(["window", "video-10"], len(clip) // 2),
        "window": np.arange(len(clip)) % windows,
        "start": np.arange(len(clip)) % windows * 30,
    }
    wanted = pd.DataFrame(columns)
    wanted.to_csv(tmp_path / "index.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
    index = store.read_index(tmp_path / "index.csv")
    assert index.memory_usage(deep=True).sum() <= 40 * len(index)
    pd.testing.assert_frame_equal(as_text(index), as_text(wanted))


def test_the_index_on_disk_is_plain_text(images):
    rows = as_text(images.index).itertuples(index=False, name=None)
    text = [
        f'"{video}","{label}","{source}",{tag},"{protocol}",{window},{start}\n'
        for video, label, source, tag, protocol, window, start in rows
    ]
    head = '"video","label","source","tag","protocol","window","start"\n'
    assert (images.file.parent / "index.csv").read_text() == head + "".join(text)


def test_clips_of_equal_names_in_two_classes_stay_apart(tmp_path):
    for label in ("run", "walk"):
        (tmp_path / label).mkdir()
        encoding.write(tmp_path / label / "clip.avi", square_clip(), fps=30)
    table = clips.probe_clips(
        pd.DataFrame(
            {"path": str(tmp_path / label / "clip.avi"), "label": label, "source": label, "tag": 1}
            for label in ("run", "walk")
        )
    )
    built = store.build(table, tmp_path / "store", PLAN)
    assert set(built.index.video) == {"run/clip.avi", "walk/clip.avi"}


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


@pytest.mark.parametrize("change", ["turned", "unknown"])
def test_a_film_that_is_turned_in_its_header_makes_a_new_store(tmp_path, change):
    """It keeps name and size; where nobody looked at its bytes, it is taken for the same."""
    seconds = np.arange(60) / 30
    film = write_at(tmp_path / "film.mp4", bar_at(seconds, speed=20, width=96), seconds)

    def built(matrix):
        path = turned(tmp_path / "s_wave.mp4", film, matrix)
        row = {"path": str(path), "label": "wave", "source": "s", "tag": 2}
        table = clips.probe_clips(pd.DataFrame([row]))
        table = table if change == "turned" else table.drop(columns="content")
        return np.array(store.build(table, tmp_path / "s", PLAN, jobs=1).array)

    before, after = built((1, 0, 0, 1)), built((-1, 0, 0, -1))
    wanted = before[:, ::-1, ::-1] if change == "turned" else before
    np.testing.assert_array_equal(after, wanted)


def test_the_manifest_says_what_made_the_store(table, tmp_path):
    store.build(table, tmp_path / "s", PLAN)
    manifest = json.loads((tmp_path / "s" / "manifest.json").read_text())
    assert manifest["plan"]["size"] == [48, 64]
    assert [name for name, *_ in manifest["files"]] == clips.names(table)


def test_clips_without_a_window_are_an_error(table, tmp_path):
    with pytest.raises(InputError, match="long enough for one window"):
        store.build(table.iloc[3:].reset_index(drop=True), tmp_path / "s", PLAN)


def test_a_method_that_is_not_to_be_had_is_no_fault_of_the_clips(table, tmp_path, monkeypatch):
    def missing():
        raise InputError("no weights here")

    monkeypatch.setitem(store.METHODS, "raft", missing)
    with pytest.raises(InputError, match="no weights here"):
        store.build(table, tmp_path / "flow", Plan("flow", (32, 48), method="raft"))


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


def test_a_clip_that_cannot_be_converted_is_set_aside_and_stops_nothing(few, tmp_path):
    """A table may say that it is whole: another version of PyAV looked at it."""
    without_conversion(tmp_path / "odd.nut").rename(few.path[2])
    with pytest.warns(UserWarning, match="1 clips .*wave/s2_wave.avi"):
        built = store.build(few, tmp_path / "s", FAST, jobs=1)
    (why,) = built.set_aside.values()
    assert "in a layout that cannot be converted" in why and built.index.video.nunique() == 5


def test_a_clip_of_a_rare_matrix_has_its_windows(tmp_path):
    """BT.2020 of constant luminance."""
    path = coded(tmp_path / "s_wave.mkv", bars(), 9, tagged=10, count=30)
    row = {"path": str(path), "label": "wave", "source": "s", "tag": 1}
    table = clips.probe_clips(pd.DataFrame([row]))
    built = store.build(table, tmp_path / "s", Plan("images", size=(48, 192)), jobs=1)
    assert not built.set_aside
    shown = built.array[:, 24, 16::32, :3].astype(int)
    assert np.abs(shown - bars()[24, 16::32]).max() <= 4


def test_nothing_but_broken_clips_is_an_error(few, tmp_path):
    shutil.rmtree(tmp_path / "wave")
    with pytest.raises(InputError, match=r"None of the 6 clips can be decoded.*s0_wave"):
        store.build(few, tmp_path / "s", FAST, jobs=1)
    assert not (tmp_path / "s").exists()


def test_what_is_left_of_another_plan_is_taken_away(few, tmp_path, stopped_before_the_end):
    unfinished = stopped_before_the_end(tmp_path / "s")
    store.build(few, tmp_path / "s", Plan("images", size=(30, 40)), jobs=1)
    assert not unfinished.exists()


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


def test_a_batch_comes_in_the_order_it_was_asked_for(images):
    rows = np.array([7, 2, 2, 5, 0])
    batch = images.read(rows, slice(3, 6))
    np.testing.assert_array_equal(batch, images.array[rows][..., 3:].transpose(0, 3, 1, 2))


def test_an_array_that_was_cut_short_is_an_error(few, tmp_path):
    built = store.build(few, tmp_path / "s", FAST, jobs=1)
    os.truncate(built.file, 4000)
    with pytest.raises(InputError, match="cut short"):
        built.read(np.array([0, 5]))


# --- damaged ---------------------------------------------------------------------------------


def flip(file, place):
    content = bytearray(file.read_bytes())
    content[place] ^= 16
    file.write_bytes(content)


def zero(file):
    content = file.read_bytes()
    file.write_bytes(content[:5000] + bytes(64) + content[5064:])


def exchange(file, old, new):
    file.write_text(file.read_text().replace(old, new, 1))


DAMAGE = {
    "cut": ("windows.npy", lambda file: os.truncate(file, 4000), "windows.npy is damaged .*bytes"),
    "longer": ("windows.npy", lambda file: os.truncate(file, 400_000), "windows.npy is damaged"),
    "gone": ("windows.npy", os.remove, "it is not there"),
    "empty": ("windows.npy", lambda file: os.truncate(file, 0), "windows.npy is damaged"),
    "flipped": ("windows.npy", lambda file: flip(file, 9000), r"windows \d+ to \d+ have changed"),
    "last byte": ("windows.npy", lambda file: flip(file, -1), r"windows \d+ to \d+ have changed"),
    "zeroed": ("windows.npy", zero, r"windows \d+ to \d+ have changed"),
    "header": ("windows.npy", lambda file: flip(file, 62), "its header is no longer"),
    "row missing": ("index.csv", lambda file: exchange(file, "wave/s0", "#"), "index.csv"),
    "labels": ("index.csv", lambda file: exchange(file, '"wave"', '"walk"'), "index.csv"),
    "index cut": ("index.csv", lambda file: os.truncate(file, 100), "index.csv"),
    "index gone": ("index.csv", os.remove, "index.csv"),
    "manifest cut": ("manifest.json", lambda file: os.truncate(file, 100), "manifest.json is dam"),
    "manifest text": ("manifest.json", lambda file: file.write_text("?"), "manifest.json is dam"),
    "manifest gone": ("manifest.json", os.remove, "manifest.json is lost"),
    "checksum": ("manifest.json", lambda file: exchange(file, '"index": "', '"index": "0'), "dam"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_store_is_said_to_be_so_and_made_anew(few, tmp_path, kind):
    name, damage, said = DAMAGE[kind]
    before = contents(store.build(few, tmp_path / "s", FAST, jobs=1).file.parent)
    damage(tmp_path / "s" / name)
    with pytest.warns(UserWarning, match=f"{said}.*: the store is made anew"):
        again = store.build(few, tmp_path / "s", FAST, jobs=1)
    assert contents(again.file.parent) == before


@pytest.mark.parametrize("theirs", [["index.csv"], ["manifest.json"], ["windows.npy", "notes.txt"]])
def test_files_of_somebody_else_under_a_stores_names_are_left_alone(few, tmp_path, theirs):
    (tmp_path / "s").mkdir()
    for name in theirs:
        (tmp_path / "s" / name).write_text('{"name": "mine"}')
    with pytest.raises(InputError, match="is not a store"):
        store.build(few, tmp_path / "s", FAST, jobs=1)
    assert {path.name for path in (tmp_path / "s").iterdir()} == set(theirs)


def test_windows_of_a_large_store_are_compared_when_they_are_read(few, tmp_path, monkeypatch):
    monkeypatch.setattr(soundness, "AT_ONCE", 10_000)  # some of its clips at the opening
    built = store.build(few, tmp_path / "s", FAST, jobs=1)
    last = built.index.index[built.index.video == "wave/s5_wave.avi"]
    flip(built.file, -1)
    again = store.build(few, tmp_path / "s", FAST, jobs=1)
    others = np.arange(last[0])
    np.testing.assert_array_equal(again.read(others), again.array[others].transpose(0, 3, 1, 2))
    with pytest.raises(InputError, match=r"windows of wave/s5_wave.avi in .* delete the folder"):
        again.read(last.to_numpy())


# --- killed, and several at once -------------------------------------------------------------


KILLS = int(os.environ.get("TWOSTREAM_KILLS", "3"))


# Slow enough to be killed in the middle: some 40 flow fields a clip.
SLOW = Plan("flow", size=(48, 64), fps=30, step=0.1, length=3)


BUILD = """
import json, sys, warnings
import pandas as pd
from twostream_lib.data import store
from twostream_lib.data.plan import Plan
warnings.formatwarning = lambda message, *_: f"Note: {message}\\n"
table, folder, plan = sys.argv[1:]
store.build(pd.read_csv(table, keep_default_na=False), folder, Plan(**json.loads(plan)), jobs=2)
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
    found = [probe_clip(str(folder / f"{number}.avi")) for number in range(3)]
    return pd.DataFrame([row | found[number % 3] for number, row in enumerate(rows)])


@pytest.fixture(scope="module")
def whole(many, tmp_path_factory):
    """The files of an undisturbed store of these clips."""
    folder = tmp_path_factory.mktemp("whole") / "store"
    return contents(store.build(many, folder, SLOW, jobs=1).file.parent)


@pytest.fixture
def start(tmp_path):
    """Start another process that builds a store; gives it, and the file of what it says."""
    started = []

    def starting(table, folder):
        table.to_csv(tmp_path / "table.csv", index=False)
        asked = [str(tmp_path / "table.csv"), str(folder), json.dumps(asdict(SLOW))]
        command = [sys.executable, "-c", BUILD, *asked]
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
    return sum(len(cutting.read_done(path)) for path in lists)


def wait_for(happened, process):
    while not happened() and process.poll() is None:
        time.sleep(0.01)


@pytest.mark.slow
def test_a_store_killed_again_and_again_ends_as_an_undisturbed_one(
    many, whole, tmp_path, decoded, start
):
    folder, rng = tmp_path / "killed" / "store", np.random.default_rng()
    done = 0
    for number in range(KILLS):
        process, log = start(many, folder)
        wait_for(lambda before=done: done_by(folder) > before, process)
        time.sleep(rng.uniform(0, 0.1))
        if number % 2:
            process.kill()  # its decoding processes still do what they were given
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        now = len(many) if folder.exists() else done_by(folder)
        assert now > done, log.read_text()
        done = now
        if folder.exists():
            break  # it was faster than the kill
    decoded.clear()
    store.build(many, folder, SLOW, jobs=1)
    assert len(decoded) == len(many) - done
    assert contents(folder) == whole
    assert {path.name for path in folder.parent.iterdir()} <= {"store", "store.lock"}


@pytest.mark.slow
def test_the_one_that_waits_goes_on_where_the_killed_one_was(many, whole, tmp_path, start):
    folder = tmp_path / "two" / "store"
    first, _ = start(many, folder)
    wait_for(lambda: done_by(folder) > 0, first)
    os.kill(first.pid, signal.SIGSTOP)  # it holds the lock while the second one starts
    second, log = start(many, folder)
    wait_for(lambda: f"Waiting for process {first.pid} on " in log.read_text(), second)
    first.kill()
    first.wait()
    assert second.wait() == 0, log.read_text()
    assert re.search(f", which makes this store since .* [(]{folder}[)]", log.read_text())
    assert contents(folder) == whole


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


def test_names_with_ends_of_lines_and_quotes_keep_their_rows(few, tmp_path):
    odd = ["car\rriage", "li\nne", "both\r\n", 'quo"ted', "com,ma", " blank "]
    named = few.assign(label=odd, source=odd[::-1])
    built = store.build(named, tmp_path / "store", FAST, jobs=1)
    assert built.index["label"].drop_duplicates().tolist() == odd
    assert built.index["source"].drop_duplicates().tolist() == odd[::-1]
    assert len(built.index) == len(built.array)
