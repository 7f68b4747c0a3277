"""The leak: arms that differ in whose clips they learn from, and equally many of them."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import one_after_the_other
from twostream_lib import clips, course
from twostream_lib.clips import splitfiles
from twostream_lib.course.run import Run
from twostream_lib.data.augmentation import Augmentation
from twostream_lib.errors import CannotBeHad, InputError
from twostream_lib.experiments import leak
from twostream_lib.experiments.leak import TAG_1, TAGS_0_1, UNRELATED
from twostream_lib.stickhmdb import clipset

FIELDS = "f_nm_np1_ri_goo"
LISTS = {  # by class: of each source the tags of its clips
    "run": {"a": "22", "b": "11", "c": "200", "d": "0", "e": "000", "f": "10"},
    "wave": {"g": "2", "h": "1", "i": "00", "a": "0"},  # a is tested in another class
    "sit": {"j": "2", "k": "1", "l": "0"},
}


def listed(folder, lists):
    """HMDB-51's split files as a clip table."""
    folder.mkdir(exist_ok=True)
    for label, sources in lists.items():
        lines = [
            f"{source}_{label}_{FIELDS}_{take}.avi {tag} \n"
            for source, tags in sources.items()
            for take, tag in enumerate(tags)
        ]
        (folder / f"{label}_test_split1.txt").write_text("".join(lines))
    table = splitfiles.read_splits(folder, 1)
    return table.assign(path="/videos/" + table.label + "/" + table.name)


def named(label, *clips):
    return {f"{label}/{clip[0]}_{label}_{FIELDS}_{clip[1]}.avi" for clip in clips}


def test_the_arms_of_split_files_made_by_hand(tmp_path):
    found = leak.training_clips(listed(tmp_path / "splits", LISTS))
    tag_1 = named("run", "b0", "b1", "f0") | named("wave", "h0") | named("sit", "k0")
    assert found[TAG_1] == tag_1
    # Of run five clips are unrelated and seven have tag 0, of wave two and three. Of sit none is
    # related to a test clip, and both arms have the one there is.
    same = named("sit", "l0")
    unrelated = named("run", "d0", "e0", "e1", "e2", "f1") | named("wave", "i0", "i1") | same
    assert found[UNRELATED] == tag_1 | unrelated
    leaky = named("run", "c1", "c2", "d0", "e0", "e1") | named("wave", "a0", "i0") | same
    assert found[TAGS_0_1] == tag_1 | leaky


def test_clips_that_were_drawn_stand_in_for_unrelated_ones_and_are_no_part_of_tag_0(tmp_path):
    lists = {"run": {"a": "20", "b": "1", "c": "0", "Unrelated_x": "00"}}
    lists["wave"] = {"d": "200", "e": "1", "Unrelated_y": "00"}
    found = leak.training_clips(listed(tmp_path / "splits", lists))
    tag_1 = named("run", "b0") | named("wave", "e0")
    drawn = {f"run/Unrelated_x_run_{FIELDS}_{n}.avi" for n in (0, 1)}
    drawn |= {f"wave/Unrelated_y_wave_{FIELDS}_{n}.avi" for n in (0, 1)}
    assert found[UNRELATED] - tag_1 == drawn
    assert found[TAGS_0_1] - tag_1 == named("run", "a1", "c0") | named("wave", "d1", "d2")


