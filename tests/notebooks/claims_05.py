"""What notebook 05 says of the quick run's laboratory and streams, and of the record of several.

What the notebook's own cells find is found by them once more; the laboratory's trials and the
streams' scores are read.
"""

from collections.abc import Callable
from dataclasses import asdict

import torch

from tests.notebooks.claims import Claim, Facts, parameters_of, play
from twostream_lib import models
from twostream_lib.course import Run, paper
from twostream_lib.experiments import flow_setups, flow_trials
from twostream_lib.experiments.truth import recorded
from twostream_lib.fusion import evaluation
from twostream_lib.stickhmdb import CLASSES
from twostream_lib.training.checkpoints import read_history
from twostream_lib.training.recipes import RECIPES

CHECKS = [
    "05-imports",
    "05-store",
    "05-stack-picture",
    "05-check-uv",
    "05-check-scale",
    "05-check-bound",
    "05-check-loss",
    "05-first-layer-run",
    "05-first-layer-own",
]
STREAMS = ("spatial", "temporal-sg3i", "temporal-flow")


def facts(run: Run) -> Facts:
    names = play("05", CHECKS, parameters_of(run))
    names["lab"] = lab = flow_trials.lab_of(run)
    trials = {name: lab.trial(name) for name in flow_setups.QUICK}
    names["tests"] = tests = {name: run.scores_of(name)["test"] for name in STREAMS}
    names["setting"] = ""
    heads = ["05-heads-run", "05-heads-checks"]
    play("05", [*heads, "05-score", "05-compare", "05-kinds"], names)
    plan = run.settings.flow_plan
    return {
        "run": [run.dataset, run.split, list(run.settings.train_tags), run.seed],
        "stack": [plan.channels, plan.length, plan.size[1], plan.size[0]],
        "spans": [row["spans (s)"] for row in names["rows"].values()],
        "correlations": names["uv"].iloc[:, 0].tolist(),
        "fast over slow": names["scales"].iloc[:, 3].tolist(),
        "at the bound": float(names["at_bound"]),
        "check": names["check"].astype({"passes": bool}).to_dict("list"),
        "dead check": names["dead_check"].astype({"passes": bool}).to_dict("list"),
        "first layer off by": float((names["after"] - names["before"]).abs().max()),
        "starts from": names["net"].used_weights,
        "clips": int(lab.train.rows.video.nunique()),
        "trials": {name: of_trial(trial) for name, trial in trials.items()},
        "attempts": verdicts(trials, flow_setups.QUICK_ATTEMPTS),
        "switches": verdicts(trials, flow_setups.QUICK_SWITCHES),
        "learning": names["counts"],
        "history": [row["valid_loss"] for row in read_history(run.checkpoint("temporal-flow"))],
        "twins": {
            name: asdict(
                evaluation.counted(
                    name, "video-10", *flow_trials.between_twins(said, run.motion_twins)
                )
            )
            for name, said in tests.items()
        },
        "results": [asdict(result) for result in names["results"]],
        "compared": asdict(names["compared"]),
        "kinds": {
            kind: {result.network: asdict(result) for result in found}
            for kind, found in names["by_kind"].items()
        },
    }


def of_trial(trial: flow_trials.Trial) -> dict:
    losses = [trial.history[place]["train_loss"] for place in (0, -1)]
    return asdict(trial.result) | {"steps": trial.steps, "losses": losses}


def verdicts(trials: dict, names: tuple[str, ...]) -> dict:
    table = flow_trials.verdicts(trials, names)
    return table[["difference", "low", "high", "smallest", "verdict"]].to_dict("index")


# --- what must hold ---------------------------------------------------------------------------

CHANCE = 1 / len(CLASSES)
HEAD = "ReLU and dropout"
SGD = "SGD at a learning rate of 0.01"
HALF = "ResNet, L = 10, head mended"
SG3I, FLOW = "temporal-sg3i", "temporal-flow"
USUAL = "the same, usual last layer"
ATTEMPTS = flow_setups.QUICK_ATTEMPTS
INPUTS = ("u and v averaged with each other", "no scaling", SGD)


def near(value: float, said: float, room: float) -> bool:
    return abs(value - said) <= room


