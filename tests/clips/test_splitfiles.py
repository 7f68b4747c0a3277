"""Split files of HMDB-51 and UCF-101: found, read without any video, wrong lines named."""

import os
import re
import shutil

import pandas as pd
import pytest

from tests.clips.making import clip_name
from twostream_lib import clips
from twostream_lib.clips import splitfiles, verification
from twostream_lib.clips.holdout import hold_out
from twostream_lib.errors import InputError


def write(folder, tags_by_split):
    """Split files of one class: the tags of its clips a, b, c … by split."""
    folder.mkdir()
    for split, tags in tags_by_split.items():
        lines = [f"film_wave_{'abcdef'[i]}.avi {tag} \n" for i, tag in enumerate(tags)]
        (folder / f"wave_test_split{split}.txt").write_text("".join(lines))
    return folder


def test_a_preview_has_the_first_lines_of_the_first_file(tmp_path):
    folder = write(tmp_path / "splits", {2: [1] * 6, 1: [2, 1, 0, 1, 1, 2]})
    first, *lines = splitfiles.preview(folder).splitlines()
    assert first == "2 files. wave_test_split1.txt begins:"
    assert [line.split() for line in lines] == [
        ["film_wave_a.avi", "2"],
        ["film_wave_b.avi", "1"],
        ["film_wave_c.avi", "0"],
        ["film_wave_d.avi", "1"],
    ]


def test_without_split_files_a_sentence_says_what_is_done_instead():
    assert "no split files" in splitfiles.preview(None)


@pytest.mark.parametrize("place", ["splits", "videos/splits", "testTrainMulti_7030_splits"])
def test_split_files_are_found_beside_and_inside(folder, place):
    (folder / "splits").rename(folder / "moved")
    (folder / "moved").rename(folder / place)
    table = clips.read_hmdb51(folder / "videos")
    assert set(table["tag"]) == {0, 1, 2} and clips.classes(table) == ["jump", "wave"]


def test_every_official_name_has_a_source_and_all_fields(real_data):
    listed = clips.read_splits(real_data / "data" / "hmdb51_splits", 1)
    assert len(listed) == 6766 and listed["label"].nunique() == 51
    assert not listed.isna().any().any()
    assert listed["people"].max() == 10
    rebuilt = listed["source"] + "_" + listed["label"] + "_" + listed["body"]
    assert all(name.startswith(start) for name, start in zip(listed["name"], rebuilt, strict=True))


@pytest.mark.parametrize("split", [0, 4, "1"])
def test_a_split_that_there_is_not(folder, split):
    with pytest.raises(InputError, match="must be 1, 2 or 3"):
        clips.read_hmdb51(folder / "videos", split=split)
    with pytest.raises(InputError, match="must be 1, 2 or 3"):
        clips.read_splits(folder / "splits", split)


