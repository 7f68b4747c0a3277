"""Notebook 08's own exercise, from a folder of a few films to a report: every notebook runs."""

import json

import nbformat
import numpy as np
import pytest

from twostream_lib import networks
from twostream_lib.__main__ import main
from twostream_lib.video import encoding

pytestmark = pytest.mark.course


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Two actions with three clips each, of two sizes and rates, under the plainest names."""
    folder = tmp_path_factory.mktemp("home") / "my_films"
    generator = np.random.default_rng(0)
    for label, way in (("slide", 1), ("rise", 0)):
        (folder / label).mkdir(parents=True)
        for number in range(1, 4):
            height, width, fps = (48, 64, 25) if number < 3 else (56, 72, 30)
            still = generator.integers(60, 200, size=(height, width, 3)).astype(np.uint8)
            frames = np.repeat(still[None], 40, 0)
            for step, frame in enumerate(frames):  # a white square moves over noise
                top, left = np.array([18, 20]) + (step % 24) * np.array([1 - way, way])
                frame[top : top + 12, left : left + 12] = 255
            encoding.write(folder / label / f"{number}.avi", frames, fps)
    return folder


def test_two_actions_with_three_clips_each_run_to_the_end(films, tmp_path, capsys):
    # Notebooks 02 and 09 train nothing, and read clips as in the run of the whole course.
    only = "00,01,03,04,05,06,07,08"
    asked = ["--videos", str(films), "--runs", str(tmp_path), "--only", only, "--name", "mine"]
    code, printed = main(["run", *asked]), capsys.readouterr()
    found = json.loads((tmp_path / "mine" / "metrics.json").read_text())
    assert (code, found["run"]["failed"], found["run"]["ended"]) == (0, {}, {}), printed.err
    assert len(found["run"]["notebooks"]) == 8
    assert {row["network"] for row in found["results"]} == set(networks.names())
    assert {row["n"] for row in found["results"] if row["protocol"] == "video-10"} == {2}
    assert "so 1 of 3 sources are tested on" in printed.out
    assert found["data"]["limits"][0] in (tmp_path / "mine" / "report.html").read_text()
    for copy in (tmp_path / "mine" / "notebooks").glob("*.ipynb"):
        outputs = [o for cell in nbformat.read(copy, 4).cells for o in cell.get("outputs", [])]
        texts = [o.text for o in outputs if o.output_type == "stream" and o.name == "stdout"]
        assert any(f"Run mine in {tmp_path / 'mine'}" in text for text in texts), copy.name
