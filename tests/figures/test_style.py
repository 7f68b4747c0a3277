"""How figures look."""

import pytest

from twostream_lib import networks
from twostream_lib.figures import style


@pytest.mark.parametrize(
    ("share", "words"), [(0, "0 %"), (0.004, "0 %"), (2 / 3, "67 %"), (1, "100 %")]
)
def test_a_share_in_percent_for_titles(share, words):
    assert style.percent(share) == words


def test_figures_and_networks_share_one_palette():
    named = {style.BLUE, style.ORANGE, style.VERMILION, style.GREEN, style.YELLOW, style.BROWN}
    named |= {style.GRAY, style.PURPLE, style.PINK, style.SKY}
    assert named == set(networks.COLOURS)
