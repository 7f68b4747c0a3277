"""A small spatial stream, a laboratory, and finished trials of all setups."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests.experiments.samples import CLASSES, PLAN, scored
from twostream_lib import models
from twostream_lib.data.datasets import WindowDataset
from twostream_lib.data.store import Store
from twostream_lib.experiments import flow_setups, flow_trials
from twostream_lib.training import profiles
from twostream_lib.training.recipes import Phase, Recipe


@pytest.fixture(scope="module")
def spatial():
    torch.manual_seed(1)
    return models.StreamNet("resnet8", len(CLASSES), weights="none")


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    """These laboratories have few windows, and are done with as few steps as those make."""
    monkeypatch.setattr(profiles, "TRIAL_STEPS", 1)


@pytest.fixture(scope="module")
def lab(tmp_path_factory, spatial):
    """Clips of which one half moves up and the other down, which a mirror leaves alone."""
    folder: Path = tmp_path_factory.mktemp("lab")
    draw = np.random.default_rng(0)
    label = np.tile(CLASSES, 20)
    array = draw.integers(118, 139, (40, 4, 36, 48)).astype(np.uint8)
    v = np.where(label == "down", 60, -60).astype(np.uint8)
    array[:, 1::2, 10:26, 10:38] += v[:, None, None, None]
    np.save(folder / "windows.npy", array)
    index = pd.DataFrame(
        {"video": [f"clip{n // 2}" for n in range(40)], "label": label, "source": "one"}
        | {"tag": 1, "protocol": "window", "window": 0, "start": 0}
    )
    index["video"] = label + index.video
    windows = Store(folder / "windows.npy", index, replace(PLAN, length=2), {})
    parts = [np.arange(40) < 24, np.arange(40) >= 24]
    train, valid = (WindowDataset(windows, keep, "flow", CLASSES) for keep in parts)
    recipe = Recipe("a test", (Phase("adamw", 3e-3, 9, "one-cycle"),), batch_size=6)
    return flow_trials.Lab(train, valid, "resnet8", "none", spatial, recipe, folder / "trials")


@pytest.fixture(scope="module")
def finished():
    """Trials of all setups: the softmax is at chance, everything else as good as working."""
    history = [{"epoch": n, "train_loss": 0.7 / n} for n in (1, 2, 3)]
    right = {name: np.arange(60) < 50 for name in flow_setups.SETUPS}
    right["softmax"] = np.arange(60) < 30
    return {
        name: flow_trials.Trial(name, flow_setups.find_setup(name), history, scored(which), 60)
        for name, which in right.items()
    }
