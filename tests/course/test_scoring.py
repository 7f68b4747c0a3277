"""A run's test part scored once more: the same network, the same videos, by another protocol."""

import json
import shutil

import numpy as np
import pytest

from twostream_lib.__main__ import main
from twostream_lib.course import finished, metrics, scoring
from twostream_lib.errors import InputError
from twostream_lib.fusion import evaluation, score_files, scores, ten_views

STREAMS = ("spatial", "temporal-sg3i", "temporal-flow")


@pytest.fixture
def folder(finished_folder, small_profile, tmp_path):
    """A finished run to write into."""
    return shutil.copytree(finished_folder, tmp_path / "run")


@pytest.fixture
def run(folder):
    return finished.open_run(folder)


def own(run, network):
    return score_files.load_part(run.scores_file(network), "test")


@pytest.mark.parametrize("network", STREAMS)
@pytest.mark.parametrize("protocol", evaluation.PROTOCOLS)
def test_by_a_protocol_of_the_run_it_says_what_the_run_says(run, network, protocol):
    found, wanted = scoring.score(run, network, protocol), own(run, network).under(protocol)
    scores.check_aligned([found, wanted])
    np.testing.assert_allclose(found.logits, wanted.logits, atol=1e-4)


@pytest.mark.parametrize("network", STREAMS)
def test_25x10_has_25_positions_of_the_same_videos(run, network):
    found, ten = scoring.score(run, network, "25x10"), own(run, network).under("video-10")
    videos, theirs = scores.per_video(found), scores.per_video(ten)
    for name in ("video", "label", "source", "classes", "part"):
        assert np.array_equal(getattr(videos, name), getattr(theirs, name))
    assert len(found) == 25 * len(videos) and set(found.window) == set(range(25))
    # Other crops of the same film: something else, and not at all anything.
    apart = np.abs(videos.probabilities() - theirs.probabilities()).max()
    assert 0 < apart < 0.3


@pytest.mark.parametrize("network", STREAMS)
def test_one_position_uncropped_and_unmirrored_is_video_1(run, network, monkeypatch):
    monkeypatch.setattr(scoring, "POSITIONS", 1)
    monkeypatch.setattr(scoring, "SHARE", 1)
    monkeypatch.setattr(ten_views, "mirror", lambda images, view: images)
    found, one = scoring.score(run, network, "25x10"), own(run, network).under("video-1")
    assert found.video.tolist() == one.video.tolist()
    np.testing.assert_allclose(found.probabilities(), one.probabilities(), atol=1e-5)


def test_its_scores_lie_beside_the_runs_own_which_stay(run, recwarn):
    before = {file: file.read_bytes() for file in run.folder.glob("scores/*.npz")}
    rows = metrics.results(run.folder / "scores", "mode 2")
    found = scoring.score(run, "spatial", "25x10")
    file = run.folder / "scores" / "25x10" / "spatial.npz"
    kept = score_files.load_part(file, "test", run.classes, run.made_by)
    assert kept.network == "spatial" and np.array_equal(kept.logits, found.logits)
    assert {file: file.read_bytes() for file in before} == before
    assert metrics.results(run.folder / "scores", "mode 2") == rows and not list(recwarn)


def test_what_cannot_be_scored_is_named(run):
    with pytest.raises(InputError, match="svm is a fusion"):
        scoring.score(run, "svm", "25x10")
    shutil.rmtree(run.tested_checkpoint("spatial"))
    with pytest.raises(InputError, match="There is no checkpoint"):
        scoring.score(run, "spatial", "25x10")


def test_a_run_that_is_another_by_now_is_not_scored(run):
    object.__setattr__(run, "seed", 1)
    with pytest.raises(InputError, match="its seed was 0, and is 1 now"):
        scoring.score(run, "spatial", "video-1")


def test_the_command_prints_what_was_found(folder, capsys):
    assert main(["score", str(folder), "--network", "temporal-sg3i", "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    kept = score_files.load_part(folder / "scores" / "25x10" / "temporal-sg3i.npz", "test")
    wanted = evaluation.result(kept, "25x10")
    assert found["accuracy"] == metrics.in_percent(wanted.accuracy)
    assert (found["n"], found["sources"]) == (wanted.n, wanted.sources)
    assert "temporal-sg3i, 25x10: 100%" in said.err
    assert main(["score", str(folder), "--protocol", "video-1"]) == 0
    assert capsys.readouterr().out.startswith("spatial, video-1: ")


def test_the_sentence_has_the_interval_n_and_sources():
    found = evaluation.Result("spatial", "25x10", 0.673, 0.598, 0.739, 1680, 32)
    assert scoring.words(found) == (
        "spatial, 25x10: 67.3 % of 1,680 videos of 32 sources (95 % interval 59.8 to 73.9)"
    )
