"""What figures were made under: each column is told by where it comes from."""

from twostream_lib import course, stickhmdb
from twostream_lib.course.conditions import conditions


def test_conditions_of_this_run_of_the_paper_and_of_its_profile(tmp_path, stick_set, monkeypatch):
    monkeypatch.setattr(stickhmdb, "make_clips", lambda folder: stick_set)
    table = conditions(course.configure("quick", runs=str(tmp_path)))
    assert list(table) == ["this run", "profile `paper`", "the paper"]
    assert table.loc["training tags"].tolist() == ["1", "0 and 1", "0 and 1"]
    assert table.loc["split"].tolist() == ["1", "1, 2 or 3", "not stated"]
    assert table.loc["counted", "the paper"] == "not stated; window"
    assert table.loc["learning rate, spatial"].tolist() == [
        "0.003",
        "0.01, then 0.001",
        "not stated",
    ]
    assert table.loc["frames a second"].tolist() == ["6", "6", "6"]
    assert "not stated" in table.loc["FuseNet learns from", "the paper"]
    assert table.loc["clips", "this run"] == "StickHMDB, 21 classes"
    assert table.loc["epochs, spatial", "the paper"] == "445"
