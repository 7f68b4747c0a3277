"""What a whole run uses: its mode, backbone, weights, windows, training tags and recipes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from twostream_lib import flow
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError


@dataclass(frozen=True)
class Profile:
    """What a whole run uses.

    Attributes:
        mode: `mode 1` (every frame, from the videos) or `mode 2` (windows, from the store).
        backbone, weights: of both streams, see `models.StreamNet`.
        plan: what the store of image windows holds. flow_plan: the same for flow stacks.
        flow_seen_at: height and width that the network sees flow at, if it is stored smaller.
        dense_plan: gray frames close together, for SG3I of many gaps.
        train_tags: which clips of the split files are trained on: (1,), or (0, 1) as the paper.
        recipes: recipe name for each network.
        folds: into how many the training clips are dealt, whole sources each.
        trained_folds: how many of them have their network, which is trained on the others and
            scores the fold. More of them give fusions more to learn from, and cost a training each.
            With one, its network is tested; with more, a further one that has learned from all.
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
    folds: int = 3
    trained_folds: int = 3
    minutes: int = 30
    flow_seen_at: tuple[int, int] | None = None

    def seen_at(self, plan: Plan) -> tuple[int, int]:
        """Height and width that a network sees the windows of one of these plans at."""
        return self.flow_seen_at if plan.kind == "flow" and self.flow_seen_at else plan.size

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """All heights and widths that networks see windows at; the laboratory's see flow as it is
        stored."""
        plans = (self.plan, self.flow_plan, self.dense_plan)
        sizes = [size for plan in plans for size in (self.seen_at(plan), plan.size)]
        return tuple(dict.fromkeys(sizes))


def _recipes(
    prefix: str, fusenet: str = "fusenet", gaps: str = "tune-gaps", joined: str = "tune"
) -> dict[str, str]:
    return {
        "spatial": f"{prefix}-spatial",
        "temporal-sg3i": f"{prefix}-temporal",
        "temporal-flow": f"{prefix}-temporal",
        "gap-sweep": gaps,
        "fusenet": fusenet,
        "fusenet-linear": fusenet,
        "features": f"{joined}-features",
        "joint": f"{joined}-joint",
    }


SMALL, HALF, FULL = (72, 96), (112, 112), (224, 224)

# How many windows a trial of notebook 05's laboratory sees in an epoch at most, so that its
# trials take no more than a third of a run. It sees them as large as they are stored.
TRIAL_WINDOWS = 4_000
# Of some dozens of clips, so many epochs make so few steps that a trial hardly gets beyond
# guessing, and nothing can be told apart from it: then they are gone through several times over.
TRIAL_EPOCHS, TRIAL_STEPS = 8, 100


def trial_rounds(windows: int, batch_size: int) -> int:
    """How many times over a trial goes through its epochs of so many windows: so often that
    `TRIAL_EPOCHS` of them are about `TRIAL_STEPS` steps, and once at least."""
    return max(1, round(TRIAL_STEPS / (TRIAL_EPOCHS * math.ceil(windows / batch_size))))


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
        recipes=_recipes("quick", gaps="quick-gaps", joined="quick")
        | {"temporal-flow": "quick-flow"},
    ),
    "colab": Profile(
        mode="mode 2",
        backbone="resnet50",
        weights="imagenet",
        plan=Plan("images", FULL),
        # A quarter of the bytes: 8.5 GB of HMDB-51 for 34. Fields are smooth, and their network
        # sees them enlarged again. On three held-out parts of StickHMDB's training clips with two
        # seeds, 476 videos, fields of half the size gave 297 right for 299 (of twice the size, 291
        # for 296), every second field 289, and both 292. On held-out people of Weizmann's training
        # parts half the size gave 157 of 180 for 149. Compression would lose nothing, and make
        # whole fields of six films of HMDB-51 13 times smaller (zstd 1, 2.5 GB a second to read on
        # a core); but then windows have lengths of their own, and a store is another file.
        flow_plan=Plan("flow", HALF, fps=30, length=10, estimate_at=FULL, bound=flow.BOUND / 2),
        flow_seen_at=FULL,
        dense_plan=Plan("gray", (112, 112), fps=30, length=25, step=2),
        train_tags=(1,),
        recipes=_recipes("tune"),
        minutes=600,
    ),
}
PROFILES["paper"] = replace(
    PROFILES["colab"],
    train_tags=(0, 1),
    # Hundreds of epochs: a network of each fold would take four times as long.
    folds=5,
    trained_folds=1,
    recipes=_recipes("paper-mode2", fusenet="paper-mode2-fusenet"),
    minutes=7 * 24 * 60,
)
PROFILES["paper-mode1"] = replace(
    PROFILES["paper"],
    mode="mode 1",
    recipes=_recipes("paper-mode1", fusenet="paper-mode1-fusenet"),
)


def profile(name: str, weights: str = "") -> Profile:
    """The profile `name`; the quick one changes when it starts from weights, and the recipes of the
    others when they do not.

    Raises:
        InputError: no such profile.
    """
    if name not in PROFILES:
        raise unknown(name, PROFILES)
    chosen = PROFILES[name]
    if name == "quick" and weights not in ("", "none"):
        own = {"temporal-flow": "few-flow", "joint": "few-joint"}
        recipes = _recipes("few", gaps="few-gaps") | own
        few = replace(chosen, recipes=recipes, plan=FEW_IMAGES, flow_plan=FEW_STACKS)
        # Most of a few clips are needed for training, and a network of this size takes its time.
        return replace(few, dense_plan=FEW_DENSE, folds=5, trained_folds=1)
    if weights == "none":
        recipes = {name: _from_random(recipe) for name, recipe in chosen.recipes.items()}
        return replace(chosen, recipes=recipes)
    return chosen


def _from_random(recipe: str) -> str:
    """The recipe from random weights that stands for one from ImageNet's; others are for both."""
    tuned = "tune-"
    return f"scratch-{recipe.removeprefix(tuned)}" if recipe.startswith(tuned) else recipe


def unknown(name: str, allowed: Iterable[str]) -> InputError:
    """What is said of a name that is none of those allowed."""
    return InputError(f"Profile '{name}' is unknown: choose one of {', '.join(allowed)}.")
