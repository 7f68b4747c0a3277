"""The clips that benchmarks are tested on, so that they end soon."""

import gc
import warnings

import joblib
import pytest

from twostream_lib import clips


@pytest.fixture(scope="module")
def table(two_clips):
    """The probed table of the two clips."""
    with warnings.catch_warnings(), joblib.parallel_config(backend="threading"):
        warnings.filterwarnings("ignore", ".* has no split files")
        probed = clips.probe_clips(clips.read(two_clips))
    return probed[probed.ok].reset_index(drop=True)


@pytest.fixture
def quick(monkeypatch):
    """No garbage is collected between the rounds, and no processes are started to probe clips."""
    monkeypatch.setattr(gc, "collect", lambda: None)
    with joblib.parallel_config(backend="threading"):
        yield
