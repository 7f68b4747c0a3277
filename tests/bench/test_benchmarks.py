"""Each benchmark gives its numbers as JSON; here with so little work that they mean nothing."""

import json

import pytest

from twostream_lib.__main__ import main
from twostream_lib.bench import benchmarks, flow_methods, fusing, mode2, training
from twostream_lib.flow import estimators

SLOW = ("mode1", "mode2", "train")
# What damage must not do is tested in test_corruption.py: its good numbers are zeros.
STAGES = [
    pytest.param(stage, marks=pytest.mark.slow if stage in SLOW else ())
    for stage in benchmarks.BENCHMARKS
    if stage != "damage"
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.filterwarnings("ignore:.* has no split files")
def test_benchmarks_give_positive_numbers_as_json(stage, two_clips, capsys, monkeypatch):
    monkeypatch.setattr(benchmarks, "ROUNDS", 1)
    small = fusing.Size(42, 14, 2, 3)
    few = training.Case("resnet8", "flow", (32, 40), 4, 2)
    monkeypatch.setattr(training, "cases", lambda: (few,))
    monkeypatch.setattr(fusing, "Size", lambda: small)
    monkeypatch.setattr(mode2, "CLIPS", 4)
    monkeypatch.setattr(mode2, "TIMES", 2)
    methods = {name: estimators.METHODS[name] for name in ("dis-fast", "farneback")}
    monkeypatch.setattr(flow_methods, "METHODS", methods)
    videos = [] if stage == "fuse" else ["--videos", str(two_clips)]
    assert main(["bench", stage, *videos, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found and all(value > 0 for name, value in found.items() if "waiting" not in name)


def test_numbers_are_lines_with_counts_as_they_are():
    lines = benchmarks.words({"clips": 12345, "epoch_ratio": 0.4567}).splitlines()
    assert [line.split() for line in lines] == [["clips", "12,345"], ["epoch_ratio", "0.457"]]


def test_a_stage_that_reads_no_clips_refuses_them(two_clips, capsys):
    assert main(["bench", "fuse", "--videos", str(two_clips)]) == 2
    assert "leave --videos out" in capsys.readouterr().err
