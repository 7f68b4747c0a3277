"""What a whole run uses: its mode, backbone, weights, windows, training tags and recipes."""

import math
from dataclasses import dataclass, replace

from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError


@dataclass(frozen=True)
class Profile:
    """What a whole run uses.

    Attributes:
        mode: `mode 1` (every frame, from the videos) or `mode 2` (windows, from the store).
        backbone, weights: of both streams, see `models.StreamNet`.
        plan: what the store of image windows holds. flow_plan: the same for flow stacks.
        dense_plan: gray frames close together, for SG3I of many gaps.
        train_tags: which clips of the split files are trained on: (1,), or (0, 1) as the paper.
        recipes: recipe name for each network.
        minutes: how long one notebook cell may take before the runner stops it.
    """

    mode: str
    backbone: str
    weights: str
    plan: Plan
    flow_plan: Plan
    dense_plan: Plan
    train_tags: tuple[int, ...]
    recipes: dict[str, str]
    minutes: int = 30


def _recipes(prefix: str, fusenet: str = "fusenet", gaps: str = "tune-gaps") -> dict[str, str]:
    return {
        "spatial": f"{prefix}-spatial",
        "temporal-sg3i": f"{prefix}-temporal",
        "temporal-flow": f"{prefix}-temporal",
        "gap-sweep": gaps,
        "fusenet": fusenet,
        "fusenet-linear": fusenet,
    }


SMALL, FULL = (72, 96), (224, 224)

# What a trial of notebook 05's laboratory sees of a large store at most, so that its fifteen trials
# take no more than a third of a run: windows in an epoch, and pixels of a field's smaller side.
TRIAL_WINDOWS, TRIAL_SIDE = 4_000, 112


# Of some dozens of clips, for weights from photographs: windows close together. An SG3I spans a
# quarter of a second, a flow stack two fifths.
FEW_IMAGES = Plan("images", (160, 200), fps=8, step=0.25)


FEW_STACKS = Plan(
    "flow", (84, 108), fps=12.5, length=5, step=0.25, estimate_at=(144, 180), bound=10
)


FEW_DENSE = Plan("gray", (84, 108), fps=25, length=21, step=0.5)


PROFILES = {
    "quick": Profile(
        mode="mode 2",
        backbone="resnet8",
        weights="none",
        plan=Plan("images", SMALL, step=0.5),
        # A bound of 3 pixels here is one of 20 pixels on the whole frame, 240 × 320: TSN's. The
        # fast preset costs a quarter of `dis` and taught as much: on the held-out parts, in 12
        # epochs and without a jitter of flow, 56.6 % right against 57.5 %.
        flow_plan=Plan(
            "flow",
            (36, 48),
            fps=15,
            length=10,
            step=0.5,
            method="dis-fast",
            estimate_at=(120, 160),
            bound=3.0,
        ),
        dense_plan=Plan("gray", (36, 48), fps=30, length=25, step=0.5),
        train_tags=(1,),
        recipes=_recipes("quick", gaps="quick-gaps") | {"temporal-flow": "quick-flow"},
    ),
    "colab": Profile(
        mode="mode 2",
        backbone="resnet50",
        weights="imagenet",
        plan=Plan("images", FULL),
        flow_plan=Plan("flow", FULL, fps=30, length=10),
        dense_plan=Plan("gray", (112, 112), fps=30, length=25, step=2),
        train_tags=(1,),
        recipes=_recipes("tune"),
        minutes=600,
    ),
}
PROFILES["paper"] = replace(
    PROFILES["colab"],
    train_tags=(0, 1),
    recipes=_recipes("paper-mode2", fusenet="paper-mode2-fusenet"),
    minutes=7 * 24 * 60,
)
PROFILES["paper-mode1"] = replace(
    PROFILES["paper"],
    mode="mode 1",
    recipes=_recipes("paper-mode1", fusenet="paper-mode1-fusenet"),
)


def shrinking(plan: Plan) -> int:
    """By how much a trial of the laboratory shrinks the fields of a store: 1, 2, 3 …"""
    return math.ceil(min(plan.size) / TRIAL_SIDE)


def profile(name: str, weights: str = "") -> Profile:
    """The profile `name`; the quick one changes its recipes when it starts from weights.

    Raises:
        InputError: no such profile.
    """
    if name not in PROFILES:
        allowed = ", ".join(PROFILES)
        raise InputError(f"Profile '{name}' is unknown: choose one of {allowed}.")
    chosen = PROFILES[name]
    if name == "quick" and weights not in ("", "none"):
        recipes = _recipes("few", gaps="few-gaps") | {"temporal-flow": "few-flow"}
        few = replace(chosen, recipes=recipes, plan=FEW_IMAGES, flow_plan=FEW_STACKS)
        return replace(few, dense_plan=FEW_DENSE)
    return chosen
