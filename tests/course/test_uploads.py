"""Films from a browser: both kinds of upload widgets, names that lead elsewhere, and the webcam."""

import base64
import sys
import types

import pytest
from ipywidgets import FileUpload

from twostream_lib.course import uploads
from twostream_lib.errors import InputError

FILMS = {"kitchen.mp4": b"first", "garden.mov": b"second"}
OF_7 = {
    name: {"metadata": {"name": name, "type": "video/mp4", "size": len(bytes_)}, "content": bytes_}
    for name, bytes_ in FILMS.items()
}
OF_8 = tuple(
    {"name": name, "type": "video/mp4", "size": len(bytes_), "content": memoryview(bytes_)}
    for name, bytes_ in FILMS.items()
)


@pytest.mark.parametrize("value", [OF_7, OF_8], ids=["ipywidgets 7", "ipywidgets 8"])
def test_uploads_of_both_widgets_are_files_under_their_names(value, tmp_path):
    paths = uploads.keep(value, tmp_path / "uploads")
    assert {path.name: path.read_bytes() for path in paths} == FILMS


@pytest.mark.parametrize("value", [{}, (), FileUpload().value])
def test_nothing_uploaded_gives_nothing(value, tmp_path):
    assert uploads.keep(value, tmp_path / "uploads") == []
    assert list(tmp_path.iterdir()) == []


def test_two_uploads_of_one_name_are_two_files(tmp_path):
    value = ({"name": "a.mp4", "content": b"1"}, {"name": "a.mp4", "content": b"2"})
    paths = uploads.keep(value, tmp_path)
    assert [path.read_bytes() for path in paths] == [b"1", b"2"]


@pytest.mark.parametrize(
    "name", ["../../evil.mp4", "/etc/evil.mp4", "..\\evil.mp4", "..", "", ".", "a/..", "x\0.mp4"]
)
def test_no_name_leads_to_another_folder(name, tmp_path):
    (path,) = uploads.keep(({"name": name, "content": b"1"},), tmp_path / "uploads")
    assert path.resolve().parent == tmp_path / "uploads" / "1"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_an_upload_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 4)
    with pytest.raises(InputError, match=r"kitchen.mp4 has 0 MB, and an upload .* give its path"):
        uploads.keep(OF_8, tmp_path)


def colab(monkeypatch, says):
    """A Colab whose webcam answers with these words."""
    output = types.ModuleType("google.colab.output")
    output.eval_js = lambda asked: says if asked == "recordFilm(4)" else None
    inside = types.ModuleType("google.colab")
    inside.output = output
    for name, module in {"google.colab": inside, "google.colab.output": output}.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(uploads, "in_colab", lambda: True)


def test_outside_of_colab_nothing_is_recorded(tmp_path):
    assert not uploads.in_colab()
    assert uploads.record(tmp_path) == []


def test_what_the_webcam_gives_is_a_file(tmp_path, monkeypatch, capsys):
    colab(monkeypatch, f"data:video/webm;base64,{base64.b64encode(b'film').decode()}")
    (path,) = uploads.record(tmp_path)
    assert path.read_bytes() == b"film"


@pytest.mark.parametrize(
    "says", ["NotAllowedError: Permission denied", "data:video/webm;base64,", "data:a;base64,?"]
)
def test_a_webcam_that_gives_no_film_is_a_sentence(says, tmp_path, monkeypatch, capsys):
    colab(monkeypatch, says)
    with pytest.raises(InputError, match=r"The webcam gave no film .*: allow it, or upload a file"):
        uploads.record(tmp_path)
