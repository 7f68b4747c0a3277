"""What notebook 03 says of the quick run, and the facts that it says it about."""

import math
from dataclasses import asdict
from inspect import signature

import numpy as np
import pandas as pd
from torch import nn

from tests.notebooks.claims import Claim, Facts, code_cells, parameters_of, play
from twostream_lib.course import Run, paper
from twostream_lib.fusion import evaluation
from twostream_lib.stickhmdb import ACTIONS
from twostream_lib.stickhmdb.ceilings import Readers
from twostream_lib.training.checkpoints import read_history
from twostream_lib.training.optimisers import OPTIMISERS
from twostream_lib.training.recipes import RECIPES

# The cells up to the training, which takes too long to be done again.
CELLS = [
    "03-imports",
    "03-frames",
    "03-network-parts",
    "03-normalise-run",
    "03-softmax-twice",
    "03-softmax-band",
    "03-step",
    "03-new-net",
    "03-step-run",
    "03-first-loss",
    "03-one-batch-run",
    "03-recipe-table",
    "03-first-steps-run",
    "03-parts-run",
]


def facts(run: Run) -> Facts:
    """What the notebook's own cells find up to the training; from there on, the run's files."""
    found = play("03", CELLS, parameters_of(run))
    parts = run.scores_of("spatial")
    scores = parts["test"]
    windows = {part: asdict(evaluation.result(said, "window")) for part, said in parts.items()}
    results = {result.protocol: asdict(result) for result in evaluation.evaluate(scores)}
    history = read_history(run.checkpoint("spatial"))
    for row in history:
        del row["seconds"]  # no claim is about a time
    return {
        "classes": len(run.classes),
        "tags": run.settings.train_tags,
        "run": [run.dataset, run.split, run.seed],
        "weights": [_weights(found["net"].backbone), _weights(found["net"].head)],
        "starts from": found["net"].used_weights,
        "pixels": found["values"]["as the backbone gets it"].agg(["mean", "std"]).tolist(),
        "losses": found["losses"](len(run.classes)),
        "gradients": found["gradients"],
        "step": found["watched"],
        "check": found["check"].astype({"passes": bool}).T.to_dict(),
        "by heart": {
            "steps": len(found["losses_by_step"]) - 1,
            "first": found["first_loss"],
            "loss": found["last_loss"],
        },
        "by hand": found["by_hand"],
        "windows by hand": len(found["by_hand"]) * found["recipe"].batch_size,
        "parts": found["table"],
        "recipe": asdict(found["recipe"]),
        "history": history,
        "results": results,
        "ceiling": run.ceilings["spatial"],
        "ceiling of kinds": _by_kind(Readers(tuple(ACTIONS)).by_class["spatial"]),
        "windows by part": windows,
        "right of kinds": _by_kind(pd.Series(evaluation.class_accuracy(scores), run.classes)),
        "mistakes": _mistakes(evaluation.confusion(scores), run.classes),
    }


def _kind(label: str) -> str:
    """What one frame shows of a class; of an act with clubs, whether its hues are vague, too."""
    action = ACTIONS[label]
    vague = action.place is not None and action.place.vague == "appearance"
    return f"{action.shows}, vague" if vague else action.shows


def _by_kind(shares: pd.Series) -> dict[str, float]:
    """The mean share of the classes of each kind."""
    return shares.groupby(_kind).mean().to_dict()


def _mistakes(matrix: np.ndarray, classes: list[str]) -> dict[str, int]:
    """How many there are, and how many take a class for one whose frames show other things."""
    shows = np.array([ACTIONS[label].shows for label in classes])
    leave = shows[:, None] != shows
    return {"all": int(matrix.sum() - matrix.trace()), "leave": int(matrix[leave].sum())}


def _weights(net: nn.Module) -> int:
    return sum(weight.numel() for weight in net.parameters())


def _near(value: float, said: float, by: float) -> bool:
    return abs(value - said) <= by


