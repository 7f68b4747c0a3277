"""The six real clips, one after the other."""

from pathlib import Path

import numpy as np
import pytest

from tests.video.films import write_at
from tests.video.oracles import REAL_CLIPS


@pytest.fixture(params=REAL_CLIPS, ids=lambda name: Path(name).stem[:20])
def real_clip(request, real_data):
    return real_data / "data" / "hmdb51_clips" / request.param


@pytest.fixture(scope="session")
def upright_film(tmp_path_factory):
    """A film whose quarters have four colours, so that each of eight turns looks different."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32], picture[:24, 32:] = (250, 20, 20), (20, 250, 20)
    picture[24:, :32], picture[24:, 32:] = (20, 20, 250), (240, 240, 240)
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return write_at(path, [picture] * 5, np.arange(5) / 25)
