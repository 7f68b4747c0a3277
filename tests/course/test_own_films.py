"""Notebook 08's own exercise, from a folder of a few films to a report: every notebook runs."""

import json

import nbformat
import pytest

from twostream_lib import networks
from twostream_lib.__main__ import main

pytestmark = pytest.mark.course


def test_two_actions_with_three_clips_each_run_to_the_end(two_actions, tmp_path, capsys):
    # Notebooks 02 and 09 train nothing, and read clips as in the run of the whole course.
    only = "00,01,03,04,05,06,07,08"
    asked = [
        "--videos",
        str(two_actions),
        "--runs",
        str(tmp_path),
        "--only",
        only,
        "--name",
        "mine",
    ]
    code, printed = main(["run", *asked]), capsys.readouterr()
    found = json.loads((tmp_path / "mine" / "metrics.json").read_text())
    assert (code, found["run"]["failed"], found["run"]["ended"]) == (0, {}, {}), printed.err
    assert len(found["run"]["notebooks"]) == 8
    # FuseNet with a setting of its own is shown by notebook 06 and kept nowhere.
    assert {row["network"] for row in found["results"]} == {*networks.names()} - {"fusenet-tuned"}
    assert {row["n"] for row in found["results"] if row["protocol"] == "video-10"} == {2}
    assert "so 1 of 3 sources are tested on" in printed.out
    assert found["data"]["limits"][0] in (tmp_path / "mine" / "report.html").read_text()
    for copy in (tmp_path / "mine" / "notebooks").glob("*.ipynb"):
        outputs = [o for cell in nbformat.read(copy, 4).cells for o in cell.get("outputs", [])]
        texts = [o.text for o in outputs if o.output_type == "stream" and o.name == "stdout"]
        assert any(f"Run mine in {tmp_path / 'mine'}" in text for text in texts), copy.name
