"""Kinds of classes: each class has one, and each allows what its evidence allows."""

import pytest

from twostream_lib.stickhmdb import ACTIONS, APPEARANCE_TWINS, JOINT_TWINS, MOTION_TWINS, kinds

CLUBS = ("clubs, vague in appearance", "clubs, vague in motion")
CLOUDS = ("smile", "laugh", "smoke")


@pytest.fixture(scope="module")
def best():
    return kinds.ceilings_by_kind()


def test_each_class_has_one_kind():
    found = kinds.kinds()
    assert list(found) == [*CLUBS[::-1], *kinds.ONE_THING.values(), *CLOUDS]
    assert sorted(label for labels in found.values() for label in labels) == sorted(ACTIONS)


def test_twins_are_of_one_kind():
    found = kinds.kinds()
    pairs = {"motion twins": MOTION_TWINS, "appearance twins": APPEARANCE_TWINS}
    for kind, twins in (pairs | {"joint twins": JOINT_TWINS}).items():
        assert [tuple(found[kind])] == twins


def test_classes_that_are_not_there_have_no_kind():
    assert kinds.kinds(["laugh", "sit"]) == {"motion twins": ["sit"], "laugh": ["laugh"]}


def test_half_of_the_clubs_are_seen_better_and_half_move_more_clearly(best):
    vague_in_appearance, vague_in_motion = (best[kind] for kind in CLUBS)
    assert vague_in_appearance["temporal-sg3i"] > vague_in_appearance["spatial"] + 0.1
    assert vague_in_motion["spatial"] > vague_in_motion["temporal-sg3i"] + 0.1


def test_twins_are_halves_for_the_stream_that_is_blind_to_them(best):
    assert best["motion twins"]["spatial"] == pytest.approx(0.5)
    assert best["motion twins"]["temporal-sg3i"] == pytest.approx(1)
    assert best["appearance twins"]["temporal-flow"] == pytest.approx(0.5)
    assert best["joint twins"]["product"] == pytest.approx(0.5)
    assert best["joint twins"]["joint"] == pytest.approx(1)


def test_flow_alone_sees_who_shakes_and_gray_frames_alone_what_fades(best):
    for kind, sees, blind in (
        ("laugh", "temporal-flow", "temporal-sg3i"),
        ("smoke", "temporal-sg3i", "temporal-flow"),
    ):
        assert best[kind][sees] == pytest.approx(1)
        assert best[kind][blind] == pytest.approx(0.5)
