"""Ways are timed in turns, and a ratio is the median of the rounds' ratios."""

import itertools

import pytest

from twostream_lib.bench import rounds


@pytest.mark.usefixtures("quick")
def test_a_ratio_is_the_median_of_the_rounds(monkeypatch):
    clock = itertools.accumulate([0, 1, 0, 2, 0, 2, 0, 4, 0, 1, 0, 5])
    monkeypatch.setattr(rounds.time, "perf_counter", lambda: next(clock))
    called = []
    ways = {name: lambda name=name: called.append(name) or 8 for name in ("ours", "plain")}
    found = rounds.throughputs(ways, 3)
    assert called == 4 * ["ours", "plain"]  # the first round of all does not count
    assert found == {"ours": [8, 4, 8], "plain": [4, 2, 1.6]}
    told = rounds.summary(found, "per_second", {"plain": "ours"})
    assert told == {"ours_per_second": 8, "plain_per_second": 2, "plain_ratio": 2}
