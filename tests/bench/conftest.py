"""Two tiny clips and a file that is no video, for benchmarks that end soon."""

import gc
import warnings

import joblib
import numpy as np
import pytest

from twostream_lib import clips
from twostream_lib.video import encoding


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """Two clips and a file that is no video."""
    folder = tmp_path_factory.mktemp("clips")
    (folder / "wave").mkdir()
    frames = np.zeros((30, 48, 64, 3), np.uint8)
    for source in ("ann", "bob"):
        encoding.write(folder / "wave" / f"{source}_wave.avi", frames, fps=25)
    (folder / "wave" / "eve_wave.avi").write_text("no video")
    return folder


@pytest.fixture(scope="module")
def table(videos):
    """The probed table of the two clips."""
    with warnings.catch_warnings(), joblib.parallel_config(backend="threading"):
        warnings.filterwarnings("ignore", ".* has no split files")
        probed = clips.probe_clips(clips.read(videos))
    return probed[probed.ok].reset_index(drop=True)


@pytest.fixture
def quick(monkeypatch):
    """No garbage is collected between the rounds, and no processes are started to probe clips."""
    monkeypatch.setattr(gc, "collect", lambda: None)
    with joblib.parallel_config(backend="threading"):
        yield
