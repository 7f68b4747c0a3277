"""Every clip is looked at once, bad ones stop nothing, and nothing is looked at twice."""

import os
import shutil
from pathlib import Path

import joblib
import pandas as pd
import pytest

from tests.clips.making import clip_name, film
from twostream_lib import clips, video
from twostream_lib.clips import probing
from twostream_lib.errors import InputError


def test_probing_sets_a_bad_clip_aside_and_goes_on(folder):
    bad = folder / "videos" / "wave" / clip_name("wavefilm0", "wave")
    bad.write_bytes(b"no video at all")
    table = clips.probe_clips(clips.read_hmdb51(folder / "videos"))
    row = table.set_index("path").loc[str(bad)]
    assert not row["ok"] and "cannot be opened" in row["why"] and row["frames"] == 0
    assert table["ok"].sum() == 15 and table.loc[table["ok"], "frames"].eq(30).all()
    assert str(bad) not in set(clips.training_clips(table)["path"])
    assert len(clips.training_clips(table)) == 7
    assert {"fps", "width", "height", "seconds"} <= set(table.columns)


def test_probing_keeps_the_rows_of_any_table(folder):
    table = clips.read_hmdb51(folder / "videos").iloc[[3, 1]]
    probed = clips.probe_clips(table)
    assert probed.index.tolist() == [3, 1]
    assert [video.probe(path)["frames"] for path in probed["path"]] == probed["frames"].tolist()


def test_the_work_goes_where_joblib_is_told_to_put_it(videos):
    distributed = pytest.importorskip("dask.distributed")
    table = clips.read(videos)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config(backend="dask"),
    ):
        on_dask = clips.probe_clips(table)
        done = client.run(lambda dask_worker: dask_worker.state.executed_count)
    assert sum(done.values()) > 0
    pd.testing.assert_frame_equal(on_dask, clips.probe_clips(table))


# --- nothing twice -----------------------------------------------------------------------------


def test_only_what_changed_is_looked_at_again(videos, tmp_path, probed):
    keep = tmp_path / "clips.csv"
    first = clips.probe_clips(clips.read(videos), keep)
    assert len(probed) == 6
    changed, touched = (videos / "wave" / film(number) for number in (1, 2))
    changed.write_bytes(changed.read_bytes() + bytes(8))
    later = os.stat(changed).st_mtime_ns + 10**9
    os.utime(touched, ns=(later, later))
    shutil.copy(videos / "wave" / film(3), videos / "wave" / film(9))
    probed.clear()
    second = clips.probe_clips(clips.read(videos), keep)
    assert sorted(Path(path).name for path in probed) == [film(1), film(2), film(9)]
    probed.clear()
    third = clips.probe_clips(clips.read(videos), keep)
    assert probed == [] and len(first) + 1 == len(second)
    pd.testing.assert_frame_equal(second, third)


def test_a_kept_table_comes_back_as_it_was(videos, tmp_path):
    for odd in ('NA, "quo\'ted" été', "car\rriage", "li\nne", "both\r\n\t"):
        file = videos / "wave" / f"{odd}_wave.avi"
        file.write_bytes(b"broken: no video, and no end of line\n")
    keep = tmp_path / "clips.csv"
    first = clips.probe_clips(clips.read(videos), keep)
    pd.testing.assert_frame_equal(first, clips.probe_clips(clips.read(videos), keep))


def test_another_split_takes_over_what_is_known(videos, tmp_path, probed):
    keep = tmp_path / "clips.csv"
    clips.probe_clips(clips.read(videos, split=1), keep)
    probed.clear()
    table = clips.probe_clips(clips.read(videos, split=2), keep)
    assert probed == [] and table["tag"].tolist() == clips.read(videos, split=2)["tag"].tolist()
    assert pd.read_csv(keep)["tag"].tolist() == table["tag"].tolist()


def test_an_interrupted_look_goes_on_where_it_stopped(videos, tmp_path, probed, monkeypatch):
    keep, turns = tmp_path / "clips.csv", probing._note
    monkeypatch.setattr(probing, "CLIPS_A_TURN", 2)
    monkeypatch.setattr(probing, "effective_n_jobs", lambda _: 1)

    def interrupt(turn, file):
        turns(turn, file)
        if len(probed) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(probing, "_note", interrupt)
    with pytest.raises(KeyboardInterrupt):
        clips.probe_clips(clips.read(videos), keep)
    (notes,) = tmp_path.glob("clips.unfinished*")
    notes.write_text(notes.read_text() + '{"path": "/cut/of')  # as a kill leaves it
    assert not keep.exists()
    table = clips.probe_clips(clips.read(videos), keep)
    assert len(probed) == len(set(probed)) == 6
    assert table["ok"].all() and keep.exists() and not notes.exists()


