"""Sessions: what is lost is made again, what stays is not, and nothing is left out."""

import pytest

from tests.planner.test_hours import MACHINE
from tests.planner.test_parts import CORE
from twostream_lib.errors import InputError
from twostream_lib.planner import sessions as planning
from twostream_lib.planner.hours import on_cards
from twostream_lib.planner.parts import Part, parts
from twostream_lib.planner.sessions import STARTING, sessions
from twostream_lib.planner.sets import HMDB51
from twostream_lib.training.profiles import PROFILES

HOUR = 3600.0
SMALL = [  # hours: 0.1, 1, 0.2, 1
    Part("clips", "00", "clips", seconds=0.1 * HOUR, anew=True),
    Part("one", "03", "streams", trained=100 * HOUR, kept=5, meanwhile=50, needs=("clips",)),
    Part("store", "04", "stores", seconds=0.2 * HOUR, needs=("clips",), anew=True),
    Part("two", "04", "streams", trained=100 * HOUR, kept=7, needs=("clips", "store")),
]


def test_one_long_session_makes_everything_once():
    (row,) = sessions(SMALL, MACHINE, 12).itertuples()
    assert (row.anew, row.parts) == ("clips, store", "one, two")
    assert row.hours == pytest.approx(2.3 + STARTING / HOUR)
    assert (row.stays, row.most) == (12, 55)


def test_a_training_that_is_cut_off_goes_on_and_pays_for_what_was_lost():
    table = sessions(SMALL, MACHINE, 1 + STARTING / HOUR)  # an hour of work in each
    assert table.anew.tolist() == ["clips", "clips, store", "clips, store"]
    assert table.parts.tolist() == ["one to 90%", "one, two to 60%", "two"]
    assert table["hours anew"].tolist() == pytest.approx([0.1, 0.3, 0.3])
    assert table.hours.iloc[-1] == pytest.approx(0.7 + STARTING / HOUR)
    assert table.stays.tolist() == [0, 5, 12]


def test_nothing_is_begun_that_would_only_make_its_store():
    table = sessions(SMALL, MACHINE, 1.35 + STARTING / HOUR)
    assert table.parts.tolist() == ["one", "two"]  # 0.25 hours were left, 0.2 of them for the store


@pytest.mark.parametrize("profile", ["colab", "paper", "paper-mode1"])
@pytest.mark.parametrize("length", [2, 4, 12])
def test_shorter_sessions_train_no_less_and_make_more_anew(profile, length):
    every, t4 = parts(PROFILES[profile], HMDB51), on_cards(CORE)["T4"]
    table = sessions(every, t4, length)
    wanted = sum(t4.seconds(part) for part in every if not part.anew) / HOUR
    trained = table.hours - table["hours anew"] - STARTING / HOUR
    assert trained.sum() == pytest.approx(wanted)
    assert (table.hours <= length + 1e-9).all()
    assert table.stays.is_monotonic_increasing and (table.most >= table.stays).all()
    assert table.most.max() < planning.DRIVE
    once = sum(t4.seconds(part) for part in every if part.anew) / HOUR
    assert table["hours anew"].sum() >= once - 1e-9


def test_sessions_that_end_before_a_store_is_there_are_refused():
    with pytest.raises(InputError, match=r"Sessions of 0.3 hours are too short for two: what"):
        sessions(SMALL[:1] + SMALL[2:], MACHINE, 0.3)
