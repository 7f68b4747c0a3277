"""What several test modules share: real data, Debian's ffmpeg, and clips drawn on the spot."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from twostream_lib.__main__ import main
from twostream_lib.video import encoding

if "PYTEST_XDIST_WORKER" in os.environ:  # side by side, tests and what they start have a core each
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The whole course first: while it runs on one core, the others get through the rest."""
    items.sort(key=lambda item: item.get_closest_marker("course") is None)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real clips and split files, or a skip that says what is missing."""
    folder = os.environ.get("TWOSTREAM_REAL_DATA")
    if not folder:
        pytest.skip("TWOSTREAM_REAL_DATA is not set: no real clips to test on")
    return Path(folder).resolve()


@pytest.fixture(scope="session")
def ffmpeg() -> Callable[..., bytes]:
    """Run ffmpeg with these arguments and return what it writes to standard output."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed: nothing to compare decoding with")

    def run(*arguments: str | Path) -> bytes:
        command = ["ffmpeg", "-v", "error", "-y", *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True).stdout

    return run


@pytest.fixture(scope="session")
def moving_square() -> np.ndarray:
    """uint8 RGB [30, 48, 64, 3]: a red square that crosses a smooth background."""
    rows, columns = np.mgrid[:48, :64]
    background = np.stack([rows * 4, columns * 3, 200 - rows * 2], -1).astype(np.uint8)
    frames = np.repeat(background[None], 30, 0)
    for index, frame in enumerate(frames):
        frame[16:32, index : index + 16] = (220, 30, 40)
    return frames


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory: pytest.TempPathFactory, moving_square: np.ndarray) -> Path:
    """The moving square as a real .avi file, 30 frames at 30 frames a second."""
    path = tmp_path_factory.mktemp("tiny") / "square_move_f_cm_np1_ri_goo_0.avi"
    encoding.write(path, moving_square, 30)
    return path


@pytest.fixture(scope="session")
def stick_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest StickHMDB, six clips a class, drawn once by the command line; read only."""
    folder = tmp_path_factory.mktemp("stick") / "set"
    assert main(["make-clips", str(folder), "--clips-per-class", "6"]) == 0
    return folder


@pytest.fixture(scope="module")
def two_clips(tmp_path_factory):
    """Two clips of one class and a file that is no video, in a folder of class folders."""
    folder = tmp_path_factory.mktemp("clips")
    (folder / "wave").mkdir()
    frames = np.zeros((30, 48, 64, 3), np.uint8)
    for source in ("ann", "bob"):
        encoding.write(folder / "wave" / f"{source}_wave.avi", frames, fps=25)
    (folder / "wave" / "eve_wave.avi").write_text("no video")
    return folder
