"""What the report says beside the metrics, as data."""

import pandas as pd
import pytest

from tests.course import reported
from twostream_lib.course import report_findings as findings
from twostream_lib.course.comparison import Check, Comparison
from twostream_lib.fusion import evaluation


@pytest.fixture
def run(tmp_path):
    return reported.of_scores(tmp_path)


@pytest.fixture
def found(run):
    return reported.metrics_of(run)


def test_the_headline_says_what_fusing_brought(found):
    assert findings.headline(found) == (
        "Appearance alone gets 50.0 % of the test videos right, motion alone 62.5 %, and the "
        "average of the two 87.5 %: 25.0 points above the better stream."
    )
    found["results"] = found["results"][:2]
    assert findings.headline(found) == ""


def test_each_network_stands_beside_the_better_stream(run, found):
    paired = findings.paired(run, found)
    assert paired.order == ["svm", "average", "temporal-sg3i", "spatial"]
    assert (paired.reference, paired.what) == ("temporal-sg3i", "the best of the streams")
    assert (paired.videos, paired.sources, len(paired.table)) == (40, 20, 6)
    rows = paired.beside_reference()
    assert rows.network.tolist() == ["svm", "average", "spatial"]
    assert rows.difference.tolist() == pytest.approx([15 / 40, 10 / 40, -5 / 40])
    for row in rows.itertuples():
        says = [reported.scored(n, reported.RIGHT[n], 40) for n in (row.network, "temporal-sg3i")]
        pair = evaluation.compare(*says)
        assert (row.only_first, row.only_second) == (pair.only_first, pair.only_second)
        assert (row.low, row.high) == pytest.approx((pair.low, pair.high), abs=0.02)  # drawn anew
        assert row.holm >= pair.p_value
    # Behind in three sources of twenty, ahead in none: of so few others may be a little ahead.
    assert rows.low[2] < rows.difference[2] < 0 < rows.high[2] < 0.03


def test_one_network_has_no_pair_and_without_a_stream_the_best_is_the_reference(run, found):
    rows = found["results"]
    found["results"] = rows[2:]
    assert findings.paired(run, found).reference == "svm"
    assert findings.paired(run, found).what == "the best of all"
    found["results"] = rows[:1]
    assert findings.paired(run, found) is None


def test_clips_set_aside_come_with_their_reason(tmp_path):
    assert findings.set_aside(tmp_path / "clips.csv") == []
    rows = {"path": ["a/one.avi", "a/two.avi"], "ok": [True, False], "why": ["", "It is cut off."]}
    pd.DataFrame(rows).to_csv(tmp_path / "clips.csv")
    assert findings.set_aside(tmp_path / "clips.csv") == [
        {"name": "two.avi", "why": "It is cut off."}
    ]


def test_a_leak_is_found_by_source_and_action_and_names_are_no_missing_values(tmp_path):
    rows = {"label": ["NA", "NA", "wave"], "source": ["NA", "NA", "NA"], "tag": [1, 2, 2]}
    pd.DataFrame(rows).to_csv(tmp_path / "clips.csv")
    assert findings.leaks(tmp_path / "clips.csv")["tags"]["1"]["leaking"] == 1
    pd.DataFrame(rows | {"tag": [1, 1, 1]}).to_csv(tmp_path / "clips.csv")
    assert findings.leaks(tmp_path / "clips.csv") == {}
    assert findings.leaks(tmp_path / "none.csv") == {}


def test_the_disk_is_added_up_by_what_lies_there(run):
    (run.folder / "checkpoints" / "deep" / "er").mkdir(parents=True)
    (run.folder / "checkpoints" / "deep" / "er" / "a").write_bytes(bytes(10))
    (run.folder / "retrained").mkdir()
    (run.folder / "retrained" / "b").write_bytes(bytes(5))
    found = findings.disk(run)
    assert found["checkpoints"] == 15 and "executed notebooks" not in found
    assert found["scores"] == sum(file.stat().st_size for file in run.folder.glob("scores/*"))


@pytest.mark.parametrize(
    ("value", "unit", "difference", "words"),
    [
        (0.4834, "share", False, "48.3 %"),
        (0.022, "share", True, "2.2 points"),
        (None, "share", False, "–"),
        (1403.4, "calibration loops", False, "1,403 calibration loops"),
        (3, "clips", False, "3 clips"),
    ],
)
def test_amounts_have_their_unit(value, unit, difference, words):
    assert findings.amount(value, unit, difference) == words


def test_a_run_passes_fails_or_is_not_judged(found):
    assert findings.verdict(found, None)[0] == "open"
    rest = ("", "", "disk", "MB", 1, 2, None, 1, None, "")
    fine, worse = (
        Comparison("", tuple(Check("cost", *rest, moved) for moved in all_of), (), (), (1, 1))
        for all_of in (["steady", "better"], ["worse", "missing", "worse", "steady"])
    )
    assert findings.verdict(found, fine)[0] == "passed"
    assert findings.verdict(found, worse) == (
        "failed",
        "Failed: 2 worse and 1 missing of 4 figures, by more than noise.",
    )
    found["run"]["failed"] = {"01_other": "It failed.", "02_third": "It was not run."}
    status, sentence = findings.verdict(found, fine)
    assert status == "failed" and "2 of 3 notebooks failed, or were not run." in sentence
