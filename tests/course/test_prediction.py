"""A film asked about: what the run's own scores say, in JSON and in words; and what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twostream_lib.__main__ import main
from twostream_lib.course import finished, judges, parameters, prediction
from twostream_lib.errors import InputError
from twostream_lib.fusion import familiar, reliability, score_files, scores
from twostream_lib.fusion.familiar import Rule
from twostream_lib.video import encoding

NETWORKS = [
    "spatial",
    "temporal-sg3i",
    "temporal-flow",
    "average",
    "weighted",
    "svm",
    "fusenet",
    "fusenet-linear",
    "product",
    "per-class",
]


@pytest.fixture
def asked(finished_folder, small_profile):
    return judges.load(finished.open_run(finished_folder))


@pytest.fixture
def film(moving_films):
    """A test clip of the run, and its name there."""
    return moving_films / "videos" / "left" / "film5_left.avi"


def rule(threshold):
    return Rule(threshold, videos=40, below=2)


# --- what is said ----------------------------------------------------------------------------


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
    assert "temporal-flow says nothing: A window of 5 frames" in prediction.words(asked, said)


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


# --- as JSON and in words --------------------------------------------------------------------


def test_json_has_what_its_docstring_names(asked, film, tmp_path):
    (tmp_path / "letter.mp4").write_text("Dear reader")
    found = list(prediction.ask_all(asked, [film, tmp_path / "letter.mp4"]))
    said = json.loads(json.dumps(prediction.as_json(asked, found)))
    assert list(said) == ["schema", "run", "rule", "videos"]
    assert said["schema"] == 1
    assert said["run"]["classes"] == ["down", "left", "right"]
    assert said["run"]["networks"] == NETWORKS
    assert list(said["rule"]) == ["threshold", "out_of_fold_videos", "below", "measured"]
    first, second = said["videos"]
    assert list(second) == ["file", "refused"] and "is a text" in second["refused"]
    names = [
        "file",
        "seconds",
        "damage",
        "unusual",
        "judge",
        "label",
        "probability",
        "known",
        "familiarity",
    ]
    assert list(first) == [*names, "top_five", "windows", "left_out"]
    assert first["file"] == str(film)
    assert list(first["top_five"]) == [*NETWORKS, "average-three"]
    for answers in [first["top_five"], *(window["top_five"] for window in first["windows"])]:
        for answer in answers.values():
            shares = [one["probability"] for one in answer]
            assert {one["label"] for one in answer} == {"down", "left", "right"}
            assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1)
    best = first["top_five"]["average"][0]
    assert (first["label"], first["probability"]) == (best["label"], best["probability"])
    assert [window["start"] for window in first["windows"]] == pytest.approx([0, 0.52, 1])
    assert list(first["windows"][0]["top_five"]) == NETWORKS


def test_every_name_of_the_json_is_in_its_docstring(asked, film):
    said = prediction.as_json(asked, prediction.ask_all(asked, [film]))
    told = prediction.as_json.__doc__
    inside = [
        *said,
        *said["run"],
        *said["rule"],
        *said["videos"][0],
        *said["videos"][0]["windows"][0],
    ]
    assert [name for name in inside if f"`{name}`" not in told] == []


def test_the_figure_is_written_into_the_run_folder(asked, film, tmp_path):
    run = replace(asked.run, folder=tmp_path)
    said = prediction.ask(asked, film)
    file = prediction.draw(said, run)
    assert file.parent == tmp_path / "predictions" and file.read_bytes()[:4] == b"\x89PNG"
    other = prediction.draw(replace(said, content="f" * 64), run)  # another film of that name
    assert other != file and len(list(file.parent.iterdir())) == 2


def test_a_figure_that_cannot_be_written_is_a_sentence(asked, film, tmp_path):
    (tmp_path / "predictions").write_text("in the way")
    run = replace(asked.run, folder=tmp_path)
    words = prediction.picture_words(prediction.ask(asked, film), run)
    assert "There is no figure: " in words


# --- the command -----------------------------------------------------------------------------


def command(capsys, *arguments):
    """Exit code, what was printed, and the sentences on the side, bars left out."""
    code = main(["predict", *map(str, arguments)])
    printed = capsys.readouterr()
    bars = [line for line in printed.err.splitlines() if "clip/s" not in line and line]
    return code, printed.out, bars


def test_the_newest_run_is_asked_and_named(
    film, finished_folder, small_profile, capsys, monkeypatch, tmp_path
):
    (tmp_path / "runs").symlink_to(finished_folder.parent)
    monkeypatch.setattr(parameters, "repository", lambda: tmp_path)
    code, out, said = command(capsys, film)
    assert code == 0
    assert said[-1].endswith("runs/small")
    for name in NETWORKS:
        assert f"\n  {name:<20}" in out
    assert reliability.words() in out
    (picture,) = (finished_folder / "predictions").iterdir()
    assert str(picture) in out
    picture.unlink()


def test_one_bad_file_of_several_makes_exit_code_2(
    film, finished_folder, small_profile, capsys, tmp_path
):
    (tmp_path / "letter.avi").write_text("Dear reader")
    asked = ("--run", finished_folder, "--json")
    code, out, said = command(capsys, tmp_path / "letter.avi", film, *asked)
    assert code == 2
    assert [list(one)[1] for one in json.loads(out)["videos"]] == ["refused", "seconds"]
    assert [line for line in said if "is a text and no film" in line]
    code, out, _ = command(capsys, film, *asked)
    assert code == 0 and json.loads(out)["run"]["folder"] == str(finished_folder)


def test_a_folder_without_a_run_is_refused(tmp_path, capsys):
    code, out, said = command(capsys, "film.avi", "--run", tmp_path)
    assert (code, out, len(said)) == (2, "", 1) and "There is no run in" in said[0]


# --- films as people have them ---------------------------------------------------------------


def test_awkward_films_are_asked_about(asked, real_data):
    films = sorted((real_data / "data" / "awkward" / "clips").glob("*/*"))
    found = {Path(one.file).name: one for one in prediction.ask_all(asked, films)}
    assert len(found) == 9
    assert [name for name, one in found.items() if isinstance(one, prediction.Refused)] == []
    starts = found["phone_wave_1.mp4"].starts["spatial"]
    np.testing.assert_allclose(starts[:12], np.arange(12) / 2, atol=0.034)
    assert found["phone_wave_1.mp4"].seconds == pytest.approx(6.0)
    assert "It is unusual: its frames are" in prediction.words(asked, found["phone_wave_1.mp4"])
    assert "It is unusual: it is HDR" in prediction.words(asked, found["hlg_wave_1.mov"])
