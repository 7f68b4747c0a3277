"""What notebook 09 says of the paper's epochs, of a whole run's size, and of a training resumed.

Nothing in it depends on how fast the machine is.
"""

import itertools
import math
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import TensorDataset

from tests.notebooks.claims import Claim, Facts, code_cells
from twostream_lib import training
from twostream_lib.course import Run
from twostream_lib.models.stream import StreamNet
from twostream_lib.planner import costs, hours, parts
from twostream_lib.planner.cards import CARDS, HANDED_OUT, STEPS
from twostream_lib.planner.sets import HMDB51, KINETICS400
from twostream_lib.training import loop
from twostream_lib.training.profiles import PROFILES
from twostream_lib.training.recipes import RECIPES, Phase, Recipe


def facts(run: Run) -> Facts:
    epochs = {name: recipe.epochs for name, recipe in RECIPES.items()}
    mode1, mode2 = (epochs[f"paper-mode{mode}-spatial"] for mode in (1, 2))
    paper, tags = PROFILES["paper"], PROFILES["paper"].train_tags
    windows, frames = HMDB51.windows_of_clip(paper.plan), HMDB51.frames_of_clip
    table = hours.table(parts.parts(PROFILES["colab"], HMDB51), T4)
    folder = table["run folder"].cumsum() + table.meanwhile
    memory = parts.memory(PROFILES["colab"], KINETICS400)
    kinetics = hours.table(parts.parts(PROFILES["colab"], KINETICS400), T4)
    return {
        "frames a second of the paper": [
            HMDB51.training_clips(tags) * frames / seconds
            for seconds in (6 * 3600, 10 * 3600)  # an epoch of each stream (III.A)
        ],
        "frames over windows": frames / windows,
        "gains of steps played back": [after / before for before, after in STEPS.values()],
        "images a second that processors handed out": HANDED_OUT,
        "parts of a step": parts_of_a_step(),
        "milliseconds of a processor's step": [1000 * 32 / rate for rate in HANDED_OUT],
        "milliseconds of a recorded step": [
            1000 * batch / recorded for batch, (_, recorded) in STEPS.items()
        ],
        "batches of colab and paper": [
            RECIPES[PROFILES[profile].recipes["spatial"]].batch_size
            for profile in ("colab", "paper")
        ],
        "epochs of mode 1": mode1,
        "epochs of mode 2": mode2,
        "samples of mode 2 over those of mode 1": mode2 * windows / (mode1 * frames),
        "our epochs": sorted({epochs["tune-spatial"], epochs["tune-temporal"]}),
        "gigabytes of the stores": gigabytes_of_stores(table),
        "gigabytes of the clips": table.disk["fetching the clips"] / 1e9,
        "gigabytes that stay": table["run folder"].sum() / 1e9,
        "gigabytes at most": folder.max() / 1e9,
        "part of the most": folder.idxmax(),
        "gigabytes of flow a second": [gigabytes_of_flow(name) for name in ("A100", "T4")],
        "pixels that are seen of one of flow": math.prod(paper.seen_at(paper.flow_plan))
        / math.prod(paper.flow_plan.size),
        "share of the laboratory": table.seconds["the laboratory"] / table.seconds.sum(),
        "frames of Kinetics over those of HMDB-51": KINETICS400.frames / HMDB51.frames,
        "gigabytes of the stores of Kinetics": gigabytes_of_stores(kinetics),
        "gigabytes of Kinetics in memory": [value / 1e9 for value in memory.values()],
        "days of Kinetics on a T4": kinetics.seconds.sum() / 86_400,
        "weights apart": resumed_in_the_notebook()["apart"],
    }


# A T4, with cores as they were measured once.
CORE = hours.Core(looked=11_500, images=3_700, dense=5_100, fields=170, streamed=2_000)
T4 = hours.on_cards(CORE)["T4"]


def gigabytes_of_flow(card: str) -> float:
    """What a second of training on flow reads."""
    settings = PROFILES["colab"]
    plan = settings.flow_plan
    size = settings.seen_at(plan)
    work = costs.of_stream(settings.backbone, plan.channels, size, HMDB51.classes).work
    return CARDS[card].training.value / work * plan.window_bytes / 1e9


def gigabytes_of_stores(table: pd.DataFrame) -> float:
    return table.disk[table.index.str.startswith("the store")].sum() / 1e9


def parts_of_a_step() -> int:
    """How many operations the forward and the backward pass of ResNet-50 consist of."""
    net = StreamNet("resnet50", 51, 3, "none")
    with Counted() as counted:
        with torch.autocast("cpu", torch.bfloat16):
            logits = net(torch.zeros(2, 3, 32, 32, dtype=torch.uint8))
        logits.sum().backward()
    return counted.operations