SOURCES = st.dictionaries(st.sampled_from("abcdefg"), st.text("012", min_size=1, max_size=4))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["run", "wave", "sit"]), SOURCES, min_size=1))
def test_whatever_the_lists_are_the_arms_differ_in_the_leak_alone(lists):
    rows = [
        {"label": label, "source": source, "tag": int(tag), "path": f"/v/{label}/{source}{n}.avi"}
        for label, sources in lists.items()
        for source, tags in sources.items()
        for n, tag in enumerate(tags)
    ]
    used = pd.DataFrame(rows, columns=["label", "source", "tag", "path"])
    tag = dict(zip(clips.names(used), used.tag, strict=True))
    source = dict(zip(clips.names(used), used.source, strict=True))
    tested = {source[name] for name in tag if tag[name] == 2}
    try:
        found = leak.training_clips(used)
    except CannotBeHad:
        kinds = {
            (name.split("/")[0], source[name] in tested)
            for name, number in tag.items()
            if not number
        }
        assert not any((label, True) in kinds and (label, False) in kinds for label in lists)
        return
    first, second, third = (found[arm] for arm in leak.ARMS)
    assert all(tag[name] != 2 for name in first | second | third)
    assert first == {name for name in tag if tag[name] == 1} and first <= second and first <= third
    more, leaky = second - first, third - first
    labels = [sorted(name.split("/")[0] for name in arm) for arm in (more, leaky)]
    assert labels[0] == labels[1]
    assert not tested & {source[name] for name in more}
    assert tested & {source[name] for name in leaky}
    for label in lists:
        mine = {name for name in leaky if name.split("/")[0] == label}
        related = {name for name in tag if name.startswith(f"{label}/") and not tag[name]}
        related = {name for name in related if source[name] in tested}
        # Unrelated ones of tag 0 only where all related ones are there.
        assert mine <= related or related <= mine


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ({"run": {"a": "2", "b": "1", "c": "0"}}, "there is no leak to measure"),
        ({"run": {"a": "2", "b": "1"}}, "there is no leak to measure"),
        ({"run": {"a": "0", "b": "1", "c": "0"}}, "there is no leak to measure"),
        ({"run": {"a": "20", "b": "1"}}, "cannot be told from what more clips do"),
        (
            {"run": {"a": "20", "b": "1"}, "wave": {"c": "2", "d": "10"}},
            "cannot be told from what more clips do",
        ),
    ],
)
def test_clips_without_a_leak_or_without_a_control_are_one_sentence(tmp_path, lists, said):
    with pytest.raises(CannotBeHad, match=said):
        leak.training_clips(listed(tmp_path / "splits", lists))


# --- on real clips -------------------------------------------------------------------------------

TAGS = {"down": "110022", "left": "110202", "right": "110022"}  # of film 0 to 5, in each class


@pytest.fixture
def films(moving_films, small_profile, tmp_path, monkeypatch):
    """A run on the moving films with tag 0. Film 3 is tested in one class, and related in two."""
    monkeypatch.setattr(leak, "side_by_side", one_after_the_other)
    (tmp_path / "splits").mkdir()
    for label, tags in TAGS.items():
        lines = [f"film{number}_{label}.avi {tag}\n" for number, tag in enumerate(tags)]
        (tmp_path / "splits" / f"{label}_test_split1.txt").write_text("".join(lines))
    return course.configure(
        videos=str(moving_films / "videos"),
        splits=str(tmp_path / "splits"),
        runs=str(tmp_path / "run"),
    )


def test_each_arm_is_trained_on_its_clips_and_asked_about_the_same_test(films, monkeypatch):
    learned, fit = {}, Run.fit

    def watched(self, network, net, train, *rest):
        learned[self.folder.name] = train
        return fit(self, network, net, train, *rest)

    monkeypatch.setattr(Run, "fit", watched)
    found = leak.arms(films, "temporal-sg3i")
    assert tuple(found) == leak.ARMS
    wanted = leak.training_clips(leak.with_tag_0(films).used_clips)
    for arm, names in wanted.items():
        train = learned[arm.replace(" ", "-")]
        assert set(train.videos) == names and train.view == "sg3i"
        assert not set(train.rows.tag) & {clips.TEST}
    steps = {arm: len(learned[arm.replace(" ", "-")]) for arm in wanted}
    assert steps[UNRELATED] == steps[TAGS_0_1] > steps[TAG_1]  # these films are alike in length
    tests = films.part("temporal-sg3i", "test")
    for said in found.values():
        assert said.part == "test" and said.classes == tuple(films.classes)
        np.testing.assert_array_equal(said.video, tests.videos)
        np.testing.assert_array_equal(said.window, tests.rows.window)
    assert not np.array_equal(found[UNRELATED].logits, found[TAGS_0_1].logits)


