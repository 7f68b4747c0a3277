"""The ledger of rates: every figure with its source, and what is assumed is called so."""

import pytest

from twostream_lib.planner import cards
from twostream_lib.planner.cards import CARDS


def test_every_figure_says_how_it_is_known_and_from_where():
    ledger = cards.ledger()
    assert len(ledger) == 3 * len(CARDS)
    ways = {cards.MEASURED, cards.PUBLISHED, cards.PASSED_ON, cards.ASSUMED}
    assert set(ledger.known) == ways
    assert (ledger.source.str.len() > 5).all() and (ledger.value > 0).all()
    published = ledger[ledger.known == cards.PUBLISHED]
    assert published.source.str.contains("https://").all()
    assert sorted(published.value) == [1_190, 2_470]
    assert not ledger[ledger.known != cards.PUBLISHED].source.str.contains("https://").any()


@pytest.mark.parametrize("card", CARDS.values(), ids=list(CARDS))
def test_scoring_is_at_least_twice_as_fast_as_training(card):
    assert card.scoring.value >= 2 * card.training.value


def test_two_gpus_are_less_than_twice_as_fast_as_one():
    for name in ("T4", "A100"):
        one, two = CARDS[name], CARDS[f"2 × {name}"]
        assert 1.6 < two.training.value / one.training.value < 2
        assert two.cores.value == 2 * one.cores.value
    assert pytest.approx(6.7, abs=0.05) == 8 * cards.TOGETHER  # times one, of eight A100
