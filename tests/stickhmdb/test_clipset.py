"""StickHMDB: twins are exact, splits are HMDB-51's, and the same seed gives the same files."""

import json
import re

import av
import cv2
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from twostream_lib import stickhmdb, video
from twostream_lib.errors import InputError
from twostream_lib.stickhmdb import clipset
from twostream_lib.stickhmdb.actions import ACTIONS, draw_source, draw_take
from twostream_lib.stickhmdb.casting import plan
from twostream_lib.stickhmdb.skeleton import MOTIONS
from twostream_lib.video import encoding

NAME = re.compile(r"(.+)_([hufl])_(cm|nm)_np([123])_(fr|ba|le|ri)_(goo|med|bad)_(\d+)\.avi")
LUMA = np.array([0.299, 0.587, 0.114])
SPLITS = ("tag1", "tag2", "tag3")


@pytest.fixture(scope="module")
def whole_plan():
    return plan(60, seed=0)


@pytest.fixture(scope="module")
def small_set(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set") / "stickhmdb"
    return stickhmdb.make_clips(folder, clips_per_class=6, jobs=2, progress=False)


@pytest.fixture
def few_clips(monkeypatch):
    """Sets of one clip a class, for what does not need more."""
    monkeypatch.setattr(
        clipset, "plan", lambda clips, seed: plan(clips, seed).groupby("label").head(1)
    )


# --- twins ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", stickhmdb.MOTION_TWINS)
def test_motion_twins_are_each_other_backwards(pair):
    forwards, backwards = (stickhmdb.render(label, seed=25) for label in pair)
    assert np.array_equal(forwards, backwards[::-1])
    assert not np.array_equal(forwards, backwards)


@pytest.mark.parametrize("pair", stickhmdb.APPEARANCE_TWINS)
@pytest.mark.parametrize("seed", [2, 26])
def test_appearance_twins_differ_in_hue_alone(pair, seed):
    one, other = (stickhmdb.render(label, seed).astype(float) for label in pair)
    apart = np.abs((one - other) @ LUMA)
    changed = np.abs(one - other).max(-1) > 80
    assert apart.max() < 3 and apart[changed].mean() < 0.7  # rounding, of layer upon layer
    assert changed.sum((1, 2)).min() > 150, "the told hue is too small in some frame"


def test_gray_stays_equal_through_the_encoder(tmp_path):
    gray = []
    for label in ("golf", "swing_baseball"):
        film = stickhmdb.render(label, 3)[:20]
        encoding.write(tmp_path / f"{label}.avi", film, 30)
        gray.append(video.decode_gray(tmp_path / f"{label}.avi").astype(float))
    assert np.abs(gray[0] - gray[1]).mean() < 0.7
    assert abs(gray[0].mean() - gray[1].mean()) < 0.3


def test_what_is_said_of_a_class_is_how_it_is_drawn():
    recipes = list(ACTIONS.values())
    for one in recipes:
        for other in recipes:
            assert (one.shows == other.shows) == ((one.kind, one.hue) == (other.kind, other.hue))
            same_motion = (one.kind, one.backwards) == (other.kind, other.backwards)
            assert (one.moves == other.moves) == same_motion


def test_no_saturated_colour_where_no_hue_is_told():
    for seed in range(40, 46):
        frame = stickhmdb.render("sit", seed)[20]
        saturation = cv2.cvtColor(cv2.blur(frame, (5, 5)), cv2.COLOR_RGB2HSV)[..., 1]
        assert np.mean(saturation > 150) < 0.002


# --- motion ---------------------------------------------------------------------------------------


def test_motion_runs_one_way_through_the_whole_round():
    phase = np.linspace(0, 0.999, 60)
    blade = MOTIONS["blade"](phase, 1).props[0].end
    assert np.all(np.diff(blade[:, 1]) > 0)
    assert np.all(np.diff(MOTIONS["seat"](phase, 1).pelvis[:, 1]) < 0)
    for ball in MOTIONS["ball"](phase, 1).props[1:3]:
        steps = np.diff(ball.end[:, 0])
        assert np.sum(steps <= 0) == 1, "a ball turns only where it becomes the next one"


@pytest.mark.parametrize("label", ["draw_sword", "sit", "throw", "drink", "golf"])
def test_every_third_of_a_second_moves_visibly(label):
    film = stickhmdb.render(label, 31)
    small = np.stack([cv2.resize(frame, (128, 96), interpolation=cv2.INTER_AREA) for frame in film])
    gray = small @ LUMA
    for step in (5, 10):
        moved = np.abs(gray[step:] - gray[:-step]) > 20
        assert moved.sum((1, 2)).min() > 15, f"{step} frames apart"


@pytest.mark.parametrize("time", [5, 35])
def test_a_frame_at_a_fixed_time_shows_every_phase_equally_often(time):
    """Else the time of a window in its clip would tell motion twins apart in a single picture."""
    source = draw_source((0,), "seat")
    takes = [draw_take((n,), 0, source) for n in range(800)]
    forwards = [(t.phase + time / 30 / t.period) % 1 for t in takes]
    backwards = [(t.phase + (t.frames - 1 - time) / 30 / t.period) % 1 for t in takes]
    for phases in (forwards, backwards):
        assert stats.kstest(phases, "uniform").pvalue > 0.001


def test_clips_last_from_one_and_a_half_to_two_and_a_half_seconds():
    source = draw_source((0,), "ball")
    frames = [draw_take((n,), 0, source).frames for n in range(300)]
    assert min(frames) >= 45 and max(frames) <= 75


# --- ceilings -------------------------------------------------------------------------------------


def test_ceilings_of_a_balanced_table():
    table = pd.DataFrame({"label": stickhmdb.CLASSES * 4, "tag": 2})
    expected = {"spatial": 8 / 12, "temporal": 8 / 12, "both": 1.0}
    assert stickhmdb.ceilings_of(table) == pytest.approx(expected)


def test_ceilings_follow_the_counts_of_the_test_clips():
    labels = ["sit"] * 3 + ["stand"] + ["drink"] * 2 + ["eat"] * 2
    table = pd.DataFrame({"label": [*labels, "golf"], "tag": [2] * len(labels) + [1]})
    expected = {"spatial": 7 / 8, "temporal": 6 / 8, "both": 1.0}
    assert stickhmdb.ceilings_of(table) == pytest.approx(expected)


@pytest.mark.parametrize("rows", [{"label": ["wave"], "tag": [2]}, {"label": ["sit"], "tag": [1]}])
def test_ceilings_of_other_clips_are_not_known(rows):
    with pytest.raises(InputError, match="not known"):
        stickhmdb.ceilings_of(pd.DataFrame(rows))


def test_the_evidence_of_a_clip_is_that_of_its_class():
    told = stickhmdb.evidence(["sit", "stand", "sit"])
    assert told.label.tolist() == ["sit", "stand", "sit"]
    assert told.iloc[0].equals(told.iloc[2])
    assert told.shows.nunique() == 1 and told.moves.nunique() == 2
    assert stickhmdb.evidence().label.tolist() == list(ACTIONS)


def test_ceilings_in_words_name_each_share():
    words = stickhmdb.ceilings_in_words({"spatial": 0.5, "temporal": 0.625, "both": 1.0})
    assert "**one picture** gets **50.0%**" in words
    assert "**gray motion** **62.5%**" in words and "**both** **100.0%**" in words
    assert stickhmdb.ceilings_in_words({}).startswith("Nobody knows the ceilings")


# --- plan -----------------------------------------------------------------------------------------


def test_names_are_hmdb51s(whole_plan):
    assert whole_plan["file"].is_unique
    seen = []
    for row in whole_plan.itertuples():
        match = NAME.fullmatch(row.file)
        assert match and match[1] == f"{row.source}_{row.label}" and int(match[7]) == row.take
        source = draw_source(row.source_seed, ACTIONS[row.label].kind)
        take = draw_take(row.source_seed, row.take, source)
        drawn = (source.body, take.camera, str(take.people), source.view, take.quality)
        assert match.groups()[1:6] == drawn
        seen.append(drawn)
    bodies, cameras, people, views, qualities = map(set, zip(*seen, strict=True))
    assert bodies == {"h", "u", "f"} and cameras == {"cm", "nm"} and people == {"1", "2", "3"}
    assert views == {"fr", "ba", "le", "ri"} and qualities == {"goo", "med", "bad"}


def test_a_source_has_few_clips_of_a_class_and_is_sometimes_named_after_one(whole_plan):
    assert whole_plan.groupby(["source", "label"]).size().between(2, 4).all()
    named = [row.label in row.source for row in whole_plan.itertuples()]
    assert 0.05 < np.mean(named) < 0.4


@pytest.mark.parametrize("pair", [*stickhmdb.MOTION_TWINS, *stickhmdb.APPEARANCE_TWINS])
def test_each_clip_has_its_twin_in_the_same_part_of_each_split(whole_plan, pair):
    """So a reader to whom twins are equal is wrong of one for each that it has right."""
    drawn_by = ["source_seed", "take", "source", *SPLITS]
    one, other = (whole_plan[whole_plan["label"] == label][drawn_by] for label in pair)
    assert one.reset_index(drop=True).equals(other.reset_index(drop=True))


def test_classes_that_are_no_twins_share_no_source(whole_plan):
    kinds = whole_plan["label"].map(lambda label: ACTIONS[label].kind)
    assert (kinds.groupby(whole_plan["source"]).nunique() == 1).all()


@pytest.mark.parametrize("clips", [6, 7, 8, 9, 10, 11, 13, 20, 23, 24, 37, 60])
def test_shares_and_sources_of_the_splits(clips):
    rows = plan(clips, seed=clips)
    for tag in SPLITS:
        counts = rows.groupby(["label", tag]).size().unstack(fill_value=0)
        assert (counts[1] == round(0.53 * clips)).all() and (counts[2] == round(0.23 * clips)).all()
        train, test = (set(rows["source"][rows[tag] == number]) for number in (1, 2))
        assert not train & test


def test_test_clips_have_siblings_as_often_as_in_hmdb51(whole_plan):
    for tag in SPLITS:
        unused = set(whole_plan["source"][whole_plan[tag] == 0])
        share = whole_plan["source"][whole_plan[tag] == 2].isin(unused).mean()
        assert 0.3 <= share <= 0.55


def test_splits_test_on_other_sources(whole_plan):
    tested = [set(whole_plan["source"][whole_plan[tag] == 2]) for tag in SPLITS]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert len(tested[one] & tested[other]) < 0.1 * len(tested[one])


def test_plan_follows_its_seed():
    assert plan(6, 0).equals(plan(6, 0))
    assert not plan(6, 0)["file"].equals(plan(6, 1)["file"])
    with pytest.raises(InputError, match="6 or more"):
        plan(5)


# --- files ----------------------------------------------------------------------------------------


def test_a_set_is_real_clips_with_split_files(small_set):
    rows = plan(6, 0)
    found = {file.relative_to(small_set / "videos").as_posix() for file in small_set.rglob("*.avi")}
    assert found == {f"{row.label}/{row.file}" for row in rows.itertuples()}
    for label, clips in rows.groupby("label"):
        for split, tag in enumerate(SPLITS, 1):
            lines = (small_set / "splits" / f"{label}_test_split{split}.txt").read_text()
            pairs = [line.split() for line in lines.splitlines()]
            assert {name: int(mark) for name, mark in pairs} == dict(
                zip(clips["file"], clips[tag], strict=True)
            )
    assert stickhmdb.is_stickhmdb(small_set / "videos")
    assert not stickhmdb.is_stickhmdb(small_set / "videos" / "sit")


def test_a_clip_is_what_was_rendered(small_set):
    row = next(plan(6, 0).itertuples())
    file = small_set / "videos" / row.label / row.file
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "mpeg4" and stream.average_rate == 30
        assert (stream.width, stream.height) == (320, 240)
    film = stickhmdb.render(row.label, row.source_seed, row.take)
    decoded = video.decode(file)
    assert decoded.shape == film.shape
    assert np.abs(decoded.astype(float) - film).mean() < 4


def test_a_finished_set_is_left_alone(small_set, monkeypatch):
    monkeypatch.setattr(clipset, "draw_set", lambda *_: pytest.fail("drawn again"))
    assert stickhmdb.make_clips(small_set, clips_per_class=6, progress=False) == small_set


def test_only_what_is_missing_is_drawn_with_the_same_bytes(small_set, capfd):
    files = sorted(small_set.rglob("*.avi"))
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files}
    manifest = (small_set / "stickhmdb.json").read_bytes()
    (small_set / "stickhmdb.json").rename(small_set / "stickhmdb.unfinished.json")
    files[7].unlink()
    (files[8].parent / "half.part.avi").write_bytes(b"half")
    stickhmdb.make_clips(small_set, clips_per_class=6, jobs=1)
    assert "1/1" in capfd.readouterr().err
    assert sorted(small_set.rglob("*.avi")) == files
    assert files[7].read_bytes() == before[files[7]][0]
    others = (file for file in files if file != files[7])
    assert all(file.stat().st_mtime_ns == before[file][1] for file in others)
    assert (small_set / "stickhmdb.json").read_bytes() == manifest


