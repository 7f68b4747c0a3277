"""Lines of split files find their clips though the names differ in what does not matter."""

import pandas as pd
import pytest

from twostream_lib.clips.matching import difference, match, nearest
from twostream_lib.errors import InputError


def listed(*names: str, tags: list[int] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"name": names, "label": "wave", "tag": tags or [1] * len(names)})


def table(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"path": [f"/my/wave/{name}" for name in names], "label": "wave"})


@pytest.mark.parametrize(
    ("line", "there"),
    [
        ("1.avi", "1.avi"),
        ("1.avi", "1.MP4"),
        ("1", "1.mp4"),
        ("1.avi", "a/1.avi"),
        ("1.avi", "a/b/1.mov"),
        ("a/1.avi", "a/1.avi"),
        ("a\\1.avi", "a/1.mp4"),
        ("caf\u00e9.avi", "cafe\u0301.avi"),
        ("e\u0301/cafe\u0301.avi", "\u00e9/caf\u00e9.mp4"),
        ("v1.5 take.avi", "v1.5 take.mp4"),
        ("v1.5 take", "v1.5 take.mp4"),
        ("v1.5 take", "a/v1.5 take.mp4"),
    ],
)
def test_a_clip_is_found_though_its_name_differs_a_little(line, there):
    assert match(listed(line), table("other.avi", there, "film.avi")) == [1]


@pytest.mark.parametrize(
    ("line", "there"),
    [("1.avi", "2.avi"), ("A.avi", "a.avi"), ("b/1.avi", "a/1.avi"), ("a/1.avi", "1.avi")],
)
def test_another_clip_is_not_taken_for_it(line, there):
    assert match(listed(line), table(there)) == [-1]


def test_the_label_counts():
    rows = table("1.avi").assign(label="jump", path="/my/jump/1.avi")
    assert match(listed("1.avi"), rows) == [-1]


def test_the_better_fit_comes_first():
    there = table("1.avi", "1.mp4", "a/1.avi", "a/1.mp4")
    assert match(listed("1.mp4", "a/1.avi", "1.avi"), there) == [1, 2, 0]
    assert match(listed("2.mov", "1.mov"), table("1.avi", "a/1.mov", "b/2.avi")) == [2, 0]


@pytest.mark.parametrize("there", [("1.avi", "1.mp4"), ("a/1.mov", "b/1.mov"), ("a/1", "b/1.avi")])
def test_several_clips_that_fit_equally_well_are_refused(there):
    with pytest.raises(InputError, match=f"2 clips may be meant .wave/{there[0]}, wave/{there[1]}"):
        match(listed("1.mov"), table(*there))


def test_one_clip_with_two_tags_is_refused_and_twice_the_same_is_not():
    with pytest.raises(InputError, match=r"two tags, 1 as 1\.avi and 2 as 1\.mov"):
        match(listed("1.avi", "1.mov", tags=[1, 2]), table("1.mp4"))
    assert match(listed("1.avi", "1.mov", tags=[2, 2]), table("1.mp4")) == [0, 0]


# --- showing a difference ------------------------------------------------------------------------


def test_a_difference_that_can_be_seen_is_shown_as_it_is():
    assert nearest("wave/Ana_1", ["wave/bob_1", "wave/anna_1", "wave/ana_2"]) == (
        "the folder has wave/anna_1"
    )


def test_numbers_must_agree():
    assert nearest("wave/anna_1", ["wave/anna_2", "wave/anna_11"]) == ""


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("w\u0430ve/anna", "wave/anna"),  # a Cyrillic a
        ("wave/anna\u200b", "wave/anna"),
        ("wave/my\u00a0film", "wave/my film"),
        ("wave/cafÃ©", "wave/café"),
    ],
)
def test_a_difference_that_cannot_be_seen_is_spelled_out(name, there):
    words = difference([name], ["jump/x", there])
    assert ascii(name) in words and ascii(there) in words and words.isprintable()


def test_three_are_enough():
    assert difference(["b", "c", "d", "e"], []) == "b, c, d, ..."
