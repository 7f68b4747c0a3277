"""What several runs say together, beside numpy."""

import io
from itertools import product

import numpy as np
import pandas as pd
import pytest

from tests.course.samples import whole
from tests.fusion.samples import random_scores
from twostream_lib.course import matrix_summary, metrics
from twostream_lib.fusion import evaluation, repeats, score_files

SEEDS, SPLITS = (0, 1, 2), (1, 2)


def a_run(folder, seed, split):
    name = f"split{split}-seed{seed}"
    rows = []
    for number, network in enumerate(("spatial", "average")):
        said = random_scores(network, 40, 3, seed=seed + 10 * split, strength=0.5 + number)
        score_files.save({"test": said}, folder / name / "scores" / f"{network}.npz")
        rows.append(vars(evaluation.result(said, "video-10")) | {"paper": None})
    run = whole(seed, git="abc1234" if seed < 2 else "fedcba9")
    run["data"]["split"] = split
    metrics.write(run | {"results": rows}, folder / name / "metrics.json")
    return {"name": name, "seed": seed, "split": split, "backbone": "", "failed": ""}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("matrix")


@pytest.fixture(scope="module")
def cells(folder):
    return [a_run(folder, seed, split) for split, seed in product(SPLITS, SEEDS)]


@pytest.fixture(scope="module")
def found(folder, cells):
    return matrix_summary.summarise(folder, cells)


def shares(folder, cells, network):
    """The accuracies `[splits, seeds]`, in percent, by the runs' own metrics."""
    by_cell = [
        row["accuracy"]
        for cell in cells
        for row in metrics.read(folder / cell["name"])["results"]
        if row["network"] == network
    ]
    return 100 * np.reshape(by_cell, (len(SPLITS), len(SEEDS)))


@pytest.mark.parametrize("network", ["spatial", "average"])
def test_mean_and_spread_are_numpys(folder, cells, found, network):
    (row,) = [row for row in found["results"] if row["network"] == network]
    known = shares(folder, cells, network)
    assert row["mean"] == pytest.approx(known.mean(), abs=1e-3)
    # Between seeds of one split: that one split is easier than another is no noise.
    assert row["spread"] == pytest.approx(np.sqrt(known.var(axis=1, ddof=1).mean()), abs=1e-3)
    assert (row["runs"], row["seeds"], row["splits"], row["n"]) == (6, 3, 2, 240)


def test_the_interval_is_that_of_repeated_runs(folder, cells, found):
    (row,) = [row for row in found["results"] if row["network"] == "average"]
    files = [folder / cell["name"] / "scores" / "average.npz" for cell in cells]
    said = [score_files.load_part(file, "test") for file in files]
    from_videos = repeats.shares([matrix_summary.per_video(one) for one in said])
    assert row["low"] == pytest.approx(100 * from_videos.low, abs=1e-3)
    assert row["high"] == pytest.approx(100 * from_videos.high, abs=1e-3)
    assert row["low"] < row["mean"] < row["high"]


def test_one_seed_has_no_spread(folder, cells):
    found = matrix_summary.summarise(folder, [cells[0], cells[3]])
    assert all(row["spread"] is None and row["runs"] == 2 for row in found["results"])
    assert "–" in matrix_summary.table(found)


def test_what_failed_and_what_cannot_be_read_is_left_out_and_named(folder, cells):
    broken = folder / "broken" / "metrics.json"
    metrics.write(whole(7), broken)
    broken.write_text(broken.read_text()[:-20])
    odd = {"name": "broken", "seed": 7, "split": 1, "backbone": "", "failed": ""}
    failed = cells[1] | {"failed": "Notebook 03 failed."}
    found = matrix_summary.summarise(folder, [cells[0], failed, odd])
    assert all(row["runs"] == 1 for row in found["results"])
    assert [bool(cell["failed"]) for cell in found["cells"]] == [False, True, True]
    assert str(broken) in found["cells"][2]["failed"]
    nothing = matrix_summary.summarise(folder, [failed])
    assert nothing["results"] == [] and "No run has results." in matrix_summary.table(nothing)


def test_the_file_and_the_csv_say_the_same(found, tmp_path):
    matrix_summary.write(found, tmp_path)
    table = pd.read_csv(io.StringIO((tmp_path / matrix_summary.TABLE).read_text()))
    assert table.to_dict("records") == found["results"]


def test_runs_of_a_split_that_are_of_other_clips_are_named(folder, cells, tmp_path):
    found = matrix_summary.summarise(folder, cells)
    assert {cell["fingerprint"] for cell in found["cells"]} == {"f00d"}
    assert "other clips" not in matrix_summary.table(found)
    for cell in found["cells"]:  # each split may have clips of its own
        cell["fingerprint"] = f"split{cell['split']}"
    assert "other clips" not in matrix_summary.table(found)
    found["cells"][1]["fingerprint"] = "beef"
    (line,) = [one for one in matrix_summary.table(found).splitlines() if "other clips" in one]
    assert line.startswith(
        "These runs of split 1 are of other clips (split1: split1-seed0, split1-seed2; beef: "
        "split1-seed1)"
    )


def test_the_table_has_a_line_for_each_result_and_names_runs_of_other_code(found):
    lines = matrix_summary.table(found).splitlines()
    assert lines[0] == "These runs are of several commits of the code: abc1234, fedcba9."
    (line,) = [line for line in lines if line.startswith("average ")]
    (row,) = [row for row in found["results"] if row["network"] == "average"]
    wanted = [f"{row['mean']:.1f}", f"{row['spread']:.2f}", f"{row['low']:.1f}", "to"]
    assert line.split()[1:5] == wanted
