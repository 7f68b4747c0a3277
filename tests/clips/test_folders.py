"""What is in a folder: films are clips, and nothing else is left out without being named."""

import os
import shutil
from pathlib import Path

import pytest

from twostream_lib import clips
from twostream_lib.clips import folders
from twostream_lib.clips.folders import below, look_into, sentence
from twostream_lib.clips.splitfiles import find_splits
from twostream_lib.errors import InputError

pytestmark = pytest.mark.filterwarnings(
    "ignore:.* has no split files", "ignore:.* names that tell no source"
)
SYSTEM_FILES = (
    ".DS_Store", "._anna_wave.avi", ".hidden.mp4", "Thumbs.db", "desktop.ini", "Icon\r",
    "ehthumbs.db",
)  # fmt: skip
SYSTEM_FOLDERS = (
    ".Trash-1000", ".ipynb_checkpoints", "__MACOSX", "@eaDir", "$RECYCLE.BIN", ".git", "lost+found",
    "System Volume Information", "#recycle",
)  # fmt: skip


@pytest.fixture
def mine(tmp_path, tiny_clip):
    """A function that puts a clip at a path in a folder of videos, which it returns."""

    def put(*names: str) -> Path:
        for name in names:
            (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tiny_clip, tmp_path / "mine" / name)
        return tmp_path / "mine"

    return put


def names(contents: folders.Contents) -> list[str]:
    return [path.relative_to(contents.folder).as_posix() for _, path in contents.clips]


def test_films_of_any_suffix_are_clips_and_so_are_those_in_folders_below(mine):
    there = [
        "jump/Anna.MPG", "jump/ben.m4v", "jump/no suffix", "jump/odd.suffix",
        "wave/a/1.mts", "wave/a/b/c/2.3gp", "wave/film.avi/1.avi", "wave/x.wmv",
    ]  # fmt: skip
    found = look_into(mine(*there))
    assert names(found) == sorted(there) and found.left_out == {}
    assert {label for label, _ in found.clips} == {"jump", "wave"}


@pytest.mark.parametrize("name", SYSTEM_FILES)
def test_what_systems_leave_is_no_clip(mine, name):
    folder = mine("wave/1.avi", f"wave/{name}", name)
    found = look_into(folder)
    assert names(found) == ["wave/1.avi"]
    assert found.left_out == {folders.HIDDEN: sorted([name, f"wave/{name}"])}


@pytest.mark.parametrize("name", SYSTEM_FOLDERS)
def test_what_systems_leave_is_no_class_and_no_folder_of_clips(mine, name):
    found = look_into(mine("wave/1.avi", f"wave/{name}/2.avi", f"{name}/3.avi", f"{name}/w/4.avi"))
    assert names(found) == ["wave/1.avi"]
    assert found.left_out == {folders.HIDDEN: sorted([name, f"wave/{name}"])}


def test_a_hidden_folder_of_videos_is_read(tmp_path, tiny_clip):
    (tmp_path / ".videos" / "wave").mkdir(parents=True)
    shutil.copy(tiny_clip, tmp_path / ".videos" / "wave")
    assert len(look_into(tmp_path / ".videos").clips) == 1


