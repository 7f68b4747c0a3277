"""Networks whose every answer can be reckoned, and runs that lie beside a run."""

import json
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import torch
from torch import nn

from twostream_lib import course, markup
from twostream_lib.fusion import scores
from twostream_lib.fusion.scores import Scores

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
STREAMS = ("spatial", "temporal-sg3i", "temporal-flow")
PAIR = STREAMS[:2]
# Which channels of a stored window a stream is fed, written down once more.
SEEN = {"spatial": slice(0, 3), "temporal-sg3i": slice(3, 6), "temporal-flow": slice(None)}
CUT = ("table", "images", "flow", "recipes", "limits")


def beside(run: course.Run, folder: Path, **settings) -> course.Run:
    """The same run in another folder, with the windows of the first; settings of its profile may
    be others."""
    other = replace(run, folder=folder, settings=replace(run.settings, **settings))
    other.__dict__.update({name: run.__dict__[name] for name in CUT if name in run.__dict__})
    return other


# --- networks ---------------------------------------------------------------------------------


def echo(window: np.ndarray, classes: int = 3) -> np.ndarray:
    """What `Echo` says of a window, `[C, H, W]`: the means of its parts, float `[classes]`."""
    return np.array([part.mean() for part in np.array_split(window.astype(float).ravel(), classes)])


class Echo(nn.Module):
    """Answers with what it is shown, see `echo`, and with the `mark` of who has trained it."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.classes = classes
        self.mark = nn.Parameter(torch.zeros(1))

    def forward(self, images):
        parts = images.double().flatten(1).tensor_split(self.classes, dim=1)
        return torch.stack([part.mean(1) for part in parts], 1) + self.mark


# --- scores -----------------------------------------------------------------------------------


def made_up(run: course.Run, network: str, part: str, said: np.ndarray, sure: float = 3.0):
    """Scores of all windows of a part, whose answers are these class numbers, int `[windows]`."""
    data = run.part(network, "test" if part == "test" else "train+validation")
    # A little of chance: no two classes of a video are equally likely.
    logits = np.random.default_rng(len(data)).normal(0, 0.1, (len(data), len(run.classes)))
    logits[np.arange(len(data)), said] += sure
    return scores.of_windows(network, logits, data, part)


def windows(run: course.Run, network: str, part: str) -> Scores:
    """Of all windows of a part: what they are of, all answers being the first class."""
    data = run.part(network, "test" if part == "test" else "train+validation")
    return scores.of_windows(network, np.zeros((len(data), len(run.classes))), data, part)


# --- notebooks --------------------------------------------------------------------------------


class Lesson:
    """The cells of a notebook, run one by one about a run, outside of Jupyter.

    `names` are what the cells have made, `said` what they printed.
    """

    def __init__(self, number: str, run: course.Run) -> None:
        (file,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
        cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
        self.sources = {
            cell["id"]: "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"
        }
        self.number, self.said = number, ""
        imports, _, configured = self.sources[f"{number}-imports"].rpartition("run = ")
        assert configured.startswith("course.configure(profile, videos, splits, split, runs, seed")
        self.names: dict = {}
        exec(imports, self.names)
        self.names["run"] = run

    def run(self, *cells: str):
        """Run these cells, by their ids without the number; gives what the last one has made."""
        printed = StringIO()
        with redirect_stdout(printed):
            for cell in cells:
                source = self.sources[f"{self.number}-{cell}"]
                exec(compile(source, f"{self.number}-{cell}", "exec"), self.names)
        self.said += printed.getvalue()
        return self.names


__all__ = ["PAIR", "SEEN", "STREAMS", "Echo", "Lesson", "beside", "echo", "made_up", "markup"]
