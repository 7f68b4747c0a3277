"""What is said of noise is right about noise that is known."""

import numpy as np
import pytest
from scipy import stats

from twostream_lib.course import noise
from twostream_lib.errors import InputError


def correlated(random, runs, figures=30, alike=0.8, spreads=None):
    """Figures `[figures, runs]` of standard deviations that are known; those of three together are
    of one network."""
    common = np.repeat(random.normal(size=(figures // 3, runs)), 3, axis=0)
    own = random.normal(size=(figures, runs))
    scale = np.ones(figures) if spreads is None else spreads
    return scale[:, None] * (alike**0.5 * common + (1 - alike) ** 0.5 * own)


def test_of_one_figure_the_spread_is_the_standard_deviation():
    values = [0.5, 0.53, 0.49, 0.52]
    found = noise.spreads({"only": values})["only"]
    assert found.sd == pytest.approx(np.std(values, ddof=1)) and found.df == 3


def test_with_one_figure_the_tolerance_is_that_of_students_t():
    spread = noise.Spread(0.01, 7)
    wanted = stats.t.ppf(1 - noise.FALSE_ALARMS, 7) * 0.01 * np.sqrt(1 / 2 + 1 / 5)
    assert noise.tolerance(spread, 1, (2, 5)) == pytest.approx(wanted)


def mean_variances(random, runs, spreads):
    """Of each figure, over many times that so many runs were made."""
    draws = (correlated(random, runs, spreads=spreads) for _ in range(100))
    found = [noise.spreads(dict(enumerate(of_draw))).values() for of_draw in draws]
    return np.mean([[spread.sd**2 for spread in of_draw] for of_draw in found], axis=0)


def test_the_variance_that_figures_share_is_found():
    variances = mean_variances(np.random.default_rng(0), 4, np.ones(30))
    assert np.mean(variances) == pytest.approx(1, rel=0.1)


def test_figures_that_move_more_are_said_to_move_more():
    known = np.linspace(0.5, 1.5, 30)
    variances = mean_variances(np.random.default_rng(0), 6, known)
    assert np.corrcoef(variances, known)[0, 1] > 0.8


def test_figures_that_move_alike_know_no_more_than_one_of_them():
    random = np.random.default_rng(1)
    one = random.normal(size=5)
    alike = noise.spreads({name: name * one for name in range(1, 20)})
    apart = noise.spreads(dict(enumerate(random.normal(size=(20, 5)))))
    assert all(spread.df == pytest.approx(4) for spread in alike.values())
    assert all(spread.df > 12 for spread in apart.values())


@pytest.mark.parametrize("runs", [4, 6])
def test_runs_that_are_no_worse_are_seldom_called_worse(runs):
    random, draws, alarms = np.random.default_rng(2), 150, 0
    for _ in range(draws):
        everything = correlated(random, runs + 1)
        known, now = everything[:, :-1], everything[:, -1]
        spreads = noise.spreads(dict(enumerate(known)))
        loss = known.mean(1) - now
        alarms += any(
            loss[name] > noise.tolerance(spread, len(loss), (1, runs))
            for name, spread in spreads.items()
        )
    # 0.005 is asked for: of 150 draws, one; five would be a rarity.
    assert alarms < 5


def test_the_smallest_visible_loss_is_seen_so_often_as_is_said():
    random, draws, seen = np.random.default_rng(3), 4000, 0
    spread = noise.Spread(1.0, 1000)
    loss, allowed = noise.visible(spread, 10, (1, 4)), noise.tolerance(spread, 10, (1, 4))
    moved = random.normal(size=draws) - random.normal(size=(draws, 4)).mean(1) - loss
    seen = np.mean(moved < -allowed)
    assert seen == pytest.approx(0.8, abs=0.03)


def test_more_runs_see_more_and_another_device_sees_less():
    spread = noise.Spread(1.0, 20)
    by_runs = [noise.visible(spread, 40, (runs, 4)) for runs in (1, 2, 3)]
    assert sorted(by_runs, reverse=True) == by_runs
    wider = noise.tolerance(spread, 40, wider=1.5)
    assert wider == pytest.approx(1.5 * noise.tolerance(spread, 40))


def test_figures_that_never_move_have_no_noise():
    found = noise.spreads({"one": [0.5] * 4, "other": [0.7] * 4})
    assert [spread.sd for spread in found.values()] == [0, 0]
    assert noise.spreads({}) == {}


def test_of_two_runs_nothing_follows():
    with pytest.raises(InputError, match="from 2 runs: give at least 3"):
        noise.spreads({"one": [0.5, 0.6]})
