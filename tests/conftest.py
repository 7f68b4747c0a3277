"""What several test modules share: real data, Debian's ffmpeg, and clips drawn on the spot."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings

from twostream_lib import course, fusion
from twostream_lib.__main__ import main
from twostream_lib.course import folds
from twostream_lib.data.plan import Plan
from twostream_lib.fusion import familiar
from twostream_lib.fusion.fusenet import HIDDEN
from twostream_lib.fusion.scores import Scores
from twostream_lib.training import profiles
from twostream_lib.training.recipes import RECIPES, Phase, Recipe
from twostream_lib.video import encoding

# What a property test finds does not depend on how fast the machine is, or what else it does.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

if "PYTEST_XDIST_WORKER" in os.environ:  # side by side, tests and what they start have a core each
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")
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


@pytest.fixture(scope="session")
def two_actions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two actions with three clips each, of two sizes and rates, under the plainest names."""
    folder = tmp_path_factory.mktemp("home") / "my_films"
    generator = np.random.default_rng(0)
    for label, way in (("slide", 1), ("rise", 0)):
        (folder / label).mkdir(parents=True)
        for number in range(1, 4):
            height, width, fps = (48, 64, 25) if number < 3 else (56, 72, 30)
            still = generator.integers(60, 200, size=(height, width, 3)).astype(np.uint8)
            frames = np.repeat(still[None], 40, 0)
            for step, frame in enumerate(frames):  # a white square moves over noise
                top, left = np.array([18, 20]) + (step % 24) * np.array([1 - way, way])
                frame[top : top + 12, left : left + 12] = 255
            encoding.write(folder / label / f"{number}.avi", frames, fps)
    return folder


# --- a run that is finished ------------------------------------------------------------------

SMALL = {"plan": Plan("images", (32, 40), step=0.5)} | {
    "flow_plan": Plan("flow", (24, 32), fps=10, length=4, step=0.5, method="dis-ultrafast", bound=4)
}
MOVES = {"down": (2, 0), "left": (0, -2), "right": (0, 2)}


def one_epoch(retrain_epochs: int = 0) -> Recipe:
    return Recipe("test", (Phase("sgd", 1e-2, 1),), batch_size=32, retrain_epochs=retrain_epochs)


@pytest.fixture
def small_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick profile with windows and recipes that take a moment."""
    shrink_profile(monkeypatch)


def shrink_profile(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(profiles.PROFILES, "quick", replace(profiles.PROFILES["quick"], **SMALL))
    for name in ("quick-temporal", "quick-flow", "fusenet"):
        patch.setitem(RECIPES, name, one_epoch())
    patch.setitem(RECIPES, "quick-spatial", one_epoch(retrain_epochs=1))
    patch.setattr(familiar, "FEWEST", 1)
    patch.setattr(folds, "side_by_side", one_after_the_other)  # a process takes longer to start


def one_after_the_other(task, arguments, words):
    """In place of `side_by_side`."""
    return [task(*each) for each in arguments]


@pytest.fixture(scope="session")
def moving_films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films of a square that moves down, left or right: six a class, two of them for the test."""
    folder = tmp_path_factory.mktemp("moving")
    (folder / "splits").mkdir()
    for label, (down, right) in MOVES.items():
        (folder / "videos" / label).mkdir(parents=True)
        lines = []
        for number in range(6):
            pictures = np.full((40, 48, 64, 3), 40 + 10 * number, np.uint8)
            for t, picture in enumerate(pictures):
                y, x = (8 + down * t) % 32, (24 + right * t) % 48
                picture[y : y + 16, x : x + 16] = (220, 60, 40 * number)
            name = f"film{number}_{label}.avi"
            encoding.write(folder / "videos" / label / name, pictures, 25)
            lines.append(f"{name} {1 if number < 4 else 2}\n")
        (folder / "splits" / f"{label}_test_split1.txt").write_text("".join(lines))
    return folder


@pytest.fixture(scope="session")
def finished_folder(moving_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with three streams and all fusions, made as the notebooks make them. Read only:
    open it with `small_profile`."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    with pytest.MonkeyPatch.context() as patch:
        shrink_profile(patch)
        run = course.configure(videos=str(moving_films / "videos"), runs=str(folder))
        parts = {}
        for name in ("spatial", "temporal-sg3i", "temporal-flow"):
            net = run.new_stream(name)
            run.train(name, net)
            parts[name] = run.score(name, net)
        pairs = {
            part: [parts[name][part] for name in ("spatial", "temporal-sg3i")]
            for part in ("out-of-fold", "test")
        }
        fuse(run, pairs["out-of-fold"], pairs["test"])
        tests = [parts[name]["test"].under("video-10") for name in parts]
        three = fusion.average_of_videos(tests, "average-three")
        run.save_scores("average-three", {"test": three})
    (folder / "metrics.json").write_text("{}")
    return folder


def fuse(run: course.Run, learned: list[Scores], test: list[Scores]) -> None:
    """What notebook 06 makes of two streams."""
    share, _, _ = fusion.best_weight(learned)
    fused = {
        "average": fusion.average(test),
        "product": fusion.product(test),
        "per-class": fusion.per_class(learned, run.seed)(test),
        "weighted": fusion.average(test, [share, 1 - share]),
        "svm": fusion.svm(learned, run.seed)(test),
    }
    for name, hidden in HIDDEN.items():
        torch.manual_seed(run.seed)
        net = fusion.FuseNet(len(run.classes), hidden)
        folder = run.checkpoint(name)
        fusion.fit_fusenet(net, learned, run.recipe(name), folder, run.seed, name)
        fused[name] = fusion.apply_fusenet(net, test, name)
    for name, said in fused.items():
        run.save_scores(name, {"test": said})
