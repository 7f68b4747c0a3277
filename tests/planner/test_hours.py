"""Seconds of parts on machines."""

from dataclasses import replace

import pytest

from tests.planner.test_parts import COLAB, CORE
from twostream_lib import stickhmdb
from twostream_lib.planner import hours
from twostream_lib.planner.cards import CARDS
from twostream_lib.planner.hours import Machine, on_cards
from twostream_lib.planner.parts import Part, parts
from twostream_lib.planner.sets import HMDB51
from twostream_lib.training.profiles import PROFILES

MACHINE = Machine(cores=2, core=CORE, training=100, scoring=250)


def test_seconds_are_work_over_rates():
    part = Part("x", "00", "streams", trained=1_000, scored=500, seconds=7)
    assert MACHINE.seconds(part) == 7 + 10 + 2
    decoded = Part("x", "00", "stores", looked=18_000, images=5_000, dense=8_000, fields=300)
    assert MACHINE.seconds(decoded) == pytest.approx(4)
    assert MACHINE.seconds(Part("x", "00", "clips", fetched=2e7)) == 2e7 / hours.FETCHED


def test_mode_1_waits_for_the_slower_of_decoding_and_training():
    part = Part("x", "03", "streams", streamed=8_000, trained=1_000)
    assert MACHINE.seconds(part) == 10
    assert MACHINE.seconds(replace(part, streamed=80_000)) == 20


def test_the_table_has_all_parts_and_the_groups_all_their_hours():
    every = parts(COLAB, HMDB51)
    table = hours.table(every, MACHINE)
    assert table.index.is_unique and len(table) == len(every)
    grouped = hours.by_group(every, {"here": MACHINE} | on_cards(CORE))
    assert list(grouped.columns) == ["here", *CARDS] and list(grouped.index) == list(hours.GROUPS)
    assert grouped["here"].sum() == pytest.approx(table.seconds.sum() / 3600)
    assert (grouped["T4"] >= grouped["2 × T4"]).all() and (grouped > 0).all().all()


def test_a_core_is_measured_on_a_clip(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(hours.time, "process_time", lambda: float(next(clock)))  # 1 s each
    core = hours.measured_core(PROFILES["quick"], 77)
    frames = len(stickhmdb.render(*hours.FILM))
    assert (core.looked, core.images, core.dense, core.streamed) == (frames, frames, frames, 77)
    # Taken at 15 of its 30 frames a second, each pair of a window lies two frames apart.
    assert frames / 2 < core.fields <= frames - 2
