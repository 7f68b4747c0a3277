"""The report: its sentences, its tables, and that it needs no other file."""

import html
import json
import re

import numpy as np
import pandas as pd
import pytest

from tests.figures.samples import CEILINGS, history
from tests.pages import Page
from twostream_lib import course, figures
from twostream_lib.course import metrics, report
from twostream_lib.fusion import score_files
from twostream_lib.fusion.scores import Scores

RIGHT = {"spatial": 20, "temporal-sg3i": 25, "average": 35, "svm": 40}


def new_run(folder):
    (folder / "videos").mkdir()
    return course.configure(videos=str(folder / "videos"), runs=str(folder / "run"))


@pytest.fixture
def run(tmp_path):
    """A run of 40 videos of two classes, and the first of `RIGHT` of them right."""
    made = new_run(tmp_path)
    label = np.arange(40) % 2
    for network, right in RIGHT.items():
        said = np.where(np.arange(40) < right, label, 1 - label)
        rows = (np.array([f"{n:02d}.avi" for n in range(40)]), np.zeros(40, int), label)
        test = Scores(
            network,
            np.eye(2, dtype=np.float32)[said],
            *rows,
            np.full(40, "video-10"),
            ("run", "wave"),
            "test",
        )
        score_files.save({"test": test}, made.scores_file(network))
    return made


@pytest.fixture
def found(run, tmp_path):
    metrics.write(
        metrics.collect(run, metrics.Outcome({"00_lesson": 61.0}), 700.4), tmp_path / "metrics.json"
    )
    read = metrics.read(tmp_path / "metrics.json")
    read["data"] |= {"ceilings": CEILINGS, "classes": 2}
    return read


def test_the_report_has_every_number_once_as_percent(run, found):
    page = report.render(run, found)
    assert re.findall(r'(?:src|href)="(?!data:|#)', page) == []
    rows = re.findall(r'row">([\w-]+)</th>\s*<td class="run">([\d.]+)</td>', page)
    assert rows == [(name, f"{100 * right / 40:.1f}") for name, right in RIGHT.items()]
    ceilings = re.findall(r"<td>40</td>\s*<td>([\d.]+)</td>", page)
    assert ceilings == ["60.0", "70.0", "100.0", "100.0"]
    assert "61.0</td>" in page and "700 MiB" in page


def test_the_headline_says_what_fusing_brought(found):
    assert report.headline(found) == (
        "Appearance alone gets 50.0 % of the test videos right, motion alone 62.5 %, and the "
        "average of the two 87.5 %: 25.0 points above the better stream."
    )
    found["results"] = found["results"][:2]
    assert report.headline(found) == ""


def test_the_report_says_which_fusions_learned_from_what(run, found):
    assert "Of the fusions, svm learned from out-of-fold scores of" in report.render(run, found)
    found["results"] = found["results"][:3]
    assert "Of the fusions" not in report.render(run, found)


def test_a_network_of_both_streams_is_no_fusion_of_scores(run, found):
    found["results"] += [found["results"][0] | {"network": name} for name in ("features", "joint")]
    page = " ".join(report.render(run, found).split())
    assert "Of the fusions, svm learned from out-of-fold scores of" in page
    assert "No fusions of scores are features and joint:" in page


def test_the_report_says_what_the_paper_does_not_say(run, found):
    page = " ".join(report.render(run, found).split())
    assert "Not stated by it, in part or at all: split, protocol, " in page


def test_the_confusion_names_the_most_frequent_mistake(run, found):
    page = report.render(run, found)
    assert "most often wave is taken for run (3 times)" in page


