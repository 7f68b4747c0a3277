"""What is said of a film: in JSON, in words, in a picture, and by the command."""

import json
from dataclasses import replace

import pytest

from tests.course.samples import NETWORKS
from twostream_lib.__main__ import main
from twostream_lib.course import parameters, prediction, telling
from twostream_lib.fusion import reliability


def test_json_has_what_its_docstring_names(asked, film, tmp_path):
    (tmp_path / "letter.mp4").write_text("Dear reader")
    found = list(prediction.ask_all(asked, [film, tmp_path / "letter.mp4"]))
    said = json.loads(json.dumps(telling.as_json(asked, found)))
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
    said = telling.as_json(asked, prediction.ask_all(asked, [film]))
    told = telling.as_json.__doc__
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
    file = telling.draw(said, run)
    assert file.parent == tmp_path / "predictions" and file.read_bytes()[:4] == b"\x89PNG"
    other = telling.draw(replace(said, content="f" * 64), run)  # another film of that name
    assert other != file and len(list(file.parent.iterdir())) == 2


def test_a_figure_that_cannot_be_written_is_a_sentence(asked, film, tmp_path):
    (tmp_path / "predictions").write_text("in the way")
    run = replace(asked.run, folder=tmp_path)
    words = telling.picture_words(prediction.ask(asked, film), run)
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
