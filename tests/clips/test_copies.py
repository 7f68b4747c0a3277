"""A few test clips under plain names."""

from pathlib import Path

import pandas as pd
import pytest

from twostream_lib import clips
from twostream_lib.errors import InputError


@pytest.fixture
def table(tmp_path):
    """Nine classes of four test clips, the first two of one source, and a training clip each."""
    rows = []
    for label in "abcdefghi":
        for number in range(5):
            path = tmp_path / "clips" / label / f"long_name_{number}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{label}{number}")
            source = "film" if number < 2 else f"film{number}"
            rows.append((str(path), label, source, 1 if number == 4 else 2, True))
    return pd.DataFrame(rows, columns=["path", "label", "source", "tag", "ok"])


def test_copies_are_test_clips_of_several_sources_under_plain_names(table, tmp_path):
    copies = clips.copy_plainly(table, tmp_path / "mine")
    names = [path.relative_to(tmp_path / "mine").as_posix() for path in copies]
    assert names[:3] == ["a/film1_a.mp4", "a/film2_a.mp4", "a/film3_a.mp4"]
    assert sorted({path.parent.name for path in copies}) == ["a", "c", "e", "g"]
    assert [path.read_text() for path in copies[:3]] == ["a0", "a2", "a3"]
    assert len(copies) == 12 and all(Path(path).is_file() for path in table.path)


def test_the_copies_make_a_clip_table(table, tmp_path):
    clips.copy_plainly(table, tmp_path / "mine")
    with pytest.warns(UserWarning, match="no split files"):
        mine = clips.read(tmp_path / "mine")
    assert set(mine.source) == {"film1", "film2", "film3"}


@pytest.mark.parametrize("count", [2, 3, 9])
def test_one_test_source_a_class_still_gives_a_good_clip_to_test(table, tmp_path, count):
    table = table[table.label.isin([*"abcdefghi"[:count]]) & (table.source != "film3")]
    copies = clips.copy_plainly(table[table.source != "film2"], tmp_path / "mine")
    assert len(copies) == min(count, 4) and copies[0].name == "film1_a.mp4"
    letter = copies[0].with_name("film1_a_letter.avi")
    letter.write_text("This is a letter, and not a film.")
    with pytest.warns(UserWarning, match="no split files"):
        mine = clips.read(tmp_path / "mine")
    for tag in (1, 2):
        assert set(mine.path[mine.tag == tag]) - {str(letter)}, f"no good clip has tag {tag}"


def test_few_classes_are_all_copied_and_bad_clips_are_not(table, tmp_path):
    table = table[table.label < "c"].reset_index(drop=True)
    table.loc[2, "ok"] = False
    names = [path.name for path in clips.copy_plainly(table, tmp_path / "mine")]
    assert names == ["film1_a.mp4", "film2_a.mp4", "film3_b.mp4", "film1_b.mp4", "film2_b.mp4"]
    with pytest.raises(InputError, match="clips can be used"):
        clips.copy_plainly(table.assign(ok=False), tmp_path / "none")


def test_with_fewer_than_two_test_clips_training_clips_are_copied_as_well(table, tmp_path):
    untested = table[table.tag == 1]
    copies = clips.copy_plainly(untested, tmp_path / "untested")
    assert [path.read_text() for path in copies] == ["a4", "c4", "e4", "g4"]
    one = pd.concat([untested, table.iloc[[0]]])
    assert clips.copy_plainly(one, tmp_path / "one")[0].read_text() == "a0"
