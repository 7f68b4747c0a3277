"""What figures were made under: this run, the profile `paper`, and the paper, side by side."""

import pandas as pd

from twostream_lib.course.paper import AUTHORS_NOTEBOOKS, PAPER
from twostream_lib.course.run import Run
from twostream_lib.fusion import evaluation
from twostream_lib.training.profiles import PROFILES, Profile
from twostream_lib.training.recipes import RECIPES


def conditions(run: Run) -> pd.DataFrame:
    """A row for each condition under which an accuracy is what it is; in the last column what the
    paper says of its mode 2, and after a semicolon what its authors' notebooks do where it says
    nothing."""
    asked = PROFILES["paper"]
    clips = f"{run.dataset}, {len(run.classes)} classes"
    ours = _of(run.settings, clips, str(run.split), run.backbone, run.weights.rsplit("/", 1)[-1])
    theirs = _of(asked, "HMDB-51, 51 classes", "1, 2 or 3", asked.backbone, asked.weights)
    stream, *_, fusenet = PAPER["mode 2"]
    notebooks = AUTHORS_NOTEBOOKS
    printed = theirs | {
        "split": stream.says("split"),
        "training tags": stream.says("training tags"),
        "picture": stream.says("picture"),
        "frames a second": "6",
        "learning rate, spatial": stream.says("learning rate"),
        "FuseNet learns from": f"{fusenet.says('learns from')}; {notebooks['learns from']}",
        "counted": f"{stream.protocol}; {notebooks['protocol']}",
        "95 % interval": stream.says("interval"),
    }
    return pd.DataFrame({"this run": ours, "profile `paper`": theirs, "the paper": printed})


def _of(profile: Profile, clips: str, split: str, backbone: str, weights: str) -> dict[str, str]:
    height, width = profile.plan.size
    epochs = {
        name: str(RECIPES[profile.recipes[name]].epochs) for name in ("spatial", "temporal-sg3i")
    }
    spatial = RECIPES[profile.recipes["spatial"]]
    return {
        "clips": clips,
        "split": split,
        "training tags": " and ".join(map(str, profile.train_tags)),
        "backbone": f"{backbone}, weights: {weights}",
        "picture": f"{width} × {height} pixels",
        "frames a second": f"{profile.plan.fps:g}",
        "a window each": f"{profile.plan.step:g} s",
        "learning rate, spatial": ", then ".join(f"{phase.lr:g}" for phase in spatial.phases),
        "epochs, spatial": epochs["spatial"],
        "epochs, temporal": epochs["temporal-sg3i"],
        "FuseNet learns from": "out-of-fold scores",
        "counted": ", ".join(evaluation.PROTOCOLS),
        "95 % interval": "over sources",
    }
