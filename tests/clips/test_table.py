import os
import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twostream_lib import clips, video
from twostream_lib.clips import leaks
from twostream_lib.clips.folder import parse_name
from twostream_lib.errors import InputError


def clip_name(source: str, label: str, index: int = 0) -> str:
    return f"{source}_{label}_f_cm_np1_fr_med_{index}.avi"


@pytest.fixture
def folder(tmp_path, tiny_clip):
    """videos/ and splits/ of two classes with four sources each, two clips a source."""
    for label in ("jump", "wave"):
        (tmp_path / "videos" / label).mkdir(parents=True)
        lines = []
        for number in range(4):
            for index in range(2):
                name = clip_name(f"{label}film{number}", label, index)
                shutil.copy(tiny_clip, tmp_path / "videos" / label / name)
                lines.append(f"{name} {(1, 1, 2, 0)[number]} ")
        for split in (1, 2, 3):
            path = tmp_path / "splits" / f"{label}_test_split{split}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join(lines) + "\n")
    return tmp_path


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


@pytest.mark.parametrize("place", ["splits", "videos/splits", "testTrainMulti_7030_splits"])
def test_split_files_are_found_beside_and_inside(folder, place):
    (folder / "splits").rename(folder / "moved")
    (folder / "moved").rename(folder / place)
    table = clips.read_hmdb51(folder / "videos")
    assert set(table["tag"]) == {0, 1, 2} and clips.classes(table) == ["jump", "wave"]


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


def test_every_official_name_has_a_source_and_all_fields(real_data):
    listed = clips.read_splits(real_data / "data" / "hmdb51_splits", 1)
    assert len(listed) == 6766 and listed["label"].nunique() == 51
    assert not listed.isna().any().any()
    assert listed["people"].max() == 10
    rebuilt = listed["source"] + "_" + listed["label"] + "_" + listed["body"]
    assert all(name.startswith(start) for name, start in zip(listed["name"], rebuilt, strict=True))


@pytest.mark.parametrize(("split", "leaking"), [(1, 647), (2, 627), (3, 682)])
def test_official_tag_0_clips_leak_and_official_training_clips_do_not(real_data, split, leaking):
    found = clips.leakage(clips.read_splits(real_data / "data" / "hmdb51_splits", split))
    official, papers = found["tags"]["1"], found["tags"]["0+1"]
    assert found["test_clips"] == 1530
    assert (official["training_clips"], official["leaking"]) == (3570, 0)
    assert (papers["training_clips"], papers["leaking"]) == (5236, leaking)
    assert papers["share"] == pytest.approx(leaking / 1530)
    assert len(papers["worst"]) == 5 and official["worst"] == []
    assert found["clips"] == {"0": 1666, "1": 3570, "2": 1530}


@pytest.mark.parametrize("split", [1, 2, 3])
def test_the_audit_is_what_a_plain_loop_counts(real_data, split):
    listed = clips.read_splits(real_data / "data" / "hmdb51_splits", split)
    found = leaks.audit(real_data / "data" / "hmdb51_splits")[split]
    rows = list(zip(listed["label"], listed["source"], listed["tag"], strict=True))
    for tags, of_tags in ((("1"), {1}), ("0+1", {0, 1})):
        same = {(label, source) for label, source, tag in rows if tag in of_tags}
        any_action = {source for _, source in same}
        leak = found["tags"][tags]
        assert leak["leaking"] == sum(tag == 2 and (a, s) in same for a, s, tag in rows)
        assert leak["any_action"]["leaking"] == sum(t == 2 and s in any_action for _, s, t in rows)
        for worst in leak["worst"]:
            key = (worst["label"], worst["source"])
            assert worst["test"] == rows.count((*key, 2))
            assert worst["training"] == sum(rows.count((*key, tag)) for tag in of_tags)
    assert found["tags"]["0+1"]["any_action"]["leaking"] > found["tags"]["0+1"]["leaking"]


