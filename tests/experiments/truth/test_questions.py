"""The questions: every pair is of two arms that there are, and differs in what it promises."""

from dataclasses import fields, replace

import pytest

from tests.experiments.truth.samples import Trained, without_training
from twostream_lib import stickhmdb
from twostream_lib.course import runner
from twostream_lib.data.plan import Plan
from twostream_lib.experiments import flow_setups, leak
from twostream_lib.experiments.truth.arms import GAPS, RELATED
from twostream_lib.experiments.truth.questions import QUESTIONS

BY_NAME = {one.name: one for one in QUESTIONS}
named = pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.name)


@pytest.fixture(scope="module")
def arms():
    """What each question gives, where everything is trained."""
    with pytest.MonkeyPatch.context() as patch:
        without_training(patch)
        yield {one.name: one.arms(Trained()) for one in QUESTIONS}


class OtherClips(Trained):
    uses_stickhmdb = False


# --- all of them ----------------------------------------------------------------------------------


def test_each_is_told_of_in_a_notebook_and_has_a_name_of_its_own():
    assert len(BY_NAME) == len(QUESTIONS) == len({one.asks for one in QUESTIONS})
    notebooks = {path.name[:2] for path in runner.choose("")}
    assert {one.notebook for one in QUESTIONS} <= notebooks
    for one in QUESTIONS:
        assert one.asks.endswith("?") and one.name == one.name.strip().lower() != ""


@named
def test_every_pair_is_of_two_arms_that_there_are(question, arms):
    given = arms[question.name]
    assert question.pairs
    for pair in question.pairs:
        assert {pair.first, pair.second} <= given.keys() and pair.first != pair.second
    asked = [(pair.first, pair.second, pair.classes) for pair in question.pairs]
    assert len(set(asked)) == len(asked)
    assert not {asked_back for asked_back in asked if (asked_back[1], asked_back[0]) in asked}


@named
def test_the_classes_of_a_pair_are_those_of_stickhmdb(question):
    for pair in question.pairs:
        assert set(pair.classes) <= set(stickhmdb.CLASSES)
        assert len(set(pair.classes)) == len(pair.classes)


@named
def test_of_other_clips_nothing_is_promised_and_no_class_is_known(question):
    known = question.asked_of(Trained())
    assert known == question.pairs
    asked = question.asked_of(OtherClips())
    assert asked == tuple(
        replace(pair, promised=False) for pair in question.pairs if not pair.classes
    )
    assert asked  # every question can be asked of any clips


def test_a_gap_that_a_window_is_too_short_for_is_not_asked_about(monkeypatch):
    """As of the windows of few clips, whose dense ones are of 21 frames."""
    without_training(monkeypatch)

    class Short(Trained):
        settings = replace(Trained.settings, dense_plan=Plan("gray", (84, 108), fps=25, length=21))

    question = BY_NAME["gaps"]
    given, asked = question.arms(Short()), question.asked_of(Short())
    wide = {f"gap of 12{rest}" for rest in ("", ", half the windows")}
    assert not wide & given.keys() and "gap of 8" in given
    assert asked == tuple(pair for pair in question.pairs if not wide & {pair.first, pair.second})
    assert {pair.first for pair in asked} | {pair.second for pair in asked} <= given.keys()


# --- one by one -----------------------------------------------------------------------------------


def parted(name):
    """An arm as its parts: `spatial, tag 1` is of `spatial` and of `tag 1`."""
    return tuple(name.split(", "))


def test_the_leak_is_promised_over_as_many_other_clips_of_the_same_network():
    of_some = [pair for pair in BY_NAME["leak"].pairs if ": " in pair.first]
    for pair in of_some:
        (first, whose), (second, others) = (name.split(": ") for name in (pair.first, pair.second))
        assert whose == others and (first, second) == (
            f"average, {leak.TAGS_0_1}",
            f"average, {leak.UNRELATED}",
        )
        assert pair.promised == (whose == RELATED)  # on the others it is a control
    assert len(of_some) == 2
    for pair in (pair for pair in BY_NAME["leak"].pairs if pair not in of_some):
        (network, first), (other, second) = parted(pair.first), parted(pair.second)
        assert network == other
        assert (first, second) in {
            (leak.TAGS_0_1, leak.UNRELATED),
            (leak.UNRELATED, leak.TAG_1),
        }
        assert pair.promised == (second == leak.UNRELATED)  # more clips alone are no promise
    assert {parted(pair.first)[0] for pair in BY_NAME["leak"].pairs} == {
        "spatial",
        "temporal-sg3i",
        "average",
    }


def test_gaps_differ_in_the_gap_or_in_the_windows_alone():
    half = "half the windows"
    ends = {f"gap of {gap}" for gap in (min(GAPS), max(GAPS))}
    for pair in BY_NAME["gaps"].pairs:
        first, second = parted(pair.first), parted(pair.second)
        assert (first[0] == second[0]) == (second[1:] == (half,)) and first[1:] == ()
    promised = [pair for pair in BY_NAME["gaps"].pairs if pair.promised]
    assert {pair.second for pair in promised if not pair.classes} == ends  # over both ends
    assert not ends & {pair.first for pair in promised}


def test_windows_and_recipes_differ_in_their_number_and_in_their_recipe_alone():
    for pair in BY_NAME["windows"].pairs:
        (network, first), (other, second) = parted(pair.first), parted(pair.second)
        assert (network, first, second) == (other, "ten windows", "one window")
    for pair in BY_NAME["recipes"].pairs:
        assert pair.second == f"{pair.first}, plain fine-tune" and not pair.promised


def test_each_fault_is_held_against_its_control():
    pairs = BY_NAME["failures"].pairs
    assert all(pair.first == flow_setups.control_of(pair.second) for pair in pairs)
    asked = {pair.second for pair in pairs}
    left_out = set(flow_setups.SETUPS) - asked
    assert left_out == {"working", *flow_setups.TWINS}  # which are controls themselves
    for pair in pairs:
        one, other = (flow_setups.find_setup(name) for name in (pair.first, pair.second))
        assert any(getattr(one, f.name) != getattr(other, f.name) for f in fields(one))
    assert not any(pair.promised for pair in pairs)  # the generator says nothing of networks


def test_each_motion_stream_is_promised_where_the_other_sees_nothing():
    promised = {(p.first, p.classes) for p in BY_NAME["motion"].pairs if p.promised}
    assert promised == {
        ("temporal-flow", ("laugh", "smile")),
        ("temporal-sg3i", ("smoke",)),
    }
    kinds = {label: stickhmdb.kinds.kind_of(label) for label in stickhmdb.CLASSES}
    for pair in BY_NAME["motion"].pairs:
        if pair.classes and not pair.promised:
            assert len({kinds[label] for label in pair.classes}) >= 2


def test_joint_is_promised_on_the_classes_that_need_both_at_once():
    together = {label for pair in stickhmdb.JOINT_TWINS for label in pair}
    for pair in BY_NAME["joint"].pairs:
        assert pair.promised == bool(pair.classes)
        assert not pair.classes or set(pair.classes) == together
    controls = {pair.second for pair in BY_NAME["joint"].pairs if pair.first == "joint"}
    assert "average, trained on" in controls  # more training of each by itself


def test_what_is_learned_in_fold_is_the_same_fusion():
    for pair in BY_NAME["fusions"].pairs:
        if "in fold" in pair.second:
            assert parted(pair.second)[0] == pair.first and pair.promised