def _biases(facts: Facts) -> bool:
    """Whether exactly the classes with more than their share of the images have a rising bias."""
    step, even = facts["step"], sum(facts["step"]["images"]) / facts["classes"]
    rows = zip(step["images"], step["gradient"], step["after"], strict=True)
    return all((n > even) == (slope < 0) == (after > 0) for n, slope, after in rows)


def _double(facts: Facts, low: float, start: float, high: float) -> bool:
    """Whether the loss with two softmaxes is `low`, `start` and `high`, and can be 0 with one."""
    right, even, wrong = (
        facts["losses"][kind] for kind in ("always right", "guesses evenly", "always wrong")
    )
    two = [losses[1] for losses in (right, even, wrong)]
    said = zip(two, (low, start, high), strict=True)
    return right[0] < 1e-6 and all(_near(value, words, 0.005) for value, words in said)


def _about_half(facts: Facts) -> bool:
    """Whether so many videos are right."""
    return 0.43 < facts["results"]["video-10"]["accuracy"] < 0.55


def _by_heart(facts: Facts, least: float) -> bool:
    """Whether so much more is right of what was learned from than of new sources, of both parts."""
    parts = facts["windows by part"]
    new = [parts[part]["accuracy"] for part in ("out-of-fold", "test")]
    return parts["in-fold"]["accuracy"] - max(new) > least


def _untold(recipe: str, names: str) -> bool:
    """Whether these fields of a recipe of the paper are 0."""
    return not any(asdict(RECIPES[recipe])[name] for name in names.split())


# The fields of a recipe that change nothing, and what they are then.
OFF = {
    "flow_magnitude_jitter": 1,
    "backbone_lr_scale": 1,
    "freeze_fraction": 0,
    "partial_bn": False,
    "clip_balanced": False,
    "grad_clip_norm": 0,
    "retrain_epochs": 0,
}
CLUBS = "team and court"  # what a frame shows of an act with clubs
MODE_1, MODE_2 = (RECIPES[f"paper-mode{mode}-spatial"].phases for mode in (1, 2))

