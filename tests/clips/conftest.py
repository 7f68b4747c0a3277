"""Small folders of clips: HMDB-51's layout, UCF-101's, and somebody's own."""

import shutil

import joblib
import pytest

from tests.clips.making import clip_name, film
from twostream_lib import video
from twostream_lib.video import encoding


@pytest.fixture
def folder(tmp_path, tiny_clip):
    """videos/ and splits/ of two classes with four sources each, two clips a source."""
    for label in ("jump", "wave"):
        (tmp_path / "videos" / label).mkdir(parents=True)
        lines = []
        for number in range(4):
            for index in range(2):
                name = clip_name(f"{label}film{number}", label, index)
                shutil.copy(tiny_clip, tmp_path / "videos" / label / name)
                lines.append(f"{name} {(1, 1, 2, 0)[number]} ")
        for split in (1, 2, 3):
            path = tmp_path / "splits" / f"{label}_test_split{split}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture
def ucf(tmp_path, tiny_clip):
    """UCF-101's folders and lists, with two of its classes and four groups each."""
    home = tmp_path / "ucf"
    lists = home / "ucfTrainTestlist"
    lists.mkdir(parents=True)
    (lists / "classInd.txt").write_text("1 ApplyEyeMakeup\n37 HandstandPushups\n")
    lines: dict[str, list[str]] = {"train": [], "test": []}
    spelled = {"ApplyEyeMakeup": "ApplyEyeMakeup", "HandstandPushups": "HandStandPushups"}
    for number, (label, name) in zip(("1", "37"), spelled.items(), strict=True):
        (home / "UCF-101" / label).mkdir(parents=True)
        for group in range(1, 5):
            file = f"{label}/v_{name}_g{group:02}_c01.avi"
            shutil.copy(tiny_clip, home / "UCF-101" / file)
            part = "test" if group == 1 else "train"
            lines[part].append(file if part == "test" else f"{file} {number}")
    for part, listed in lines.items():
        (lists / f"{part}list01.txt").write_text("\r\n".join(listed) + "\r\n")
    return home


@pytest.fixture
def own(tmp_path, tiny_clip):
    """Two classes of six clips each, cut from three films, with names of no known kind."""
    for label in ("jump", "wave"):
        (tmp_path / "own" / label).mkdir(parents=True)
        for number in range(6):
            shutil.copy(tiny_clip, tmp_path / "own" / label / f"IMG {number % 3} part{number}.avi")
    return tmp_path / "own"


@pytest.fixture
def videos(tmp_path, moving_square):
    """Six clips of one class, all different, and their split files."""
    wave = tmp_path / "videos" / "wave"
    wave.mkdir(parents=True)
    for number in range(6):
        encoding.write(wave / film(number), moving_square[: 30 - number], 30)
    for split in (1, 2, 3):
        lines = [f"{film(number)} {1 + (number + split) % 2}\n" for number in range(6)]
        file = tmp_path / "splits" / f"wave_test_split{split}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(lines))
    return tmp_path / "videos"


@pytest.fixture
def in_this_process():
    """Work on threads, where a test can see and change what is called."""
    with joblib.parallel_config(backend="threading"):
        yield


@pytest.fixture
def probed(monkeypatch, in_this_process):
    """The paths that are probed, in order."""
    seen, probe = [], video.probe

    def spy(path):
        seen.append(path)
        return probe(path)

    monkeypatch.setattr(video, "probe", spy)
    return seen
