"""How figures look."""

import pytest

from twostream_lib.figures import style


@pytest.mark.parametrize(
    ("share", "words"), [(0, "0 %"), (0.004, "0 %"), (2 / 3, "67 %"), (1, "100 %")]
)
def test_a_share_in_percent_for_titles(share, words):
    assert style.percent(share) == words


def test_a_short_name_stays_as_it_is_and_a_long_one_keeps_both_ends():
    assert style.short("swing_baseball") == "swing_baseball"
    assert style.short("a" * style.TICK) == "a" * style.TICK
    long = [style.short(f"{'clips of my holidays, ' * 9}{number}") for number in (1, 2)]
    assert long[0] != long[1]
    assert all(len(name) == style.TICK and name.startswith("clips of my") for name in long)
    assert style.short("a\nb") == "a\\nb"
