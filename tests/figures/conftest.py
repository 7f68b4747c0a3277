"""What several tests of figures share."""

import pytest

from twostream_lib import markup
from twostream_lib.figures import display


@pytest.fixture
def shown(monkeypatch):
    bundles = []
    for module in (display, markup):
        monkeypatch.setattr(module, "display", lambda bundle, raw: bundles.append(bundle))
    return bundles
