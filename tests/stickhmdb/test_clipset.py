"""A set on disk: real clips with split files, finished after a stop, the same for the same seed."""

import json
import shutil

import av
import numpy as np
import pytest

from twostream_lib import stickhmdb, video
from twostream_lib.errors import InputError
from twostream_lib.stickhmdb import clipset
from twostream_lib.stickhmdb.casting import cast_clips


@pytest.fixture(scope="module")
def small_set(stick_set, tmp_path_factory):
    """A set that tests may damage and mend."""
    return shutil.copytree(stick_set, tmp_path_factory.mktemp("set") / "stickhmdb")


@pytest.fixture
def few_clips(monkeypatch):
    """Sets of one clip a class, for what does not need more."""
    monkeypatch.setattr(
        clipset, "cast_clips", lambda clips, seed: cast_clips(clips, seed).groupby("label").head(1)
    )


def test_a_set_is_real_clips_with_split_files(small_set):
    rows = cast_clips(6, 0)
    found = {file.relative_to(small_set / "videos").as_posix() for file in small_set.rglob("*.avi")}
    assert found == {f"{row.label}/{row.file}" for row in rows.itertuples()}
    for label, clips in rows.groupby("label"):
        for split, tag in enumerate(("tag1", "tag2", "tag3"), 1):
            lines = (small_set / "splits" / f"{label}_test_split{split}.txt").read_text()
            pairs = [line.split() for line in lines.splitlines()]
            assert {name: int(mark) for name, mark in pairs} == dict(
                zip(clips["file"], clips[tag], strict=True)
            )
    assert stickhmdb.is_stickhmdb(small_set / "videos")
    assert not stickhmdb.is_stickhmdb(small_set / "videos" / "sit")


def test_a_clip_is_what_was_rendered(small_set):
    row = next(cast_clips(6, 0).itertuples())
    file = small_set / "videos" / row.label / row.file
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "mpeg4" and stream.average_rate == 30
        assert (stream.width, stream.height) == (320, 240)
    film = stickhmdb.render(row.label, row.source_seed, row.take)
    decoded = video.decode(file)
    assert decoded.shape == film.shape
    assert np.abs(decoded.astype(float) - film).mean() < 4


def test_a_finished_set_is_left_alone(small_set, monkeypatch):
    monkeypatch.setattr(clipset, "draw_set", lambda *_: pytest.fail("drawn again"))
    assert stickhmdb.make_clips(small_set, clips_per_class=6) == small_set


def test_only_what_is_missing_is_drawn_with_the_same_bytes(small_set, capfd):
    files = sorted(small_set.rglob("*.avi"))
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files}
    manifest = (small_set / "stickhmdb.json").read_bytes()
    (small_set / "stickhmdb.json").rename(small_set / "stickhmdb.unfinished.json")
    files[7].unlink()
    (files[8].parent / "half.avi.part").write_bytes(b"half")
    stickhmdb.make_clips(small_set, clips_per_class=6, jobs=1)
    assert "1/1" in capfd.readouterr().err
    assert sorted(small_set.rglob("*.avi")) == files
    assert files[7].read_bytes() == before[files[7]][0]
    others = (file for file in files if file != files[7])
    assert all(file.stat().st_mtime_ns == before[file][1] for file in others)
    assert (small_set / "stickhmdb.json").read_bytes() == manifest


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_number_of_jobs(tmp_path, few_clips):
    sets = [stickhmdb.make_clips(tmp_path / str(jobs), 6, seed=3, jobs=jobs) for jobs in (1, 2)]
    names = [sorted(f.relative_to(s) for f in s.rglob("*") if f.is_file()) for s in sets]
    assert names[0] == names[1] and len(names[0]) == 21 + 63 + 1
    assert all((sets[0] / n).read_bytes() == (sets[1] / n).read_bytes() for n in names[0])


@pytest.fixture
def nothing_drawn(monkeypatch):
    """Clips are files of four bytes, which take no time."""

    def pretend(file, *_):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"clip")

    monkeypatch.setattr(clipset, "draw", pretend)


def test_another_seed_takes_the_place_of_the_old_set(tmp_path, few_clips, nothing_drawn):
    folder = stickhmdb.make_clips(tmp_path / "set", 6, seed=0, jobs=1)
    old = set(folder.rglob("*.avi"))
    stickhmdb.make_clips(folder, 6, seed=1, jobs=1)
    assert len(old) == 21 and not any(file.exists() for file in old)
    assert json.loads((folder / "stickhmdb.json").read_text())["seed"] == 1


@pytest.mark.parametrize("name", ["holiday.avi", "stickhmdb.json"])
def test_a_folder_of_something_else_is_not_touched(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="not StickHMDB"):
        stickhmdb.make_clips(tmp_path, 6)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="cannot be written"):
        stickhmdb.make_clips(tmp_path / "file" / "set", 6)


def test_a_full_disk(tmp_path, few_clips, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(clipset, "draw", full)
    with pytest.raises(InputError, match=r"set is full; make room there"):
        stickhmdb.make_clips(tmp_path / "set", 6, jobs=1)
    assert not stickhmdb.is_stickhmdb(tmp_path / "set" / "videos")


def test_a_clip_that_was_cut_short_is_drawn_again(small_set):
    stickhmdb.make_clips(small_set, clips_per_class=6)
    clip = sorted(small_set.rglob("*.avi"))[3]
    whole = clip.read_bytes()
    clip.write_bytes(whole[:-100])
    stickhmdb.make_clips(small_set, clips_per_class=6, jobs=1)
    assert clip.read_bytes() == whole


def test_a_set_with_somebodys_own_clips_in_it_is_not_taken_away(tmp_path, few_clips, nothing_drawn):
    folder = stickhmdb.make_clips(tmp_path / "set", 6, jobs=1)
    mine = folder / "videos" / "sit" / "ann_sit.avi"
    mine.write_bytes(b"mine")
    before = sorted(folder.rglob("*"))
    with pytest.raises(InputError, match=r"1 files that are not StickHMDB's, such as ann_sit"):
        stickhmdb.make_clips(folder, 6, seed=1, jobs=1)
    assert sorted(folder.rglob("*")) == before


def test_a_damaged_manifest_is_named(tmp_path, few_clips, monkeypatch):
    (tmp_path / "stickhmdb.json").write_text('{"name": "StickHMDB", "seed": 0')
    with pytest.raises(InputError, match=r"stickhmdb.json is no whole JSON file"):
        stickhmdb.make_clips(tmp_path, 6)