def test_leakage_counted_by_hand():
    table = pd.DataFrame(
        [
            ("wave", "film", 1), ("wave", "film", 2), ("wave", "film", 2),  # leaks at once
            ("wave", "show", 0), ("wave", "show", 2),  # leaks with tag 0 only
            ("jump", "show", 1), ("wave", "other", 2),  # another action, another source
        ],
        columns=["label", "source", "tag"],
    )  # fmt: skip
    found = clips.leakage(table)
    assert found["test_clips"] == 4
    assert found["tags"]["1"]["leaking"] == 2 and found["tags"]["1"]["sources"] == 1
    assert found["tags"]["0+1"]["leaking"] == 3 and found["tags"]["0+1"]["share"] == 0.75
    assert found["tags"]["0+1"]["worst"][0] == {
        "label": "wave", "source": "film", "test": 2, "training": 1,
    }  # fmt: skip
    across = found["tags"]["1"]["any_action"]
    assert (across["leaking"], across["sources"]) == (3, 2)
    assert across["worst"][1] == {"source": "show", "test": 1, "training": 1}


def test_weizmann_is_read_by_its_own_split_files(real_data):
    table = clips.read_hmdb51(real_data / "data/weizmann/videos", split=2)
    assert len(table) == 90 and len(clips.classes(table)) == 10
    assert table["source"].nunique() == 9
    assert table["tag"].value_counts().to_dict() == {1: 60, 2: 30}
    assert table[["body", "people"]].isna().all().all()
    training, test = clips.training_clips(table), clips.test_clips(table)
    assert not set(training["source"]) & set(test["source"])


def test_without_split_files_whole_sources_are_set_apart(folder):
    shutil.rmtree(folder / "splits")
    with pytest.warns(UserWarning, match="has no split files"):
        table = clips.read_hmdb51(folder / "videos")
    training, test = clips.training_clips(table), clips.test_clips(table)
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


def test_probing_sets_a_bad_clip_aside_and_goes_on(folder):
    bad = folder / "videos" / "wave" / clip_name("wavefilm0", "wave")
    bad.write_bytes(b"no video at all")
    table = clips.probe_clips(clips.read_hmdb51(folder / "videos"))
    row = table.set_index("path").loc[str(bad)]
    assert not row["ok"] and "cannot be opened" in row["why"] and row["frames"] == 0
    assert table["ok"].sum() == 15 and table.loc[table["ok"], "frames"].eq(30).all()
    assert str(bad) not in set(clips.training_clips(table)["path"])
    assert len(clips.training_clips(table)) == 7
    assert len(clips.training_clips(table, tags=(0, 1))) == 11
    assert {"fps", "width", "height", "seconds"} <= set(table.columns)


def test_probing_keeps_the_rows_of_any_table(folder):
    table = clips.read_hmdb51(folder / "videos").iloc[[3, 1]]
    probed = clips.probe_clips(table)
    assert probed.index.tolist() == [3, 1]
    assert [video.probe(path)["frames"] for path in probed["path"]] == probed["frames"].tolist()


@pytest.mark.parametrize("seed", range(5))
def test_hold_out_takes_whole_sources_and_a_fair_share(seed):
    rng = np.random.default_rng(seed)
    rows = [
        {"label": label, "source": f"{label}-{source}"}
        for label in ("a", "b", "c", "d")
        for source in range(10)
        for _ in range(rng.integers(1, 6))
    ]
    table = pd.DataFrame(rows).sample(frac=1, random_state=seed)
    held = clips.hold_out(table, seed)
    assert held.dtype == bool and held.shape == (len(table),)
    assert not set(table["source"][held]) & set(table["source"][~held])
    assert 0.12 <= held.mean() <= 0.28
    assert set(table["label"][held]) == set(table["label"][~held]) == {"a", "b", "c", "d"}


def test_hold_out_follows_its_seed(folder):
    sources = np.random.default_rng(0).integers(20, size=60)
    table = pd.DataFrame({"label": list("ab" * 30), "source": [str(s) for s in sources]})
    same, other = clips.hold_out(table, 1), clips.hold_out(table, 2)
    np.testing.assert_array_equal(same, clips.hold_out(table, 1))
    assert (same != other).any()