class Counted(TorchDispatchMode):
    """Counts what torch is told to compute in this block; looks at the same numbers are none."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0

    def __torch_dispatch__(self, of, types, arguments=(), named=None):  # type: ignore[no-untyped-def]
        self.operations += not of.is_view
        return of(*arguments, **(named or {}))


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
        "09-estimate",
        "HMDB-51 has 6,766 clips with about 640,000 frames in all.",
        lambda _: HMDB51.train + HMDB51.test + HMDB51.unused == 6_766 and HMDB51.frames == 640_000,
    ),
    Claim(
        "09-estimate",
        "three streams are trained (by the `colab` profile four times each, with one of three "
        "folds held out or none)",
        lambda _: (PROFILES["colab"].folds, PROFILES["colab"].trained_folds) == (3, 3),
    ),
    Claim(
        "09-estimate",
        "Training and scoring were measured in section 3, mode 1 in section 2.",
        lambda _: (
            "throughputs(run.backbone" in code_cells("09")["09-train-throughputs"]
            and "FrameStream(" in code_cells("09")["09-modes-throughputs"]
        ),
    ),
    Claim(
        "09-kinetics",
        "Kinetics-400 is the data set that today's large networks for actions begin with: about "
        "240,000 training clips of ten seconds.",
        lambda _: KINETICS400.train == 240_436 and KINETICS400.classes == 400,
    ),
    Claim(
        "09-kinetics",
        "It is sometimes called 400 times as large as HMDB-51. Is it?",
        lambda facts: facts["frames of Kinetics over those of HMDB-51"] < 200,
    ),
    Claim(
        "09-resume",
        "After each epoch, and every ten minutes,",
        lambda _: loop.CHECKPOINT_MINUTES == 10,
    ),
    Claim(
        "09-recorded",
        "A step of ResNet-50 is many hundred small tasks",
        lambda facts: 500 < facts["parts of a step"] < 1000,
    ),
    Claim(
        "09-recorded",
        "how many times faster does that make batches of 32, and batches of 128?",
        lambda facts: list(STEPS) == [32, 128],
    ),
    Claim(
        "09-recorded",
        "Beside H200s that took processors 18 to 32 ms, whatever the size of the batch. The GPU "
        "itself computes a batch of 32 in 10 ms, and one of 128 in 29.",
        lambda facts: (
            [round(value) for value in facts["milliseconds of a processor's step"]] == [32, 18]
            and [round(value) for value in facts["milliseconds of a recorded step"]] == [10, 29]
        ),
    ),
    Claim(
        "09-recorded-words",
        "With 32, the GPU had waited most of the time. With 128, the GPU needs about as long for a "
        "step as the program",
        lambda facts: (
            facts["gains of steps played back"][0] > 2
            and facts["gains of steps played back"][1] < 1.05
        ),
    ),
    Claim(
        "09-recorded-words",
        "The `colab` profile's batches have 32 windows, the paper's 128",
        lambda facts: facts["batches of colab and paper"] == [32, 128],
    ),
    Claim(
        "09-recorded-words",
        "How much is gained at 32 depends on the processor more than on the GPU: such machines "
        "handed out 1,010 to 1,780 images a second",
        lambda facts: facts["images a second that processors handed out"] == [1010, 1780],
    ),
    Claim(
        "09-estimate-words",
        "The paper's epochs of mode 1 took six and ten hours: about 23 and 14 frames a second",
        lambda facts: [round(rate) for rate in facts["frames a second of the paper"]] == [23, 14],
    ),
    Claim(
        "09-estimate-words",
        "An epoch of mode 2 has 28 times fewer samples than one of mode 1",
        lambda facts: round(facts["frames over windows"]) == 28,
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
        "The stores of the `colab` profile fill 21 GB, and the clips and their archive 4 GB more",
        lambda facts: (
            round(facts["gigabytes of the stores"]) == 21
            and round(facts["gigabytes of the clips"]) == 4
        ),
    ),
    Claim(
        "09-estimate-words",
        "What stays in the run folder is 2.0 GB, and while both streams are trained as one "
        "network it is 3.8 GB at most",
        lambda facts: (
            round(facts["gigabytes that stay"], 1) == 2.0
            and round(facts["gigabytes at most"], 1) == 3.8
            and facts["part of the most"] == "training joint"
        ),
    ),
    Claim(
        "09-estimate-words",
        "By the `colab` profile the laboratory takes less than a tenth of a run: each stream is "
        "trained four times.",
        lambda facts: (
            facts["share of the laboratory"] < 0.1 and PROFILES["colab"].trained_folds + 1 == 4
        ),
    ),
    Claim(
        "09-estimate-words",
        "an A100 would have to be given 0.53 GB of windows a second, and a T4 0.06 GB",
        lambda facts: (
            [round(value, 2) for value in facts["gigabytes of flow a second"]] == [0.53, 0.06]
        ),
    ),
    Claim(
        "09-estimate-words",
        "It would be four times as much, and the store of flow four times as large, if fields were "
        "stored as large as their network sees them: they are stored at half the height and width",
        lambda facts: facts["pixels that are seen of one of flow"] == 4,
    ),
    Claim(
        "09-kinetics-words",
        "By its frames Kinetics-400 is 122 times as large as HMDB-51, at 30 frames a second",
        lambda facts: round(facts["frames of Kinetics over those of HMDB-51"]) == 122,
    ),
    Claim(
        "09-kinetics-words",
        "all of it would take about two weeks on a small GPU",
        lambda facts: 11 < facts["days of Kinetics on a T4"] < 17,
    ),
    Claim(
        "09-kinetics-words",
        "the three stores have 1,960 GB",
        lambda facts: round(facts["gigabytes of the stores of Kinetics"], -1) == 1_960,
    ),
    Claim(
        "09-kinetics-words",
        "every frame takes 1.0 GB, and the index of a store 0.1 GB",
        lambda facts: (
            [round(value, 1) for value in facts["gigabytes of Kinetics in memory"]] == [1.0, 0.1]
        ),
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
