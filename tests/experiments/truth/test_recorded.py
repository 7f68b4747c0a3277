"""The record that the notebooks speak of: whole, of the questions that there are, asked by name."""

import re
import shutil
from copy import deepcopy
from datetime import date
from pathlib import Path

import pytest

from tests.experiments.truth import record as recording
from tests.experiments.truth import samples
from tests.experiments.truth.samples import Trained, without_training
from twostream_lib import records
from twostream_lib.errors import InputError
from twostream_lib.experiments.truth import recorded, words
from twostream_lib.experiments.truth.questions import QUESTIONS


@pytest.fixture
def by_hand(tmp_path, monkeypatch):
    """A record of two small questions in the place of the real one."""
    monkeypatch.setattr(recorded, "FILE", tmp_path / "recorded.json")
    records.write(recorded.FILE, samples.record())
    recorded.record.cache_clear()
    yield samples.record()
    recorded.record.cache_clear()


# --- the record -----------------------------------------------------------------------------------


def test_it_is_whole_and_of_the_questions_that_there_are():
    assert recording.faults(recorded.record()) == []
    assert date.fromisoformat(recorded.record()["date"]) >= date(2026, 1, 1)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.name)
def test_its_arms_are_those_of_the_questions(question, monkeypatch):
    without_training(monkeypatch)
    if question.name in recording.CANNOT:
        assert question.name in recorded.record()["lacking"]
        return
    assert list(recorded.question(question.name)["arms"]) == list(question.arms(Trained()))


def test_it_is_of_at_least_three_runs_and_of_every_split():
    runs = recorded.record()["runs"]
    assert len({run["seed"] for run in runs}) >= 3 and {run["split"] for run in runs} == {1, 2, 3}


def test_no_figure_is_typed_beside_the_record():
    """Shares and points of the experiments; that of all intervals is no finding."""
    here = Path(recorded.__file__).parents[1]
    for file in sorted(here.rglob("*.py")):
        text = file.read_text(encoding="utf-8").replace("95 %", "")
        assert re.findall(r"\d+(?:\.\d+)? ?(?:%|points)", text) == [], file.name


# --- asked by name --------------------------------------------------------------------------------


def test_a_question_is_asked_by_its_name(by_hand):
    assert recorded.question("gaps") == by_hand["questions"]["gaps"]
    assert recorded.measured() == words.measured(by_hand)
    assert recorded.arms("gaps").equals(words.arms_table(by_hand["questions"]["gaps"]))
    assert recorded.pairs("joint").equals(words.pairs_table(by_hand["questions"]["joint"]))


def test_a_question_that_was_not_asked_is_one_sentence(by_hand):
    with pytest.raises(InputError, match="No question is called 'colour': choose one of joint, g"):
        recorded.question("colour")


def test_a_record_that_was_changed_by_hand_is_refused(by_hand):
    recorded.FILE.write_text(recorded.FILE.read_text().replace("0.158", "0.058"))
    with pytest.raises(InputError, match="no longer what was written"):
        recorded.question("joint")


# --- made the record ------------------------------------------------------------------------------


@pytest.fixture
def whole():
    """A record of all questions, of three runs, whose figures fit each other."""

    def counted(mean):
        return samples.found(mean, mean, mean) | {"by_run": [mean] * 3}

    questions = {}
    with pytest.MonkeyPatch.context() as patch:
        without_training(patch)
        for one in QUESTIONS:
            arms = {name: counted(0.5) for name in one.arms(Trained())}
            told = {"asks": one.asks, "notebook": one.notebook, "judged": one.judged}
            pairs = [
                {"first": pair.first, "second": pair.second, "classes": list(pair.classes)}
                | {"promised": pair.promised}
                | counted(0.0)
                for pair in one.pairs
            ]
            questions[one.name] = told | {"arms": arms, "pairs": pairs}
    lacking = dict.fromkeys(recording.CANNOT, "no weights")
    questions = {name: one for name, one in questions.items() if name not in lacking}
    runs = [{"seed": seed, "split": split} for seed, split in ((0, 1), (2, 2), (3, 3))]
    return samples.record(questions=questions, lacking=lacking, runs=runs)


def spoil(record, how):
    """The record with one thing wrong; its name is in the sentence about it."""
    found = deepcopy(record)
    joint, gaps = found["questions"]["joint"], found["questions"]["gaps"]
    if how == "not whole":
        del found["date"]
    elif how == "not of StickHMDB":
        found["data"] = "weizmann"
    elif how == "that differ are needed":
        found["runs"] = found["runs"][:2]
    elif how == "chosen on clips of seed":
        found["runs"][0]["seed"] = 1
    elif how == "not those that there are":
        del found["questions"]["leak"]
    elif how == "no answers to leak":
        found["lacking"]["leak"] = "nobody knows"
        del found["questions"]["leak"]
    elif how == "other words":
        joint["asks"] = "Why?"
    elif how == "The pairs of gaps":
        gaps["pairs"].pop()
    elif how == "cannot be":
        joint["arms"]["svm"]["low"] = 0.6
    elif how == "not that of its arms":
        joint["arms"]["joint"] |= samples.found(0.6, 0.6, 0.6) | {"by_run": [0.6] * 3}
    return found


def test_a_whole_record_becomes_the_one_that_is_shown(whole, by_hand, tmp_path):
    records.write(tmp_path / "truth.json", whole)
    assert recording.faults(whole) == [] and recording.main(tmp_path / "truth.json") == 0
    recorded.record.cache_clear()
    assert recorded.record() == whole


@pytest.mark.parametrize(
    "how",
    [
        *("not whole", "not of StickHMDB", "that differ are needed", "chosen on clips of seed"),
        *("not those that there are", "no answers to leak", "other words", "The pairs of gaps"),
        *("cannot be", "not that of its arms"),
    ],
)
def test_any_other_is_refused_and_the_old_one_stays(whole, by_hand, tmp_path, capsys, how):
    records.write(tmp_path / "truth.json", spoil(whole, how))
    before = shutil.copy(recorded.FILE, tmp_path / "before.json").read_bytes()
    assert recording.main(tmp_path / "truth.json") == 1
    assert how in capsys.readouterr().err and recorded.FILE.read_bytes() == before
