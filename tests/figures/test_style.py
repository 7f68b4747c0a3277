"""How figures look."""

import pytest

from twostream_lib.figures import style


@pytest.mark.parametrize(
    ("share", "words"), [(0, "0 %"), (0.004, "0 %"), (2 / 3, "67 %"), (1, "100 %")]
)
def test_a_share_in_percent_for_titles(share, words):
    assert style.percent(share) == words
