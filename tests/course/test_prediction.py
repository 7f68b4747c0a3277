"""A film asked about: what the run's own scores say; and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.course.samples import NETWORKS
from twostream_lib.course import judges, prediction, telling
from twostream_lib.errors import InputError
from twostream_lib.fusion import familiar, score_files, scores
from twostream_lib.fusion.familiar import Rule
from twostream_lib.video import encoding


def rule(threshold):
    return Rule(threshold, videos=40, below=2)


def test_a_clip_of_the_run_gets_the_scores_that_the_run_has_of_it(asked, film, finished_folder):
    said = prediction.ask(asked, film)
    assert list(said.windows) == NETWORKS
    for name, windows in said.windows.items():
        test = score_files.load(finished_folder / "scores" / f"{name}.npz")["test"].under("window")
        own = test.rows(test.video == "left/film5_left.avi")
        assert len(own) == len(windows) > 1
        np.testing.assert_allclose(windows.logits, own.logits, rtol=1e-4, atol=1e-5, err_msg=name)
        whole = scores.per_video(own)
        np.testing.assert_allclose(said.whole[name].logits, whole.logits, rtol=1e-4, atol=1e-5)


def test_the_average_of_three_is_that_of_what_they_say_of_the_whole_film(asked, film):
    whole = prediction.ask(asked, film).whole
    three = [whole[name].probabilities()[0] for name in NETWORKS[:3]]
    mean = whole["average-three"].probabilities()[0]
    np.testing.assert_allclose(mean, np.mean(three, axis=0), atol=1e-6)


def test_windows_start_when_the_plan_says(asked, film):
    said = prediction.ask(asked, film)
    assert said.seconds == pytest.approx(40 / 25)
    # 25 frames a second: second 0.5 is between two frames, and the later one is taken.
    assert said.starts["average"].tolist() == pytest.approx([0, 13 / 25, 1])
    assert said.starts["temporal-flow"].tolist() == pytest.approx([0, 13 / 25, 1])


def test_nothing_stays_of_a_film_that_was_asked_about(asked, film, tmp_path, monkeypatch):
    monkeypatch.setattr(prediction.tempfile, "tempdir", str(tmp_path))
    prediction.ask(asked, film)
    assert list(tmp_path.iterdir()) == []


def test_the_rule_says_what_is_known(asked, film):
    found = prediction.ask(asked, film).familiarity
    pair = [prediction.ask(asked, film).windows[name] for name in judges.PAIR]
    assert found == pytest.approx(familiar.familiarity(pair)[0])
    for threshold, is_known, words in (
        (found - 1e-6, True, "no proof"),
        (found + 1e-6, False, "like nothing that the run has seen"),
    ):
        said = prediction.ask(replace(asked, rule=rule(threshold)), film)
        assert said.known is is_known
        assert words in prediction.familiar_words(said)
    nobody = prediction.ask(replace(asked, rule=None), film)
    assert nobody.known is nobody.familiarity is None
    assert "too few of its training videos" in prediction.familiar_words(nobody)


def test_a_film_too_short_for_flow_is_asked_about_all_the_same(asked, tmp_path, moving_square):
    encoding.write(tmp_path / "short.avi", moving_square[:10], 25)  # 0.4 s: flow needs 0.5
    said = prediction.ask(asked, tmp_path / "short.avi")
    assert "temporal-flow" not in said.whole and "average-three" not in said.whole
    assert "longer than the film" in said.left_out["temporal-flow"]
    assert "temporal-flow says nothing: A window of 5 frames" in telling.words(asked, said)


def test_a_film_too_short_for_every_window_is_refused(asked, tmp_path, moving_square):
    encoding.write(tmp_path / "short.avi", moving_square[:5], 25)
    with pytest.raises(InputError, match=r"short.avi cannot be asked about. A window of 3 frames"):
        prediction.ask(asked, tmp_path / "short.avi")


def test_without_one_of_the_pair_the_other_judges(asked, film):
    alone = replace(
        asked,
        streams={"temporal-sg3i": asked.streams["temporal-sg3i"]},
        fusions={},
        judge="temporal-sg3i",
        rule=rule(0.1),
    )
    said = prediction.ask(alone, film)
    assert list(said.whole) == [said.judge] == ["temporal-sg3i"]
    assert said.familiarity is not None


# --- films as people have them ---------------------------------------------------------------


def test_awkward_films_are_asked_about(asked, real_data):
    films = sorted((real_data / "data" / "awkward" / "clips").glob("*/*"))
    found = {Path(one.file).name: one for one in prediction.ask_all(asked, films)}
    assert len(found) == 9
    assert [name for name, one in found.items() if isinstance(one, prediction.Refused)] == []
    starts = found["phone_wave_1.mp4"].starts["spatial"]
    np.testing.assert_allclose(starts[:12], np.arange(12) / 2, atol=0.034)
    assert found["phone_wave_1.mp4"].seconds == pytest.approx(6.0)
    assert "It is unusual: its frames are" in telling.words(asked, found["phone_wave_1.mp4"])
    assert "It is unusual: it is HDR" in telling.words(asked, found["hlg_wave_1.mov"])