def test_split_folders_that_are_no_good(folder, tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        clips.read_hmdb51(folder / "videos", folder / "elsewhere")
    with pytest.raises(InputError, match="no file named <class>_test_split1"):
        clips.read_hmdb51(folder / "videos", folder / "videos")


@pytest.mark.parametrize("line", ["only_a_name.avi", "name.avi 3", "name.avi one"])
def test_a_line_that_is_no_name_and_tag(folder, line):
    with (folder / "splits" / "wave_test_split1.txt").open("a") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(InputError, match=r"wave_test_split1\.txt, line 10,"):
        clips.read_splits(folder / "splits")


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
    (ucf / "ucfTrainTestlist" / "testlist01.txt").unlink()
    with pytest.raises(InputError, match=r"testlist01\.txt is not there"):
        clips.read(ucf / "UCF-101")


@pytest.mark.parametrize("numbers", [True, False])
def test_ucf101_lists_without_class_numbers_and_with_numbers_in_both(ucf, numbers):
    expected = clips.read(ucf / "UCF-101")
    (ucf / "ucfTrainTestlist" / "classInd.txt").unlink()
    for part in ("train", "test"):
        file = ucf / "ucfTrainTestlist" / f"{part}list01.txt"
        lines = [line.split()[0] for line in file.read_text().splitlines()]
        if numbers:
            lines = [f"{line} {1 + line.startswith('H')}" for line in lines]
        file.write_text("\n".join(lines).replace("/", "\\" if numbers else "/"))
    pd.testing.assert_frame_equal(clips.read(ucf / "UCF-101"), expected)


def test_ucf101_lists_whose_numbers_contradict_each_other(ucf):
    lists = ucf / "ucfTrainTestlist"
    (lists / "classInd.txt").unlink()
    for line in (
        "ApplyEyeMakeup/v_ApplyEyeMakeup_g02_c01.avi 37",
        "Archery/v_Archery_g1_c01.avi 1",
    ):
        before = (lists / "trainlist01.txt").read_text()
        (lists / "trainlist01.txt").write_text(before + line)
        with pytest.raises(InputError, match=r"line 7, .* the same in all lines: correct"):
            clips.read_splits(lists)
        (lists / "trainlist01.txt").write_text(before)


# --- as people have them -----------------------------------------------------------------------


def split_file(folder, label="wave"):
    return folder / "splits" / f"{label}_test_split1.txt"


def test_system_files_are_no_split_files(folder):
    expected = clips.read(folder / "videos")
    for name in ("._wave_test_split1.txt", "._fly_test_split1.txt", ".DS_Store"):
        (folder / "splits" / name).write_bytes(b"\0\5\x16\7" + bytes(4000))
    (folder / "splits" / "__MACOSX").mkdir()
    pd.testing.assert_frame_equal(clips.read(folder / "videos"), expected)
    assert set(splitfiles.read_all(folder / "splits")) == {1, 2, 3}
    assert splitfiles.preview(folder / "splits").startswith("6 files. jump_test_split1.txt")
    for path in (folder / "splits").glob("[!.]*_test_split[12].txt"):
        path.rename(path.with_name(f"._{path.name}"))
    assert set(splitfiles.read_all(folder / "splits")) == {3}


def test_a_preview_of_a_folder_without_lists(tmp_path):
    assert "has no split files" in splitfiles.preview(tmp_path)


def test_a_preview_shows_no_control_characters(tmp_path):
    (tmp_path / "a_test_split1.txt").write_text("a\x1b[2J.avi 1")
    assert splitfiles.preview(tmp_path).endswith(r"a\x1b[2J.avi 1")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lists_of_other_systems_give_the_same_table(folder, encoding, end):
    expected = clips.read(folder / "videos")
    for label in ("jump", "wave"):
        text = split_file(folder, label).read_text()
        split_file(folder, label).write_bytes(text.replace("\n", end).encode(encoding))
    pd.testing.assert_frame_equal(clips.read(folder / "videos"), expected)


@pytest.mark.parametrize("in_list", ["e\u0301", "\u00e9"])
@pytest.mark.parametrize("on_disk", ["e\u0301", "\u00e9"])
def test_names_composed_in_either_way_are_the_same(tmp_path, tiny_clip, in_list, on_disk):
    label = f"r{on_disk}veil"
    (tmp_path / "videos" / label).mkdir(parents=True)
    (tmp_path / "splits").mkdir()
    lines = []
    for number in range(2):
        shutil.copy(tiny_clip, tmp_path / "videos" / label / f"Zo{on_disk}{number}_{label}.avi")
        lines.append(f"Zo{in_list}{number}_r{in_list}veil.avi {number + 1}\n")
    (tmp_path / "splits" / f"r{in_list}veil_test_split1.txt").write_text("".join(lines))
    table = clips.read(tmp_path / "videos")
    assert table["tag"].tolist() == [1, 2] and clips.classes(table) == ["r\u00e9veil"]
    assert table["source"].tolist() == ["Zo\u00e90", "Zo\u00e91"]
    _, report = verification.verify(tmp_path / "videos")
    assert report["missing"] == [] and report["surplus"] == []


def test_a_clip_with_two_tags_is_refused_with_both_places(folder):
    name = clip_name("wavefilm0", "wave")
    with split_file(folder).open("a") as file:
        file.write(f"{name} 1\n")
    assert len(clips.read_splits(folder / "splits")) == 16  # twice the same says nothing new
    with split_file(folder).open("a") as file:
        file.write(f"{name} 2\n")
    words = r"wave/.* two tags, 1 \(wave_.*, line 1\) and 2 \(wave_test_split1\.txt, line 10\)"
    with pytest.raises(InputError, match=words):
        clips.read_splits(folder / "splits")


def test_a_clip_in_both_of_ucf101s_lists_is_refused(ucf):
    with (ucf / "ucfTrainTestlist" / "testlist01.txt").open("a") as lists:
        lists.write("ApplyEyeMakeup/v_ApplyEyeMakeup_g02_c01.avi\n")
    words = r"two tags, 1 \(trainlist01\.txt, line 1\) and 2 \(testlist01\.txt, line 3\)"
    with pytest.raises(InputError, match=words):
        clips.read(ucf / "UCF-101")


def test_clips_of_another_suffix_and_in_folders_below_have_their_tags(folder):
    expected = clips.read(folder / "videos")["tag"].tolist()
    wave = folder / "videos" / "wave"
    (wave / "more" / "films").mkdir(parents=True)
    for number, path in enumerate(sorted(wave.glob("*.avi"))):
        place = wave / "more" / "films" if number > 5 else wave
        path.rename(place / path.with_suffix(".mkv").name)
    table = clips.read(folder / "videos")
    named = dict(zip(clips.names(table), table["tag"], strict=True))
    assert sorted(table["tag"]) == sorted(expected)
    assert named[f"wave/more/films/{clip_name('wavefilm3', 'wave')[:-4]}.mkv"] == 0
    assert named[f"wave/{clip_name('wavefilm2', 'wave')[:-4]}.mkv"] == 2


@pytest.mark.filterwarnings("ignore:.* names that tell no source")
def test_names_that_do_not_fit_are_refused_with_the_difference(folder):
    name = clip_name("wavefilm0", "wave")
    path = folder / "videos" / "wave" / name
    path.rename(path.with_name(name.replace("wave", "Wave")))
    with pytest.raises(InputError, match=r"1 clips .*\[the folder has wave/Wavefilm0_Wave"):
        clips.read(folder / "videos")


def test_classes_that_do_not_fit_are_refused_with_the_difference(folder):
    split_file(folder).rename(split_file(folder, "w\u0430ve"))  # a Cyrillic a
    with pytest.raises(InputError) as told:
        clips.read(folder / "videos")
    assert "written 'w\\u0430ve', and the folder has 'wave'" in str(told.value)


def test_a_list_that_is_a_folder_or_no_text_is_refused_in_a_sentence(folder):
    split_file(folder).unlink()
    split_file(folder).mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        clips.read(folder / "videos")
    split_file(folder).rmdir()
    split_file(folder).write_bytes(bytes(5000))
    with pytest.raises(InputError, match="no text") as told:
        clips.read(folder / "videos")
    assert "\0" not in str(told.value) and len(str(told.value)) < 300


def test_a_pattern_of_sources_may_be_written_on_windows(own):
    (own / "sources.txt").write_bytes("(?P<source>IMG \\d) part\r\n".encode("utf-16"))
    with pytest.warns(UserWarning, match="no split files"):
        table = clips.read(own)
    assert sorted(set(table["source"])) == ["IMG 0", "IMG 1", "IMG 2"]


# --- what becomes of a table, and what is said ----------------------------------------------------


def test_a_clip_that_no_list_has_is_not_used(folder):
    name = clip_name("wavefilm1", "wave", 1)
    lines = split_file(folder).read_text().splitlines()
    split_file(folder).write_text("\n".join(line for line in lines if name not in line))
    table = clips.read(folder / "videos")
    tags = dict(zip(clips.names(table), table["tag"], strict=True))
    assert tags[f"wave/{name}"] == 0 and table["tag"].dtype.kind == "i"
    assert sorted(tags.values()) == [0] * 5 + [1] * 7 + [2] * 4


@pytest.mark.parametrize("split", [1, 2, 3])
def test_where_no_list_is_whole_sources_are_held_out_by_the_number_of_the_split(own, split):
    (own / "sources.txt").write_text(r"(?P<source>IMG \d) part")
    with pytest.warns(UserWarning, match="no split files") as warned:
        table = clips.read(own, split=split)
    tested = hold_out(table, split, fraction=0.3)
    assert tested.any() and not tested.all()
    assert table["tag"].tolist() == [2 if held else 1 for held in tested]
    # It points at whoever asked; but mutmut calls each function by way of one of its own.
    assert "MUTANT_UNDER_TEST" in os.environ or __file__ in {one.filename for one in warned}


def test_all_splits_that_there_are_are_read_and_no_others(folder, ucf):
    (folder / "splits" / "wave_test_split2.txt").unlink()
    (folder / "splits" / "jump_test_split2.txt").unlink()
    assert list(splitfiles.read_all(folder / "splits")) == [1, 3]
    lists = ucf / "ucfTrainTestlist"
    for part in ("train", "test"):
        shutil.copy(lists / f"{part}list01.txt", lists / f"{part}list03.txt")
    found = splitfiles.read_all(lists)
    assert list(found) == [1, 3] and len(found[3]) == 8
    (folder / "none").mkdir()
    with pytest.raises(InputError, match="no file named <class>_test_split1"):
        splitfiles.read_all(folder / "none")


def test_names_and_classes_may_have_spaces(tmp_path):
    (tmp_path / "wave_test_split1.txt").write_text("my own film_wave 2.avi 1\n")
    assert clips.read_splits(tmp_path)["name"].tolist() == ["my own film_wave 2.avi"]
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "classInd.txt").write_text("1 Apply Eye Makeup\n")
    (lists / "trainlist01.txt").write_text("Apply Eye Makeup/v_A_g01_c01.avi 1\n")
    (lists / "testlist01.txt").write_text("Apply Eye Makeup/back\\slash.avi\n")
    listed = clips.read_splits(lists)
    assert set(listed["label"]) == {"Apply Eye Makeup"}
    assert listed["name"].tolist() == ["v_A_g01_c01.avi", "back\\slash.avi"]


