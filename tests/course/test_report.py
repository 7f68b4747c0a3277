"""The report: every figure and number is that of the run's files, and it needs no other file."""

import base64
import html
import re

import numpy as np
import pandas as pd
import pytest

from tests.course import reported
from tests.course.reported import GAPS, RIGHT, SETUPS, tables
from tests.figures.samples import CEILINGS, history
from tests.pages import Page
from twostream_lib import clips, course, figures, networks
from twostream_lib.course import earlier, metrics, notebook_pages, report
from twostream_lib.course.comparison import Check, Comparison, Difference
from twostream_lib.fusion import evaluation, pairs, score_files
from twostream_lib.fusion.scores import Scores

EVIL, FILE = "<img src=x onerror=alert(1)>", "$x_{1}$|*.avi"


@pytest.fixture
def run(tmp_path):
    return reported.of_scores(tmp_path)


@pytest.fixture
def found(run):
    return reported.metrics_of(run)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run with everything, its metrics, and its page."""
    made = reported.whole(tmp_path_factory.mktemp("whole"))
    found = metrics.read(made.folder)
    found["data"] |= {"ceilings": CEILINGS, "classes": 2}
    return made, found, report.render(made, found)


def interval(result):
    return f"{100 * result.low:.1f} to {100 * result.high:.1f}"


# --- numbers ---------------------------------------------------------------------------------


def test_every_result_is_that_of_its_scores_beside_its_ceiling(whole):
    made, _, page = whole
    (rows,) = [rows for name, rows in tables(page).items() if name.startswith("video-10 – ten")]
    assert rows[0] == ["network", "right, %", "95 % interval", "videos", "sources", "ceiling, %"]
    for row, network in zip(rows[1:], RIGHT, strict=True):
        result = evaluation.result(
            score_files.load_part(made.scores_file(network), "test"), "video-10"
        )
        ceiling = f"{100 * networks.ceiling(network, CEILINGS):.1f}"
        shares = [f"{100 * result.accuracy:.1f}", interval(result)]
        assert row == [network, *shares, "40", "20", ceiling]


def test_pairs_laboratory_and_gaps_are_computed_from_their_scores(whole):
    made, _, page = whole
    said = tables(page)
    tests = {name: reported.scored(name, right, 40) for name, right in RIGHT.items()}
    table = pairs.all_pairs(
        {name: tests[name] for name in ("svm", "average", "temporal-sg3i", "spatial")}
    )
    rows = {row[0]: row for row in said["Beside temporal-sg3i, the best of the streams"]}
    (svm,) = [
        row for row in table.itertuples() if {row.first, row.second} == {"svm", "temporal-sg3i"}
    ]
    assert rows["svm"][1:] == [
        "+37.5",
        f"{100 * svm.low:+.1f} to {100 * svm.high:+.1f}",
        "15",
        "0",
        f"{svm.holm:.2g}",
        "yes" if svm.real else "no",
    ]
    assert f"{table.real.sum()} of 6 differences are real" in page

    trials = {n: reported.scored(n, r, 16, "window", "validation") for n, r in SETUPS.items()}
    names = ("no scaling", "softmax")
    lab = pairs.table_of(
        [evaluation.compare(trials[name], trials["working"], "window") for name in names]
    )
    rows = said["Setups of the flow stream"][1:]
    for row, name, pair in zip(rows, names, lab.itertuples(), strict=True):
        right = evaluation.result(trials[name], "window")
        assert row[0] == name and row[2] == "working: 93.8 %"
        assert row[1] == f"{100 * SETUPS[name] / 16:.1f} ({interval(right)})"
        assert row[3] == f"{100 * (SETUPS[name] - 15) / 16:+.1f}"
        assert row[5] == f"{pair.holm:.2g}"
        assert row[6] == ("worse" if pair.real else "not shown")
    assert rows[1][6] == "worse"

    rows, fps = said["SG3I by gap"][1:], made.settings.dense_plan.fps
    assert [row[0] for row in rows] == ["1", "2", "12"]
    for row in rows:
        right = GAPS[int(row[0])]
        assert row[1:3] == [f"{int(row[0]) / fps:.2f}", f"{100 * right / 16:.1f}"]
        assert row[4:] == ["16", "8"]


def test_clips_cost_and_environment_are_those_of_the_run(whole):
    made, found, page = whole
    plain = " ".join(html.unescape(re.sub("<[^<]*>", " ", page)).split())
    leak = clips.leakage(pd.read_csv(made.folder / "clips.csv"))["tags"]
    for tags, words in (("1", "1"), ("0+1", "0 and 1")):
        assert f"{leak[tags]['leaking']} of 3 where tag {words} is trained on" in plain
    assert leak["1"]["leaking"] > 0
    assert tables(page)["Clips that were set aside"][1:] == [["11.avi", "It is cut off."]]
    assert "time 1.5 minutes" in plain and "memory, at most 700 MiB" in plain
    assert "disk, stores, which can be made anew 2.3 MB" in plain
    rows = tables(page)["Notebooks, as they were executed"][1:]
    assert rows == [["00_lesson", "61.0"], ["01_other", "30.5"]]
    for name, version in found["run"]["versions"].items():
        assert f"{name} {version}" in plain
    assert f"device {found['run']['device']}" in plain


def test_earlier_runs_stand_beside_this_one(whole):
    made, found, page = whole
    runs = earlier.of_kind(made.folder, found)
    (rows,) = [rows for name, rows in tables(page).items() if name.startswith("Finished runs")]
    assert [row[1] for row in rows[1:]] == ["run (this one)", "before"][
        :: 1 if runs[-1].name == "run" else -1
    ]
    before = {row[1]: row for row in rows}["before"]
    assert before[2:] == ["abc1234", "7", found["run"]["device"], "87.5"]


def test_every_figure_is_drawn_of_the_runs_files(whole):
    """Each is drawn here once more from what the files hold, and is the same to the last byte."""
    made, found, page = whole
    results = [metrics.as_result(row) for row in found["results"]]
    tests = {n: score_files.load_part(made.scores_file(n), "test") for n in RIGHT}
    best_first = sorted(RIGHT, key=lambda name: -RIGHT[name])
    matrix = evaluation.confusion(tests["average"])
    fps = made.settings.dense_plan.fps
    said = {g: reported.scored("", GAPS[g], 16, "window") for g in sorted(GAPS)}
    shares = {gap / fps: evaluation.share(one) for gap, one in said.items()}
    epochs = {name: history(3 + number) for number, name in enumerate(reported.CURVES)}
    runs = earlier.of_kind(made.folder, found)
    main = ("spatial", "temporal-sg3i", "average")
    wanted = [
        figures.accuracies(results, CEILINGS),
        figures.differences(pairs.all_pairs({n: tests[n] for n in best_first}), best_first),
        figures.curves(
            epochs["fusenet"], 2, ("the same scores, after the epoch", "the same scores after it")
        ),
        figures.confusion(
            matrix, tests["average"].classes, "35 of 40 test videos are on the diagonal"
        ),
        figures.by_number(
            {"temporal-sg3i": shares},
            "seconds from one frame to the next",
            "validation videos",
            f"Validation videos right, by the gap: 1, 2, 12 frames at {fps:g} a second",
        ),
        *(
            figures.curves(epochs[n], 2)
            for n in ("spatial", "temporal-sg3i", "gap-1", "gap-2", "gap-12")
        ),
        figures.leak(clips.leakage(pd.read_csv(made.folder / "clips.csv"))),
        figures.over_runs(
            [f"{one.when:%m-%d %H:%M}" for one in runs],
            [[one for one in results if one.network in main] for _ in runs],
        ),
    ]
    shown = re.findall(r'<img alt="([^"]*)"[^>]*base64,([^"]+)"', page)
    assert len(shown) == len(wanted)
    for (alt, data), figure in zip(shown, wanted, strict=True):
        assert base64.b64decode(data) == figures.to_png(figure), alt
    assert page.count("<source media") == len(wanted) - 2  # matrices scroll


# --- the verdict -----------------------------------------------------------------------------


def test_without_a_baseline_the_page_says_so_first(whole):
    page = whole[2]
    assert Page(page).words["section"][0].split("\n")[1].startswith("– Not judged")
    assert page.index("There is no baseline") < page.index('id="results"')


def check(moved, before, now, tolerance, unit="share", network="spatial"):
    of = ("accuracy", network, "video-10", "accuracy", unit, before, now, None, tolerance, None)
    return Check(*of, "noise of 8 seeds", moved)


def test_what_moved_and_what_differs_stand_at_the_top(run, found):
    checks = (
        check("worse", 0.483, 0.441, 0.022),
        check("steady", 0.5, 0.5, 0.022, network="svm"),
        check("better", 0.4, 0.5, None, network="average"),
    )
    differs = (Difference("torch", "2.13.0", "2.14.1 <b>"),)
    comparison = Comparison(
        "The baseline of seeds 0 to 2.", checks, differs, ("By noise.",), (1, 3)
    )
    page = report.render(run, found, comparison)
    assert "✗ Failed: 1 worse of 3 figures, by more than noise." in page
    assert "<title>Failed – two-stream" in page
    assert tables(page)["What moved"][1:] == [
        ["spatial (video-10)", "worse", "48.3 %", "44.1 %", "2.2 points", "noise of 8 seeds"],
        ["average (video-10)", "better", "40.0 %", "50.0 %", "–", "noise of 8 seeds"],
    ]
    assert tables(page)["What else differs"][1:] == [["torch", "2.13.0", "2.14.1 <b>"]]
    assert page.index("What else differs") < page.index('id="results"')
    assert "The baseline of seeds 0 to 2." in page and "By noise." in page


def test_a_run_that_passes_says_so_and_has_no_table_of_what_moved(run, found):
    steady = Comparison("Another.", (check("steady", 0.5, 0.5, 0.02),), (), (), (1, 1))
    page = report.render(run, found, steady)
    assert "✓ Passed: none of 1 figures" in page and "Nothing moved by more than noise" in page
    assert "What moved" not in tables(page) and "Nothing else differs." in page


def test_a_run_whose_notebooks_failed_has_failed_whatever_its_figures_say(run, found):
    found["run"]["failed"] = {"01_other": "Notebook 01_other failed in cell [2]."}
    page = report.render(run, found)
    assert "✗ Failed: 1 of 2 notebooks failed" in page and "failed in cell [2]." in page


# --- sections --------------------------------------------------------------------------------


def test_a_run_without_scores_says_so_and_has_no_empty_table(tmp_path):
    empty = reported.new_run(tmp_path)
    page = report.render(empty, metrics.collect(empty, metrics.Outcome(), 1.0))
    assert "No network has been scored in this run yet." in page and "<img" not in page
    assert "There is no other finished run of this kind" in page
    assert tables(page) == {}
    for section in ("pairs", "fusion", "confusion", "laboratory", "gaps", "learning", "paper"):
        assert f'id="{section}"' not in page and f'href="#{section}"' not in page


def test_the_papers_figures_stand_under_their_warning(run, found):
    assert 'id="paper"' not in report.render(run, found)
    row = found["results"][0] | {"protocol": "window", "paper": 0.532}
    found["results"].append(row)
    page = report.render(run, found)
    said = " ".join(page[page.index('id="paper"') :].split())
    warning, table = (
        said.index("Not stated by it, in part or at all: split, protocol, "),
        said.index("53.2"),
    )
    assert warning < table
    assert page.index("video-10 – ten") < page.index('id="paper"')
    assert "53.2" not in page[: page.index('id="paper"')]


def test_the_report_says_which_fusions_learned_from_what(run, found):
    found["results"] += [found["results"][0] | {"network": name} for name in ("features", "joint")]
    for name in ("features", "joint"):
        score_files.save({"test": reported.scored(name, 20, 40)}, run.scores_file(name))
    page = " ".join(report.render(run, found).split())
    assert "Of the fusions, svm learned from out-of-fold scores of" in page
    assert "No fusions of scores are features and joint:" in page


def test_notebooks_are_linked_to_their_pages(run, found, monkeypatch):
    monkeypatch.setattr(
        notebook_pages, "links", lambda folder: {"00_lesson": "notebooks/00_lesson.html"}
    )
    page = report.render(run, found)
    assert re.findall(r'href="(?!#)([^"]*)"', page) == ["notebooks/00_lesson.html"]


def test_numbers_that_cannot_be_read_are_told_and_the_rest_is_shown(run):
    run.scores_file("average").write_bytes(b"no scores")
    run.checkpoint("spatial").mkdir(parents=True)
    (run.checkpoint("spatial") / "history.json").write_text("no history")
    outcome = metrics.Outcome()
    collected = metrics.collect(run, outcome, 1.0)
    assert list(outcome.failed) == ["scores of average"]
    assert {row["network"] for row in collected["results"]} == set(RIGHT) - {"average"}
    page = report.render(run, collected)
    assert page.count("average.npz") == 2 and "history.json" in page and ">spatial<" in page


# --- the page --------------------------------------------------------------------------------


def test_the_page_needs_no_other_file_and_no_script_and_is_small(whole):
    page = whole[2]
    assert re.findall(r'(?:src|href|srcset)="(?!data:|#)', page) == []
    assert "<script" not in page and "default-src 'none'" in page
    assert len(page) < 5 * 2**20


def test_on_a_phone_every_cell_says_of_what_it_is(whole):
    """The row of names is not shown there: each cell but the first, which is the row's, has one."""
    for table in re.findall(r"<table.*?</table>", whole[2], re.S):
        head = re.findall(r'<th scope="col">(.*?)</th>', table)
        for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", table, re.S):
            labels = re.findall(r'<td data-label="([^"]+)">', row)
            assert row.count("<td") == len(labels)
            assert labels == head[1:]


