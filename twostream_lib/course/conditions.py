"""What figures were made under: this run, the profile `paper`, and the paper, side by side."""

import pandas as pd

from twostream_lib.course.run import Run
from twostream_lib.fusion import evaluation
from twostream_lib.training.profiles import PROFILES, Profile
from twostream_lib.training.recipes import RECIPES


def conditions(run: Run) -> pd.DataFrame:
    """A row for each condition under which an accuracy is what it is; the paper's own in the last
    column, as it tells them."""
    asked = PROFILES["paper"]
    clips = f"{run.dataset}, {len(run.classes)} classes"
    ours = _of(run.settings, clips, str(run.split), run.backbone, run.weights.rsplit("/", 1)[-1])
    theirs = _of(asked, "HMDB-51, 51 classes", "1, 2 or 3", asked.backbone, asked.weights)
    printed = theirs | {
        "split": "not stated",
        "picture": "not stated",
        "FuseNet learns from": "the streams' own training clips",
        "counted": "window",
    }
    return pd.DataFrame({"this run": ours, "profile `paper`": theirs, "the paper": printed})


def _of(profile: Profile, clips: str, split: str, backbone: str, weights: str) -> dict[str, str]:
    height, width = profile.plan.size
    epochs = {
        name: str(RECIPES[profile.recipes[name]].epochs) for name in ("spatial", "temporal-sg3i")
    }
    return {
        "clips": clips,
        "split": split,
        "training tags": " and ".join(map(str, profile.train_tags)),
        "backbone": f"{backbone}, weights: {weights}",
        "picture": f"{width} × {height} pixels",
        "a window each": f"{profile.plan.step:g} s",
        "epochs, spatial": epochs["spatial"],
        "epochs, temporal": epochs["temporal-sg3i"],
        "FuseNet learns from": "out-of-fold scores",
        "counted": ", ".join(evaluation.PROTOCOLS),
    }
