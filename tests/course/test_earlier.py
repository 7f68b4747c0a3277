"""Earlier runs: which are shown, in which order, and which are not."""

import os

from tests.course.samples import found as found_metrics
from twostream_lib.course import earlier, metrics


def leave(runs, name, when, **data):
    """A finished run in a folder of runs, written so many seconds after 1970."""
    found = found_metrics(spatial=0.5)
    found["data"] |= data
    file = runs / name / "metrics.json"
    metrics.write(found, file)
    os.utime(file, (when, when))
    return metrics.read(file)


def test_runs_of_one_kind_come_in_the_order_in_which_they_were_written(tmp_path):
    leave(tmp_path, "b", 1000)
    own = leave(tmp_path, "a", 3000)
    leave(tmp_path, "c", 2000)
    leave(tmp_path, "other split", 2500, split=2)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "metrics.json").write_text("{")
    failed = found_metrics(spatial=0.5)
    failed["run"]["failed"] = {"03": "It failed."}
    metrics.write(failed, tmp_path / "failed" / "metrics.json")
    runs = earlier.of_kind(tmp_path / "a", own)
    assert [run.name for run in runs] == ["b", "c", "a"]
    assert runs[0].date == "1970-01-01 00:16"


def test_a_run_of_other_clips_or_of_another_network_is_no_earlier_one(tmp_path):
    own = leave(tmp_path, "a", 1000, fingerprint="f00d")
    leave(tmp_path, "other clips", 2000, fingerprint="beef")
    leave(tmp_path, "an old one", 3000)
    own["run"]["backbone"] = "resnet8"
    deeper = leave(tmp_path, "deeper", 4000, fingerprint="f00d")
    deeper["run"]["backbone"] = "resnet18"
    metrics.write(deeper, tmp_path / "deeper" / "metrics.json")
    assert {run.name for run in earlier.of_kind(tmp_path / "a", own)} == {"a", "an old one"}


def test_the_run_itself_is_there_whatever_became_of_it_and_the_oldest_are_left_out(tmp_path):
    for number in range(earlier.LAST + 3):
        leave(tmp_path, f"run-{number:02d}", 1000 + number)
    own = found_metrics(spatial=0.5)
    own["run"]["failed"] = {"03": "It failed."}
    runs = earlier.of_kind(tmp_path / "now", own)
    assert len(runs) == earlier.LAST
    assert runs[-1].name == "now" and runs[0].name == "run-04"


def test_the_main_networks_alone_are_shown(tmp_path):
    own = leave(tmp_path, "a", 1000)
    own["results"] += [own["results"][0] | {"network": name} for name in ("average", "svm")]
    (run,) = earlier.of_kind(tmp_path / "a", own)
    assert [one.network for one in run.results("video-10")] == ["spatial", "average"]
    assert run.results("video-1") == []
