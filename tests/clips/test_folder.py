"""Which files of a folder are clips, and what their names tell of their sources."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.clips.making import clip_name
from twostream_lib import clips
from twostream_lib.clips.folder import parse_name
from twostream_lib.errors import InputError


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
        ("v_ApplyEyeMakeup_g08_c01.avi", "ApplyEyeMakeup", "g08"),
        ("v_HandStandPushups_g25_c07.avi", "HandstandPushups", "g25"),
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


def test_capital_suffixes_and_other_files(folder):
    wave = folder / "videos" / "wave"
    path = wave / clip_name("wavefilm0", "wave")
    path.rename(path.with_suffix(".AVI"))
    (wave / "notes.txt").write_text("not a clip")
    (wave / "._hidden.avi").write_bytes(b"left behind by a Mac")
    table = clips.read_hmdb51(folder / "videos")
    assert len(table) == 16
    assert table.loc[table["path"].str.endswith(".AVI"), "tag"].tolist() == [1]


def test_names_that_are_not_utf8_are_left_out_and_told(folder, tiny_clip):
    odd = os.path.join(os.fsencode(folder), b"videos", b"wave", b"Gr\xfcn_wave.avi")
    try:
        shutil.copy(os.fsencode(tiny_clip), odd)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    with pytest.warns(UserWarning, match=r"1 clips .* not UTF-8 \('Gr\\udcfcn_wave.avi'\)"):
        table = clips.read_hmdb51(folder / "videos")
    assert len(table) == 16


def test_the_order_does_not_depend_on_the_file_system(folder, monkeypatch):
    expected = clips.read_hmdb51(folder / "videos")
    listing = Path.glob
    monkeypatch.setattr(Path, "glob", lambda path, what: sorted(listing(path, what))[::-1])
    pd.testing.assert_frame_equal(clips.read_hmdb51(folder / "videos"), expected)


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
    training, test = clips.training_clips(table), clips.test_clips(table)
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
