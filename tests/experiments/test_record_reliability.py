"""What is recorded of the rule's errors, on films of a moving square."""

import numpy as np
import pytest

from tests.experiments import record_reliability
from tests.fusion import test_reliability as schema
from twostream_lib import course, records
from twostream_lib.course import judges, prediction
from twostream_lib.experiments import unseen


@pytest.fixture
def run(moving_films, small_profile, tmp_path):
    return course.configure(videos=str(moving_films / "videos"), runs=str(tmp_path / "run"))


def test_all_classes_are_dealt_into_groups():
    groups = record_reliability.in_groups(list("abcdefg"), 3)
    assert sorted("".join(map("".join, groups))) == list("abcdefg")
    assert [len(group) for group in groups] == [3, 2, 2]


def test_classes_held_out_are_recorded_with_every_threshold(run):
    frozen = record_reliability.Frozen(run)
    found = record_reliability.held_out([run, run], [frozen, frozen], 3, "Weizmann")
    assert records.misfit(found, schema.HELD_OUT) == ""
    assert len(found["thresholds"]) == 2 * 3
    tests = len(set(run.part("spatial", "test").rows.video))
    assert found["new"]["of"] == 2 * tests and found["seen"]["of"] == 2 * 2 * tests


def test_frozen_features_are_learned_without_the_classes_held_out_and_without_the_test(run):
    frozen, part = record_reliability.Frozen(run), unseen.without(run, ["left"])
    before = frozen(part, "spatial")
    assert set(before["test"].logits.argmax(1)) <= {run.classes.index(c) for c in ("down", "right")}
    index = run.images.index
    frozen.features["spatial"][(index.label == "left") & (index.tag != 2)] += 1
    hidden = frozen(part, "spatial")
    for name in ("out-of-fold", "test"):
        assert np.array_equal(before[name].logits, hidden[name].logits)
    frozen.features["spatial"][index.tag == 2] += 1
    moved = frozen(part, "spatial")
    assert np.array_equal(before["out-of-fold"].logits, moved["out-of-fold"].logits)
    assert not np.array_equal(before["test"].logits, moved["test"].logits)


def test_a_finished_run_is_asked_as_predict_asks_it(finished_folder, small_profile, moving_films):
    run = course.configure(videos=str(moving_films / "videos"), runs=str(finished_folder))
    films = sorted((moving_films / "videos").glob("*/film[45]*.avi"))
    found = record_reliability.asked([run], films, "StickHMDB", "Weizmann")
    assert records.misfit(found, schema.ASKED) == ""
    said = list(prediction.ask_all(judges.load(run), films))
    (one,) = found["runs"]
    assert (one["not_known"], one["of"]) == (sum(not a.known for a in said), len(films))
    assert one["threshold"] == pytest.approx(said[0].rule.threshold, abs=0.001)