@pytest.mark.parametrize(
    "name", ["cost_$5_$10", '<b>"x"<script> & *y* {{ data }}', "W" * 200, EVIL, FILE]
)
def test_names_from_outside_are_text(name, tmp_path):
    (tmp_path / "videos").mkdir()
    made = course.configure(videos=str(tmp_path / "videos"), runs=str(tmp_path / "run"))
    logits = np.array([[0, 1], [0, 1], [1, 0]], np.float32)
    videos = np.array([f"{name}/1.avi", f"{name}/2.avi", "wave/1.avi"])
    rows = (videos, np.zeros(3, int), np.array([0, 0, 1]), np.full(3, "video-10"))
    for network in ("spatial", "temporal-sg3i", "average"):
        test = Scores(network, logits, *rows, (name, "wave"), "test")
        score_files.save({"test": test}, made.scores_file(network))
    found = metrics.collect(made, metrics.Outcome({name: 1.0}, ended={name: name}), 1.0)
    table = {"path": [f"{name}/{name}.avi"], "ok": [False], "why": [f"{name} is cut off."]}
    rest = {"label": [name], "source": [name], "tag": [2]}
    pd.DataFrame(table | rest).to_csv(made.folder / "clips.csv")
    found["run"] |= {"name": name, "backbone": name, "weights": name, "git": name}
    found["data"] |= {"name": name, "limits": [name]}
    page = report.render(made, found)
    seen = Page(page)
    assert not {"b", "script"} & set(seen.elements)
    assert all("onerror" not in tag or "alt=" in tag for tag in re.findall("<img[^>]*>", page))
    assert seen.elements.count("img") == page.count("data:image/png;base64") - page.count("<source")
    assert seen.words["h1"] == [f"Two streams on {name}"]
    assert f"{name} is cut off." in seen.words["td"] and f"{name}.avi" in seen.words["th"]
    assert f"Run “{name}”" in "".join(seen.words["p"])
    assert f"{name} is taken for wave (2)" in "".join(seen.words["figure"])
    alts = [html.unescape(alt) for alt in re.findall(r'alt="([^"]*)"', page)]
    assert any(f"{name} is taken for wave (2)" in alt for alt in alts)


def test_a_name_with_controls_stays_on_its_line(run, found):
    found["data"]["name"] = "a\x1b[31m\nb\u202e"
    page = report.render(run, found)
    assert r"a\x1b[31m\nb\u202e" in page and "\x1b" not in page and "\u202e" not in page


def test_the_report_is_written_in_one_step(run, found, tmp_path):
    report.write(run, found, tmp_path / "report.html", "The baseline is damaged.")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "The baseline is damaged." in text