def test_arms_that_are_trained_are_read_again(films, monkeypatch):
    first = leak.arms(films)
    monkeypatch.setattr(Augmentation, "draw", None)  # which each batch of a training needs
    again = leak.arms(films)
    for arm, said in first.items():
        np.testing.assert_array_equal(said.logits, again[arm].logits)


def test_other_clips_are_taken_as_they_are(films):
    whole = leak.with_tag_0(films)
    assert (whole._videos, whole.lists) == (films._videos, films.lists)
    assert set(whole.used_clips.tag) == {0, 1, 2} and set(films.used_clips.tag) == {1, 2}
    assert whole.classes == films.classes and whole.folder.parent == films.folder
    np.testing.assert_array_equal(
        clips.names(whole.used_clips[whole.used_clips.tag == 2]),
        clips.names(films.used_clips[films.used_clips.tag == 2]),
    )


# --- on StickHMDB --------------------------------------------------------------------------------


def stick_run(stick, place, splits=None):
    return course.configure(
        videos=str(stick / "videos"), splits=str(splits or stick / "splits"), runs=str(place)
    )


@pytest.fixture
def sticks(stick_set, small_profile, tmp_path):
    return stick_run(stick_set, tmp_path / "run")


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
def test_of_stickhmdb_as_many_unrelated_clips_are_drawn(sticks, stick_set):
    before = contents(stick_set)
    whole = leak.with_tag_0(sticks)
    used = whole.used_clips
    assert whole.classes == sticks.classes
    new = used[used.path.map(lambda path: Path(path).name.startswith(leak.NEW))]
    assert len(used) == len(sticks.table) + len(new) and used.path.is_unique
    # All else is as it was, under the same names, and with the same tags.
    old = dict(zip(clips.names(sticks.table), sticks.table.tag, strict=True))
    there = dict(zip(clips.names(used), used.tag, strict=True))
    assert {name: there[name] for name in old} == old
    # As many of each class as have tag 0, from sources of their own.
    unused = sticks.table[sticks.table.tag == clips.UNUSED]
    assert new.label.value_counts().to_dict() == unused.label.value_counts().to_dict()
    assert set(new.tag) == {clips.UNUSED} and not set(new.source) & set(sticks.table.source)
    found = leak.training_clips(used)
    more, leaky = (found[arm] - found[TAG_1] for arm in (UNRELATED, TAGS_0_1))
    assert more == set(clips.names(new)) and leaky == set(clips.names(unused))
    assert contents(stick_set) == before  # the run's own clips and lists


def test_unrelated_clips_come_from_as_many_sources_as_those_of_tag_0():
    """Fourteen takes of six people would be worth less than fourteen of thirteen."""
    sources = {}
    for seed in (0, leak.OTHER_SEED):
        cast = leak.cast_clips(80, seed)
        sources[seed] = cast[cast.tag1 == 0].groupby("label").source.nunique().mean()
    assert sources[0] == pytest.approx(sources[leak.OTHER_SEED], rel=0.05)


def test_what_was_drawn_is_drawn_once(sticks, monkeypatch):
    first = leak.with_tag_0(sticks)
    before = {path: path.stat().st_mtime_ns for path in first.videos.rglob("*.avi")}
    monkeypatch.setattr(leak, "draw_missing", None)
    again = leak.with_tag_0(sticks)
    assert {path: path.stat().st_mtime_ns for path in again.videos.rglob("*.avi")} == before


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["_link", "draw_missing", "write_text"])
def test_a_crash_half_way_leaves_no_mark_and_the_next_start_makes_it_whole(
    sticks, tmp_path, stick_set, monkeypatch, broken
):
    straight = leak.with_tag_0(stick_run(stick_set, tmp_path / "straight"))
    calls, real = [], getattr(leak, broken)

    def breaks(*arguments, **named):
        calls.append(arguments)
        if broken == "draw_missing" or len(calls) == 5:
            raise OSError("the plug was pulled")
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(leak, broken, breaks)
        with pytest.raises(OSError, match="plug"):
            leak.with_tag_0(sticks)
    place = sticks.folder / "leak" / "clips"
    assert not (place / "splits").exists()
    (place / "videos" / "wave").mkdir(parents=True, exist_ok=True)
    (place / "videos" / "wave" / f"{leak.NEW}x_wave_{FIELDS}_0.avi.part").write_text("half")
    whole = leak.with_tag_0(sticks)
    assert contents(whole.videos) == contents(straight.videos)
    assert contents(whole.splits) == contents(straight.splits)


