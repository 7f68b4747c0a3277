"""The page of a record: every question, names as they are, and pictures that say what they show."""

import html
import re

import matplotlib.pyplot as plt
import pytest

from tests.experiments.truth.samples import record
from tests.names import HOSTILE
from tests.pages import Page
from twostream_lib import markup
from twostream_lib.experiments.truth import page, words


def cells(text):
    return re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", text, flags=re.DOTALL)


def test_every_question_is_there_with_its_table_and_two_pictures():
    text = page.render(record())
    for asked in record()["questions"].values():
        assert f"<h2>{asked['asks']}</h2>" in text
        assert f"Notebook {asked['notebook']}; {asked['judged']}." in text
        table = words.pairs_table(asked)
        for row in table.itertuples():
            assert set(map(html.escape, row)) <= set(cells(text))
    assert text.count("<img ") == 2 * len(record()["questions"]) and text.count("<table>") == 2
    assert words.measured(record()) in text
    assert "What could not be asked" not in text


def test_it_needs_no_other_file():
    text = page.render(record())
    assert re.findall(r'(?:src|href)="(?!data:|#)', text) == [] and "url(" not in text


def test_a_row_begins_with_its_heading_and_what_is_too_wide_scrolls_by_itself():
    """On a telephone, 390 pixels wide, the page itself stays as wide as the screen."""
    text = page.render(record())
    assert len(re.findall(r'<tr><th scope="row">', text)) == 3
    assert len(re.findall(r'<th scope="col">', text)) == 2 * 6
    wide = re.findall(r'<div class="wide" tabindex="0" role="group" aria-label="[^"]+">', text)
    assert len(wide) == len(set(wide)) == 2 * 3
    for part in re.split(r'<div class="wide"[^>]*>', text)[1:]:
        assert part.lstrip().startswith(('<div class="picture"><img', "<table>"))


def test_what_could_not_be_asked_says_why():
    text = page.render(record(lacking={"leak": "No clip of tag 0 is <related>."}))
    assert "<li>leak: No clip of tag 0 is &lt;related&gt;.</li>" in text


def test_a_record_without_any_answer_is_a_page_all_the_same():
    text = page.render(record(questions={}, lacking={"leak": "No."}))
    assert "<li>leak: No.</li>" in text and "<img" not in text


def test_only_stickhmdb_promises_anything():
    assert "A promise is" in page.render(record())
    assert "A promise is" not in page.render(record(data="weizmann"))


def test_names_from_outside_are_text():
    """Of a folder of clips and a file of weights, and of classes in a sentence."""
    plain = Page(page.render(record(questions={}, lacking={"leak": "x"}))).elements
    for name in HOSTILE:
        of_name = {"data": name, "weights": name, "lacking": {"leak": name}}
        read = Page(page.render(record(questions={}) | of_name))
        assert read.elements == plain
        assert f"leak: {markup.plain(name)}" in read.words["li"][0]
        assert markup.plain(name) in read.words["p"][0]


def test_a_picture_of_arms_says_each_share_and_marks_each_run():
    asked = record()["questions"]["joint"]
    picture = page.arms(asked)
    assert picture.alt.startswith("Share that is right (%), by arm: joint 60.0, svm 50.0")
    (axes,) = picture.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["svm", "joint"]
    runs = [line for line in axes.lines if line.get_marker() == "|" and len(line.get_xdata()) == 2]
    assert any(list(line.get_xdata()) == [60.0, 60.0] for line in runs)
    assert picture.get_suptitle() == asked["asks"]
    plt.close(picture)


def test_a_single_run_is_not_marked_beside_its_share_and_rows_keep_off_the_frame():
    arm = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 1060, "by_run": [0.5]}
    (axes,) = page.arms({"asks": "a?", "judged": "videos", "arms": {"a": arm, "b": arm}}).axes
    assert axes.get_xlabel() == "videos: right (%), with 95 % interval; n = 1,060"
    assert not [line for line in axes.lines if line.get_color() == "k"]
    assert axes.get_ylim() == (-0.6, 1.6)


def test_pairs_of_other_numbers_of_videos_say_so_in_their_rows():
    pair = {"first": "a", "second": "b", "classes": [], "mean": 0.5, "low": 0.4, "high": 0.6}
    counted = [pair | {"n": 60}, pair | {"n": 1060}]
    (axes,) = page.pairs({"pairs": counted}, ["some", "all"], "lost", "a title").axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "all, n = 1,060",
        "some, n = 60",
    ]
    assert axes.get_xlabel() == "points lost, with 95 % interval"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["lost"]
    (axes,) = page.pairs({"pairs": counted[:1]}).axes
    assert axes.get_xlabel() == "points ahead, with 95 % interval; n = 60"


def test_a_picture_of_pairs_says_each_difference_and_does_not_tell_by_colour_alone():
    asked = record()["questions"]["joint"]
    picture = page.pairs(asked)
    for one in asked["pairs"]:
        assert f"{words.pair_words(one)}: {words.points(one)}" in picture.alt
    assert "1 of 2 differences" in picture.alt
    markers = [marker for marker, _ in page.LOOKS.values()]
    assert len(set(markers)) == len(page.LOOKS) == 3
    (axes,) = picture.axes
    drawn = {line.get_marker() for line in axes.lines}
    assert {page.LOOKS[words.AHEAD][0], page.LOOKS[words.NOT_SHOWN][0]} <= drawn
    plt.close(picture)


def test_it_is_written_in_one_step(tmp_path, monkeypatch):
    page.write(record(), tmp_path / "truth.html")
    before = (tmp_path / "truth.html").read_text()
    assert before == page.render(record())
    with pytest.raises(KeyError):
        page.write({"questions": {}}, tmp_path / "truth.html")
    assert (tmp_path / "truth.html").read_text() == before