def test_an_older_table_is_made_anew(videos, tmp_path):
    keep = tmp_path / "clips.csv"
    keep.write_text("path,label,source,tag,frames,fps,ok,why\n/a,b,c,1,30,25.0,True,\n")
    assert clips.probe_clips(clips.read(videos), keep)["ok"].all()
    assert len(pd.read_csv(keep)) == 6


def test_a_place_that_cannot_be_written_is_named(videos, tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        clips.probe_clips(clips.read(videos), tmp_path / "nowhere" / "clips.csv")
    with pytest.raises(InputError, match="is a folder"):
        clips.probe_clips(clips.read(videos), tmp_path)


# --- damaged, or somebody else's ---------------------------------------------------------------

THEIRS = [
    b"name,grade\nAnn,1\n",
    b"path,label,ok\n/a,b,True\n",
    b"notes to myself",
    b"\xff\xfe\x00\x01 binary \x00",
    b"",
    b'a,b\n"never closed',
]


@pytest.mark.parametrize("content", THEIRS)
def test_a_file_that_is_not_ours_is_left_as_it_is(videos, tmp_path, content, probed):
    keep = tmp_path / "grades.csv"
    keep.write_bytes(content)
    with pytest.raises(InputError, match=r"grades.csv is not a clip table, and is left as it is"):
        clips.probe_clips(clips.read(videos), keep)
    assert keep.read_bytes() == content and probed == []
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["grades.csv"]


def test_notes_that_are_not_ours_are_left_as_they_are(videos, tmp_path):
    notes = tmp_path / "grades.unfinished.jsonl"
    notes.write_text('{"name": "Ann"}\n')
    with pytest.raises(InputError, match="is left as it is"):
        clips.probe_clips(clips.read(videos), tmp_path / "grades.csv")
    assert notes.read_text() == '{"name": "Ann"}\n'


@pytest.mark.parametrize("content", THEIRS)
def test_our_own_file_is_made_anew_whatever_it_holds(videos, tmp_path, content):
    keep = tmp_path / "clips.csv"
    first = clips.probe_clips(clips.read(videos), keep)
    keep.write_bytes(content)
    with pytest.warns(UserWarning, match=r"clips.csv is damaged: all clips are looked at again"):
        again = clips.probe_clips(clips.read(videos), keep, own=True)
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(first, clips.probe_clips(clips.read(videos), keep))


@pytest.mark.parametrize(
    ("old", "new"),
    [("frames", "frames + 1"), (",True,", ",False,"), (",True,", ",perhaps,")],
)
def test_a_row_that_was_changed_is_looked_at_again(videos, tmp_path, probed, old, new):
    keep = tmp_path / "clips.csv"
    first = clips.probe_clips(clips.read(videos), keep)
    text = keep.read_text()
    if old == "frames":
        old, new = (f",{first.frames[0] + more},{first.fps[0]}," for more in (0, 1))
    assert old in text
    keep.write_text(text.replace(old, new, 1))
    probed.clear()
    with pytest.warns(UserWarning, match="1 of 6 rows of .* are no longer what was written"):
        again = clips.probe_clips(clips.read(videos), keep)
    assert len(probed) == 1
    pd.testing.assert_frame_equal(first, again)


def test_a_row_that_is_missing_is_looked_at_again(videos, tmp_path, probed):
    keep = tmp_path / "clips.csv"
    first = clips.probe_clips(clips.read(videos), keep)
    lines = keep.read_text().splitlines(keepends=True)
    keep.write_text("".join(lines[:2] + lines[3:]))
    probed.clear()
    pd.testing.assert_frame_equal(first, clips.probe_clips(clips.read(videos), keep))
    assert len(probed) == 1


def test_notes_that_were_changed_are_not_believed(videos, tmp_path, probed):
    keep = tmp_path / "clips.csv"
    table = clips.read(videos)
    first = clips.probe_clips(table)
    found = first.set_index("path")[list(probing.PROBED)].to_dict("index")
    probing._note(found, keep)
    (notes,) = tmp_path.glob("clips.unfinished*")
    lines = notes.read_text().splitlines()
    lines[1] = lines[1].replace('"ok": true', '"ok": false')
    lines[2] = lines[2][:50]
    lines[3] = "[1, 2]"
    notes.write_text("\n".join(lines) + "\n")
    probed.clear()
    pd.testing.assert_frame_equal(first, clips.probe_clips(table, keep))
    assert len(probed) == 3