def guesses(result: dict) -> bool:
    """Whether its interval holds what guessing gives."""
    return result["low"] <= CHANCE <= result["high"]


def beyond(result: dict) -> bool:
    return result["low"] > 1.5 * CHANCE


def trial(f: Facts, name: str) -> dict:
    return f["trials"][name]


def learning(f: Facts, name: str, step: int) -> int:
    return f["learning"][name][step - 1]


def all_learn(*names: str) -> Callable[[Facts], bool]:
    return lambda f: all(set(f["learning"][name]) == {len(CLASSES)} for name in names)


def alike(f: Facts, kind: str) -> bool:
    """Whether the intervals of the two streams within a kind hold each other's share."""
    one, other = f["kinds"][kind].values()
    return all(a["low"] <= b["accuracy"] <= a["high"] for a, b in ((one, other), (other, one)))


def share(f: Facts, kind: str, network: str) -> dict:
    return f["kinds"][kind][f"temporal-{network}"]


def nearly_all(result: dict) -> bool:
    return result["accuracy"] >= 0.85


def about_half(result: dict) -> bool:
    return result["low"] < 0.5 < result["high"]


def of_others(learned_from: str) -> paper.Published:
    """The published flow stream that learned from this."""
    (found,) = [row for row in paper.LITERATURE if row.says("learns from") == learned_from]
    return found


def weights_of_cnnm() -> int:
    with torch.device("meta"):  # none is made
        return sum(weight.numel() for weight in models.CNNM2048(len(CLASSES), 20).parameters())


HARMLESS = (
    "u and v averaged with each other",
    "no scaling",
    "flip without negation",
    "3 fields",
    "spatial weights, random first layer",
)

# --- of the record ----------------------------------------------------------------------------


def arm(name: str) -> dict:
    return recorded.question("failures")["arms"][name]


def cost(name: str) -> dict:
    """By how much the control of a setup is ahead of it."""
    found = recorded.question("failures")["pairs"]
    (pair,) = [pair for pair in found if pair["second"] == name]
    return pair


def not_shown(pair: dict) -> bool:
    return pair["low"] <= 0 <= pair["high"]


def motion(first: str, classes: list[str]) -> dict:
    """The pair of the question of motion whose first stream is asked about these classes."""
    found = recorded.question("motion")["pairs"]
    (pair,) = [
        pair for pair in found if pair["first"] == first and list(pair["classes"]) == classes
    ]
    return pair


def on_what_both_see() -> list[dict]:
    """The pair of the classes that both streams can see, and the one of all classes."""
    found = recorded.question("motion")["pairs"]
    return [pair for pair in found if len(pair["classes"]) not in (1, 2)]


