"""A run over eighteen films, with its windows cut and nothing trained."""

import pytest

from tests.conftest import shrink_profile
from twostream_lib import course


@pytest.fixture(scope="session")
def films(moving_films, tmp_path_factory):
    """The run. Read only: take `known.beside` to leave something in its folder."""
    with pytest.MonkeyPatch.context() as patch:
        shrink_profile(patch)
        patch.setenv("LOKY_MAX_CPU_COUNT", "1")  # a process takes longer to start
        folder = tmp_path_factory.mktemp("joins") / "run"
        run = course.configure(videos=str(moving_films / "videos"), runs=str(folder))
        # They are read from the tables of the profiles and recipes, which are small for this long.
        assert run.table.ok.all() and len(run.images.index) and len(run.flow.index)
        assert run.recipes["spatial"].epochs == 1 and run.limits.folds
    return run
