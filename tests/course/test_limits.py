"""What clips cannot give is said before anything is trained, and all else is had."""

import re

import numpy as np
import pandas as pd
import pytest

from twostream_lib import clips, course, video
from twostream_lib.course.limits import Limits, count_windows, window_words
from twostream_lib.errors import CannotBeHad, InputError
from twostream_lib.training.profiles import PROFILES
from twostream_lib.video import encoding

QUICK = PROFILES["quick"]
PEOPLE = ("ann", "bob", "cleo", "dan")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A clip of as many frames as asked for, at 30 a second: its path and what probing says."""
    folder = tmp_path_factory.mktemp("films")

    def make(frames):
        path = folder / f"{frames}.avi"
        if not path.is_file():
            noise = np.random.default_rng(frames).integers(255, size=(frames, 48, 64, 3))
            encoding.write(path, noise.astype(np.uint8), fps=30)
        return {"path": str(path), **video.probe(path)}

    return make


@pytest.fixture
def table(film):
    """A probed table of `(label, source, tag, frames)`, by default two classes of four people."""

    def make(rows=None):
        rows = rows or [
            (label, who, 2 if who == "dan" else 1, 36)
            for label in ("jump", "wave")
            for who in PEOPLE
        ]
        return pd.DataFrame(
            {**film(frames), "path": f"/{label}/{who}{place}.avi"}
            | {"label": label, "source": who, "tag": tag}
            for place, (label, who, tag, frames) in enumerate(rows)
        )

    return make


def limits(table, listed=True):
    return Limits.of(table, QUICK, listed, "my films")


def test_of_whole_clips_of_four_people_nothing_is_lacking(table):
    found = limits(table())
    assert (found.classes, found.lacking, found.sentences) == (["jump", "wave"], {}, [])
    assert len(found.folds) == 6 and sorted(found.folds.values()) == [0, 0, 1, 1, 2, 2]
    for fold in range(3):  # each is a person, with both classes
        (jump, wave) = sorted(found.of_fold(fold))
        assert (jump[:4], wave[:4]) == ("jump", "wave")


def test_without_split_files_it_is_said_who_is_tested_on(table):
    (sentence,) = limits(table(), listed=False).sentences
    assert sentence == "There are no split files, so 1 of 4 sources are tested on (dan)."


def test_a_class_without_a_training_window_is_left_out_and_named(table):
    rows = [("jump", who, 1 + (who == "dan"), 36) for who in PEOPLE]
    rows += [("wave", who, 1 + (who == "dan"), 36) for who in PEOPLE]
    short = [("nod", who, 1, 5) for who in PEOPLE[:3]] + [("nod", "dan", 2, 36)]
    found = limits(table(rows + short))
    assert found.classes == ["jump", "wave"]
    assert "Left out: nod" in " ".join(found.sentences)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("wave", who, 1, 36) for who in PEOPLE], r"one class \(wave\).*add a folder"),
        ([(label, "ann", 1, 5) for label in ("jump", "wave")], "No class of my films has training"),
        (
            [(label, "ann", 2, 36) for label in ("jump", "wave")],
            "No class of my films has training",
        ),
        ([("jump", "ann", 1, 36), ("wave", "ann", 1, 5)], r"Only one class of my films \(jump\)"),
    ],
)
def test_clips_that_nothing_can_be_trained_on_are_refused_in_a_sentence(table, rows, said):
    with pytest.raises(InputError, match=said) as error:
        limits(table(rows))
    assert not isinstance(error.value, CannotBeHad) and "\n" not in str(error.value)


def test_without_test_clips_the_test_part_is_lacking_alone(table):
    rows = [(label, who, 1, 36) for label in ("jump", "wave") for who in PEOPLE]
    found = limits(table(rows))
    assert list(found.lacking) == ["test"]
    assert "split files list no test clip" in found.lacking["test"]
    assert "add clips of one more person" in limits(table(rows), listed=False).lacking["test"]


def test_names_that_tell_too_few_sources_are_said_with_the_file_that_can_tell_more(table):
    """As of `video_wave_1.mp4`: `video` is the one source of all, and nobody meant it."""
    rows = [(label, "video", 1, 36) for label in ("jump", "wave") for _ in PEOPLE]
    advice = r"the \d clips come from more than 1 source \(video\).* named source into sources\.txt"
    lacking = limits(table(rows), listed=False).lacking["test"]
    assert "add clips of one more person" in lacking and re.search(advice, lacking)
    listed = [(*row[:2], 1 + place % 2, 36) for place, row in enumerate(rows)]
    (sentence,) = limits(table(listed)).sentences  # the split files say who is tested
    assert "too few sources" in sentence and re.search(advice, sentence)
    two_people = [
        (label, who, 1 + (who == "bob"), 36) for label in ("jump", "wave") for who in PEOPLE[:2] * 2
    ]
    found = limits(table(two_people), listed=False).sentences
    assert sum("sources.txt" in one for one in found) == 1
    assert sum("sources.txt" in one for one in limits(table(rows), listed=False).sentences) == 1
    each = [("jump", "ann", 1, 36), ("wave", "bob", 1, 36)]
    assert "sources.txt" not in limits(table(each), listed=False).lacking["test"]


def test_clips_too_short_for_flow_lack_flow_and_the_gaps_alone(table):
    rows = [(label, who, 1 + (who == "dan"), 15) for label in ("jump", "wave") for who in PEOPLE]
    found = limits(table(rows))
    assert set(found.lacking) == {"temporal-flow", "gap-sweep"}
    assert "no test and no training and no validation clip" in found.lacking["temporal-flow"]
    assert "no training and no validation clip" in found.lacking["gap-sweep"]


def test_flow_is_lacking_where_one_part_has_no_stack(table):
    rows = [
        (label, who, 1 + (who == "dan"), 15 if who == "dan" else 36)
        for label in ("jump", "wave")
        for who in PEOPLE
    ]
    found = limits(table(rows))
    assert set(found.lacking) == {"temporal-flow"}  # gaps are compared on the validation part
    assert "no test clip is long enough" in found.lacking["temporal-flow"]


def three_classes(tags=(1, 2)):
    """Two classes of long clips, and a third whose clips of these tags are too short for flow, but
    not for images."""
    return [
        (label, who, tag, 15 if label == "clap" and tag in tags else 36)
        for label in ("clap", "jump", "wave")
        for who in PEOPLE
        for tag in [1 + (who == "dan")]
    ]


def test_a_stream_that_knows_nothing_of_a_class_says_so(table):
    found = limits(table(three_classes()))
    assert found.classes == ["clap", "jump", "wave"] and not found.lacking
    assert found.sentences == [
        "The stream of optical flow knows nothing of clap: no training clip of it is long enough "
        f"for {window_words(QUICK.flow_plan)}.",
        "The stream of optical flow is not tested on clap: no test clip of it is long enough for "
        f"{window_words(QUICK.flow_plan)}.",
        "The comparison of gaps knows nothing of clap: no training clip of it is long enough for "
        f"{window_words(QUICK.dense_plan)}.",
    ]


def test_a_stream_that_is_not_tested_on_a_class_says_so(table):
    (said,) = limits(table(three_classes(tags=(2,)))).sentences
    assert said.startswith("The stream of optical flow is not tested on clap: ")
    said = limits(table(three_classes(tags=(1,)))).sentences
    assert [one.split(":")[0] for one in said] == [
        "The stream of optical flow knows nothing of clap",
        "The comparison of gaps knows nothing of clap",
    ]


def test_a_stream_with_training_windows_of_one_class_cannot_be_had(table):
    rows = [
        (label, who, 1 + (who == "dan"), frames)
        for label, frames in (("run", 36), ("clap", 15))
        for who in PEOPLE
    ]
    found = limits(table(rows))
    assert found.classes == ["clap", "run"] and "temporal-flow" in found.lacking
    assert found.lacking["temporal-flow"] == (
        "The stream of optical flow cannot be had: of run alone there are training clips long "
        f"enough for {window_words(QUICK.flow_plan)}, and a network needs two classes."
    )
    assert found.sentences == list(found.lacking.values())


def test_one_source_is_validated_by_clips_and_that_is_said(table):
    found = limits(table([(label, "ann", 1, 36) for label in ("jump", "wave") for _ in range(3)]))
    assert {name.split("/")[0] for name in found.of_fold(0)} == {"jump", "wave"}
    assert any("too few sources" in sentence for sentence in found.sentences)


def test_a_clip_each_is_validated_by_itself_and_that_is_said(table):
    found = limits(table([(label, "ann", 1, 36) for label in ("jump", "wave")]))
    assert not found.folds
    assert any("the training clips themselves" in sentence for sentence in found.sentences)


def test_a_class_of_one_source_is_always_trained_on_and_that_is_said(table):
    rows = [(label, who, 1, 36) for label in ("jump", "wave") for who in PEOPLE]
    found = limits(table([*rows, ("nod", "ann", 1, 36), ("nod", "ann", 1, 36)]))
    assert {name.split("/")[0] for name in found.folds} == {"jump", "wave"}
    (sentence,) = [one for one in found.sentences if "needed for training" in one]
    assert sentence.startswith("All training clips of nod are")


def test_windows_are_counted_and_a_bad_clip_has_none(table):
    counted = table([("jump", "ann", 1, 36), ("wave", "ann", 1, 5), ("wave", "bob", 1, 36)])
    counted.loc[2, "ok"] = False
    # 36 frames at 30 a second: samples 0, 5, …, 35; windows of three start at the first and fourth.
    assert count_windows(counted, QUICK.plan).tolist() == [2, 0, 0]


# --- the same of a folder, through a run ------------------------------------------------------


def folder_of(place, names, frames=36):
    noise = np.random.default_rng(0).integers(255, size=(frames, 48, 64, 3), dtype=np.uint8)
    for name in names:
        file = place / "films" / f"{name}.avi"
        file.parent.mkdir(parents=True, exist_ok=True)
        encoding.write(file, noise, fps=30)
    return str(place / "films")


def test_clips_that_cannot_be_used_are_no_test_clips_where_the_run_deals(tmp_path, capsys):
    names = [f"{label}/{who}_{label}" for label in ("jump", "wave") for who in PEOPLE[:3]]
    videos = folder_of(tmp_path, names)
    first = course.configure(videos=videos, runs=str(tmp_path / "first"))
    tested = set(first.table.source[first.table.tag == clips.TEST])
    for label in ("jump", "wave"):
        (who,) = tested
        (tmp_path / "films" / label / f"{who}_{label}.avi").write_text("no film")
    run = course.configure(videos=videos, runs=str(tmp_path / "second"))
    assert set(run.table.tag[~run.table.ok]) == {clips.UNUSED}
    now_tested = run.used_clips[run.used_clips.tag == clips.TEST]
    assert len(now_tested) == 2 and tested.isdisjoint(now_tested.source)
    assert pd.read_csv(tmp_path / "second" / "clips.csv").tag.tolist() == run.table.tag.tolist()
    assert "1 of 2 sources are tested on" in capsys.readouterr().out


def test_what_is_lacking_is_refused_by_name_and_all_else_is_had(tmp_path):
    videos = folder_of(
        tmp_path, [f"{label}/me_{label}_{n}" for label in "ab" for n in range(2)], 15
    )
    run = course.configure(videos=videos, runs=str(tmp_path / "run"))
    assert run.parts == ("train", "validation")
    for wish in (lambda: run.flow, lambda: run.dense):
        with pytest.raises(CannotBeHad, match="cannot be had"):
            wish()
    with pytest.raises(CannotBeHad, match="no test part"):
        run.part("spatial", "test")
    parts = [set(run.part("spatial", part).rows.video) for part in run.parts]
    assert all(parts) and not set.intersection(*parts)
    assert set.union(*parts) == set(run.part("spatial", "train+validation").rows.video)
