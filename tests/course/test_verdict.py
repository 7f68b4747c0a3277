"""A comparison as text, JSON and JUnit's XML."""

import json
import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tests.course.samples import whole, worse
from twostream_lib.course import bands, baselines, comparing, verdict
from twostream_lib.errors import InputError

SD = 0.007


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    file = tmp_path_factory.mktemp("noise") / "noise.json"
    return bands.add([whole(seed, sd=SD) for seed in range(6)], file)


@pytest.fixture(scope="module")
def compared(record):
    """A run with each kind of thing that can be said of one."""
    before = whole(0, sd=SD)
    before["results"].append(before["results"][0] | {"network": "per-class"})
    run = worse(worse(whole(0, sd=SD, git="fedcba9", disk_mb=900.0), "svm", 0.2), "joint", -0.2)
    run["results"].append(run["results"][0] | {"network": "average-three"})
    run["data"]["stores"] = {"images": 1000, "flow": 2001}
    return comparing.compare([run], baselines.new_baseline([before], None, "It <was>."), record)


def test_each_thing_that_moved_is_a_sentence(compared):
    said = [verdict.sentence(check) for check in compared.moved]
    (svm,) = [one for one in said if one.startswith("svm (video-10)")]
    (joint,) = [one for one in said if one.startswith("joint (video-10)")]
    assert " fell from " in svm and "points that noise explains." in svm
    assert " rose from " in joint
    assert "disk grew from 400.0 to 900.0 MB, by more than 20.0." in said
    assert "store of flow was 2,000 bytes, and is 2,001 now." in said
    assert any(one.startswith("per-class (window) is missing; the baseline has") for one in said)


def test_the_text_has_the_verdict_what_moved_what_differs_and_how_it_was_judged(compared):
    text = verdict.text(compared)
    lines = text.splitlines()
    assert lines[0].startswith("Fail: of ") and "1 missing, 1 changed" in lines[0]
    assert lines[1].endswith("It <was>.")
    assert "  code commit: abc1234 → fedcba9" in lines
    for check in compared.moved:
        assert any(line.startswith(check.name) and check.moved in line for line in lines)
    assert all(note in lines for note in compared.notes)


def test_that_the_clips_are_others_is_said_first():
    run = whole(0, backbone="resnet8")
    run["data"]["fingerprint"] = "beef"
    found = comparing.compare([run], whole(0))
    first = verdict.text(found).splitlines()[0]
    assert "(clips f00d → beef, backbone mobilenet_v2 → resnet8)" in first
    assert verdict.as_json(found)["unlike"] == first
    assert f'name="unlike" value="{first}"' in verdict.junit(found)


def test_json_has_every_check_in_percent(compared):
    told = json.loads(json.dumps(verdict.as_json(compared), allow_nan=False))
    assert len(told["checks"]) == len(compared.checks)
    for row, check in zip(told["checks"], compared.checks, strict=True):
        assert (row["network"], row["moved"]) == (check.network, check.moved)
        if check.network and check.now is not None:
            assert row["now"] == pytest.approx(100 * check.now, abs=1e-4) and row["unit"] == "%"
    assert told["differs"] == [{"name": "code commit", "before": "abc1234", "now": "fedcba9"}]


def test_two_runs_that_differ_in_seconds_alone_are_told_of_alike(record):
    before = baselines.new_baseline([whole(0, sd=SD)], None)
    one = whole(0, sd=SD)
    other = whole(0, sd=SD, seconds=258.1, peak_memory_mb=3011, disk_mb=401.0)
    told = [comparing.compare([run], before, record) for run in (one, other)]
    for say in (verdict.text, verdict.junit, verdict.as_json):
        assert say(told[0]) == say(told[1])


def test_junit_is_parsed_back(compared):
    suite = ElementTree.fromstring(verdict.junit(compared)).find("testsuite")
    cases = suite.findall("testcase")
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    assert failed == {check.name for check in compared.failing}
    assert int(suite.get("tests")) == len(cases) == len(compared.checks)
    assert int(suite.get("failures")) == len(failed)
    assert int(suite.get("skipped")) == sum(case.find("skipped") is not None for case in cases)
    kept = [(one.get("name"), one.get("value")) for one in suite.find("properties")]
    assert ("verdict", "fail") in kept and ("differs: code commit", "abc1234 → fedcba9") in kept
    assert any("It <was>." in value for name, value in kept if name == "against")


def test_a_notebook_that_failed_is_told_of_everywhere():
    why = "Notebook 06_fusion failed in cell [3]: ValueError."
    found = comparing.compare([whole(0, failed={"06_fusion": why})], whole(0))
    assert [verdict.sentence(check) for check in found.failing] == [why]
    text = verdict.text(found)
    quantities = len(found.checks) - 1
    assert text.startswith(f"Fail: 06_fusion failed; of {quantities} quantities none is worse.\n")
    (line,) = [line for line in text.splitlines() if line.startswith("06_fusion")]
    assert line.endswith(" failed")
    told = verdict.as_json(found)
    assert told["verdict"] == "fail"
    assert [one["why"] for one in told["checks"] if one["moved"] == "failed"] == [why]
    suite = ElementTree.fromstring(verdict.junit(found)).find("testsuite")
    (case,) = [one for one in suite.findall("testcase") if one.find("failure") is not None]
    assert case.attrib == {"classname": "compare.notebook", "name": "06_fusion", "time": "0"}
    assert case.find("failure").get("message") == why


def test_junit_has_the_shape_that_pytest_writes(compared, tmp_path):
    test = (
        "import pytest\ndef test_a(): pass\ndef test_b(): assert 0\ndef test_c(): pytest.skip('x')"
    )
    (tmp_path / "test_it.py").write_text(test)
    plain = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--junit-xml",
        "it.xml",
    ]
    subprocess.run(
        [*command, "test_it.py"], cwd=tmp_path, env=plain, capture_output=True, check=False
    )
    theirs = shape(ElementTree.parse(tmp_path / "it.xml").getroot())
    ours = shape(ElementTree.fromstring(verdict.junit(compared)))
    # Properties are pytest's, too, where a test records any.
    extra = {"testsuites/testsuite/properties", "testsuites/testsuite/properties/property"}
    assert set(ours) - extra == set(theirs)
    for place in set(theirs):
        assert ours[place] <= theirs[place], place


def test_junit_takes_the_place_of_an_earlier_one_and_of_nothing_else(compared, tmp_path):
    file = tmp_path / "compare.xml"
    for _ in range(2):
        verdict.write_junit(compared, file)
        assert file.read_text(encoding="utf-8") == verdict.junit(compared)
    for theirs in ("name,grade\n", "<html></html>"):
        file.write_text(theirs)
        with pytest.raises(InputError, match="holds something else"):
            verdict.write_junit(compared, file)
        assert file.read_text() == theirs


def shape(element, place=""):
    """The attributes of each element, by its path."""
    here = f"{place}/{element.tag}".lstrip("/")
    found = {here: set(element.keys())}
    for child in element:
        for where, names in shape(child, here).items():
            found[where] = found.get(where, set()) | names
    return found


def test_a_run_that_is_no_worse_says_how_many_results_there_are(record):
    before = baselines.new_baseline([whole(0, sd=SD)], None)
    text = verdict.text(comparing.compare([whole(1, sd=SD)], before, record))
    assert text.startswith("Pass: None of 24 results is worse than its tolerance allows.")
