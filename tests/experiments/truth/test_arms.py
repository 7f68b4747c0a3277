"""The arms: each is one row a video, and there are no more of them than the clips can give."""

import pandas as pd
import pytest

from tests.experiments.truth.samples import Trained, without_training
from twostream_lib import clips
from twostream_lib.experiments import flow_trials
from twostream_lib.experiments.truth.arms import OTHERS, RELATED
from twostream_lib.experiments.truth.questions import QUESTIONS


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.name)
def test_an_arm_has_one_row_a_video_under_one_protocol(question, monkeypatch):
    without_training(monkeypatch)
    for name, said in question.arms(Trained()).items():
        some = RELATED in name or OTHERS in name
        assert len(set(said.video)) == len(said) == (6 if some else 12)


def test_where_all_test_videos_have_relatives_there_are_no_others_to_ask_about(monkeypatch):
    without_training(monkeypatch)

    class AllRelated(Trained):
        @property
        def table(self):
            tested = super().table
            return pd.concat([tested, tested[tested.tag == clips.TEST].assign(tag=clips.UNUSED)])

    question, run = next(one for one in QUESTIONS if one.name == "leak"), AllRelated()
    given = question.arms(run)
    assert all(len(said) == 12 for said in given.values())
    assert not any(OTHERS in arm for arm in given)
    asked = {arm for pair in question.asked_of(run) for arm in (pair.first, pair.second)}
    assert asked <= given.keys() and not any(OTHERS in arm for arm in asked)


def test_each_seed_holds_out_another_fold_of_clips_that_were_given(monkeypatch):
    without_training(monkeypatch)
    lab, held_out = flow_trials.lab_of(None, 0), []
    monkeypatch.setattr(flow_trials, "lab_of", lambda run, fold: held_out.append(fold) or lab)
    question = next(one for one in QUESTIONS if one.name == "failures")
    for given in (True, False):
        for seed in range(4):
            run = Trained()
            run.seed, run.uses_stickhmdb = seed, not given
            question.arms(run)
    assert held_out == [0, 1, 2, 0, 0, 0, 0, 0]
