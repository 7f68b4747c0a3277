"""The ledger of published figures: what the paper's tables say, and shares throughout."""

import pandas as pd
import pytest

from twostream_lib import fusion, networks
from twostream_lib.course import paper

# As Tables I and II print them, in percent.
TABLES = {
    "mode 1": {"spatial": 50.5, "temporal-sg3i": 54.2, "average": 57.2, "fusenet": 52.9},
    "mode 2": {"spatial": 53.2, "temporal-sg3i": 46.3, "average": 55.5, "fusenet-linear": 55.3},
}
assert fusion.__all__  # enters the fusions into the registry


@pytest.mark.parametrize("mode", TABLES)
def test_a_figure_is_that_of_the_papers_table_as_a_share(mode):
    found = {name: paper.figure(name, mode) for name in networks.names()}
    known = {name: 100 * share for name, share in found.items() if share is not None}
    assert known == pytest.approx(TABLES[mode])


def test_every_published_figure_is_a_share_of_a_network_of_the_course():
    for row in [*paper.PAPER["mode 1"], *paper.PAPER["mode 2"], *paper.LITERATURE]:
        assert 0 < row.accuracy < 1
        assert networks.get(row.network).name == row.network


def test_the_ledger_shows_percent():
    ledger = paper.ledger()
    assert len(ledger) == 8 + len(paper.LITERATURE)
    assert ledger.accuracy[0] == "50.5 %"
    kim = ledger[ledger.system == "Kim & Won 2020"]
    assert kim.accuracy.tolist() == ["55.1 %"] and kim.protocol.tolist() == ["video-10"]


def test_each_figure_of_anothers_flow_stream_says_what_it_learned_from():
    ledger = paper.ledger()
    flow = ledger[ledger.network == "temporal-flow"].set_index("accuracy")
    assert flow["learns from"].to_dict() == {
        "54.6 %": "HMDB-51 and UCF-101",
        "46.6 %": "HMDB-51 alone",
    }
    assert flow.split["46.6 %"] == "1"


def test_each_figure_says_of_each_condition_what_its_source_says_or_that_it_says_nothing():
    for row in [*paper.PAPER["mode 1"], *paper.PAPER["mode 2"], *paper.LITERATURE]:
        assert tuple(row.told) == paper.CONDITIONS
        assert all(told.words for told in row.told.values())
        stated = [told for told in row.told.values() if told.words != paper.NOT_STATED]
        assert row.system != "the paper" or all(told.where for told in stated)


def test_the_paper_names_no_split_and_does_not_say_what_it_counts():
    for rows in paper.PAPER.values():
        assert {row.says("split") for row in rows} == {paper.NOT_STATED}
        assert {row.says("training tags") for row in rows} == {"0 and 1"}
        assert all(paper.NOT_STATED in row.protocol for row in rows)
    assert paper.PAPER["mode 1"][0].setting == "mode 1, split not stated, training tags 0 and 1"
    assert paper.LITERATURE[0].setting == "mean of 3 splits, training tags not stated"


def test_what_is_not_stated_is_known_by_mode():
    streams = {mode: rows[0] for mode, rows in paper.PAPER.items()}
    assert streams["mode 1"].says("learning rate") == "0.01"
    assert streams["mode 2"].says("learning rate") == paper.NOT_STATED
    assert set(paper.AUTHORS_NOTEBOOKS) <= set(paper.not_stated())
    for name in ("optimiser", "learning rate", "epochs"):
        assert all(paper.NOT_STATED not in row.says(name) for row in paper.PAPER["mode 1"])


def test_what_is_told_of_a_mode_names_the_section():
    table = paper.told("mode 2")
    assert list(table) == [row.network for row in paper.PAPER["mode 2"]]
    assert table.loc["epochs", "spatial"] == "445 (III.E)"
    assert table.loc["picture"].unique().tolist() == [paper.NOT_STATED]


def test_the_tables_stand_beside_a_runs_windows():
    rows = {"spatial": (0.4, 0.35, 0.45, 90), "svm": (0.9, 0.8, 1.0, 90)}
    windows = pd.DataFrame(rows, index=["accuracy", "low", "high", "n"]).T.astype({"n": int})
    table = paper.beside(windows)
    assert list(table) == [*paper.PRINTED, "this run", "from", "to", "n"]
    assert paper.PRINTED == ("Table I, mode 1", "Table II, mode 2")
    assert table.index.tolist() == [
        *("spatial", "temporal-sg3i", "average", "fusenet", "fusenet-linear")
    ]
    assert table.loc["spatial"].tolist() == pytest.approx([50.5, 53.2, 40, 35, 45, 90])
    assert table.loc["fusenet"].isna().tolist() == [False, *[True] * 5]
