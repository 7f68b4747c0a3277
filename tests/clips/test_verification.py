"""Every clip looked at once, what is wrong with it named, and nothing looked at twice."""

import json
import os
import shutil
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from twostream_lib import clips, video
from twostream_lib.__main__ import main
from twostream_lib.bench import corruption
from twostream_lib.clips import probing, verification
from twostream_lib.errors import InputError
from twostream_lib.video import encoding


def name(number: int, label: str = "wave") -> str:
    return f"film{number}_{label}_f_cm_np1_fr_med_0.avi"


@pytest.fixture
def videos(tmp_path, moving_square):
    """Six clips of one class, all different, and their split files."""
    wave = tmp_path / "videos" / "wave"
    wave.mkdir(parents=True)
    for number in range(6):
        encoding.write(wave / name(number), moving_square[: 30 - number], 30)
    for split in (1, 2, 3):
        lines = [f"{name(number)} {1 + (number + split) % 2}\n" for number in range(6)]
        file = tmp_path / "splits" / f"wave_test_split{split}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(lines))
    return tmp_path / "videos"


@pytest.fixture
def in_this_process():
    """Work on threads, where a test can see and change what is called."""
    with joblib.parallel_config(backend="threading"):
        yield


@pytest.fixture
def probed(monkeypatch, in_this_process):
    """The paths that are probed, in order."""
    seen, probe = [], video.probe

    def spy(path):
        seen.append(path)
        return probe(path)

    monkeypatch.setattr(video, "probe", spy)
    return seen


def promise(path: Path, there: int, said: int) -> None:
    """Let the header of a clip claim other frames than there are."""
    data = path.read_bytes()
    numbers = (count.to_bytes(4, "little") for count in (there, said))
    path.write_bytes(data[:300].replace(*numbers) + data[300:])


# --- the report ------------------------------------------------------------------------------


def test_sound_clips_have_an_empty_report(videos):
    table, report = verification.verify(videos)
    assert (report["clips"], report["classes"], report["ok"]) == (6, 1, 6)
    assert not any(report[kind] for kind in verification.KINDS)
    assert table["frames"].tolist() == [30, 29, 28, 27, 26, 25]
    assert verification.findings(report).empty


def test_each_kind_of_trouble_is_named(videos, moving_square):
    wave = videos / "wave"
    (wave / name(0)).unlink()
    (wave / name(1)).write_bytes(b"no video at all")
    promise(wave / name(2), 28, 40)
    encoding.write(wave / name(3), moving_square[:5], 30)
    shutil.copy(wave / name(4), wave / name(5))
    encoding.write(wave / name(6), moving_square[::-1], 30)
    table, report = verification.verify(videos)
    assert report["missing"] == [f"wave/{name(0)}"]
    assert report["surplus"] == [f"wave/{name(6)}"]
    assert [one["clip"] for one in report["broken"]] == [f"wave/{name(1)}"]
    assert [one["clip"] for one in report["damaged"]] == [f"wave/{name(2)}"]
    assert "promises 40 frames, and 28 are there" in report["damaged"][0]["why"]
    assert [one["clip"] for one in report["short"]] == [f"wave/{name(3)}"]
    (twins,) = report["duplicates"]
    assert twins["clips"] == [f"wave/{name(4)}", f"wave/{name(5)}"]
    assert twins["tags"]["1"] == [2, 1] and twins["train_and_test"] == [1, 2, 3]
    assert (report["ok"], len(table)) == (5, 6)
    once = dict.fromkeys(verification.KINDS, 1)
    assert verification.counts(report).to_dict() == {"clips": 6, "can be used": 5} | once

    told = verification.findings(report)
    assert told["problem"].tolist() == list(verification.KINDS)
    assert "in training and in test of split 1, 2, 3" in told["why"].iloc[-1]
    assert all(why in verification.words(report) for why in told["why"])


def test_without_split_files_nothing_is_missing_or_surplus(videos):
    shutil.rmtree(videos.parent / "splits")
    _, report = verification.verify(videos)
    assert report["missing"] is None and report["surplus"] is None
    assert "no split files" in verification.words(report)
    assert not {"missing", "surplus"} & set(verification.counts(report).index)


def test_twins_of_one_part_are_duplicates_but_no_leak(videos):
    shutil.copy(videos / "wave" / name(2), videos / "wave" / name(4))
    (twins,) = verification.verify(videos)[1]["duplicates"]
    assert len(twins["clips"]) == 2 and twins["train_and_test"] == []


def test_empty_files_are_broken_and_no_duplicates(videos):
    for number in (0, 1):
        (videos / "wave" / name(number)).write_bytes(b"")
    _, report = verification.verify(videos)
    assert len(report["broken"]) == 2 and report["duplicates"] == []


def test_what_is_no_plain_file_is_broken_and_hangs_nothing(videos):
    (videos / "wave" / "folder_wave.avi").mkdir()
    (videos / "wave" / "gone_wave.avi").symlink_to("nowhere")
    os.mkfifo(videos / "wave" / "pipe_wave.avi")
    _, report = verification.verify(videos)
    assert len(report["broken"]) == 3 and report["ok"] == 6


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_broken(videos):
    (videos / "wave" / name(0)).chmod(0)
    _, report = verification.verify(videos)
    assert len(report["broken"]) == 1 and report["ok"] == 5


