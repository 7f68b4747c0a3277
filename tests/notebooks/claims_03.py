"""What notebook 03 says of the quick run, and the facts that it says it about."""

import math
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from torch import nn

from tests.notebooks.claims import Claim, Facts, code_cells
from twostream_lib.course import Run, paper
from twostream_lib.fusion import evaluation
from twostream_lib.stickhmdb import ACTIONS
from twostream_lib.training.checkpoints import read_history
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
    found = _played(run)
    scores = run.scores_of("spatial")["test"]
    matrix = evaluation.confusion(scores)
    place = scores.classes.index
    pairs = [(matrix[place(a)], matrix[place(b)]) for a, b in run.motion_twins]
    results = {result.protocol: asdict(result) for result in evaluation.evaluate(scores)}
    history = read_history(run.checkpoint("spatial"))
    for row in history:
        del row["seconds"]  # no claim is about a time
    return {
        "classes": len(run.classes),
        "twins": run.motion_twins,
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
        "mistakes": int(matrix.sum() - matrix.trace()),
        "mistakes between twins": sum(
            int(matrix[place(a), place(b)] + matrix[place(b), place(a)])
            for a, b in run.motion_twins
        ),
        "mistakes for drink, sit or stand": sum(
            int(matrix[place(true), place(taken)])
            for true, taken in (
                ("fencing", "drink"),
                ("sword_exercise", "drink"),
                ("throw", "sit"),
                ("throw", "stand"),
                ("catch", "sit"),
                ("catch", "stand"),
            )
        ),
        "videos of twins": int(sum(a.sum() + b.sum() for a, b in pairs)),
        "twins told apart": int(sum(abs(a - b).sum() for a, b in pairs)),
    }


def _played(run: Run) -> dict[str, Any]:
    """The names that the notebook's cells define, played on this run."""
    names: dict[str, Any] = {"profile": run.name, "runs": str(run.folder)}
    names |= {"videos": "", "splits": "", "split": run.split, "seed": run.seed}
    names |= {"backbone": run.backbone, "weights": run.weights}
    cells = code_cells("03")
    for cell in CELLS:
        exec(cells[cell], names)
    return names


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


def _six_of_ten(facts: Facts) -> bool:
    """Whether that many videos are right, and the interval is about 24 points wide."""
    found = facts["results"]["video-10"]
    return 0.57 < found["accuracy"] < 0.67 and _near(found["high"] - found["low"], 0.24, 0.01)


