"""Films that a finished run is asked about."""

import pytest

from twostream_lib.course import finished, judges


@pytest.fixture
def asked(finished_folder, small_profile):
    return judges.load(finished.open_run(finished_folder))


@pytest.fixture
def film(moving_films):
    """A test clip of the run, and its name there."""
    return moving_films / "videos" / "left" / "film5_left.avi"
