"""The comparison of gaps: one moment, three frames nearer or farther apart, and no test clip."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.conftest import one_after_the_other
from twostream_lib import course, sg3i, video
from twostream_lib.course import side_results
from twostream_lib.data import cutting
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.experiments import gaps
from twostream_lib.training import profiles
from twostream_lib.training.recipes import RECIPES, Phase, Recipe
from twostream_lib.video import encoding

DENSE = Plan("gray", (32, 48), fps=30, length=9, step=0.3)


def moving_square(speed, frames=36):
    pictures = np.full((frames, 48, 64, 3), 60, np.uint8)
    for t in range(frames):
        pictures[t, 10:30, speed * t % 40 : speed * t % 40 + 16] = (220, 40, 40)
    return pictures


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run over two classes of six short clips, four of them for training."""
    folder = tmp_path_factory.mktemp("gaps")
    (folder / "splits").mkdir()
    for speed, label in enumerate(("run", "walk"), start=1):
        (folder / "videos" / label).mkdir(parents=True)
        names = [f"s{number}_{label}_f_nm_np1_ri_goo_0.avi" for number in range(6)]
        for name in names:
            encoding.write(folder / "videos" / label / name, moving_square(speed), fps=30)
        tags = "".join(f"{name} {1 if place < 4 else 2} \n" for place, name in enumerate(names))
        (folder / "splits" / f"{label}_test_split1.txt").write_text(tags)
    with pytest.MonkeyPatch.context() as patch:
        quick = replace(profiles.PROFILES["quick"], dense_plan=DENSE)
        patch.setitem(profiles.PROFILES, "quick", quick)
        patch.setitem(RECIPES, "quick-gaps", Recipe("test", (Phase("sgd", 1e-3, 1),), 8))
        yield course.configure(videos=str(folder / "videos"), runs=str(folder / "runs" / "one"))


@pytest.mark.parametrize("gap", [1, 2, 4])
def test_an_sg3i_out_of_a_dense_window_is_that_of_its_clip(run, gap):
    data = run.part("gap-sweep", "train", gaps.channels_of(DENSE, gap))
    images, _ = data[list(range(len(data)))]
    for image, row in zip(images, data.rows.itertuples(), strict=True):
        path = run.table.set_index(run.table.path.str[-len(row.video) :]).path[row.video]
        gray = cutting.resize(video.decode_gray(path), DENSE.size)
        middle = row.start + DENSE.length // 2
        wanted = sg3i.sg3i(gray, middle - gap, gap)
        np.testing.assert_array_equal(image.permute(1, 2, 0).numpy(), wanted)


@pytest.mark.parametrize("gap", [0, -1, 5])
def test_a_gap_that_no_window_has_is_refused(gap):
    with pytest.raises(InputError, match="a dense window of 9 has 1 to 4"):
        gaps.channels_of(DENSE, gap)


def test_a_window_of_an_even_length_has_no_middle_to_spare():
    with pytest.raises(InputError, match="a dense window of 8 has 1 to 3"):
        gaps.channels_of(replace(DENSE, length=8), 4)


def test_a_part_without_a_window_is_one_clear_sentence(run, tmp_path):
    longer = replace(run.settings, dense_plan=replace(DENSE, length=35))
    longer = replace(run, settings=longer, folder=tmp_path)
    with pytest.raises(InputError, match="No clip of the test part is long enough for a window"):
        longer.part("gap-sweep", "test")  # dense windows are cut from training clips alone


def test_the_widest_gap_is_the_last_that_a_window_has():
    for length in (3, 8, 9, 25):
        plan = replace(DENSE, length=length)
        assert len(range(length)[gaps.channels_of(plan, gaps.widest(plan))]) == 3
        with pytest.raises(InputError):
            gaps.channels_of(plan, gaps.widest(plan) + 1)


def test_sparser_windows_are_every_other_one_of_each_clip_and_as_many_steps(run, monkeypatch):
    """A clip of these has windows 0, 1 and 2."""
    fitted = {}

    def watch(self, network, net, train, valid, folder, recipe):
        fitted[folder.name] = train, valid, recipe
        return []

    monkeypatch.setattr(type(run), "fit", watch)
    monkeypatch.setattr(gaps, "side_by_side", one_after_the_other)
    for sparser in (1, 2):
        gaps.sweep(run, [2], sparser)
    assert 2 in side_results.gaps(run)  # the scores are left for the report
    (whole, valid, once), (half, again, twice) = fitted["gap-2"], fitted["gap-2-every-2"]
    assert valid.identity == again.identity  # judged alike
    assert half.channels == whole.channels == gaps.channels_of(DENSE, 2)
    rows = whole.rows.reset_index(drop=True)
    every_other = rows[rows.groupby("video", observed=True).cumcount() % 2 == 0]
    pd.testing.assert_frame_equal(
        half.rows.reset_index(drop=True), every_other.reset_index(drop=True)
    )
    seen = [recipe.epochs * len(data) for recipe, data in ((once, whole), (twice, half))]
    assert abs(seen[0] - seen[1]) <= len(half) / 2  # no other whole number of epochs is nearer
    assert replace(twice, phases=once.phases) == once


def test_each_fold_is_held_out_once_and_a_fold_without_windows_is_left_out(run, monkeypatch):
    """Streams that say nothing are enough to see who is asked about which clips."""
    learned = {}

    def watch(self, network, net, train, valid, folder, recipe):
        learned[folder.name] = set(train.videos), set(valid.videos)
        return []

    monkeypatch.setattr(type(run), "fit", watch)
    monkeypatch.setattr(gaps, "side_by_side", one_after_the_other)
    there = run.settings.folds
    (found,) = gaps.sweep(run, [1], folds=there + 2).values()
    training = set(run.part("gap-sweep", "train+validation").videos)
    assert len(learned) == len({*run.limits.folds.values()}) <= there
    for trained_on, held_out in learned.values():
        assert held_out and not trained_on & held_out and trained_on | held_out == training
    rows = list(zip(found.video, found.window, strict=True))
    assert set(found.video) == training and len(set(rows)) == len(rows)
    (alone,) = gaps.sweep(run, [1]).values()
    assert set(alone.video) == learned["gap-1"][1]  # with one fold, the validation part


@pytest.mark.slow
def test_a_sweep_scores_the_same_validation_windows_and_no_test_clip(run):
    found = gaps.sweep(run, [1, 4])
    assert list(found) == [1, 4]
    assert 2 not in set(run.dense.index.tag)
    assert found[1].part == "validation" and len(found[1])
    np.testing.assert_array_equal(found[1].video, found[4].video)
    np.testing.assert_array_equal(found[1].window, found[4].window)
    assert not np.array_equal(found[1].logits, found[4].logits)
    again = gaps.sweep(run, [1])  # read from the run folder, and not trained again
    np.testing.assert_array_equal(found[1].logits, again[1].logits)


def test_a_small_sweep_goes_from_one_frame_to_the_widest_gap(run):
    assert gaps.to_try(run) == [1, 2, 4]
    wide = replace(run.settings, dense_plan=replace(DENSE, length=25))
    assert gaps.to_try(replace(run, settings=wide)) == [1, 2, 5, 12]


def test_clips_that_are_too_short_are_swept_by_no_gap(run, tmp_path):
    longer = replace(run.settings, dense_plan=replace(DENSE, length=99))
    short = replace(run, settings=longer, folder=tmp_path)
    assert gaps.to_try(short) == [] and gaps.sweep(short, []) == {}