def _twins_share(facts: Facts) -> float:
    return facts["mistakes between twins"] / facts["mistakes"]


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
}
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
        "the mean need not be exactly 0, nor the deviation 1. In the quick run they are about 0.9 "
        "and 0.7:",
        lambda f: _near(f["pixels"][0], 0.9, 0.15) and _near(f["pixels"][1], 0.7, 0.1),
    ),
    Claim(
        "03-normalise-why",
        "brighter than ImageNet's photographs, and have less contrast",
        lambda f: f["pixels"][0] > 0.2 and f["pixels"][1] < 0.9,
    ),
    Claim(
        "03-softmax-why",
        "from 2.48 (guessing) down to 1.62 (perfect), and nowhere below; the worst is 2.62. With "
        "one softmax it can go to 0.",
        lambda f: _double(f, 1.62, 2.485, 2.62),
    ),
    Claim(
        "03-softmax-why",
        "it is twelve times smaller than with one, and with 51 classes it would be 51 times "
        "smaller.",
        # the slope of softmax is 1/C where all are even, less its mean, which is 0 here
        lambda f: _near(f["gradients"]["one"] / f["gradients"]["two"], f["classes"], 0.01),
    ),
    Claim(
        "03-step-why",
        "each class a twelfth, which is 2.7 of 32 images. So classes with 3 images or more have a "
        "negative gradient, and their bias rises; the others fall.",
        lambda f: sum(f["step"]["images"]) == 32 and f["classes"] == 12 and _biases(f),
    ),
    Claim(
        "03-first-loss-why",
        "$\\ln 12$ is 2.485, and our network's first loss hardly differs from it.",
        lambda f: (
            _near(math.log(f["classes"]), 2.485, 5e-4)
            and _near(f["check"]["ours"]["first loss"], 2.485, 0.01)
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
        "a few dozen steps are enough: the loss falls from about 2.5 to below 0.1.",
        lambda f: (
            20 <= f["by heart"]["steps"] <= 80
            and _near(f["by heart"]["first"], 2.5, 0.1)
            and f["by heart"]["loss"] < 0.1
        ),
    ),
    Claim(
        "03-one-batch-why",
        "that loss cannot fall below 1.62.",
        lambda f: _near(min(two for _, two in f["losses"].values()), 1.62, 0.005),
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
        "chosen on held-out parts of the training clips, but test results had been seen by then, "
        "and its source says so.",
        lambda f: (
            "held-out parts" in f["recipe"]["source"]
            and "test part in view" in f["recipe"]["source"]
        ),
    ),
    Claim(
        "03-recipe-says",
        "Of mode 1 it gives SGD with a learning rate of 0.01.",
        lambda f: [(p.optimiser, p.lr) for p in MODE_1] == [("sgd", 0.01)],
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
        "the first loss is that of guessing, about 2.5,",
        lambda f: _near(f["by hand"][0], math.log(f["classes"]), 0.02),
    ),
    Claim(
        "03-first-steps-why",
        "after twenty steps it is below 2.",
        lambda f: len(f["by hand"]) == 20 and f["by hand"][-1] < 1.95,
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
        "training ends with two windows of three right, validation with fewer than half.",
        lambda f: (
            _near(f["history"][-1]["train_accuracy"], 2 / 3, 0.05)
            and f["history"][-1]["valid_accuracy"] < 0.5
        ),
    ),
    Claim(
        "03-curves-words",
        "The training loss ends near 1, the validation loss near 1.5.",
        lambda f: (
            _near(f["history"][-1]["train_loss"], 1, 0.15)
            and _near(f["history"][-1]["valid_loss"], 1.5, 0.25)
        ),
    ),
    Claim(
        "03-curves-words",
        "it is close to its lowest.",
        lambda f: (
            f["history"][-1]["valid_loss"] - min(row["valid_loss"] for row in f["history"]) < 0.15
        ),
    ),
    Claim(
        "03-curves-words",
        "On its way down the validation loss rises now and then.",
        lambda f: any(
            after["valid_loss"] > before["valid_loss"] and after["epoch"] < len(f["history"])
            for before, after in pairwise(f["history"])
        ),
    ),
    Claim(
        "03-curves-words",
        "the label smoothing of 0.1,",
        lambda f: f["recipe"]["label_smoothing"] == 0.1,
    ),
    Claim(
        "03-curves-words",
        "Here training stops at two thirds or so, after hundreds of steps.",
        lambda f: (
            _near(f["history"][-1]["train_accuracy"], 2 / 3, 0.08)
            and len(f["history"]) * f["parts"]["train"]["windows"] / f["recipe"]["batch_size"] > 200
        ),
    ),
    Claim(
        "03-scores-why",
        "about six of ten test videos are right, and the interval is about 24 points wide.",
        _six_of_ten,
    ),
    Claim(
        "03-ceiling-why",
        "the ceiling is two thirds: four of the twelve classes can be told by a single frame, and "
        "the other eight come in four pairs that show the same frames. Four classes whole and "
        "eight by half make eight of twelve.",
        lambda f: (
            _near(f["ceiling"], 2 / 3, 1e-6)
            and len(f["twins"]) == 4
            and len({name for pair in f["twins"] for name in pair}) == 8
            and f["classes"] == 12
        ),
    ),
    Claim(
        "03-ceiling-why",
        "the stream comes within ten points of this ceiling.",
        lambda f: _near(f["results"]["video-10"]["accuracy"], f["ceiling"], 0.1),
    ),
    Claim(
        "03-ceiling-why",
        "The training accuracy of section 9 stands near two thirds, too: there are twins among the "
        "training clips as well.",
        lambda f: _near(f["history"][-1]["train_accuracy"], 2 / 3, 0.08),
    ),
    Claim(
        "03-confusion-why",
        "most mistakes are between motion twins.",
        lambda f: _twins_share(f) > 0.55,
    ),
    Claim(
        "03-confusion-why",
        "a twin would get one in eleven.",
        lambda f: f["classes"] - 1 == 11,
    ),
    Claim(
        "03-confusion-why",
        "the two rows of a pair look nearly the same",
        # a video that is taken for another class in one row alone counts twice
        lambda f: f["twins told apart"] <= 0.25 * f["videos of twins"],
    ),
    Claim(
        "03-confusion-why",
        "Most of them take *fencing* or *sword_exercise* for *drink*: both show a blue blade, and "
        "*drink* a blue beaker. Or they take *throw* or *catch* for *sit* or *stand*.",
        lambda f: (
            f["mistakes for drink, sit or stand"]
            > 0.6 * (f["mistakes"] - f["mistakes between twins"])
            and all(ACTIONS[name].shows == "blue blade" for name in ("fencing", "sword_exercise"))
            and ACTIONS["drink"].shows == "blue beaker"
        ),
    ),
    Claim(
        "03-paper-words",
        "The quick run has 12 other classes, of other clips.",
        lambda f: f["classes"] == 12 and f["run"][0] == "StickHMDB",
    ),
    Claim(
        "03-paper-words",
        "The paper trained on tag-0 clips too",
        lambda f: (
            f["tags"] == [1] and all("training tags 0 and 1" in row.setting for row in _printed())
        ),
    ),
    Claim(
        "03-paper-words",
        "It does not say which split it used",
        lambda f: all("split not stated" in row.setting for row in _printed()),
    ),
    Claim(
        "03-paper-words",
        "they count the share of windows.",
        lambda f: all(row.protocol == "window" for row in _printed()),
    ),
    Claim(
        "03-showed",
        "has about six of ten of the 168 test videos right, by ten windows each, on StickHMDB, "
        "split 1, seed 0.",
        lambda f: (
            _six_of_ten(f)
            and f["results"]["video-10"]["n"] == 168
            and f["run"] == ["StickHMDB", 1, 0]
        ),
    ),
    Claim(
        "03-showed",
        "a second softmax shuts the loss in between 1.62 and 2.62.",
        lambda f: _double(f, 1.62, 2.485, 2.62),
    ),
    Claim(
        "03-showed",
        "repeating it learns 16 images by heart.",
        lambda f: f["by heart"]["loss"] < 0.1 and f["by heart"]["steps"] <= 200,
    ),
    Claim(
        "03-showed",
        "most mistakes are between classes that look the same in a single frame.",
        lambda f: _twins_share(f) > 0.55,
    ),
]


def _printed() -> list[paper.Published]:
    """What the paper prints of its spatial stream."""
    return [row for rows in paper.PAPER.values() for row in rows if row.network == "spatial"]