def test_everything_else_is_left_out_by_reason(mine):
    folder = mine("wave/1.avi", "stray.avi", "wave/2.mp4.part", "wave/thumbs/._3.avi")
    (folder / "wave" / "note.txt").write_text("Filmed at home.")
    (folder / "wave" / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nShe waves.\n")
    (folder / "wave" / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(20))
    (folder / "wave" / "data.bin").write_bytes(bytes(100))
    (folder / "wave" / "gone").symlink_to("nowhere")
    (folder / "wave" / "self").symlink_to("self")
    os.mkfifo(folder / "wave" / "pipe")
    (folder / "jump").mkdir()
    (folder / "README.md").write_text("My films.")
    (folder / "sources.txt").write_text("(?P<source>.+)")
    for name in ("splits", "ucfTrainTestlist", "testTrainMulti_7030_splits"):
        (folder / name).mkdir()
        (folder / name / "wave_test_split2.txt").write_text("1.avi 1")
    (folder / "wave_test_split1.txt").write_text("1.avi 1")
    found = look_into(folder)
    assert names(found) == ["wave/1.avi"]
    assert found.left_out == {
        "picture": ["wave/a.jpg"],
        "text": ["README.md", "wave/a.srt", "wave/note.txt"],
        "other file": ["wave/data.bin"],
        folders.STRAY: ["stray.avi"],
        folders.UNFINISHED: ["wave/2.mp4.part"],
        folders.DEVICE: ["wave/pipe"],
        folders.LINK: ["wave/gone", "wave/self"],
        folders.EMPTY: ["jump", "wave/thumbs"],
        folders.HIDDEN: ["wave/thumbs/._3.avi"],
    }


def test_what_is_left_out_is_said_with_number_and_reason():
    assert sentence({}) == ""
    assert sentence({"picture": ["a.jpg"]}) == "1 file is left out: 1 picture (a.jpg)."
    words = sentence({"picture": [f"{n}.jpg" for n in range(4)], "text": ["a\nb.txt"]})
    assert words == (
        "5 files are left out: 4 pictures (0.jpg, 1.jpg, 2.jpg, ...), 1 text (a\\nb.txt)."
    )
    assert "3 files and folders are left out: 1 sound" in sentence(
        {"sound": ["a"], folders.EMPTY: ["jump", "run"]}
    )


def test_reading_a_folder_warns_of_what_is_left_out_but_not_of_system_files_alone(mine):
    folder = mine("wave/anna_wave_1.avi", "wave/ben_wave_1.avi", "wave/._x.avi")
    with pytest.warns(UserWarning) as told:
        clips.read(folder)
    assert not any("left out" in str(each.message) for each in told)
    (folder / "wave" / "note.txt").write_text("Filmed at home.")
    with pytest.warns(UserWarning, match=r"2 files .* left out: 1 text \(wave/note\.txt\), 1 hidd"):
        clips.read(folder)


def test_names_that_are_not_utf8_are_left_out_and_told(mine):
    folder = mine("wave/1.avi")
    try:
        shutil.copy(folder / "wave/1.avi", os.path.join(os.fsencode(folder), b"wave/Gr\xfcn.avi"))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    found = look_into(folder)
    assert names(found) == ["wave/1.avi"]
    assert r"1 name that is not UTF-8 (wave/Gr\udcfcn.avi)" in sentence(found.left_out)


def test_links_are_followed_once_and_circles_end(mine, tmp_path):
    folder = mine("wave/1.avi", "elsewhere/2.avi", "elsewhere/below/3.avi")
    (folder / "elsewhere").rename(tmp_path / "elsewhere")
    (folder / "jump").symlink_to(tmp_path / "elsewhere")
    (folder / "wave" / "up").symlink_to(folder)
    (folder / "wave" / "here").symlink_to(folder / "wave")
    (tmp_path / "elsewhere" / "below" / "back").symlink_to(tmp_path / "elsewhere")
    found = look_into(folder)
    assert names(found) == ["jump/2.avi", "jump/below/3.avi", "wave/1.avi"]
    assert found.left_out == {folders.CIRCLE: ["jump/below/back", "wave/here", "wave/up"]}


def test_a_very_deep_folder_is_read(mine):
    deep = "wave/" + "d/" * 300 + "1.avi"
    assert names(look_into(mine(deep))) == [deep]


def test_what_the_course_made_itself_is_no_class(mine):
    folder = mine(
        "wave/1.avi", "runs/stickhmdb/videos/sit/2.avi", "runs/quick/played/3.mp4", "notes/4.avi"
    )
    (folder / "runs/stickhmdb/stickhmdb.json").write_text("{}")
    (folder / "runs/quick/clips.csv").write_text("path\n")
    (folder / "notes/clips.csv").write_text("clip,remark\n")  # somebody's own
    found = look_into(folder)
    assert names(found) == ["notes/4.avi", "wave/1.avi"]
    assert found.left_out[folders.RUN] == ["runs/quick", "runs/stickhmdb"]


@pytest.mark.parametrize("name", folders.SPLIT_FOLDERS)
@pytest.mark.parametrize("below", ["", "anna/"])
def test_an_action_that_is_called_like_a_folder_of_split_files_is_a_class(mine, name, below):
    folder = mine(*(f"{label}/{below}{n}_{label}.avi" for label in (name, "wave") for n in "ab"))
    found = look_into(folder)
    assert {label for label, _ in found.clips} == {name, "wave"} and found.left_out == {}
    assert find_splits(folder) is None and find_splits(folder / "wave") is None
    with pytest.warns(UserWarning, match="has no split files"):
        assert set(clips.read(folder)["label"]) == {name, "wave"}


@pytest.mark.filterwarnings("ignore:.* are left out")
def test_a_folder_for_split_files_without_any_is_no_secret(mine):
    folder = mine("wave/1.avi")
    (folder / "splits").mkdir()
    assert look_into(folder).left_out == {folders.EMPTY: ["splits"]}
    (folder / "splits" / "waves.txt").write_text("1.avi 1")
    assert look_into(folder).left_out["text"] == ["splits/waves.txt"]
    with pytest.raises(InputError, match="has no file named <class>_test_split1"):
        clips.read(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(mine):
    folder = mine("wave/1.avi", "wave/closed", "wave/shut/2.avi")
    for name in ("wave/closed", "wave/shut"):
        (folder / name).chmod(0)
    assert look_into(folder).left_out == {
        folders.UNREADABLE: ["wave/closed"],
        folders.CLOSED: ["wave/shut"],
    }


@pytest.mark.parametrize("parts", [("train", "test"), ("Train", "val", "Test")])
def test_the_parts_of_a_data_set_are_no_classes(mine, parts):
    folder = mine(*(f"{part}/wave/1.avi" for part in parts))
    with pytest.raises(InputError, match="parts of a data set"):
        clips.read(folder)


def test_the_folder_above_the_class_folders_is_noticed(mine):
    folder = mine(*(f"videos/{label}/{n}_{label}.avi" for label in ("jump", "wave") for n in "ab"))
    with pytest.warns(UserWarning, match=r"has one class, videos, .* give .*mine/videos\."):
        clips.read(folder)


def test_a_folder_without_clips_says_what_is_there(mine):
    with pytest.raises(InputError, match=r"no clips: .* 1 film in no class folder \(1\.avi\)"):
        clips.read(mine("1.avi"))


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "path", "name"),
    [
        ("wave", "/videos/wave/1.mp4", "1.mp4"),
        ("wave", "/videos/wave/a/1.mp4", "a/1.mp4"),
        ("wave", "/wave/videos/wave/a/b/1.mp4", "a/b/1.mp4"),
        ("wave", "/videos/wave/wave/1.mp4", "1.mp4"),
        ("greet", "/videos/wave/1.mp4", "1.mp4"),
        ("wave", "1.mp4", "1.mp4"),
        ("é", "/videos/e\u0301/e\u0301.mp4", "é.mp4"),
    ],
)
def test_a_clips_name_within_its_class(label, path, name):
    assert below(label, path) == name