def test_the_six_real_clips_have_nothing_wrong(real_data):
    _, report = verification.verify(real_data / "data" / "hmdb51_clips")
    assert report["ok"] == 6 and verification.findings(report).empty


# --- single clips ----------------------------------------------------------------------------


def test_an_unknown_codec_is_a_reason_and_no_crash(tmp_path, tiny_clip):
    path = tmp_path / "strange.avi"
    path.write_bytes(tiny_clip.read_bytes().replace(b"FMP4", b"ZZZZ"))
    assert "coded in a way that is not known" in video.probe(path)["why"]
    with pytest.raises(InputError, match="coded in a way"):
        video.decode(path)


def test_a_frame_rate_that_no_clip_has_is_a_reason(tmp_path, tiny_clip):
    data = bytearray(tiny_clip.read_bytes())
    place = data.index(b"strh") + 8 + 20  # scale and rate of the stream
    for rate in ((2**31 - 1, 1), (1, 2**31 - 1)):
        data[place : place + 8] = b"".join(part.to_bytes(4, "little") for part in rate)
        path = tmp_path / "rate.avi"
        path.write_bytes(data)
        found = video.probe(path)
        assert found["frames"] == 30 and not found["ok"] and "frames a second" in found["why"]


@pytest.mark.parametrize(("said", "is_told"), [(28, True), (30, False), (31, False), (32, True)])
def test_a_header_that_miscounts_by_more_than_one_is_told(tmp_path, tiny_clip, said, is_told):
    path = shutil.copy(tiny_clip, tmp_path / "a.avi")
    promise(path, 30, said)
    found = video.probe(path)
    assert found["frames"] == 30 and found["ok"]
    assert bool(found["damage"]) == is_told


def test_two_clips_with_the_same_complaint_both_have_it(tmp_path, tiny_clip):
    random, found = np.random.default_rng(0), []
    path = tmp_path / "0.avi"
    while not found or not found[0]:
        path.write_bytes(corruption.flip(tiny_clip.read_bytes(), random, 3))
        found = [video.probe(path)["damage"]]
    for number in (1, 2):
        again = shutil.copy(path, tmp_path / f"{number}.avi")
        found.append(video.probe(again)["damage"])
        assert video.probe(tiny_clip)["damage"] == ""
    assert "the decoder met" in found[0] and len(set(found)) == 1


# --- nothing twice -----------------------------------------------------------------------------


def test_only_what_changed_is_looked_at_again(videos, tmp_path, probed):
    keep = tmp_path / "clips.csv"
    first = clips.probe_clips(clips.read(videos), keep)
    assert len(probed) == 6
    changed, touched = (videos / "wave" / name(number) for number in (1, 2))
    changed.write_bytes(changed.read_bytes() + bytes(8))
    later = os.stat(changed).st_mtime_ns + 10**9
    os.utime(touched, ns=(later, later))
    shutil.copy(videos / "wave" / name(3), videos / "wave" / name(9))
    probed.clear()
    second = clips.probe_clips(clips.read(videos), keep)
    assert sorted(Path(path).name for path in probed) == [name(1), name(2), name(9)]
    probed.clear()
    third = clips.probe_clips(clips.read(videos), keep)
    assert probed == [] and len(first) + 1 == len(second)
    pd.testing.assert_frame_equal(second, third)


def test_a_kept_table_comes_back_as_it_was(videos, tmp_path):
    odd = videos / "wave" / 'NA, "quo\'ted" été_wave.avi'
    odd.write_bytes(b"broken: no video, and no end of line\n")
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


def test_an_older_table_is_made_anew_and_another_file_is_refused(videos, tmp_path):
    keep = tmp_path / "clips.csv"
    keep.write_text("path,label,ok\n/a,b,True\n")
    assert clips.probe_clips(clips.read(videos), keep)["ok"].all()
    good = keep.read_text()
    keep.write_text(good.replace(",True,", ",perhaps,", 1))
    with pytest.raises(InputError, match="is not a clip table"):
        clips.probe_clips(clips.read(videos), keep)
    with pytest.raises(InputError, match="cannot be written"):
        clips.probe_clips(clips.read(videos), tmp_path / "nowhere" / "clips.csv")


# --- where the work is done --------------------------------------------------------------------


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


# --- the command line --------------------------------------------------------------------------


def test_the_command_reports_as_json_and_keeps_its_table(videos, tmp_path, capsys, probed):
    (videos / "wave" / name(0)).unlink()
    arguments = ["verify", str(videos), "--splits", str(videos.parent / "splits")]
    arguments += ["--table", str(tmp_path / "clips.csv"), "--json"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["missing"] == [f"wave/{name(0)}"] and found["ok"] == 5
    probed.clear()
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out) == found and probed == []


def test_the_audit_of_all_splits_holds_each(videos, capsys):
    splits = str(videos.parent / "splits")
    assert main(["audit", splits, "--json"]) == 0
    every = json.loads(capsys.readouterr().out)["splits"]
    for split in ("1", "2", "3"):
        assert main(["audit", splits, "--split", split, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == every[split]
    assert main(["audit", splits]) == 0
    assert capsys.readouterr().out.count("Split ") == 3
