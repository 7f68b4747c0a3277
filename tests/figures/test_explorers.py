"""Explorers, driven without a kernel: set a value, and look at what changed."""

import base64
import html
import re

import ipywidgets
import numpy as np
import pandas as pd
import pytest

from tests.pages import Page
from twostream_lib import figures, flow, video
from twostream_lib.errors import InputError
from twostream_lib.figures import explorers
from twostream_lib.fusion.scores import Scores
from twostream_lib.video import encoding

TO_PNG = figures.to_png


def gray_clip(frames=20, step=2):
    scene = np.random.default_rng(0).integers(0, 256, (48, 64 + frames * step), dtype=np.uint8)
    return np.stack([scene[:, step * t : step * t + 64] for t in range(frames)])


@pytest.fixture
def table(tmp_path):
    """Two classes of two clips each, of 20 and 12 frames, and one broken clip."""
    rows = []
    for label in ("jump", "wave"):
        for number, frames in enumerate((20, 12)):
            path = tmp_path / f"film_{label}_{number}.avi"
            encoding.write(path, np.repeat(gray_clip(frames)[..., None], 3, axis=-1), 30)
            rows.append({"path": str(path), "label": label, "ok": True})
    broken = tmp_path / "film_wave_9.avi"
    broken.write_bytes(b"no video")
    rows.append({"path": str(broken), "label": "wave", "ok": False})
    return pd.DataFrame(rows)


@pytest.fixture
def browse(tmp_path):
    """The browser, with its controls by description."""
    return lambda table: parts(explorers.clip_browser(table, tmp_path / "played"))


@pytest.fixture(autouse=True)
def quick_pictures(monkeypatch):
    """Pictures of no pixels: what is drawn is told by the alternative text, and faster."""
    monkeypatch.setattr(figures, "to_png", lambda figure: b"")


def parts(widget):
    """The controls inside `widget` by description, and its picture as `html`."""
    found, queue = {}, [widget]
    while queue:
        part = queue.pop(0)
        queue.extend(getattr(part, "children", ()))
        if isinstance(part, ipywidgets.HTML):
            found["html"] = part
        elif getattr(part, "description", ""):
            found[part.description] = part
    return found


def alt(part):
    return html.unescape(re.search(r'alt="([^"]*)"', part.value)[1])


def test_browser_shows_the_chosen_clip(table, browse):
    inside = browse(table)
    assert inside["class"].options == ("jump", "wave")
    assert "6 of the 20 frames of film_jump_0.avi" in alt(inside["html"])
    inside["clip"].value = table["path"][1]
    assert "6 of the 12 frames of film_jump_1.avi" in alt(inside["html"])
    inside["class"].value = "wave"
    assert "film_wave_0.avi, a clip of wave" in alt(inside["html"])


def test_pictures_are_real_and_change(table, browse, monkeypatch):
    monkeypatch.setattr(figures, "to_png", TO_PNG)
    inside = browse(table)
    before = inside["html"].value
    inside["clip"].value = table["path"][1]
    after = inside["html"].value
    data = [re.search(r"image/png;base64,([^\"]+)", value)[1] for value in (before, after)]
    assert data[0] != data[1]
    assert all(base64.b64decode(one).startswith(b"\x89PNG") for one in data)


def test_browser_plays_the_chosen_clip(table, browse, tmp_path):
    inside = browse(table)
    inside["clip"].value = table["path"][1]
    kind, data = re.search(r'src="data:video/(\w+);base64,([^"]+)"', inside["html"].value).groups()
    played = tmp_path / f"from_page.{kind}"
    played.write_bytes(base64.b64decode(data))
    assert video.probe(played)["frames"] == 12
    assert 'aria-label="film_jump_1.avi, a clip of jump"' in inside["html"].value
    assert " controls " in inside["html"].value and "autoplay" not in inside["html"].value


def test_browser_leaves_broken_clips_out(table, browse):
    inside = browse(table)
    inside["class"].value = "wave"
    assert len(inside["clip"].options) == 2
    with pytest.raises(InputError, match="None of the clips can be read"):
        browse(table[~table["ok"]])


def test_browser_takes_a_table_that_was_not_probed(table, browse):
    inside = browse(table[["path", "label"]].iloc[:4])
    assert "film_jump_0.avi" in alt(inside["html"])


def test_a_clip_that_cannot_be_read_is_said_in_the_pictures_place(table, browse):
    inside = browse(table.assign(ok=True))
    inside["class"].value = "wave"
    inside["clip"].value = table["path"][4]
    assert 'role="alert"' in inside["html"].value
    assert "film_wave_9.avi" in inside["html"].value
    inside["clip"].value = table["path"][2]
    assert "film_wave_0.avi" in alt(inside["html"])


