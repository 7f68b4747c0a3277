"""metrics.json: what is written is what was found, and what is read is what was written."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tests.course.samples import found
from twostream_lib import records
from twostream_lib.course import metrics
from twostream_lib.errors import InputError
from twostream_lib.fusion import score_files
from twostream_lib.fusion.scores import Scores

CLASSES = ("sit", "stand", "wave")


def known_scores(network, right, videos=20, part="test"):
    """Scores of three windows and a centre window a video; the first `right` videos are right."""
    label = np.arange(videos) % 3
    guess = np.where(np.arange(videos) < right, label, (label + 1) % 3)
    rows = np.repeat(np.arange(videos), 4)
    return Scores(
        network,
        np.eye(3, dtype=np.float32)[guess[rows]],
        np.array([f"video{row}.avi" for row in rows]),
        np.tile([0, 1, 2, 0], videos),
        label[rows],
        np.tile(["window", "window", "window", "video-1"], videos),
        CLASSES,
        part,
    )


def test_the_fingerprint_of_clips_says_their_lengths_and_nothing_of_their_bytes():
    """Another FFmpeg may write the drawn clips in other bytes, and a baseline is for all."""
    columns = {"source": "s", "tag": 1, "frames": 40, "fps": 30.0, "times": "", "content": "a1"}
    rows = [{"path": f"/clips/wave/{n}.avi", "label": "wave"} | columns for n in range(2)]

    def word(**changes):
        table = pd.DataFrame(rows).assign(**changes)
        return metrics.fingerprint(SimpleNamespace(used_clips=table))

    assert word(content="b2") == word() != word(frames=41)


# --- results ---------------------------------------------------------------------------------


def test_results_count_what_the_scores_say(tmp_path):
    for network, right in (("average", 18), ("spatial", 15)):
        parts = {
            "out-of-fold": known_scores(network, 0, part="out-of-fold"),
            "test": known_scores(network, right),
        }
        score_files.save(parts, tmp_path / f"{network}.npz")
    rows = metrics.results(tmp_path, "mode 2")
    assert [(r["network"], r["protocol"], r["accuracy"], r["n"]) for r in rows] == [
        ("spatial", "window", 0.75, 60),
        ("spatial", "video-1", 0.75, 20),
        ("average", "window", 0.9, 60),
        ("average", "video-1", 0.9, 20),
    ]
    assert all(0 <= row["low"] <= row["accuracy"] <= row["high"] <= 1 for row in rows)


def test_the_papers_figure_stands_beside_its_own_protocol_only(tmp_path):
    score_files.save({"test": known_scores("average", 18)}, tmp_path / "average.npz")
    for mode, known in (("mode 1", 0.572), ("mode 2", 0.555)):
        rows = {row["protocol"]: row["paper"] for row in metrics.results(tmp_path, mode)}
        assert rows == {"window": known, "video-1": None}


def test_scores_of_a_network_that_nobody_entered_are_named_and_left_out(tmp_path):
    score_files.save({"test": known_scores("mine", 18)}, tmp_path / "mine.npz")
    with pytest.warns(UserWarning, match="the scores of mine in .*`networks.add`"):
        assert metrics.results(tmp_path, "mode 2") == []


def test_versions_and_device_are_words():
    assert {"python", "twostream_lib", "torch", "numpy"} <= set(metrics.versions())
    assert all(isinstance(value, str) and value for value in metrics.versions().values())
    assert metrics.device_name()


def test_outside_of_a_checkout_there_is_no_commit(tmp_path):
    assert metrics.git_version(tmp_path) is None


# --- the file --------------------------------------------------------------------------------


def test_what_is_written_is_read_from_the_folder_and_from_the_file(tmp_path):
    metrics.write(found(spatial=0.5), tmp_path / "metrics.json")
    assert metrics.read(tmp_path) == metrics.read(tmp_path / "metrics.json") == found(spatial=0.5)
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


def test_the_file_holds_percent_and_the_code_shares(tmp_path):
    run = found(average=0.61345)
    run["results"][0]["paper"] = 0.555
    run["data"]["ceilings"] = {"spatial": 2 / 3, "joint": 1.0}
    metrics.write(run, tmp_path / "metrics.json")
    content = json.loads((tmp_path / "metrics.json").read_text())
    row = content["results"][0]
    assert [row[name] for name in ("accuracy", "low", "high", "n", "paper")] == [
        pytest.approx(61.34, abs=0.01),
        pytest.approx(57.34, abs=0.01),
        pytest.approx(65.34, abs=0.01),
        216,
        55.5,
    ]
    assert content["data"]["ceilings"] == {"spatial": 66.6667, "joint": 100.0}
    assert content["run"] == run["run"] and content["data"]["split"] == 1
    assert metrics.read(tmp_path)["data"]["ceilings"]["spatial"] == pytest.approx(2 / 3, abs=1e-6)


def test_every_percent_with_two_decimals_survives_being_read_and_written():
    shown = [number / 100 for number in range(10_001)]
    assert [metrics.in_percent(percent / 100) for percent in shown] == shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"accuracy": "fifty"}, r"results\[0\].accuracy: 'fifty' is not of type 'number'"),
        ({"accuracy": -1.0}, "is less than the minimum of 0"),
        ({"high": 1.01}, "is greater than the maximum of 100"),
        ({"n": 0}, r"results\[0\].n"),
        ({"protocol": "video-3"}, "'video-3' is not one of"),
        ({"network": None}, "None is not of type 'string'"),
    ],
)
def test_a_value_that_no_run_can_have_is_named(tmp_path, change, said):
    content = found(spatial=0.5)
    content["results"][0] |= {"accuracy": 50.0, "low": 46.0, "high": 54.0} | change
    if "high" in change:
        content["results"][0]["high"] *= 100
    records.write(tmp_path / "metrics.json", content)
    with pytest.raises(InputError, match=said):
        metrics.read(tmp_path)


def test_two_results_of_one_network_under_one_protocol_are_refused(tmp_path):
    content = found(spatial=0.5)
    metrics.write(content | {"results": content["results"] * 2}, tmp_path / "metrics.json")
    with pytest.raises(InputError, match=r"two results of spatial \(video-10\)"):
        metrics.read(tmp_path)


def test_a_figure_that_was_changed_by_hand_is_noticed(tmp_path):
    file = tmp_path / "metrics.json"
    metrics.write(found(spatial=0.5), file)
    file.write_text(file.read_text().replace('"accuracy": 50.0', '"accuracy": 80.0'))
    with pytest.raises(InputError, match="no longer what was written"):
        metrics.read(tmp_path)


def test_damaged_scores_give_no_results(tmp_path):
    score_files.save({"test": known_scores("average", 18)}, tmp_path / "average.npz")
    with pytest.raises(InputError, match="classes and the run"):
        metrics.results(tmp_path, "mode 2", ["sit", "stand"])
    (tmp_path / "average.npz").write_bytes((tmp_path / "average.npz").read_bytes()[:-9])
    with pytest.raises(InputError, match=r"average.npz are damaged"):
        metrics.results(tmp_path, "mode 2")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "There is no"),
        ("{", "is no whole JSON"),
        ("[]", "holds no JSON object"),
        ('{"schema": 2}', "no metrics file of schema 1"),
        ('{"schema": 1}', "'run' is a required property"),
        ('{"schema": 1, "kind": {}, "results": []}', "kind: 'profile' is a required property"),
    ],
)
def test_a_file_that_is_no_metrics_is_named(tmp_path, content, said):
    if content is not None:
        (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(InputError, match=said) as error:
        metrics.read(tmp_path)
    assert str(tmp_path / "metrics.json") in str(error.value)
