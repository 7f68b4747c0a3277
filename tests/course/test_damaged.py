"""A damaged run folder: each file that is read back is refused by name, or made anew and said to be
so, or the damage changed nothing that is read. `TWOSTREAM_MUTATIONS=2000` damages so many files."""

import os
import random
import shutil
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import torch

from tests.course.damage import damage
from tests.course.samples import found
from tests.training.small import RECIPE, blobs, small_net
from twostream_lib import course
from twostream_lib.course import baselines, comparing, metrics, showing
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.fusion import score_files
from twostream_lib.fusion.scores import Scores
from twostream_lib.training import checkpoints, loop, profiles
from twostream_lib.video import encoding

MUTATIONS = int(os.environ.get("TWOSTREAM_MUTATIONS", "40"))


@pytest.fixture(scope="module")
def small_windows():
    """The quick profile with windows that are cut in a moment."""
    plain = profiles.PROFILES["quick"]
    profiles.PROFILES["quick"] = replace(plain, plan=Plan("images", (12, 16)))
    yield
    profiles.PROFILES["quick"] = plain


@pytest.fixture(scope="module")
def whole(tmp_path_factory, moving_square, small_windows):
    """A run folder with one file of each kind that is read back, and its clips beside it."""
    home = tmp_path_factory.mktemp("damaged")
    for number in range(6):
        label = ("clap", "wave")[number % 2]
        (home / "videos" / label).mkdir(parents=True, exist_ok=True)
        clip = home / "videos" / label / f"s{number}_{label}.avi"
        encoding.write(clip, np.roll(moving_square, 3 * number, axis=2), 30)
        (home / "splits").mkdir(exist_ok=True)
        with open(home / "splits" / f"{label}_test_split1.txt", "a") as lines:
            lines.write(f"{clip.name} {2 if number > 3 else 1}\n")
    run = open_run(home)
    with joblib.parallel_config(backend="threading"):
        windows = run.images
    rng = np.random.default_rng(0)
    parts = {}
    for part, tags in (("in-fold", [1]), ("out-of-fold", [1]), ("test", [2])):
        rows = windows.index[windows.index.tag.isin(tags)]
        parts[part] = Scores(
            "spatial",
            rng.normal(size=(len(rows), 2)).astype(np.float32),
            rows.video.to_numpy(np.str_),
            rows.window.to_numpy(np.int64),
            (rows.label == "wave").to_numpy(np.int64),
            rows.protocol.to_numpy(np.str_),
            ("clap", "wave"),
            part,
        )
    score_files.save(parts, run.scores_file("spatial"), run.made_by)
    results = metrics.results(run.folder / "scores", "mode 2", run.classes)
    metrics.write(found() | {"results": results}, run.folder / "metrics.json")
    baselines.accept([found(spatial=0.5, average=0.7)], run.folder / "baseline.json")
    loop.fit(small_net(), blobs(), blobs(), RECIPE, run.checkpoint("spatial"))
    return run.folder


def open_run(home: Path, seed: int = 0) -> course.Run:
    places = {"videos": home / "videos", "splits": home / "splits", "runs": home / "run"}
    return course.configure(**{name: str(place) for name, place in places.items()}, seed=seed)


# --- what is read of each file -----------------------------------------------------------------


def owner(folder: Path) -> Any:
    """A folder that is another run's stays so."""
    with pytest.raises(InputError):
        open_run(folder.parent, seed=1)
    return open_run(folder.parent)


def clip_table(folder: Path) -> Any:
    return open_run(folder.parent).table


def windows(folder: Path) -> Any:
    built = open_run(folder.parent).images
    return built.index, np.array(built.array), built.read(np.arange(len(built.index)))


def streams_scores(folder: Path) -> Any:
    run = open_run(folder.parent)
    own = [vars(part) for part in run.scores_of("spatial").values()]
    return own, metrics.results(folder / "scores", "mode 2", run.classes)


def a_runs_metrics(folder: Path) -> Any:
    read = metrics.read_run(folder)
    return showing.table(read), read["results"], read["data"], comparing.compare([read], read)


def a_baseline(folder: Path) -> Any:
    read = metrics.read(folder / "baseline.json")
    return read, comparing.compare([found(spatial=0.5, average=0.7)], read)


def history(folder: Path) -> Any:
    return checkpoints.read_history(folder / "checkpoints" / "spatial")


def checkpoint(folder: Path) -> Any:
    net = small_net()
    epochs = loop.fit(net, blobs(), blobs(), RECIPE, folder / "checkpoints" / "spatial")
    weights = [value.numpy() for value in net.state_dict().values()]
    return weights, [row | {"seconds": 0, "waiting": 0} for row in epochs]


READERS: dict[str, Callable[[Path], Any]] = {
    "run.json": owner,
    "clips.csv": clip_table,
    "store/images/windows.npy": windows,
    "store/images/index.csv": windows,
    "store/images/manifest.json": windows,
    "scores/spatial.npz": streams_scores,
    "metrics.json": a_runs_metrics,
    "baseline.json": a_baseline,
    "checkpoints/spatial/history.json": history,
    "checkpoints/spatial/last.pt": checkpoint,
}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, pd.DataFrame):
        return one.equals(other)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return one == other


@pytest.fixture
def folder(whole, small_windows):
    """The whole folder, which is put back after each damage."""
    kept = whole.with_name("kept")
    shutil.copytree(whole, kept)
    torch.manual_seed(0)
    with joblib.parallel_config(backend="threading"):
        yield whole
    shutil.rmtree(whole)
    kept.rename(whole)


@pytest.mark.parametrize("name", READERS)
def test_a_whole_file_is_read_twice_alike_and_nothing_is_said(folder, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same(READERS[name](folder), READERS[name](folder))


def test_damage_is_refused_by_name_or_mended_and_said_or_changes_nothing(folder):
    before = {name: READERS[name](folder) for name in READERS}
    contents = {name: (folder / name).read_bytes() for name in READERS}
    outcomes, wrong = {}, []
    for number in range(MUTATIONS):
        rng = random.Random(number)
        name = sorted(READERS)[number % len(READERS)]
        way = damage(folder / name, rng)
        case = (number, name, way)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                read = READERS[name](folder)
            except InputError as error:
                outcome = "refused"
                sentence = str(error)
                if str(folder) not in sentence or "\n" in sentence or ": " not in sentence:
                    wrong.append((*case, sentence))
            except Exception as error:
                outcome = "error"
                wrong.append((*case, repr(error)))
            else:
                outcome = "said and mended" if said else "no matter"
                if not same(before[name], read):
                    wrong.append((*case, "another value"))
        outcomes[name, outcome] = outcomes.get((name, outcome), 0) + 1
        if os.environ.get("TWOSTREAM_MUTATIONS"):
            words = sentence if outcome == "refused" else [str(one.message) for one in said]
            with open(folder.parent.parent / "said.txt", "a") as out:
                print(*case, outcome, words, file=out)
        for file, content in contents.items():
            if not (folder / file).is_file() or (folder / file).read_bytes() != content:
                (folder / file).write_bytes(content)
    print(*sorted(outcomes.items()), sep="\n")
    assert wrong == []
