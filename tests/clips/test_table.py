"""The clip table: folders and split files that fit each other, and sentences where they do not."""

import contextlib
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.clips.making import clip_name
from twostream_lib import clips
from twostream_lib.clips import leaks
from twostream_lib.clips.table import parse_name, readable
from twostream_lib.errors import InputError


def split_file(folder: Path, label: str = "wave", split: int = 1) -> Path:
    return folder / "splits" / f"{label}_test_split{split}.txt"


def test_the_table_of_a_folder_with_splits(folder):
    table = clips.read_hmdb51(folder / "videos")
    columns = ["path", "label", "source", "tag", "body", "camera", "people", "view", "quality"]
    assert table.columns.tolist() == columns
    assert len(table) == 16 and table.index.tolist() == list(range(16))
    assert table["tag"].value_counts().to_dict() == {1: 8, 2: 4, 0: 4}
    first = table.iloc[0]
    assert Path(first["path"]).is_absolute() and Path(first["path"]).is_file()
    assert first["source"] == "jumpfilm0"
    assert first[["body", "camera", "people", "view", "quality"]].tolist() == [
        "f", "cm", 1, "fr", "med",
    ]  # fmt: skip
    keys = list(zip(table["label"], table["path"], strict=True))
    assert keys == sorted(keys)
    assert clips.classes(table) == ["jump", "wave"]


def test_weizmann_is_read_by_its_own_split_files(real_data):
    table = clips.read_hmdb51(real_data / "data/weizmann/videos", split=2)
    assert len(table) == 90 and len(clips.classes(table)) == 10
    assert table["source"].nunique() == 9
    assert table["tag"].value_counts().to_dict() == {1: 60, 2: 30}
    assert table[["body", "people"]].isna().all().all()
    training, test = (table[table["tag"] == tag] for tag in (clips.TRAINING, clips.TEST))
    assert not set(training["source"]) & set(test["source"])


def test_without_split_files_whole_sources_are_set_apart(folder):
    shutil.rmtree(folder / "splits")
    with pytest.warns(UserWarning, match="has no split files"):
        table = clips.read_hmdb51(folder / "videos")
    training, test = (table[table["tag"] == tag] for tag in (clips.TRAINING, clips.TEST))
    assert not set(training["source"]) & set(test["source"])
    assert set(test["label"]) == set(training["label"]) == {"jump", "wave"}
    assert 0.15 <= len(test) / len(table) <= 0.45


def test_six_real_clips_can_be_read_without_split_files(real_data):
    with pytest.warns(UserWarning, match="no split files"):
        table = clips.read_hmdb51(real_data / "data/hmdb51_clips")
    assert table["source"].tolist()[0] == "April_09" and set(table["tag"]) == {1, 2}


def test_clips_that_no_split_file_lists_are_unused(folder, tiny_clip):
    shutil.copy(tiny_clip, folder / "videos" / "wave" / clip_name("new", "wave"))
    table = clips.read_hmdb51(folder / "videos")
    assert table.loc[table["source"] == "new", "tag"].tolist() == [0]


def test_split_files_that_name_absent_clips(folder):
    for index in range(2):
        for number in range(2):
            (folder / "videos/wave" / clip_name(f"wavefilm{number}", "wave", index)).unlink()
    with pytest.raises(InputError) as told:
        clips.read_hmdb51(folder / "videos")
    sentence = str(told.value)
    assert "4 clips that" in sentence and "wave/wavefilm1_wave_f_cm_np1_fr_med_0, ..." in sentence
    assert sentence.count("wavefilm") == 3


def test_a_class_without_clips_and_one_without_split_file(folder):
    split_file(folder).rename(split_file(folder, label="fly"))
    with pytest.raises(InputError, match=r"lists 1 classes .* \(fly\)"):
        clips.read_hmdb51(folder / "videos")
    split_file(folder, label="fly").unlink()
    with pytest.raises(InputError, match=r"no split file for 1 classes .* \(wave\)"):
        clips.read_hmdb51(folder / "videos")


def test_readable_are_the_clips_that_probing_found_whole():
    table = pd.DataFrame({"path": ["a", "b"], "ok": [True, False]})
    assert readable(table).path.tolist() == ["a"]
    assert readable(table[["path"]]).path.tolist() == ["a", "b"]
    with pytest.raises(InputError, match="None of the clips can be read"):
        readable(table[~table["ok"]])


def test_no_clip_left_to_train_on(folder):
    table = clips.read_hmdb51(folder / "videos")
    with pytest.raises(InputError, match="None of the 0 training clips"):
        clips.training_clips(table[table["tag"] == 2])
    with pytest.raises(InputError, match="None of the 8 training clips"):
        clips.training_clips(table.assign(ok=False))


@pytest.mark.slow
def test_ucf101_becomes_the_same_table(ucf, folder):
    table = clips.read(ucf / "UCF-101")
    assert table.columns.tolist() == clips.read(folder / "videos").columns.tolist()
    assert table["tag"].tolist() == [2, 1, 1, 1] * 2
    stems = ["v_ApplyEyeMakeup", "v_HandStandPushups"]
    assert table["source"].tolist() == [f"{stem}_g0{n}" for stem in stems for n in range(1, 5)]
    assert clips.classes(table) == ["ApplyEyeMakeup", "HandstandPushups"]
    assert clips.leakage(table)["tags"]["0+1"]["any_action"]["leaking"] == 0
    assert set(leaks.audit(ucf / "ucfTrainTestlist")) == {1}
    assert clips.probe_clips(table)["ok"].all()


