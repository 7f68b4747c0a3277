"""The six real clips, one after the other."""

from pathlib import Path

import pytest

from tests.video.oracles import REAL_CLIPS


@pytest.fixture(params=REAL_CLIPS, ids=lambda name: Path(name).stem[:20])
def real_clip(request, real_data):
    return real_data / "data" / "hmdb51_clips" / request.param
