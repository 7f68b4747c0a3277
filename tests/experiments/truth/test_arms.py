"""The arms: each is one row a video, and there are no more of them than the clips can give."""

import pandas as pd
import pytest

from tests.experiments.truth.samples import Trained, without_training
from twostream_lib import clips
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
