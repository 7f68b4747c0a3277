"""The truth run: asked once, read after that, and told without a figure that was not measured."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tests.conftest import one_after_the_other
from tests.experiments.truth.samples import asked_so_far, question, said
from twostream_lib import course, records, stickhmdb
from twostream_lib.errors import CannotBeHad, InputError
from twostream_lib.experiments.truth import measuring, words
from twostream_lib.experiments.truth.measuring import PAGE, RECORD, Asked
from twostream_lib.experiments.truth.questions import Pair
from twostream_lib.fusion import repeats
from twostream_lib.locks import alone


@pytest.fixture
def two(monkeypatch, small_profile):
    """Two small questions, of notebooks 05 and 06, asked of two runs in this process."""
    monkeypatch.setattr(measuring, "side_by_side", one_after_the_other)
    monkeypatch.setattr(measuring, "SEEDS", 2)
    asked = (question("first"), question("second", notebook="06"))
    monkeypatch.setattr(measuring, "QUESTIONS", asked)
    asked_so_far.clear()
    return asked


@pytest.fixture
def films(moving_films):
    return Asked(videos=str(moving_films / "videos"))


@pytest.fixture
def sets(moving_films, monkeypatch):
    """In the place of StickHMDB, two sets whose clips are alike; and the seeds that they had."""
    drawn = []
    monkeypatch.setattr(
        stickhmdb, "make_clips", lambda folder, seed: drawn.append(seed) or moving_films
    )
    monkeypatch.setattr(measuring, "CLIP_SETS", 2)
    monkeypatch.setattr(measuring, "SPLITS", (1,))
    return drawn


# --- asked once -----------------------------------------------------------------------------------


def test_a_second_call_asks_nothing_and_says_the_same(two, films, tmp_path):
    first = measuring.measure(films, tmp_path)
    assert asked_so_far == [(name, seed) for seed in (0, 1) for name in ("first", "second")]
    again = measuring.measure(films, tmp_path)
    assert len(asked_so_far) == 4
    assert again["questions"] == first["questions"] and again["seconds"] >= first["seconds"]


def test_a_run_that_was_stopped_goes_on_with_the_next_question(two, films, tmp_path, monkeypatch):
    def stop(run):
        raise KeyboardInterrupt

    stopped = (two[0], replace(two[1], arms=stop))
    with monkeypatch.context() as patch:
        patch.setattr(measuring, "QUESTIONS", stopped)
        with pytest.raises(KeyboardInterrupt):
            measuring.measure(films, tmp_path)
    assert asked_so_far == [("first", 0)] and not (tmp_path / RECORD).exists()
    assert "seconds" in records.read(tmp_path / measuring.SPENT, "")
    measuring.measure(films, tmp_path)
    assert asked_so_far == [("first", 0), ("second", 0), ("first", 1), ("second", 1)]


def test_the_seconds_of_all_sittings_are_counted_however_they_end(tmp_path, monkeypatch):
    times = iter([10.0, 17.4, 100.0, 105.0])
    monkeypatch.setattr(measuring, "time", SimpleNamespace(monotonic=lambda: next(times)))
    with pytest.raises(KeyboardInterrupt), measuring._counted(tmp_path / "spent.json"):
        raise KeyboardInterrupt
    with measuring._counted(tmp_path / "spent.json"):
        pass
    assert measuring._spent(tmp_path / "spent.json") == 12


def test_the_questions_of_some_notebooks_alone(two, films, tmp_path):
    found = measuring.measure(films, tmp_path, ["06", "07"])
    assert list(found["questions"]) == ["second"] and {name for name, _ in asked_so_far} == {
        "second"
    }
    assert list(measuring.measure(films, tmp_path)["questions"]) == ["first", "second"]


# --- refused --------------------------------------------------------------------------------------


def test_answers_without_an_arm_that_is_compared_now_are_refused_and_named(
    two, films, tmp_path, monkeypatch
):
    measuring.measure(films, tmp_path)
    file = tmp_path / "seed-0" / "truth" / "first.npz"
    third = replace(two[0], pairs=(*two[0].pairs, Pair("one", "third")))
    monkeypatch.setattr(measuring, "QUESTIONS", (third, two[1]))
    with pytest.raises(InputError, match=r"first\.npz has no answers of third: delete it"):
        measuring.measure(films, tmp_path)
    # Another comparison of arms that there are needs no new answers.
    turned = replace(two[0], pairs=(Pair("other", "one"),))
    monkeypatch.setattr(measuring, "QUESTIONS", (turned, two[1]))
    count = len(asked_so_far)
    found = measuring.measure(films, tmp_path)
    assert (
        len(asked_so_far) == count and found["questions"]["first"]["pairs"][0]["first"] == "other"
    )
    assert file.is_file()


def test_answers_that_something_else_made_are_refused_and_named(two, films, tmp_path, monkeypatch):
    measuring.measure(films, tmp_path)
    other = replace(two[0], made_of="another set of switches")
    monkeypatch.setattr(measuring, "QUESTIONS", (other, two[1]))
    with pytest.raises(InputError) as refused:
        measuring.measure(films, tmp_path)
    assert (
        "first.npz are not of this run as it is now: what is compared is made in another way"
        in (str(refused.value))
    )
    assert str(refused.value).endswith("Delete that file, and the question is asked anew.")
    for seed in (0, 1):
        (tmp_path / f"seed-{seed}" / "truth" / "first.npz").unlink()
    assert list(measuring.measure(films, tmp_path)["questions"]) == ["first", "second"]


def test_answers_of_another_run_are_refused(two, films, tmp_path):
    run = course.configure(videos=films.videos, runs=str(tmp_path / "run"))
    measuring.answered(two[0], run)
    with pytest.raises(InputError, match="its seed was 0, and is 1 now"):
        measuring.answered(two[0], replace(run, seed=1))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"videos": "/no/such/folder"}, "/no/such/folder"),
        ({"splits": "/tmp"}, "given without videos"),
        ({"split": 4}, "split = 4"),
        ({"seed": -1}, "seed = -1"),
        ({"backbone": "resnet9000"}, "resnet9000"),
        ({"weights": "/no/such/file"}, "/no/such/file"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_written(two, tmp_path, wrong, said):
    with pytest.raises(InputError, match=said):
        measuring.measure(Asked(**wrong), tmp_path / "truth")
    assert not (tmp_path / "truth").exists() and asked_so_far == []


def test_clips_that_nothing_can_be_trained_on_are_named_before_anything_is_asked(two, tmp_path):
    (tmp_path / "videos" / "wave").mkdir(parents=True)
    (tmp_path / "videos" / "wave" / "a_wave_1.avi").write_text("no film")
    with pytest.raises(InputError):
        measuring.measure(Asked(videos=str(tmp_path / "videos")), tmp_path / "truth")
    assert asked_so_far == []


def test_a_notebook_without_a_question_is_one_sentence(two, tmp_path):
    with pytest.raises(InputError, match="No question is of notebook 03, 04: choose from 05, 06"):
        measuring.measure(Asked(), tmp_path / "truth", ["03", "04"])
    assert not (tmp_path / "truth").exists()


def test_the_folder_of_a_run_is_left_alone(two, films, tmp_path):
    run = course.configure(videos=films.videos, runs=str(tmp_path / "quick"))
    with pytest.raises(InputError, match="holds a run of the course"):
        measuring.measure(films, run.folder)
    assert not (run.folder / RECORD).exists()


def test_one_process_at_a_time_has_a_folder(two, films, tmp_path):
    with (
        alone(tmp_path / RECORD, "asks the questions"),
        pytest.raises(InputError, match="in use by process"),
    ):
        measuring.measure(films, tmp_path)


# --- what the clips cannot answer -----------------------------------------------------------------


def test_what_clips_cannot_answer_is_told_and_the_rest_is_answered(
    two, films, tmp_path, monkeypatch
):
    def only_at_first(run):
        if run.seed:
            raise CannotBeHad("There is no clip of tag 0 in <these>.")
        return two[0].arms(run)

    monkeypatch.setattr(measuring, "QUESTIONS", (replace(two[0], arms=only_at_first), two[1]))
    found = measuring.measure(films, tmp_path)
    assert found["lacking"] == {"first": "There is no clip of tag 0 in <these>."}
    assert list(found["questions"]) == ["second"]
    page = (tmp_path / PAGE).read_text()
    assert "first: There is no clip of tag 0 in &lt;these&gt;." in page


def test_of_other_clips_what_stickhmdb_promises_is_not_asked(two, films, tmp_path, monkeypatch):
    pairs = (Pair("one", "other", ("down", "smoke")), Pair("one", "other", promised=True))
    monkeypatch.setattr(measuring, "QUESTIONS", (replace(two[0], pairs=pairs),))
    (pair,) = measuring.measure(films, tmp_path)["questions"]["first"]["pairs"]
    assert (pair["classes"], pair["promised"], words.promise(pair)) == ((), False, "")


# --- runs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "seeds", "splits"),
    [
        (Asked(), [0, 2, 3, 4], [1, 2, 3, 1]),
        (Asked(seed=1), [2, 3, 4, 5], [1, 2, 3, 1]),
        (Asked(seed=5), [5, 6, 7, 8], [1, 2, 3, 1]),
        (Asked(split=3), [0, 2, 3, 4], [3, 1, 2, 3]),
    ],
)
def test_each_set_has_a_seed_of_its_own_and_not_that_of_the_recipes(
    asked, seeds, splits, tmp_path, monkeypatch
):
    drawn = []

    def draw(folder, seed):
        for name in ("videos", "splits"):
            (folder / name).mkdir(parents=True)
        drawn.append((folder, seed))
        return folder

    monkeypatch.setattr(stickhmdb, "make_clips", draw)
    runs = list(measuring._runs(asked, tmp_path))
    assert [run.seed for run in runs] == [seed for _, seed in drawn] == seeds
    assert [run.split for run in runs] == splits
    assert measuring.RECIPES_CHOSEN_ON == 1 and measuring.RECIPES_CHOSEN_ON not in seeds
    assert len({run.folder for run in runs}) == len({run.videos for run in runs}) == 4


def test_of_clips_that_are_given_only_the_seed_changes(films, tmp_path):
    runs = list(measuring._runs(replace(films, seed=1, split=2), tmp_path))
    assert [run.seed for run in runs] == [1, 2, 3]
    assert {(str(run.videos), run.split) for run in runs} == {(films.videos, 2)}
    assert len({run.folder for run in runs}) == 3


def test_sources_of_two_sets_never_count_as_one(two, sets, films, tmp_path):
    apart = measuring.measure(Asked(), tmp_path / "sets")["questions"]["first"]
    same = measuring.measure(films, tmp_path / "films")["questions"]["first"]
    assert sets == [0, 2]
    for found in (apart, same):
        assert found["arms"]["one"]["n"] == 12  # six test videos, and each of them twice
    # Two people are tested, in all three classes; of two sets they are four.
    assert same["arms"]["one"]["sources"] == same["pairs"][0]["sources"] == 2
    assert apart["arms"]["one"]["sources"] == apart["pairs"][0]["sources"] == 4


# --- the record -----------------------------------------------------------------------------------


def test_the_record_is_what_was_found_and_the_page_shows_it(two, films, tmp_path):
    found = measuring.measure(films, tmp_path)
    read = records.read(tmp_path / RECORD, "")
    for one in found["questions"].values():
        for pair in one["pairs"]:
            pair["classes"] = list(pair["classes"])  # JSON has no tuples
    assert read == found
    assert read["runs"] == [{"seed": 0, "split": 1}, {"seed": 1, "split": 1}]
    assert (read["backbone"], read["weights"], read["lacking"]) == ("resnet8", "none", {})
    assert read["data"].startswith("moving")
    assert {"date", "git", "device", "versions", "seconds"} <= read.keys()
    page = (tmp_path / PAGE).read_text()
    assert all(one["asks"] in page for one in read["questions"].values())


def test_a_summary_is_what_a_calculation_by_hand_gives():
    one, other = [1, 1, 1, 0, 1, 0], [1, 0, 0, 0, 1, 1]
    more, less = [1, 1, 0, 1, 1, 1], [0, 1, 0, 1, 0, 1]
    runs = [
        {"one": said(right), "other": said(wrong)} for right, wrong in ((one, other), (more, less))
    ]
    asked = question("by hand", pairs=(Pair("one", "other"), Pair("one", "other", ("left",))))
    found = measuring.summary(asked, runs)
    assert (found["asks"], found["notebook"]) == (asked.asks, asked.notebook)
    assert found["arms"]["one"]["by_run"] == [round(4 / 6, 4), round(5 / 6, 4)]
    assert found["arms"]["one"]["mean"] == round(9 / 12, 4)
    assert found["arms"]["other"]["mean"] == round(6 / 12, 4)
    both, of_left = found["pairs"]
    # Of six videos each: the first is right alone of two, the second of one; then of two and none.
    assert both["by_run"] == [round(1 / 6, 4), round(2 / 6, 4)] and both["mean"] == 0.25
    assert (both["n"], both["sources"]) == (12, 3)
    # Videos 1 and 4 are of the class left: right of one alone, then of one alone.
    assert of_left["by_run"] == [0.5, 0.5] and of_left["n"] == 4
    differences = [np.subtract(*pair, dtype=float) for pair in ((one, other), (more, less))]
    sources = [runs[0]["one"].source] * 2
    low, high = repeats.interval(differences, sources)
    assert (both["low"], both["high"]) == (round(low, 4), round(high, 4))


def test_how_far_it_is_is_said_for_each_question(two, films, tmp_path, capsys):
    measuring.measure(films, tmp_path)
    told = capsys.readouterr()
    for name in ("first", "second"):
        for seed in (0, 1):
            assert f"{name}, seed {seed}: 0 s" in told.err
    assert "seed 0:" not in told.out
