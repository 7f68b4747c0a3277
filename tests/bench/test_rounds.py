"""Ways are timed in turns, and a ratio is the median of the rounds' ratios."""

import itertools

import pytest

from twostream_lib.bench import rounds


@pytest.mark.usefixtures("quick")
def test_a_ratio_is_the_median_of_the_rounds(monkeypatch):
    clock = itertools.accumulate([0, 1, 0, 2, 0, 2, 0, 4, 0, 1, 0, 5])
    monkeypatch.setattr(rounds.time, "perf_counter", lambda: next(clock))
    found = rounds.throughputs({"ours": lambda: 8, "plain": lambda: 8}, 3)
    assert found == {"ours": [8, 4, 8], "plain": [4, 2, 1.6]}
    told = rounds.summary(found, "per_second", {"plain": "ours"})
    assert told == {"ours_per_second": 8, "plain_per_second": 2, "plain_ratio": 2}