@pytest.mark.parametrize(
    ("name", "label", "source"),
    [
        (clip_name("RATRACE", "wave"), "wave", "RATRACE"),
        (clip_name("a_wave_f_film", "wave"), "wave", "a_wave_f_film"),
        (clip_name("x_wave_f_cm_np1_fr_med_3", "wave"), "wave", "x_wave_f_cm_np1_fr_med_3"),
        ("#20_Rhythm_clap_u_nm_np1_fr_goo_0.avi", "clap", "#20_Rhythm"),
        ("daria_bend.avi", "bend", "daria"),
        ("lena_run1.AVI", "run", "lena"),
        ("anna_wave_03.mp4", "wave", "anna"),
        ("anna_waves.mp4", "wave", None),
        ("v_ApplyEyeMakeup_g08_c01.avi", "ApplyEyeMakeup", "v_ApplyEyeMakeup_g08"),
        ("v_HandStandPushups_g25_c07.avi", "HandstandPushups", "v_HandStandPushups_g25"),
        ("holiday.avi", "wave", None),
        ("_wave.avi", "wave", None),
        ("wave.avi", "wave", None),
        ("film_c++_f_cm_np2_le_bad_1.avi", "c++", "film"),
    ],
)
def test_sources_of_file_names(name, label, source):
    row = parse_name(name, label)
    assert row["source"] == source
    assert (row["body"] is None) == ("_np" not in name)


def test_groups_of_one_number_are_other_films_in_each_of_ucf101s_actions():
    """Its groups are numbered within an action, so that g01 of two actions is no source of both."""
    names = {"Archery": "v_Archery_g01_c0", "Bowling": "v_Bowling_g01_c0"}
    rows = [
        parse_name(f"{stem}{number}.avi", label) for label, stem in names.items() for number in "12"
    ]
    table = pd.DataFrame(rows).assign(tag=[1, 1, 2, 2])
    assert table["source"].nunique() == 2
    across = clips.leakage(table)["tags"]["1"]["any_action"]
    assert (across["leaking"], across["sources"]) == (0, 0)


def test_capital_suffixes_and_other_files(folder):
    wave = folder / "videos" / "wave"
    path = wave / clip_name("wavefilm0", "wave")
    path.rename(path.with_suffix(".AVI"))
    (wave / "notes.txt").write_text("not a clip")
    (wave / "._hidden.avi").write_bytes(b"left behind by a Mac")
    with pytest.warns(UserWarning, match="left out"):
        table = clips.read_hmdb51(folder / "videos")
    assert len(table) == 16
    assert table.loc[table["path"].str.endswith(".AVI"), "tag"].tolist() == [1]


def test_the_order_does_not_depend_on_the_file_system(folder, monkeypatch):
    expected = clips.read_hmdb51(folder / "videos")
    listing, turned = os.scandir, []

    def backwards(path):
        with listing(path) as entries:
            turned.append(path)
            return contextlib.nullcontext(sorted(entries, key=lambda entry: entry.name)[::-1])

    monkeypatch.setattr(os, "scandir", backwards)
    pd.testing.assert_frame_equal(clips.read_hmdb51(folder / "videos"), expected)
    assert len(turned) >= 3  # since Python 3.13, pathlib asks for listings in this way, too


def test_a_missing_and_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match="nowhere is not a folder"):
        clips.read_hmdb51(tmp_path / "nowhere")
    (tmp_path / "wave").mkdir()
    with pytest.raises(InputError, match="has no clips"):
        clips.read_hmdb51(tmp_path)


# --- one's own clips ---------------------------------------------------------------------------


def test_names_that_tell_no_source_are_warned_of(own):
    with pytest.warns(UserWarning) as told:
        table = clips.read(own)
    words = [str(warning.message) for warning in told]
    assert any("12 of 12 clips" in each and "splits may leak" in each for each in words)
    assert any("no split files" in each for each in words)
    assert set(table["tag"]) == {1, 2} and table["source"].nunique() == 6


def test_a_pattern_tells_the_sources_and_the_split_is_made_by_them(own):
    (own / "sources.txt").write_text(r"(?P<source>IMG \d) part" + "\n")
    with pytest.warns(UserWarning) as told:
        table = clips.read(own)
    assert not any("leak" in str(warning.message) for warning in told)
    assert sorted(set(table["source"])) == ["IMG 0", "IMG 1", "IMG 2"]
    training, test = (table[table["tag"] == tag] for tag in (clips.TRAINING, clips.TEST))
    assert not set(training["source"]) & set(test["source"])
    assert set(training["label"]) == set(test["label"]) == {"jump", "wave"}


def test_a_pattern_that_fits_some_names_warns_of_the_others(own):
    (own / "sources.txt").write_text(r"(?P<source>IMG 0) part")
    with pytest.warns(UserWarning) as told:
        table = clips.read(own)
    assert "8 of 12 clips" in str(told[0].message) and "(IMG 1 part1.avi" in str(told[0].message)
    assert table["source"].eq("IMG 0").sum() == 4 and table["source"].nunique() == 5


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("(?P<source>", "no regular expression"), (r"IMG (\d)", "no group named source")],
)
def test_a_pattern_that_is_none(own, pattern, words):
    (own / "sources.txt").write_text(pattern)
    with pytest.raises(InputError, match=words):
        clips.read(own)
