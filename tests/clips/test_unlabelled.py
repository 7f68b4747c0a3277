"""One film of nobody knows what: what is a film is read, and what is none gets one sentence."""

import os
import zipfile

import cv2
import numpy as np
import pytest

from twostream_lib import clips
from twostream_lib.clips import unlabelled
from twostream_lib.errors import InputError


def test_a_film_is_a_probed_clip_without_a_label(tiny_clip):
    table = clips.read_unlabelled(tiny_clip)
    (clip,) = table.itertuples()
    assert (clip.path, clip.label, clip.tag, clip.ok) == (str(tiny_clip), "", 0, True)
    assert (clip.frames, clip.width, clip.height, clip.seconds) == (30, 64, 48, 1.0)


def write(folder, kind):
    """A file that is no film, whatever its name says."""
    file = folder / "film.mp4"
    picture = np.zeros((40, 60, 3), np.uint8)
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("film.avi", b"\0\1\2" * 2000)
    elif kind == "folder":
        file.mkdir()
    elif kind == "fifo":
        os.mkfifo(file)
    elif kind == "link to a device":
        file.symlink_to("/dev/zero")
    elif kind == "link to nothing":
        file.symlink_to(folder / "nothing")
    else:
        file.write_bytes(
            {
                "text": "Dear reader, this is no film. Grüße".encode(),
                "cut text": b"x" * 4095 + "ü".encode(),
                "utf-16": "Dear reader".encode("utf-16"),
                "html": b"<!doctype html><video src='film.mp4'></video>",
                "playlist": b"#EXTM3U\n#EXTINF:10,\nother.ts\n#EXT-X-ENDLIST\n",
                "list of films": b"ffconcat version 1.0\nfile other.mp4\n",
                "jpeg": cv2.imencode(".jpg", picture)[1].tobytes(),
                "png": cv2.imencode(".png", picture)[1].tobytes(),
                "pickle": b"\x80\x04cos\nsystem\n(S'touch pwned'\ntR.",
                "noise": np.random.default_rng(0).bytes(5000),
                "empty": b"",
            }[kind]
        )
    return file


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("text", "is a text and no film"),
        ("cut text", "is a text and no film"),
        ("utf-16", "is a text and no film"),
        ("html", "is a text and no film"),
        ("playlist", "is a text and no film"),
        ("list of films", "is a text and no film"),
        ("jpeg", "is a picture and no film"),
        ("png", "is a picture and no film"),
        ("zip", "cannot be read as a film"),
        ("pickle", "cannot be read as a film"),
        ("noise", "cannot be read as a film"),
        ("empty", "is empty"),
        ("folder", "is not a file"),
        ("fifo", "is not a file"),
        ("link to a device", "is not a file"),
        ("link to nothing", "cannot be read"),
    ],
)
def test_what_is_no_film_is_refused_in_one_sentence(kind, said, tmp_path):
    file = write(tmp_path, kind)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError) as refused:
        clips.read_unlabelled(file)
    words = str(refused.value)
    assert said in words and str(file) in words and "\n" not in words
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["x" * 300, "", "/dev/zero", "no/such/film.mp4"])
def test_a_path_that_leads_to_no_file_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError):
        clips.read_unlabelled(name)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    with open(tmp_path / "film.mp4", "wb") as file:
        file.truncate(unlabelled.MOST_BYTES + 1)  # no block of it is on the disk
    with pytest.raises(InputError, match=r"has 8.0 GB, more than the 8 GB that are read"):
        clips.read_unlabelled(tmp_path / "film.mp4")


def test_a_film_that_claims_to_be_too_long_is_refused_undecoded(tiny_clip, monkeypatch):
    monkeypatch.setattr(unlabelled, "MOST_SECONDS", 0.5)
    monkeypatch.setattr(unlabelled, "probe_clips", None)
    with pytest.raises(InputError, match="claims to last 0 minutes, more than"):
        clips.read_unlabelled(tiny_clip)


def test_a_film_that_is_too_long_and_claims_nothing_is_refused(tiny_clip, monkeypatch):
    monkeypatch.setattr(unlabelled, "MOST_SECONDS", 0.5)
    monkeypatch.setattr(unlabelled, "claimed_seconds", lambda file: 0.0)
    with pytest.raises(InputError, match="lasts 0 minutes"):
        clips.read_unlabelled(tiny_clip)