def test_clips_of_one_file_name_in_two_folders_have_two_names_and_two_sources(mine):
    table = clips.read_hmdb51(mine("wave/a/1.mp4", "wave/b/1.mp4", "wave/1.mp4", "jump/2.mp4"))
    assert clips.names(table) == ["jump/2.mp4", "wave/1.mp4", "wave/a/1.mp4", "wave/b/1.mp4"]
    assert table["source"].tolist() == ["2", "1", "a/1", "b/1"]


def test_a_pattern_can_read_the_folders_below_the_class(mine):
    folder = mine("wave/anna/1.mp4", "wave/anna/2.mp4", "wave/ben/1.mp4", "jump/ben/9.mp4")
    (folder / "sources.txt").write_text("(?P<source>.+)/")
    assert clips.read(folder)["source"].tolist() == ["ben", "anna", "anna", "ben"]


def test_no_two_clips_have_one_name(mine):
    folder = mine("wave/1.avi", "wave/wave/1.avi", "wave/caf\u00e9.avi", "wave/cafe\u0301.avi")
    found = look_into(folder)
    table = clips.table.table_of(found)
    assert clips.names(table) == ["wave/1.avi", "wave/café.avi"]
    assert len(found.left_out[folders.TWIN]) == 2


def test_a_label_is_composed_however_the_disk_writes_it(mine):
    table = clips.table.table_of(look_into(mine("re\u0301veil/Zoe\u0308_re\u0301veil_1.avi")))
    assert table["label"].tolist() == ["r\u00e9veil"]
    assert table["source"].tolist() == ["Zo\u00eb"] and Path(table["path"][0]).is_file()