CLAIMS = [
    Claim(
        "03-network-why",
        "with about 0.3 million weights",
        lambda f: _near(f["weights"][0], 300_000, 50_000),
    ),
    Claim(
        "03-network-why",
        "it starts from random weights",
        lambda f: f["starts from"] == "random weights",
    ),
    Claim(
        "03-network-why",
        "The head is smaller still.",
        lambda f: f["weights"][1] < f["weights"][0],
    ),
    Claim(
        "03-normalise-why",
        "the mean need not be exactly 0, nor the deviation 1. In the quick run they are about 0.8 "
        "and 0.8:",
        lambda f: _near(f["pixels"][0], 0.8, 0.1) and _near(f["pixels"][1], 0.8, 0.1),
    ),
    Claim(
        "03-normalise-why",
        "brighter than ImageNet's photographs, and have less contrast",
        lambda f: f["pixels"][0] > 0.2 and f["pixels"][1] < 0.9,
    ),
    Claim(
        "03-softmax-why",
        "With 21 classes and two softmaxes, training can move the loss from 3.04 (guessing) down "
        "to 2.12 (perfect), and nowhere below; the worst is 3.12. With one softmax it can go to 0.",
        lambda f: f["classes"] == 21 and _double(f, 2.12, 3.045, 3.12),
    ),
    Claim(
        "03-softmax-why",
        "it is 21 times smaller than with one, and with 51 classes it would be 51 times smaller.",
        # the slope of softmax is 1/C where all are even, less its mean, which is 0 here
        lambda f: _near(f["gradients"]["one"] / f["gradients"]["two"], f["classes"], 0.01),
    ),
    Claim(
        "03-step-why",
        "each class a 21st part, which is 1.5 of 32 images. So classes with 2 images or more have "
        "a negative gradient, and their bias rises; the others fall.",
        lambda f: sum(f["step"]["images"]) == 32 and f["classes"] == 21 and _biases(f),
    ),
    Claim(
        "03-first-loss-why",
        "$\\ln 21$ is 3.045, and our network's first loss hardly differs from it.",
        lambda f: (
            _near(math.log(f["classes"]), 3.045, 6e-4)
            and _near(f["check"]["ours"]["first loss"], 3.045, 0.01)
        ),
    ),
    Claim(
        "03-first-loss-why",
        "The spoiled network starts at more than four times that.",
        lambda f: (
            4 < f["check"]["spoiled"]["first loss"] / math.log(f["classes"]) < 6
            and not f["check"]["spoiled"]["passes"]
        ),
    ),
    Claim(
        "03-one-batch-why",
        "a few dozen steps are enough: the loss falls from about 3.0 to below 0.1.",
        lambda f: (
            20 <= f["by heart"]["steps"] <= 80
            and _near(f["by heart"]["first"], 3.0, 0.1)
            and f["by heart"]["loss"] < 0.1
        ),
    ),
    Claim(
        "03-one-batch-why",
        "that loss cannot fall below 2.12.",
        lambda f: _near(min(two for _, two in f["losses"].values()), 2.12, 0.005),
    ),
    Claim(
        "03-one-batch-why",
        "stops at 200 steps",
        lambda f: "<= 200" in code_cells("03")["03-one-batch-run"],
    ),
    Claim(
        "03-recipe-why",
        "Off in the quick run: - *flow_magnitude_jitter*",
        lambda f: {name: f["recipe"][name] for name in OFF} == OFF,
    ),
    Claim(
        "03-recipe-why",
        "the learning rate rises for a fifth of the phase",
        lambda f: RECIPES["quick-spatial"].phases[0].lr_at(0.2) == f["recipe"]["phases"][0]["lr"],
    ),
    Claim(
        "03-recipe-says",
        "chosen on clips that the library drew with another seed. Nobody is tested on those, and "
        "its source says so.",
        lambda f: (
            "another seed" in f["recipe"]["source"] and "nobody is tested" in f["recipe"]["source"]
        ),
    ),
    Claim(
        "03-recipe-says",
        "Of mode 1 it gives SGD with momentum 0.9 and a learning rate of 0.01, and random crops "
        "and flips.",
        lambda f: (
            [(p.optimiser, p.lr) for p in MODE_1] == [("sgd", 0.01)]
            and signature(OPTIMISERS["sgd"]).parameters["momentum"].default == 0.9
        ),
    ),
    Claim(
        "03-recipe-says",
        "Of mode 2 it says that SGD and then AdamW were used, for 445 epochs, with the change at "
        "about epoch 385,",
        lambda f: (
            [p.optimiser for p in MODE_2] == ["sgd", "adamw"]
            and [MODE_2[0].epochs, sum(p.epochs for p in MODE_2)] == [385, 445]
        ),
    ),
    Claim(
        "03-recipe-says",
        "those in the table are mode 1's, and the one that it gives for AdamW in FuseNet.",
        lambda f: (
            [p.lr for p in MODE_2] == [MODE_1[0].lr, RECIPES["paper-mode2-fusenet"].phases[0].lr]
        ),
    ),
    Claim(
        "03-recipe-says",
        "such as weight decay, our table leaves that thing off.",
        lambda f: all(
            _untold(f"paper-mode{mode}-spatial", "weight_decay label_smoothing grad_clip_norm")
            for mode in (1, 2)
        ),
    ),
    Claim(
        "03-first-steps-why",
        "the first loss is that of guessing, about 3.0,",
        lambda f: _near(f["by hand"][0], math.log(f["classes"]), 0.02),
    ),
    Claim(
        "03-first-steps-why",
        "after twenty steps it is below 2.8.",
        lambda f: len(f["by hand"]) == 20 and f["by hand"][-1] < 2.75,
    ),
    Claim(
        "03-first-steps-why",
        "It does not fall at every step",
        lambda f: f["by hand"] != sorted(f["by hand"], reverse=True),
    ),
    Claim(
        "03-first-steps-why",
        "So far no window has been seen twice.",
        lambda f: (
            f["windows by hand"] <= f["parts"]["train"]["windows"]
            and not f["recipe"]["clip_balanced"]
        ),
    ),
    Claim(
        "03-curves-words",
        "training ends with about six windows of ten right, validation with about five at most.",
        lambda f: (
            _near(f["history"][-1]["train_accuracy"], 0.6, 0.06)
            and f["history"][-1]["valid_accuracy"] < 0.53
            and f["history"][-1]["train_accuracy"] > f["history"][-1]["valid_accuracy"] + 0.05
        ),
    ),
    Claim(
        "03-curves-words",
        "both losses end near 1.5.",
        lambda f: (
            _near(f["history"][-1]["train_loss"], 1.5, 0.15)
            and _near(f["history"][-1]["valid_loss"], 1.5, 0.15)
        ),
    ),
    Claim(
        "03-curves-words",
        "The validation loss hardly falls any more in the last epochs. By then the learning rate "
        "is close to zero as well.",
        lambda f: (
            abs(f["history"][-1]["valid_loss"] - f["history"][-3]["valid_loss"]) < 0.1
            and RECIPES["quick-spatial"].phases[0].lr_at(1) == 0
        ),
    ),
    Claim(
        "03-curves-words",
        "the label smoothing of 0.1.",
        lambda f: f["recipe"]["label_smoothing"] == 0.1,
    ),
    Claim(
        "03-curves-words",
        "Here training stops at six of ten, after hundreds of steps.",
        lambda f: (
            _near(f["history"][-1]["train_accuracy"], 0.6, 0.05)
            and len(f["history"]) * f["parts"]["train"]["windows"] / f["recipe"]["batch_size"] > 200
        ),
    ),
    Claim(
        "03-scores-why",
        "about half of the test videos are right, and the interval is about 11 points wide.",
        lambda f: (
            _about_half(f)
            and _near(
                f["results"]["video-10"]["high"] - f["results"]["video-10"]["low"], 0.11, 0.015
            )
        ),
    ),
    Claim(
        "03-by-heart-why",
        "nearly seven windows of ten are right among those that the network has learned from, and "
        "fewer than five among those of sources that are new to it.",
        lambda f: (
            _near(f["windows by part"]["in-fold"]["accuracy"], 0.69, 0.05)
            and f["windows by part"]["out-of-fold"]["accuracy"] < 0.5
        ),
    ),
    Claim(
        "03-by-heart-why",
        "The intervals do not touch.",
        lambda f: (
            f["windows by part"]["in-fold"]["low"] > f["windows by part"]["out-of-fold"]["high"]
        ),
    ),
    Claim(
        "03-by-heart-why",
        "The test part sides with the new sources.",
        lambda f: (
            f["windows by part"]["test"]["low"]
            < f["windows by part"]["out-of-fold"]["accuracy"]
            < f["windows by part"]["test"]["high"]
            < f["windows by part"]["in-fold"]["low"]
        ),
    ),
    Claim(
        "03-ceiling-why",
        "the ceiling is 57 %.",
        lambda f: round(f["ceiling"], 2) == 0.57,
    ),
    Claim(
        "03-ceiling-why",
        "all of their clips can be right. *Sit* and *stand*, and *throw* and *catch*, are pairs "
        "that show the same: half of them. *Smile*, *laugh* and *smoke* are three of that kind: a "
        "third. And in the twelve acts with clubs, two hues say more or less of the class: the "
        "best reader of them has 58 % right.",
        lambda f: (
            f["ceiling of kinds"]["blue beaker"] == f["ceiling of kinds"]["orange muffin"] == 1
            and f["ceiling of kinds"]["figure and stool"] == 0.5
            and f["ceiling of kinds"]["figure and balls"] == 0.5
            and _near(f["ceiling of kinds"]["figure and cloud"], 1 / 3, 1e-6)
            and round(
                (f["ceiling of kinds"][CLUBS] + f["ceiling of kinds"][f"{CLUBS}, vague"]) / 2, 2
            )
            == 0.58
            and sum(action.shows == CLUBS for action in ACTIONS.values()) == 12
        ),
    ),
    Claim(
        "03-ceiling-why",
        "the stream comes within eleven points of this ceiling.",
        lambda f: _near(f["results"]["video-10"]["accuracy"], f["ceiling"], 0.11),
    ),
    Claim(
        "03-ceiling-why",
        "On its own training windows it stands *above* the ceiling",
        lambda f: f["windows by part"]["in-fold"]["low"] > f["ceiling"],
    ),
    Claim(
        "03-confusion-why",
        "hardly a mistake leaves its kind.",
        lambda f: f["mistakes"]["leave"] < 0.05 * f["mistakes"]["all"],
    ),
    Claim(
        "03-confusion-why",
        "*Drink* and *eat* are nearly always right.",
        lambda f: min(f["right of kinds"][kind] for kind in ("blue beaker", "orange muffin")) > 0.9,
    ),
    Claim(
        "03-confusion-why",
        "Between classes that show the same, the stream does no better than a coin, or a die with "
        "three sides.",
        lambda f: (
            f["right of kinds"]["figure and stool"] < 0.64
            and f["right of kinds"]["figure and balls"] < 0.64
            and f["right of kinds"]["figure and cloud"] < 0.48
        ),
    ),
    Claim(
        "03-confusion-why",
        "Of half of them the hues vary little, and most videos are right. Of the others (*vague in "
        "appearance*) the hues vary much, and about one in six is right",
        lambda f: (
            f["right of kinds"][CLUBS] > 0.65
            and _near(f["right of kinds"][f"{CLUBS}, vague"], 1 / 6, 0.04)
        ),
    ),
    Claim(
        "03-paper-words",
        "The quick run has 21 classes, of other clips.",
        lambda f: f["classes"] == 21 and f["run"][0] == "StickHMDB",
    ),
    Claim(
        "03-paper-words",
        "The paper trained on tag-0 clips too",
        lambda f: (
            f["tags"] == [1] and {row.says("training tags") for row in _printed()} == {"0 and 1"}
        ),
    ),
    Claim(
        "03-paper-words",
        "It does not say which split it used, which clips it tested, or what it counted, and gives "
        "no interval.",
        lambda f: (
            {row.says(name) for row in _printed() for name in ("split", "protocol", "interval")}
            == {paper.NOT_STATED}
            and all("not described" in row.says("tested clips") for row in _printed())
        ),
    ),
    Claim(
        "03-paper-words",
        "The notebooks that its authors published count the share of windows.",
        lambda f: paper.AUTHORS_NOTEBOOKS["protocol"] == "window",
    ),
    Claim(
        "03-showed",
        "has about half of the 630 test videos right (48 or 49 %, give or take six points), by ten "
        "windows each, on StickHMDB, split 1, seed 0.",
        lambda f: (
            _about_half(f)
            and _near(f["results"]["video-10"]["accuracy"], 0.485, 0.02)
            and _near(f["results"]["video-10"]["low"], 0.43, 0.02)
            and _near(f["results"]["video-10"]["high"], 0.54, 0.02)
            and f["results"]["video-10"]["n"] == 630
            and f["run"] == ["StickHMDB", 1, 0]
        ),
    ),
    Claim(
        "03-showed",
        "a second softmax shuts the loss in between 2.12 and 3.12.",
        lambda f: _double(f, 2.12, 3.045, 3.12),
    ),
    Claim(
        "03-showed",
        "repeating it learns 16 images by heart.",
        lambda f: f["by heart"]["loss"] < 0.1 and f["by heart"]["steps"] <= 200,
    ),
    Claim(
        "03-showed",
        "of windows that it has learned from, the network has over 15 points more right than of "
        "windows from new sources, under the same protocol.",
        lambda f: _by_heart(f, 0.17),
    ),
    Claim(
        "03-showed",
        "hardly a mistake leaves the classes whose frames show the same things.",
        lambda f: f["mistakes"]["leave"] < 0.05 * f["mistakes"]["all"],
    ),
]


def _printed() -> list[paper.Published]:
    """What the paper prints of its spatial stream."""
    return [row for rows in paper.PAPER.values() for row in rows if row.network == "spatial"]
