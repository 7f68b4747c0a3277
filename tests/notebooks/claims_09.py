"""What notebook 09 says of the paper's epochs, of the store's size, and of a training resumed.

Nothing in it depends on how fast the machine is.
"""

import itertools
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import TensorDataset

from tests.notebooks.claims import Claim, Facts, code_cells
from twostream_lib import training
from twostream_lib.course import Run
from twostream_lib.training.profiles import PROFILES
from twostream_lib.training.recipes import HMDB51_WINDOWS, RECIPES, Phase, Recipe


def facts(run: Run) -> Facts:
    epochs = {name: recipe.epochs for name, recipe in RECIPES.items()}
    mode1, mode2 = (epochs[f"paper-mode{mode}-spatial"] for mode in (1, 2))
    hmdb51 = estimated_in_the_notebook()
    frames, windows, todo = hmdb51["FRAMES"], hmdb51["WINDOWS"], hmdb51["todo"]
    minutes = [todo["mode 1", stream]["the paper"] for stream in ("spatial", "temporal")]
    return {
        "hours of the paper": [some / 60 for some in minutes],
        "frames a second of the paper": [frames / 60 / some for some in minutes],
        "frames over windows": frames / windows,
        "epochs of mode 1": mode1,
        "epochs of mode 2": mode2,
        "samples of mode 2 over those of mode 1": mode2 * windows / (mode1 * frames),
        "our epochs": sorted({epochs["tune-spatial"], epochs["tune-temporal"]}),
        "gigabytes": (windows + hmdb51["TEST_WINDOWS"]) * PROFILES["paper"].plan.window_bytes / 1e9,
        "weights apart": resumed_in_the_notebook()["apart"],
    }


def estimated_in_the_notebook() -> dict[str, Any]:
    """The numbers of HMDB-51 in section 4: those names that need no measured speed."""
    source, _, _ = code_cells("09")["09-estimate-table"].partition("\ntable = ")
    names: dict[str, Any] = {"HMDB51_WINDOWS": HMDB51_WINDOWS}
    exec(source, names)
    return names


def resumed_in_the_notebook() -> dict[str, Any]:
    """The names that the notebook's own cells on resuming leave behind."""
    cells = code_cells("09")
    names: dict[str, Any] = {
        "Path": Path,
        "Phase": Phase,
        "Recipe": Recipe,
        "TensorDataset": TensorDataset,
        "itertools": itertools,
        "nn": nn,
        "tempfile": tempfile,
        "torch": torch,
        "training": training,
    }
    # the last twice, as a reader may: each time the plug must be pulled
    for cell in ("09-resume-demo", "09-resume-run", "09-resume-run"):
        exec(cells[cell], names)
    return names


CLAIMS = [
    Claim(
        "09-estimate-words",
        "The paper's epochs of mode 1 took six and ten hours: 22 and 13 frames a second",
        lambda facts: (
            facts["hours of the paper"] == [6, 10]
            and [round(rate) for rate in facts["frames a second of the paper"]] == [22, 13]
        ),
    ),
    Claim(
        "09-estimate-words",
        "An epoch of mode 2 has 27 times fewer samples than one of mode 1",
        lambda facts: round(facts["frames over windows"]) == 27,
    ),
    Claim(
        "09-estimate-words",
        "the paper takes 445 epochs of it instead of 10",
        lambda facts: (facts["epochs of mode 2"], facts["epochs of mode 1"]) == (445, 10),
    ),
    Claim(
        "09-estimate-words",
        "its spatial stream sees 1.6 times as many samples in mode 2",
        lambda facts: round(facts["samples of mode 2 over those of mode 1"], 1) == 1.6,
    ),
    Claim(
        "09-estimate-words",
        "Our recipes for HMDB-51 stop after 12 epochs",
        lambda facts: facts["our epochs"] == [12],
    ),
    Claim(
        "09-estimate-words",
        "The windows of mode 2 fill 11.9 GB",
        lambda facts: round(facts["gigabytes"], 1) == 11.9,
    ),
    Claim(
        "09-resume-words",
        "The largest difference between the weights of the two trainings is 0",
        lambda facts: facts["weights apart"] == 0,
    ),
    Claim(
        "09-end",
        "ended in the same weights as one without a break",
        lambda facts: facts["weights apart"] == 0,
    ),
]