def test_bytes_do_not_depend_on_the_number_of_jobs(tmp_path, few_clips):
    sets = [
        stickhmdb.make_clips(tmp_path / str(jobs), 6, seed=3, jobs=jobs, progress=False)
        for jobs in (1, 2)
    ]
    names = [sorted(f.relative_to(s) for f in s.rglob("*") if f.is_file()) for s in sets]
    assert names[0] == names[1] and len(names[0]) == 12 + 36 + 1
    assert all((sets[0] / n).read_bytes() == (sets[1] / n).read_bytes() for n in names[0])


def test_another_seed_takes_the_place_of_the_old_set(tmp_path, few_clips, monkeypatch):
    def pretend(*film):
        for file in (files := film[-1]):
            file.write_bytes(b"clip")
        return len(files)

    monkeypatch.setattr(clipset, "draw", pretend)
    folder = stickhmdb.make_clips(tmp_path / "set", 6, seed=0, jobs=1, progress=False)
    old = set(folder.rglob("*.avi"))
    stickhmdb.make_clips(folder, 6, seed=1, jobs=1, progress=False)
    assert len(old) == 12 and not any(file.exists() for file in old)
    assert json.loads((folder / "stickhmdb.json").read_text())["seed"] == 1


@pytest.mark.parametrize("name", ["holiday.avi", "stickhmdb.json"])
def test_a_folder_of_something_else_is_not_touched(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(InputError, match="not StickHMDB"):
        stickhmdb.make_clips(tmp_path, 6, progress=False)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="cannot be written"):
        stickhmdb.make_clips(tmp_path / "file" / "set", 6, progress=False)


def test_a_full_disk(tmp_path, few_clips, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(clipset, "draw", full)
    with pytest.raises(InputError, match="No space left"):
        stickhmdb.make_clips(tmp_path / "set", 6, jobs=1, progress=False)
    assert not stickhmdb.is_stickhmdb(tmp_path / "set" / "videos")


def test_contact_sheet_has_a_row_for_each_class():
    sheet = stickhmdb.contact_sheet(columns=2)
    assert sheet.dtype == np.uint8 and sheet.shape[2] == 3
    assert sheet.shape[0] > 12 * 132 and sheet.shape[1] > 2 * 176
    assert sheet.std() > 20