@pytest.mark.parametrize("sources", [2, 3, 4])
def test_hold_out_with_fewer_sources_than_folds(sources):
    rows = [{"label": "ab"[i % 2], "source": i // 2 % sources} for i in range(24)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        held = clips.hold_out(pd.DataFrame(rows), seed=0)
    assert held.mean() == pytest.approx(1 / sources)


def test_hold_out_with_one_clip_a_label_is_refused():
    table = pd.DataFrame({"label": list("abcdef"), "source": list("uvwxyz")})
    with pytest.raises(InputError, match="one clip only"):
        clips.hold_out(table, seed=0)


@given(
    rows=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), min_size=4, max_size=40),
    seed=st.integers(0, 9),
)
@settings(deadline=None)  # how long it takes is not what is tested
def test_hold_out_leaves_clips_on_both_sides_of_any_small_table(rows, seed):
    table = pd.DataFrame(rows, columns=["label", "source"])
    assume(table["source"].nunique() > 1)
    held = clips.hold_out(table, seed)
    assert 0 < held.sum() < len(table)
    assert not set(table["source"][held]) & set(table["source"][~held])


def test_hold_out_of_a_single_source_is_refused():
    table = pd.DataFrame({"label": ["a", "b", "b"], "source": ["film"] * 3})
    with pytest.raises(InputError, match="come from 1 source"):
        clips.hold_out(table, seed=0)
    with pytest.raises(InputError, match="fraction"):
        clips.hold_out(table.assign(source=[1, 2, 3]), seed=0, fraction=0.9)


def test_a_missing_and_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match="nowhere is not a folder"):
        clips.read_hmdb51(tmp_path / "nowhere")
    (tmp_path / "wave").mkdir()
    with pytest.raises(InputError, match="has no clips"):
        clips.read_hmdb51(tmp_path)


@pytest.mark.parametrize("split", [0, 4, "1"])
def test_a_split_that_there_is_not(folder, split):
    with pytest.raises(InputError, match="must be 1, 2 or 3"):
        clips.read_hmdb51(folder / "videos", split=split)
    with pytest.raises(InputError, match="must be 1, 2 or 3"):
        clips.read_splits(folder / "splits", split)


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