def test_a_folder_with_class_numbers_alone_is_ucf101s(tmp_path):
    (tmp_path / "classInd.txt").write_text("1 Archery\n")
    with pytest.raises(InputError, match=r"trainlist01\.txt is not there"):
        clips.read_splits(tmp_path)
    (tmp_path / "classInd.txt").write_text("one Archery\n")
    with pytest.raises(InputError, match=r"line 1, must be a number and a class"):
        clips.read_splits(tmp_path)


def test_a_sentence_names_the_folders_that_it_is_about(folder, ucf):
    videos, splits = re.escape(str(folder / "videos")), re.escape(str(folder / "splits"))
    before = split_file(folder).read_text()
    split_file(folder).write_text(f"{before}ghost_wave.avi 1\n")
    with pytest.raises(InputError, match=rf"1 clips that {splits} lists are not in {videos} "):
        clips.read(folder / "videos")
    split_file(folder).write_text(f"{before}{clip_name('wavefilm0', 'wave')} 2\n")
    with pytest.raises(InputError, match=f"^{splits} gives wave/"):
        clips.read(folder / "videos")
    split_file(folder).unlink()
    words = rf"{splits} has no split file for 1 classes of {videos} \(wave\): add the files"
    with pytest.raises(InputError, match=words):
        clips.read(folder / "videos")
    (folder / "videos" / "jump").rename(folder / "jump")
    with pytest.raises(InputError, match=rf"{splits} lists 1 classes that have no .* in {videos} "):
        clips.read(folder / "videos")
    with (ucf / "ucfTrainTestlist" / "trainlist01.txt").open("a") as lists:
        lists.write("Archery/v_Archery_g01_c01.avi 1\n")
    with pytest.raises(InputError, match=r"number, as classInd\.txt has it: correct"):
        clips.read(ucf / "UCF-101")
    with pytest.raises(
        InputError, match=rf"^{splits}/gone cannot be read: there is no {splits}/gone"
    ):
        splitfiles.preview(folder / "splits" / "gone")


def test_a_preview_says_in_full_what_there_is_not(tmp_path):
    assert splitfiles.preview(None) == (
        "There are no split files, so about 70 % of the clips are taken for training, whole "
        "sources at a time."
    )
    assert splitfiles.preview(tmp_path) == f"{tmp_path.name} has no split files."
