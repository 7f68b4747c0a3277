"""What `bench flow` measures: its known motion is known, and its errors are errors."""

import numpy as np
import pandas as pd
import pytest

from twostream_lib.bench import flow_methods
from twostream_lib.clips.probing import probe_clip
from twostream_lib.errors import InputError
from twostream_lib.flow import estimators
from twostream_lib.stickhmdb import known_motion
from twostream_lib.stickhmdb.known_motion import Pair

SIZE = (64, 80)


@pytest.fixture(scope="module")
def table(tiny_clip):
    row = {"path": str(tiny_clip), "label": "move", "source": "square", "tag": 1}
    return pd.DataFrame([row | probe_clip(str(tiny_clip))] * 2)


def texture(height=120, width=160):
    noise = np.random.default_rng(0).integers(0, 256, (height // 8, width // 8))
    return np.kron(noise, np.ones((8, 8))).astype(np.uint8)


def test_a_shift_moves_every_pixel_as_far():
    picture = texture()
    motion = flow_methods.moved_frame(picture, np.array([[1, 0, 3], [0, 1, -2]], float))
    assert (motion.truth[motion.known] == [3, -2]).all()
    assert motion.known.sum() == (120 - 2 * flow_methods.RIM - 2) * (160 - 2 * flow_methods.RIM - 3)
    before, after = motion.frames
    np.testing.assert_array_equal(before, picture)
    np.testing.assert_array_equal(after[:-2, 3:], picture[2:, :-3])


def test_all_known_motion_leads_to_the_same_picture():
    """Where the field says a pixel goes, the second frame shows what the first one had."""
    ramp = (np.add.outer(np.arange(120), np.arange(160)) * 0.9).astype(np.uint8)
    for affine in flow_methods.affine_motions(ramp.shape):
        pair = flow_methods.moved_frame(ramp, affine)
        before, after = pair.frames
        for y, x in np.argwhere(pair.known)[::97]:
            u, v = pair.truth[y, x]
            shown = after[int(np.rint(y + v)), int(np.rint(x + u))]
            assert abs(int(shown) - int(before[y, x])) <= 3


def test_every_method_is_measured_on_whatever_motion_is_given(table, monkeypatch):
    asked = []

    def exact(now, after):
        return np.ones((*now.shape, 2), np.float32)

    def off_by_one(now, after):
        sum(range(20_000))  # takes some time
        return np.broadcast_to(np.float32([2, 1]), (*now.shape, 2))

    def motions(of, size):
        asked.append(size)
        truth = np.full((*size, 2), 1.1, np.float32)
        return [Pair("even", np.zeros((2, *size), np.uint8), truth, np.ones(size, bool))] * 3

    made = {"dis-fast": lambda: exact, "farneback": lambda: off_by_one}
    monkeypatch.setattr(flow_methods, "METHODS", made)
    monkeypatch.setattr(flow_methods, "pairs_per_second", lambda *_: 1.0)
    found = flow_methods.measure(table, motions, [SIZE])
    assert asked == [SIZE]
    assert found["dis-fast_80x64_error"] == pytest.approx(0.1 * 2**0.5, rel=1e-4)
    assert found["farneback_80x64_median_error"] == pytest.approx(np.hypot(0.9, 0.1), rel=1e-4)
    assert found["error_ratio"] == pytest.approx(np.hypot(0.9, 0.1) / (0.1 * 2**0.5), rel=1e-4)
    assert found["pairs"] == 3


def test_methods_are_compared_on_the_pixels_that_move(monkeypatch):
    truth = np.zeros((*SIZE, 2), np.float32)
    truth[10:30, 10:30, 0] = 4
    pairs = [
        Pair(name, np.zeros((2, *SIZE), np.uint8), truth, np.ones(SIZE, bool))
        for name in ("one", "another")
    ]
    wild = truth + np.where(truth.any(-1, keepdims=True), 0, np.float32(50))  # where nothing moves
    answers = iter([wild, wild - 1, wild, wild + 2])  # off by 0, √2, 0 and √8 where it does

    def step(now, after):
        return next(answers)

    monkeypatch.setattr(flow_methods, "METHODS", {"tvl1": lambda: step, "dis": lambda: step})
    found = flow_methods.compare(pairs, ["tvl1", "dis"])
    assert list(found.index) == ["tvl1", "dis"]
    assert list(found.columns) == ["one", "another", "error", "milliseconds"]
    errors = found[["one", "another", "error"]]
    np.testing.assert_allclose(errors, [[0, 0, 0.01], [2**0.5, 8**0.5, 2]], rtol=1e-5)
    assert (found.milliseconds >= 0).all()


def test_a_comparison_needs_pairs_and_methods_that_there_are():
    with pytest.raises(InputError, match="nothing to measure"):
        flow_methods.compare([], ["dis"])
    with pytest.raises(InputError, match="unknown"):
        flow_methods.compare([], ["horn"])


def test_real_motion_ranks_no_estimator_below_standing_still(table):
    for pair in flow_methods.known_pairs(table, (96, 128)):
        guess = estimators.METHODS["dis"]()(*pair.frames)
        still = np.zeros_like(guess)
        found, nothing = (
            known_motion.end_point_error(field, pair.truth, pair.known) for field in (guess, still)
        )
        assert found < nothing


def test_all_pairs_of_all_clips_are_counted(table, monkeypatch):
    ticks = iter([10.0, 12.0])
    monkeypatch.setattr("time.process_time", lambda: next(ticks))
    assert flow_methods.pairs_per_second(table, "dis-fast", SIZE) == (table.frames - 1).sum() / 2


def test_what_is_not_at_hand_is_named_and_left_out(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.warns(UserWarning, match="Not measured: .*raft.* has no weights here yet"):
        assert set(flow_methods.at_hand(estimators.METHODS)) >= {"dis", "farneback"}
    assert not list(tmp_path.iterdir())
