"""A small spatial stream, and finished trials of all setups."""

import numpy as np
import pytest
import torch

from tests.experiments.samples import CLASSES, scored
from twostream_lib import models
from twostream_lib.experiments import flow_setups, flow_trials


@pytest.fixture(scope="module")
def spatial():
    torch.manual_seed(1)
    return models.StreamNet("resnet8", len(CLASSES), weights="none")


@pytest.fixture(scope="module")
def finished():
    """Trials of all setups: the softmax is at chance, everything else as good as working."""
    history = [{"epoch": n, "train_loss": 0.7 / n} for n in (1, 2, 3)]
    right = {name: np.arange(60) < 50 for name in flow_setups.SETUPS}
    right["softmax"] = np.arange(60) < 30
    return {
        name: flow_trials.Trial(name, flow_setups.find_setup(name), history, scored(which))
        for name, which in right.items()
    }
