"""Figures of a training."""

import numpy as np
import pytest

from tests.figures.samples import history
from twostream_lib import figures
from twostream_lib.errors import InputError


def test_curves_mark_what_guessing_costs():
    loss = figures.curves(history(5), 12).axes[0]
    heights = [line.get_ydata()[0] for line in loss.lines if line.get_linestyle() == ":"]
    assert heights == [pytest.approx(np.log(12))]
    with pytest.raises(InputError, match="no epochs"):
        figures.curves([], 12)