def test_curves_come_in_the_order_of_tables_with_their_own_words(run, found):
    for name in ["gap-12", "gap-2", "gap-1", "temporal-sg3i", "fusenet", "spatial"]:
        folder = run.checkpoint(name)
        folder.mkdir(parents=True)
        (folder / "history.json").write_text(json.dumps(history(3)))
    unwatched = [
        {"epoch": 1, "train_loss": 1.0, "train_accuracy": 0.5, "seconds": 1.0}
    ]  # or from all clips
    for name in ("spatial-fold-1", "joint"):
        run.checkpoint(name).mkdir()
        (run.checkpoint(name) / "history.json").write_text(json.dumps(unwatched))
    page = report.render(run, found)
    assert re.findall(r"<figcaption>How (.*) learned", page) == [
        "spatial",
        "temporal-sg3i",
        "fusenet",
        "SG3I with a gap of 1",
        "SG3I with a gap of 2",
        "SG3I with a gap of 12",
    ]
    assert page.count(figures.curves(history(3), found["data"]["classes"]).alt) == 6


def test_a_run_without_scores_says_so(tmp_path):
    empty = new_run(tmp_path)
    page = report.render(empty, metrics.collect(empty, metrics.Outcome(), 1.0))
    assert "No network has been scored in this run yet." in page and "<img" not in page


def test_clips_set_aside_come_with_their_reason(tmp_path):
    assert report.set_aside(tmp_path / "clips.csv") == []
    rows = {"path": ["a/one.avi", "a/two.avi"], "ok": [True, False], "why": ["", "It is cut off."]}
    pd.DataFrame(rows).to_csv(tmp_path / "clips.csv")
    assert report.set_aside(tmp_path / "clips.csv") == [
        {"name": "two.avi", "why": "It is cut off."}
    ]


@pytest.mark.parametrize("name", ["cost_$5_$10", '<b>"x"<script> & *y* {{ data }}', "W" * 200])
def test_names_from_outside_are_text(name, tmp_path):
    (tmp_path / "videos").mkdir()
    made = course.configure(videos=str(tmp_path / "videos"), runs=str(tmp_path / "run"))
    logits = np.array([[0, 1], [0, 1], [1, 0]], np.float32)
    videos = np.array([f"{name}/1.avi", f"{name}/2.avi", "wave/1.avi"])
    rows = (videos, np.zeros(3, int), np.array([0, 0, 1]), np.full(3, "video-10"))
    for network in ("spatial", "temporal-sg3i", "average"):
        test = Scores(network, logits, *rows, (name, "wave"), "test")
        score_files.save({"test": test}, made.scores_file(network))
    found = metrics.collect(made, metrics.Outcome({name: 1.0}), 1.0)
    table = {"path": [f"{name}/{name}.avi"], "ok": [False], "why": [f"{name} is cut off."]}
    pd.DataFrame(table).to_csv(made.folder / "clips.csv")
    found["run"] |= {"name": name, "backbone": name, "weights": name}
    found["data"]["name"] = name
    page = report.render(made, found)
    seen = Page(page)
    assert not {"b", "script"} & set(seen.elements)
    assert seen.words["h1"] == [f"Two streams on {name}"]
    assert {f"{name}.avi", f"{name} is cut off."} <= set(seen.words["td"])
    assert f"Run “{name}”" in "".join(seen.words["p"])
    alts = [html.unescape(alt) for alt in re.findall(r'alt="([^"]*)"', page)]
    assert any(f"most often {name} is taken for wave (2 times)" in alt for alt in alts)


def test_numbers_that_cannot_be_read_are_told_and_the_rest_is_shown(run):
    run.scores_file("average").write_bytes(b"no scores")
    (run.checkpoint("spatial")).mkdir(parents=True)
    (run.checkpoint("spatial") / "history.json").write_text("no history")
    outcome = metrics.Outcome()
    collected = metrics.collect(run, outcome, 1.0)
    assert list(outcome.failed) == ["scores of average"]
    assert {row["network"] for row in collected["results"]} == set(RIGHT) - {"average"}
    page = report.render(run, collected)
    assert page.count("average.npz") == 2 and "history.json" in page and ">spatial<" in page