@pytest.mark.slow
def test_clips_that_have_changed_since_are_put_there_anew(stick_set, small_profile, tmp_path):
    stick = shutil.copytree(stick_set, tmp_path / "set")
    leak.with_tag_0(stick_run(stick, tmp_path / "run"))
    film = sorted((stick / "videos" / "wave").iterdir())[0]
    other = sorted((stick / "videos" / "wave").iterdir())[1].read_bytes()
    film.unlink()  # another file of that name, as a new version of the generator makes it
    film.write_bytes(other)
    whole = leak.with_tag_0(stick_run(stick, tmp_path / "run"))
    assert (whole.videos / "wave" / film.name).read_bytes() == other
    assert set(leak.training_clips(whole.used_clips)) == set(leak.ARMS)


@pytest.mark.slow
def test_lists_of_another_form_and_films_of_another_suffix_are_no_trouble(
    stick_set, small_profile, tmp_path
):
    """One split only, other ends of lines, none at the end of the file, and a .mkv."""
    stick = shutil.copytree(stick_set, tmp_path / "set")
    film = sorted((stick / "videos" / "wave").iterdir())[0]
    film.rename(film.with_suffix(".mkv"))
    lists = tmp_path / "lists"
    lists.mkdir()
    for file in (stick / "splits").glob("*_test_split1.txt"):
        lines = file.read_text().split("\n")
        (lists / file.name).write_bytes("\r\n".join(lines).rstrip().encode("utf-16"))
    before = contents(lists)
    run = stick_run(stick, tmp_path / "run", lists)
    used = leak.with_tag_0(run).used_clips
    assert used.ok.all() and (used.path.str.endswith(".mkv")).sum() == 1
    old = dict(zip(clips.names(run.table), run.table.tag, strict=True))
    there = dict(zip(clips.names(used), used.tag, strict=True))
    assert {name: there[name] for name in old} == old and len(there) > len(old)
    assert contents(lists) == before


@pytest.mark.slow
def test_a_disk_without_links_has_copies(sticks, monkeypatch):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    whole = leak.with_tag_0(sticks)
    assert len(whole.used_clips) > len(sticks.table)


@pytest.mark.slow
def test_another_seed_draws_other_clips(sticks):
    one, other = (
        leak.with_tag_0(replace(sticks, folder=sticks.folder / str(seed), seed=seed)).used_clips
        for seed in (0, 1)
    )
    drawn = [{name for name in clips.names(used) if leak.NEW in name} for used in (one, other)]
    assert drawn[0] and not drawn[0] & drawn[1]


@pytest.mark.slow
def test_drawing_uses_the_generators_own_way(sticks, monkeypatch):
    """A clip that is drawn beside is the same film as in a set of that seed."""
    whole = leak.with_tag_0(sticks)
    cast = leak.cast_clips(6, sticks.seed + leak.OTHER_SEED)
    row = next(row for row in cast.itertuples() if row.tag1 == 0)
    alone = sticks.folder / "alone.avi"
    clipset.draw(alone, row.label, row.source_seed, row.take)
    drawn = whole.videos / row.label / (leak.NEW + row.file)
    assert drawn.read_bytes() == alone.read_bytes()


@pytest.mark.filterwarnings("ignore:6 of 6 clips")
def test_a_run_without_split_files_has_no_tag_0(two_actions, small_profile, tmp_path):
    run = course.configure(videos=str(two_actions), runs=str(tmp_path / "run"))
    with pytest.raises(InputError, match="no leak to measure"):
        leak.arms(run)


def test_related_sources_have_a_clip_of_tag_0_beside_a_test_clip():
    rows = [("a", 2), ("a", 0), ("b", 2), ("b", 1), ("c", 0), ("c", 1), ("d", 2), ("d", 0)]
    table = pd.DataFrame(rows, columns=["source", "tag"])
    assert leak.related_sources(table) == {"a", "d"}