CLAIMS = [
    Claim(
        "05-store-why",
        "A stack of the quick run has 20 channels: ten fields, each with its u and its v. It spans "
        "two thirds of a second, an SG3I a third. Each field is shrunk to 48 × 36 pixels.",
        lambda f: f["stack"] == [20, 10, 48, 36] and f["spans"] == ["0.33", "0.67"],
    ),
    Claim(
        "05-check-uv-why",
        "In the quick run u and v as stored are nearly uncorrelated. After the slip the "
        "correlation is -1:",
        lambda f: near(f["correlations"][0], 0, 0.2) and near(f["correlations"][1], -1, 1e-3),
    ),
    Claim(
        "05-check-scale-why",
        "In the quick run a fast field has more than five times the speed of a slow one; stretched "
        "by themselves, less than three times.",
        lambda f: f["fast over slow"][0] > 6 and f["fast over slow"][1] < 2.5,
    ),
    Claim(
        "05-check-scale-why",
        "fewer than one value in a hundred is at the bound.",
        lambda f: f["at the bound"] < 0.008,
    ),
    Claim(
        "05-check-loss-why",
        "In the quick run both pass: the first loss hardly differs from $\\ln 21$, which is 3.045, "
        "and 20 steps on the same 16 stacks more than halve it.",
        lambda f: (
            all(f["check"]["passes"])
            and near(f["check"]["loss"][0], 3.045, 0.02)
            and len(CLASSES) == 21
        ),
    ),
    Claim(
        "05-first-layer-why",
        "what is left of a difference is rounding.",
        lambda f: f["first layer off by"] < 1e-5,
    ),
    Claim(
        "05-first-layer-why",
        "The quick run's stream starts from random weights",
        lambda f: f["starts from"] == "random weights",
    ),
    Claim(
        "05-failure-why",
        "In the quick run the attempt ends where guessing is: its interval holds a 21st, which is "
        "4.8 %.",
        lambda f: all(guesses(trial(f, name)) for name in ATTEMPTS) and near(CHANCE, 0.048, 5e-4),
    ),
    Claim(
        "05-failure-why",
        "Now look at the twin: it is far beyond guessing after the same 56 steps.",
        lambda f: (
            beyond(trial(f, "ResNet, L = 10, mended"))
            and f["attempts"]["ResNet, L = 10"]["verdict"] == flow_trials.MATTERED
            and [trial(f, f"ResNet, L = 10{end}")["steps"] for end in ("", ", mended")] == [56, 56]
        ),
    ),
    Claim(
        "05-failure-why",
        "in section 5 you will meet an attempt whose twin is at guessing too.",
        lambda f: guesses(arm("CNN-M-2048, L = 10, mended")),
    ),
    Claim(
        "05-failure-run-words",
        "CNN-M-2048 has 90 million weights",
        lambda _: near(weights_of_cnnm(), 90.5e6, 0.5e6),
    ),
    Claim(
        "05-switches-why",
        "**ReLU and dropout** leave the stream at guessing. **The softmax alone does not**: its "
        "interval lies above guessing. It has about half as many videos right as the working "
        "stream.",
        lambda f: (
            guesses(trial(f, HEAD))
            and beyond(trial(f, "softmax"))
            and near(trial(f, "softmax")["accuracy"] / trial(f, "working")["accuracy"], 0.5, 0.15)
            and f["switches"]["softmax"]["verdict"] == flow_trials.MATTERED
        ),
    ),
    Claim(
        "05-switches-why",
        "**All three together** are at guessing. Their row says that the softmax makes no "
        "difference that both test and interval show,",
        lambda f: (
            guesses(trial(f, "ReLU, dropout and softmax"))
            and f["switches"]["ReLU, dropout and softmax"]["verdict"] == flow_trials.NO_DIFFERENCE
        ),
    ),
    Claim(
        "05-switches-why",
        "for none of them is a loss shown. The slip that the first check finds throws away half of "
        "the motion, and here the other half is enough.",
        lambda f: all(
            f["switches"][name]["verdict"] != flow_trials.MATTERED
            and f["switches"][name]["difference"] > -0.1
            for name in INPUTS
        ),
    ),
    Claim(
        "05-switches-why",
        "**A quarter of the steps** costs about as much as the softmax.",
        lambda f: (
            f["switches"]["a quarter of the steps"]["verdict"] == flow_trials.MATTERED
            and near(
                f["switches"]["a quarter of the steps"]["difference"],
                f["switches"]["softmax"]["difference"],
                0.12,
            )
        ),
    ),
    Claim(
        "05-switches-why",
        "**Batches of 128** in about as many steps as that cost nothing; they are the better of "
        "the two, with four times as many windows to see.",
        lambda f: (
            f["switches"]["batches of 128"]["low"] > 0
            and near(trial(f, "batches of 128")["steps"], 53, 4)
            and near(trial(f, "a quarter of the steps")["steps"], 53, 4)
        ),
    ),
    Claim(
        "05-switches-why",
        "A loss of less than six points, of SGD of less than ten, would mostly have gone unseen.",
        lambda f: (
            min(f["switches"][name]["smallest"] for name in INPUTS) > 0.055
            and f["switches"][SGD]["smallest"] > 0.09
        ),
    ),
    Claim(
        "05-switches-curves-words",
        "Two losses do not come down, and one hardly does.",
        lambda f: (
            sum(trial(f, name)["losses"][1] > 3 for name in flow_setups.QUICK_SWITCHES) == 2
            and 2.7 < trial(f, "softmax")["losses"][1] < 3
        ),
    ),
    Claim(
        "05-heads-why",
        "In the quick run all 21 outputs learn all the time with nothing behind them, with "
        "softmax, and with dropout.",
        all_learn("nothing", "softmax", "dropout"),
    ),
    Claim(
        "05-heads-why",
        "With ReLU fewer than half of them learn at step 2, and no more than a third at step 20; "
        "with ReLU and dropout hardly any.",
        lambda f: (
            learning(f, "ReLU", 2) <= 10
            and learning(f, "ReLU", 20) <= 7
            and learning(f, HEAD, 20) <= 2
        ),
    ),
    Claim(
        "05-heads-why",
        "In the quick run more than half of the outputs still learn at step 2 there, and few at "
        "step 20:",
        lambda f: learning(f, USUAL, 2) >= 11 and learning(f, USUAL, 20) <= 5,
    ),
    Claim(
        "05-heads-checks-why",
        "The fourth. In the quick run the third check passes: a head whose outputs are all close "
        "to zero guesses evenly, also one that is about to die. The fourth does not: 20 steps on "
        "the same 16 stacks do not halve the loss.",
        lambda f: f["dead check"]["passes"] == [True, False] and f["dead check"]["loss"][1] > 1.6,
    ),
    Claim(
        "05-alive",
        "Guessing costs 3.04. In the quick run the validation loss is below 2.8 after the first "
        "epoch, and below 1.6 at the end:",
        lambda f: f["history"][0] < 2.8 and f["history"][-1] < 1.6,
    ),
    Claim(
        "05-twins-why",
        "In the quick run the spatial stream's interval holds the 50 % of a coin, and flow has "
        "nine of ten or more right. So does SG3I:",
        lambda f: (
            about_half(f["twins"]["spatial"])
            and all(f["twins"][name]["accuracy"] >= 0.9 for name in STREAMS[1:])
        ),
    ),
    Claim(
        "05-beside-why",
        "In the quick run the two are close, and the difference is smaller than what so many "
        "videos could find.",
        lambda f: abs(f["compared"]["difference"]) < f["compared"]["smallest"] < 0.08,
    ),
    Claim(
        "05-kinds-why",
        "In the quick run the two are alike where both can see: in both halves of the clubs, and "
        "with the motion twins, of which both have nearly all.",
        lambda f: (
            all(alike(f, f"clubs, vague in {view}") for view in ("motion", "appearance"))
            and all(nearly_all(of) for of in f["kinds"]["motion twins"].values())
        ),
    ),
    Claim(
        "05-kinds-why",
        "flow has nearly every *laugh*, and SG3I about half of them. SG3I has nearly every "
        "*smoke*, and flow about half.",
        lambda f: (
            nearly_all(share(f, "laugh", "flow"))
            and about_half(share(f, "laugh", "sg3i"))
            and nearly_all(share(f, "smoke", "sg3i"))
            and about_half(share(f, "smoke", "flow"))
        ),
    ),
    # --- of the paper
    Claim(
        "05-paper",
        "It quotes one of [1] (V.B): 46.6 %, for a network that began with random weights and "
        "learned from HMDB-51 alone.",
        lambda f: near(of_others("HMDB-51 alone").accuracy, 0.466, 1e-6),
    ),
    Claim(
        "05-paper",
        "With UCF-101 to learn from as well, theirs has 54.6 %.",
        lambda f: near(of_others("HMDB-51 and UCF-101").accuracy, 0.546, 1e-6),
    ),
    # --- of the record
    Claim(
        "05-truth",
        "(The quick run's clips are one of the sets. Seed 1 is left out:",
        lambda f: (
            recorded.record()["runs"][0] == {"seed": f["run"][3], "split": f["run"][1]}
            and all(run["seed"] != 1 for run in recorded.record()["runs"])
        ),
    ),
    Claim(
        "05-truth-why",
        "**ReLU and dropout keep the stream at guessing**, whichever way the last layer begins: "
        "both intervals hold a 21st. With the softmax on top it is the same.",
        lambda f: all(
            guesses(arm(name))
            for name in (HEAD, f"usual last layer, {HEAD}", "ReLU, dropout and softmax")
        ),
    ),
    Claim(
        "05-truth-why",
        "**The softmax does not.** It costs more than ten points with either beginning, and leaves "
        "the stream far above guessing.",
        lambda f: all(
            cost(name)["mean"] > 0.1 and cost(name)["low"] > 0 and beyond(arm(name))
            for name in ("softmax", "usual last layer, softmax")
        ),
    ),
    Claim(
        "05-truth-why",
        "**A quarter of the steps** costs about as much as the softmax.",
        lambda f: near(cost("a quarter of the steps")["mean"], cost("softmax")["mean"], 0.1),
    ),
    Claim(
        "05-truth-why",
        "**SGD**: about ten points.",
        lambda f: 0.06 < cost(SGD)["mean"] < 0.14 and cost(SGD)["low"] > 0,
    ),
    Claim(
        "05-truth-why",
        "**Each field stretched by itself, no batch norm**: several points each. But one end of "
        "each interval is next to zero, and of 23 pairs luck alone makes about one stand apart.",
        lambda f: (
            all(
                0.03 < cost(name)["mean"] < 0.13 and abs(cost(name)["low"]) < 0.05
                for name in ("each field stretched by itself", "no batch norm")
            )
            and len(recorded.question("failures")["pairs"]) == 23
        ),
    ),
    Claim(
        "05-truth-why",
        "For **u and v averaged with each other, no scaling, the flip without negation, 3 fields, "
        "and a random first layer** the loss is below five points on average over the runs, and "
        "may be none; the intervals leave room for ten at most.",
        lambda f: all(
            cost(name)["mean"] < 0.045
            and cost(name)["low"] <= 0
            and 0.02 < cost(name)["high"] < 0.105
            for name in HARMLESS
        ),
    ),
    Claim(
        "05-truth-why",
        "**ResNet's are at guessing** with 10 fields and with 3, and their twins have about three "
        "videos of ten right.",
        lambda f: all(
            guesses(arm(f"ResNet, L = {length}"))
            and near(arm(f"ResNet, L = {length}, mended")["mean"], 0.3, 0.06)
            for length in (10, 3)
        ),
    ),
    Claim(
        "05-truth-why",
        "**CNN-M's are at guessing, and so are their twins**, which are mended in part: in so few "
        "steps, by SGD, this network learns nothing.",
        lambda f: (
            all(
                guesses(arm(f"CNN-M-2048, L = {length}{end}"))
                for length in (10, 3)
                for end in ("", ", mended")
            )
            and flow_setups.SETUPS["CNN-M-2048, L = 10, mended"].optimiser == "paper"
        ),
    ),
    Claim(
        "05-verdict",
        "Both stay more than ten points behind the twin that has everything mended, and neither "
        "is at guessing.",
        lambda f: all(
            cost(name)["mean"] > 0.12 and cost(name)["low"] > 0 and not guesses(arm(name))
            for name in flow_setups.HALVES
        ),
    ),
    Claim(
        "05-verdict",
        "It took both to get down to guessing.",
        lambda f: guesses(arm("ResNet, L = 10")),
    ),
    Claim(
        "05-verdict",
        "Alone, in small batches and 200 steps, *SGD* costs about ten points, and for *u "
        "and v averaged* and *no scaling* no loss is shown. Together, in 56 steps of large "
        "batches, they take more than half of what the twin has. (None of them was tried alone in "
        "56 steps.",
        lambda f: (
            [trial(f, name)["steps"] for name in ("working", "ResNet, L = 10")] == [200, 56]
            and 0.06 < cost(SGD)["mean"] < 0.14
            and all(cost(name)["low"] <= 0 for name in INPUTS[:2])
            and cost(HALF)["mean"] > 0.55 * arm("ResNet, L = 10, mended")["mean"]
        ),
    ),
    Claim(
        "05-verdict",
        "two heads like this one are at guessing in small batches, where the whole of it, in large "
        "ones, is not quite.",
        lambda f: (
            guesses(arm("ReLU, dropout and softmax"))
            and guesses(arm(f"usual last layer, {HEAD}"))
            and not guesses(arm("ResNet, L = 10, all but the head mended"))
            and flow_setups.SETUPS["ResNet, L = 10, all but the head mended"].large_batch
        ),
    ),
    Claim(
        "05-verdict",
        "The quick run's working stream began with random weights, learned from 501 clips, and is "
        "far beyond guessing.",
        lambda f: (
            f["starts from"] == "random weights"
            and f["clips"] == 501
            and beyond(trial(f, "working"))
        ),
    ),
    Claim(
        "05-verdict",
        "In the record, beginning with the weights of the spatial stream shows no gain.",
        lambda f: cost("begun with spatial weights")["high"] > 0,
    ),
    Claim(
        "05-verdict",
        "steps matter about as much as the softmax. And CNN-M-2048 learns nothing in the steps "
        "that we can afford, by SGD at that learning rate, whatever else is mended.",
        lambda f: (
            cost("a quarter of the steps")["mean"] > 0.15
            and guesses(arm("CNN-M-2048, L = 10, mended"))
        ),
    ),
    Claim(
        "05-truth-motion-why",
        "On *laugh* and *smile* flow is ahead by more than 20 points, on *smoke* SG3I is, and both "
        "intervals leave out zero.",
        lambda f: all(
            motion(*asked)["mean"] > 0.25 and motion(*asked)["low"] > 0
            for asked in ((FLOW, ["laugh", "smile"]), (SG3I, ["smoke"]))
        ),
    ),
    Claim(
        "05-truth-motion-why",
        "On the 14 classes that both can see, and over all classes, no difference is shown, and "
        "the intervals leave room for a few points at most.",
        lambda f: (
            all(
                not_shown(pair) and max(-pair["low"], pair["high"]) < 0.07
                for pair in on_what_both_see()
            )
            and len(on_what_both_see()[0]["classes"]) == 14
        ),
    ),
    Claim(
        "05-showed",
        "The quick run is one run on StickHMDB, split 1, tag 1, seed 0; the record is of several.",
        lambda f: f["run"] == ["StickHMDB", 1, [1], 0] and len(arm("working")["by_run"]) >= 3,
    ),
    Claim(
        "05-showed",
        "a stream on stacks of ten flow fields has more than half of 630 test videos right,",
        lambda f: f["results"][1]["accuracy"] > 0.52 and f["results"][1]["n"] == 630,
    ),
    Claim(
        "05-showed",
        "in the record, the paper's ResNet attempts are at guessing, and their mended twins are "
        "not.",
        lambda f: all(
            guesses(arm(f"ResNet, L = {length}")) and beyond(arm(f"ResNet, L = {length}, mended"))
            for length in (10, 3)
        ),
    ),
    Claim(
        "05-showed",
        "ReLU and dropout behind the last layer are enough to keep a stream at guessing in batches "
        "of 32, and softmax alone is not. In batches of 128 the whole head is not quite enough.",
        lambda f: (
            guesses(arm(HEAD))
            and beyond(arm("softmax"))
            and RECIPES["quick-flow"].batch_size == 32
            and not guesses(arm("ResNet, L = 10, all but the head mended"))
        ),
    ),
    Claim(
        "05-showed",
        "in the quick run most outputs behind a ReLU get no gradient from step ten on.",
        lambda f: all(max(f["learning"][name][9:]) <= 10 for name in ("ReLU", HEAD, USUAL)),
    ),
    Claim(
        "05-showed",
        "faults that cost ten points or less, one by one in 200 steps, cost nearly twenty together "
        "in 56 steps of large batches.",
        lambda f: (
            max(cost(name)["mean"] for name in INPUTS) < 0.14
            and near(cost(HALF)["mean"], 0.19, 0.03)
        ),
    ),
    Claim(
        "05-showed",
        "each of SG3I and flow is far ahead where the other is blind. On what both can see no "
        "difference is shown.",
        lambda f: (
            not_shown(on_what_both_see()[0])
            and motion(FLOW, ["laugh", "smile"])["low"] > 0
            and motion(SG3I, ["smoke"])["low"] > 0
        ),
    ),
    Claim(
        "05-showed",
        "Its twin, mended in part, is at guessing as well.",
        lambda f: guesses(arm("CNN-M-2048, L = 10, mended")),
    ),
]