def test_split_folders_that_are_no_good(folder, tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        clips.read_hmdb51(folder / "videos", folder / "elsewhere")
    with pytest.raises(InputError, match="no file named <class>_test_split1"):
        clips.read_hmdb51(folder / "videos", folder / "videos")


@pytest.mark.parametrize("line", ["only_a_name.avi", "name.avi 3", "name.avi one"])
def test_a_line_that_is_no_name_and_tag(folder, line):
    with split_file(folder).open("a") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(InputError, match=r"wave_test_split1\.txt, line 10,"):
        clips.read_splits(folder / "splits")


def test_no_clip_left_to_train_or_test_on(folder):
    table = clips.read_hmdb51(folder / "videos")
    with pytest.raises(InputError, match="None of the 0 test clips"):
        clips.test_clips(table[table["tag"] == 1])
    with pytest.raises(InputError, match="None of the 8 training clips"):
        clips.training_clips(table.assign(ok=False))


# --- UCF-101 ---------------------------------------------------------------------------------


@pytest.fixture
def ucf(tmp_path, tiny_clip):
    """UCF-101's folders and lists, with two of its classes and four groups each."""
    home = tmp_path / "ucf"
    lists = home / "ucfTrainTestlist"
    lists.mkdir(parents=True)
    (lists / "classInd.txt").write_text("1 ApplyEyeMakeup\n37 HandstandPushups\n")
    lines: dict[str, list[str]] = {"train": [], "test": []}
    spelled = {"ApplyEyeMakeup": "ApplyEyeMakeup", "HandstandPushups": "HandStandPushups"}
    for number, (label, name) in zip(("1", "37"), spelled.items(), strict=True):
        (home / "UCF-101" / label).mkdir(parents=True)
        for group in range(1, 5):
            file = f"{label}/v_{name}_g{group:02}_c01.avi"
            shutil.copy(tiny_clip, home / "UCF-101" / file)
            part = "test" if group == 1 else "train"
            lines[part].append(file if part == "test" else f"{file} {number}")
    for part, listed in lines.items():
        (lists / f"{part}list01.txt").write_text("\r\n".join(listed) + "\r\n")
    return home


def test_ucf101_becomes_the_same_table(ucf, folder):
    table = clips.read(ucf / "UCF-101")
    assert table.columns.tolist() == clips.read(folder / "videos").columns.tolist()
    assert table["tag"].tolist() == [2, 1, 1, 1] * 2
    assert table["source"].tolist() == ["g01", "g02", "g03", "g04"] * 2
    assert clips.classes(table) == ["ApplyEyeMakeup", "HandstandPushups"]
    assert clips.leakage(table)["tags"]["0+1"]["any_action"]["leaking"] == 0
    assert set(leaks.audit(ucf / "ucfTrainTestlist")) == {1}
    assert clips.probe_clips(table)["ok"].all()


@pytest.mark.parametrize(
    ("file", "line", "words"),
    [
        ("trainlist01.txt", "ApplyEyeMakeup/v_ApplyEyeMakeup_g02_c01.avi 2", "line 7, must be"),
        ("testlist01.txt", "Archery/v_Archery_g01_c01.avi", "line 3, must be"),
        ("testlist01.txt", "v_ApplyEyeMakeup_g01_c01.avi", "line 3, must be"),
        ("classInd.txt", "Archery", "line 3, must be a number and a class"),
    ],
)
def test_a_wrong_line_in_ucf101s_lists(ucf, file, line, words):
    with (ucf / "ucfTrainTestlist" / file).open("a") as lists:
        lists.write(f"{line}\n")
    with pytest.raises(InputError, match=rf"{file}, {words}"):
        clips.read(ucf / "UCF-101")


def test_ucf101_lists_that_are_not_there(ucf):
    with pytest.raises(InputError, match=r"trainlist02\.txt is not there"):
        clips.read(ucf / "UCF-101", split=2)
    (ucf / "ucfTrainTestlist" / "classInd.txt").unlink()
    with pytest.raises(InputError, match=r"classInd\.txt is not there"):
        clips.read(ucf / "UCF-101")


# --- one's own clips ---------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path, tiny_clip):
    """Two classes of six clips each, cut from three films, with names of no known kind."""
    for label in ("jump", "wave"):
        (tmp_path / "own" / label).mkdir(parents=True)
        for number in range(6):
            shutil.copy(tiny_clip, tmp_path / "own" / label / f"IMG {number % 3} part{number}.avi")
    return tmp_path / "own"


def test_names_that_tell_no_source_are_warned_of(own):
    with pytest.warns(UserWarning) as told:
        table = clips.read(own)
    words = [str(warning.message) for warning in told]
    assert any("12 of 12 clips" in each and "splits may leak" in each for each in words)
    assert any("no split files" in each for each in words)
    assert set(table["tag"]) == {1, 2} and table["source"].nunique() == 6


@pytest.mark.parametrize("way", ["argument", "file"])
def test_a_pattern_tells_the_sources_and_the_split_is_made_by_them(own, way):
    pattern = r"(?P<source>IMG \d) part"
    if way == "file":
        (own / "sources.txt").write_text(pattern + "\n")
    with pytest.warns(UserWarning) as told:
        table = clips.read(own, sources=pattern if way == "argument" else None)
    assert not any("leak" in str(warning.message) for warning in told)
    assert sorted(set(table["source"])) == ["IMG 0", "IMG 1", "IMG 2"]
    training, test = clips.training_clips(table), clips.test_clips(table)
    assert not set(training["source"]) & set(test["source"])
    assert set(training["label"]) == set(test["label"]) == {"jump", "wave"}


def test_a_pattern_that_fits_some_names_warns_of_the_others(own):
    with pytest.warns(UserWarning) as told:
        table = clips.read(own, sources=r"(?P<source>IMG 0) part")
    assert "8 of 12 clips" in str(told[0].message) and "(IMG 1 part1.avi" in str(told[0].message)
    assert table["source"].eq("IMG 0").sum() == 4 and table["source"].nunique() == 5


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("(?P<source>", "no regular expression"), (r"IMG (\d)", "no group named source")],
)
def test_a_pattern_that_is_none(own, pattern, words):
    with pytest.raises(InputError, match=words):
        clips.read(own, sources=pattern)