def test_motion_explorer_follows_its_sliders():
    inside = parts(explorers.motion_explorer(gray_clip()))
    inside["gap"].value = 2
    inside["start"].value = 7
    assert "Frame 9 of this clip, the SG3I of frames 7, 9 and 11, and" in alt(inside["html"])
    assert "from frame 9 to 11 by dis" in alt(inside["html"])


def test_motion_sliders_stay_inside_the_clip():
    inside = parts(explorers.motion_explorer(gray_clip(20)))
    assert (inside["gap"].max, inside["start"].max) == (9, 9)
    inside["start"].value = 9
    inside["gap"].value = 9
    assert inside["start"].value == inside["start"].max == 1
    assert "frames 1, 10 and 19" in alt(inside["html"])
    inside["gap"].value = 1
    assert inside["start"].max == 17


def test_motion_explorer_fits_its_sliders_to_each_clip_of_a_table(table):
    inside = parts(explorers.motion_explorer(table))
    inside["start"].value = 9
    inside["clip"].value = table["path"][1]  # 12 frames: three with a gap of 5 start at 1 at most
    assert inside["start"].value == 1
    assert "Frame 6 of film_jump_1.avi, the SG3I of frames 1, 6 and 11" in alt(inside["html"])


def test_clip_shorter_than_a_window_is_said():
    inside = parts(explorers.motion_explorer(gray_clip(2)))
    assert "has 2 frames" in inside["html"].value


def test_shortest_clip_works():
    inside = parts(explorers.motion_explorer(gray_clip(3)))
    assert "frames 0, 1 and 2" in alt(inside["html"])


def test_motion_explorer_draws_by_the_chosen_method(monkeypatch):
    monkeypatch.setattr(figures, "to_png", TO_PNG)
    inside = parts(explorers.motion_explorer(gray_clip()))
    before = inside["html"].value
    inside["method"].value = "farneback"
    assert "by farneback" in alt(inside["html"])
    assert inside["html"].value != before


def test_a_method_that_cannot_run_here_says_so(monkeypatch):
    def missing(gray, method):
        raise InputError("Its weights are not there.")

    inside = parts(explorers.motion_explorer(gray_clip()))
    monkeypatch.setattr(flow, "estimate", missing)
    inside["method"].value = "raft"
    assert "weights are not there" in inside["html"].value


def streams(part="out-of-fold"):
    """Two streams of 40 windows, each right on one half: together they are always right."""
    label = np.arange(40) % 4
    sure = np.eye(4, dtype=np.float32)[label] * 9
    first, second = sure.copy(), sure.copy()
    first[:20], second[20:] = 0.1 * np.roll(sure[:20], 1, 1), 0.1 * np.roll(sure[20:], 1, 1)
    names = np.array([f"{i}.avi" for i in range(40)])
    protocol = np.full(40, "window")
    rest = (names, np.zeros(40, np.int64), label, protocol, ("a", "b", "c", "d"), part)
    return Scores("spatial", first, *rest), Scores("temporal-sg3i", second, *rest)


def test_scores_explorer_fuses_what_the_slider_says():
    inside = parts(explorers.scores_explorer(*streams()))
    assert "With 50 % of spatial: 100.0 % right" in alt(inside["html"])
    inside["spatial"].value = 1.0
    assert "With 100 % of spatial: 50.0 % right" in alt(inside["html"])


def test_scores_explorer_keeps_its_hands_off_the_test_part():
    with pytest.raises(ValueError, match="never from test clips"):
        explorers.scores_explorer(*streams("test"))


@pytest.mark.parametrize("name", [r"$\frac{$", '<b>"x"</b> & *y*', "a\nb \x1b[31m", "W" * 200])
def test_menus_and_pictures_say_names_as_they_are(table, tmp_path, browse, name):
    path = tmp_path / f"{name}.avi"
    encoding.write(path, np.repeat(gray_clip(9)[..., None], 3, axis=-1), 30)
    clip = {"path": str(path), "label": name, "ok": True}
    inside = browse(pd.concat([table, pd.DataFrame([clip])], ignore_index=True))
    inside["class"].value = name
    assert inside["class"].options == tuple(sorted(["jump", "wave", name]))
    assert inside["clip"].options == ((path.name, str(path)),)
    page = Page(inside["html"].value)
    assert page.elements == ["video", "br", "img"]
    assert f"a clip of {name}" in alt(inside["html"])
    label = re.search(r'aria-label="([^"]*)"', inside["html"].value)[1]
    assert html.unescape(label) == f"{path.name}, a clip of {name}"
    motion = parts(explorers.motion_explorer(pd.DataFrame([clip])))
    assert f" of {path.name}" in alt(motion["html"])
