"""Split files of HMDB-51 and UCF-101: found, read without any video, wrong lines named."""

import pytest

from twostream_lib import clips
from twostream_lib.clips import splitfiles
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
    (ucf / "ucfTrainTestlist" / "classInd.txt").unlink()
    with pytest.raises(InputError, match=r"classInd\.txt is not there"):
        clips.read(ucf / "UCF-101")
