"""What split files tell without any video: how they begin, and how often they test a clip."""

from twostream_lib.clips import splitfiles


def write(folder, tags_by_split):
    """Split files of one class: the tags of its clips a, b, c … by split."""
    folder.mkdir()
    for split, tags in tags_by_split.items():
        lines = [f"film_wave_{'abcdef'[i]}.avi {tag} \n" for i, tag in enumerate(tags)]
        (folder / f"wave_test_split{split}.txt").write_text("".join(lines))
    return folder


def test_clips_are_counted_by_the_number_of_splits_that_test_them(tmp_path):
    folder = write(tmp_path / "splits", {1: [2, 2, 1, 0], 2: [2, 1, 1, 2], 3: [1, 2, 0, 1]})
    found = splitfiles.times_tested(splitfiles.read_all(folder))
    # a and b are tested twice, c never, d once
    assert found["clips"].to_dict() == {0: 1, 1: 1, 2: 2}
    assert found.index.is_monotonic_increasing


def test_clips_of_one_name_in_two_classes_are_two(tmp_path):
    folder = write(tmp_path / "splits", {1: [2]})
    (folder / "jump_test_split1.txt").write_text("film_wave_a.avi 1\n")
    found = splitfiles.times_tested(splitfiles.read_all(folder))
    assert found["clips"].to_dict() == {0: 1, 1: 1}


def test_without_split_files_nothing_is_counted():
    assert splitfiles.times_tested({}).empty


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
