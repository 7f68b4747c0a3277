"""The whole course, run once from an empty folder as `make course` runs it."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from tests.notebooks import claims
from twostream_lib import course, networks
from twostream_lib.course import metrics, showing

ROOT = Path(__file__).resolve().parents[2]
BASELINE = ROOT / "tests" / "baseline-quick.json"
PROTOCOLS = {"window", "video-1", "video-10"}
CLAIMS = [one for number in claims.notebooks_with_claims() for one in claims.claims_of(number)]

pytestmark = pytest.mark.course


def command(*arguments, timeout=60):
    """One command of the library, as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "twostream_lib", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        # Folds are trained side by side when the other tests are through.
        env=os.environ | {"PYTHONWARNINGS": "default", "LOKY_MAX_CPU_COUNT": "2"},
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    done = command("run", "--profile", "quick", "--runs", runs, timeout=1200)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-6000:]}"
    return runs / "quick", done.stdout


@pytest.fixture(scope="module")
def folder(finished):
    return finished[0]


@pytest.fixture(scope="module")
def found(folder):
    return metrics.read(folder)


@pytest.fixture(scope="module")
def notebooks(folder):
    copies = sorted((folder / "notebooks").glob("*.ipynb"))
    return {path.stem: nbformat.read(path, as_version=4) for path in copies}


def test_every_notebook_ran_to_its_last_cell(notebooks):
    assert list(notebooks) == [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    for name, notebook in notebooks.items():
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert all(cell.execution_count for cell in code if cell.source.strip()), name
        kinds = {output.output_type for cell in code for output in cell.outputs}
        assert "error" not in kinds, name


def test_executed_notebooks_keep_no_widget_state(notebooks):
    assert [name for name, notebook in notebooks.items() if "widgets" in notebook.metadata] == []


def test_every_picture_has_an_alternative_text(notebooks):
    for name, notebook in notebooks.items():
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for cell in code:
            pictures = [o.data for o in cell.outputs if "image/png" in o.get("data", {})]
            for data in pictures:
                assert re.search(r'alt="[^"]+"', data.get("text/html", "")), (name, cell.id)


def test_metrics_follow_the_schema(folder):
    found = json.loads((folder / "metrics.json").read_text())
    assert found["schema"] == 1
    run, data = found["run"], found["data"]
    assert (run["profile"], run["name"], run["seed"]) == ("quick", "quick", 0)
    assert {"git", "versions", "device"} <= set(run)
    assert run["seconds"] == pytest.approx(sum(run["notebooks"].values()), abs=1)
    assert 100 < run["peak_memory_mb"] < 3.5 * 1024
    assert (data["name"], data["split"], data["train_tags"]) == ("StickHMDB", 1, [1])
    assert data["videos"] > 0 and data["classes"] >= 12
    wanted = {"network", "protocol", "accuracy", "low", "high", "n", "sources", "paper"}
    for row in found["results"]:
        assert set(row) == wanted
        assert 0 <= row["low"] <= row["accuracy"] <= row["high"] <= 100
        assert row["protocol"] in PROTOCOLS and row["network"] in networks.names()


def test_both_streams_and_their_fusions_are_scored_under_every_protocol(found):
    rows = {(row["network"], row["protocol"]) for row in found["results"]}
    for network in ("spatial", "temporal-sg3i", "average", "fusenet", "fusenet-linear"):
        assert {(network, protocol) for protocol in PROTOCOLS} <= rows


def test_no_network_beats_its_ceiling_by_more_than_chance(found):
    for row in found["results"]:
        ceiling = networks.ceiling(row["network"], found["data"]["ceilings"])
        assert row["low"] <= ceiling, f"{row['network']}: {row['accuracy']}, ceiling {ceiling}"


def test_fusing_helps(found):
    right = {r["network"]: r["accuracy"] for r in found["results"] if r["protocol"] == "video-10"}
    assert right["average"] > max(right["spatial"], right["temporal-sg3i"]) + 0.05


def test_the_table_is_printed(finished, found):
    assert showing.table(found) in finished[1]


def test_the_report_needs_no_other_file_and_speaks_of_every_network(folder, found):
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert re.findall(r'src="(?!data:)', page) == []
    links = re.findall(r'href="(?!data:|#)([^"]*)"', page)
    assert len(links) == 10 and all((folder / unquote(link)).is_file() for link in links)
    assert all(f">{row['network']}<" in page for row in found["results"])
    images = re.findall(r"<img[^>]*>", page)
    assert len(images) >= 4
    assert all(re.search(r'alt="[^"]+"', image) for image in images)


@pytest.fixture(scope="module")
def facts_of(folder):
    """The facts of one notebook, reckoned once."""
    run = course.configure("quick", runs=str(folder))
    return cache(lambda notebook: claims.facts_of(notebook, run))


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_what_the_notebooks_say_of_the_quick_run_holds_for_this_one(facts_of, claim):
    assert claim.holds(facts_of(claim.notebook)), f"{claim}: the numbers contradict it"


def test_the_run_is_no_worse_than_the_baseline(folder):
    done = command("compare", folder, BASELINE)
    assert done.returncode == 0, done.stderr
