"""What is wrong with a folder of clips is named, and sound clips have an empty report."""

import json
import os
import shutil

import numpy as np
import pytest

from tests.clips.making import film
from tests.video.films import write_at
from tests.video.headers import promise
from twostream_lib.__main__ import main
from twostream_lib.clips import verification
from twostream_lib.video import encoding


def test_sound_clips_have_an_empty_report(videos):
    table, report = verification.verify(videos)
    assert (report["clips"], report["classes"], report["ok"]) == (6, 1, 6)
    assert not any(report[kind] for kind in verification.KINDS)
    assert table["frames"].tolist() == [30, 29, 28, 27, 26, 25]
    assert verification.findings(report).empty
    assert verification.first_findings(report)["problem"].tolist() == ["no findings"]


def test_each_kind_of_trouble_is_named(videos, moving_square, monkeypatch):
    wave = videos / "wave"
    (wave / film(0)).unlink()
    (wave / film(1)).write_bytes(b"no video at all")
    promise(wave / film(2), 28, 40)
    encoding.write(wave / film(3), moving_square[:5], 30)
    shutil.copy(wave / film(4), wave / film(5))
    paused = np.arange(30) / 30 + 2 * (np.arange(30) > 14)
    write_at(wave / film(6), list(moving_square[::-1]), paused)
    (wave / "note.txt").write_text("Filmed at home.")
    table, report = verification.verify(videos)
    assert report["missing"] == [f"wave/{film(0)}"]
    assert report["surplus"] == [f"wave/{film(6)}"]
    assert [one["clip"] for one in report["broken"]] == [f"wave/{film(1)}"]
    assert [one["clip"] for one in report["damaged"]] == [f"wave/{film(2)}"]
    assert "promises 40 frames, and 28 are there" in report["damaged"][0]["why"]
    assert [one["clip"] for one in report["unusual"]] == [f"wave/{film(6)}"]
    assert "0.033 to 2.033 s apart" in report["unusual"][0]["why"]
    assert [one["clip"] for one in report["short"]] == [f"wave/{film(3)}"]
    (twins,) = report["duplicates"]
    assert twins["clips"] == [f"wave/{film(4)}", f"wave/{film(5)}"]
    assert twins["tags"]["1"] == [2, 1] and twins["train_and_test"] == [1, 2, 3]
    assert report["left_out"] == [{"why": "text", "number": 1, "files": ["wave/note.txt"]}]
    assert (report["ok"], len(table)) == (5, 6)
    once = dict.fromkeys(verification.KINDS, 1)
    assert verification.counts(report).to_dict() == {"clips": 6, "can be used": 5} | once

    told = verification.findings(report)
    monkeypatch.setattr(verification, "FIRST", 2)
    assert verification.first_findings(report).equals(told.head(2))
    assert told["problem"].tolist() == list(verification.KINDS)
    assert "in training and in test of split 1, 2, 3" in told["why"].iloc[-2]
    assert all(why in verification.words(report) for why in told["why"])


def test_without_split_files_nothing_is_missing_or_surplus(videos):
    shutil.rmtree(videos.parent / "splits")
    _, report = verification.verify(videos)
    assert report["missing"] is None and report["surplus"] is None
    assert "no split files" in verification.words(report)
    assert not {"missing", "surplus"} & set(verification.counts(report).index)


def test_twins_of_one_part_are_duplicates_but_no_leak(videos):
    shutil.copy(videos / "wave" / film(2), videos / "wave" / film(4))
    (twins,) = verification.verify(videos)[1]["duplicates"]
    assert len(twins["clips"]) == 2 and twins["train_and_test"] == []


def test_empty_files_are_broken_and_no_duplicates(videos):
    for number in (0, 1):
        (videos / "wave" / film(number)).write_bytes(b"")
    _, report = verification.verify(videos)
    assert len(report["broken"]) == 2 and report["duplicates"] == []


def test_what_is_no_plain_file_is_broken_and_hangs_nothing(videos):
    (videos / "wave" / "gone_wave.avi").symlink_to("nowhere")
    os.mkfifo(videos / "wave" / "pipe_wave.avi")
    _, report = verification.verify(videos)
    assert len(report["broken"]) == 2 and report["ok"] == 6


def test_the_words_say_how_much_is_left_out_and_why(videos, capsys):
    for name in ("a.jpg", "b.jpg"):
        (videos / "wave" / name).write_bytes(b"\xff\xd8\xff\xe0" + bytes(20))
    (videos / "wave" / "note\x1b[2J.txt").write_text("Filmed at home.")
    (videos / "jump").mkdir()
    assert main(["verify", str(videos)]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "6 of 6 clips in 1 class can be used.",
        "4 files and folders are left out: 2 pictures (wave/a.jpg, wave/b.jpg), "
        "1 text (wave/note\\x1b[2J.txt), 1 folder without a film (jump).",
    ]
    assert main(["verify", str(videos), "--json"]) == 0
    left_out = json.loads(capsys.readouterr().out)["left_out"]
    assert {one["why"]: one["number"] for one in left_out} == {
        "picture": 2, "text": 1, "folder without a film": 1,
    }  # fmt: skip
    assert left_out[0]["files"] == ["wave/a.jpg", "wave/b.jpg"]


def test_a_table_alone_does_not_tell_what_is_left_out(videos):
    table, _ = verification.verify(videos)
    report = verification.report(table, {})
    assert report["left_out"] is None and "left_out" not in verification.counts(report)


def test_clips_of_one_file_name_and_other_suffixes_are_not_confused(videos):
    first, second = videos / "wave" / film(0), videos / "wave" / film(1)
    shutil.copy(first, first.with_suffix(".mp4"))
    (videos / "wave" / "b").mkdir()
    shutil.copy(second, videos / "wave" / "b")
    _, report = verification.verify(videos)
    assert report["missing"] == []
    assert report["surplus"] == [f"wave/b/{film(1)}", f"wave/{first.stem}.mp4"]
    of_first, of_second = sorted(report["duplicates"], key=lambda group: len(group["clips"][0]))
    assert of_first["tags"]["1"] == [2, None] and of_second["tags"]["1"] == [None, 1]


def test_films_of_suffixes_that_were_once_ignored_are_verified(real_data):
    table, report = verification.verify(real_data / "data/awkward/clips")
    assert report["left_out"] == [] and report["clips"] == 9 and report["classes"] == 2
    assert table.loc[table["label"] == "jump", "frames"].tolist() == [25, 25, 25]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_broken(videos):
    (videos / "wave" / film(0)).chmod(0)
    _, report = verification.verify(videos)
    assert len(report["broken"]) == 1 and report["ok"] == 5


def test_the_six_real_clips_have_nothing_wrong(real_data):
    _, report = verification.verify(real_data / "data" / "hmdb51_clips")
    assert report["ok"] == 6 and verification.findings(report).empty


def test_the_command_reports_as_json_and_keeps_its_table(videos, tmp_path, capsys, probed):
    (videos / "wave" / film(0)).unlink()
    arguments = ["verify", str(videos), "--splits", str(videos.parent / "splits")]
    arguments += ["--table", str(tmp_path / "clips.csv"), "--json"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["missing"] == [f"wave/{film(0)}"] and found["ok"] == 5
    probed.clear()
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out) == found and probed == []
