"""How far apart should the three frames of an SG3I be? The paper's open question (VI).

One stream is trained for each gap, all in the same way and on the same moments of the same clips. A
dense window holds many gray frames close together, and the gap alone decides which three are taken.
"""

from collections.abc import Sequence
from dataclasses import replace

from twostream_lib.course import side_results
from twostream_lib.course.run import Run
from twostream_lib.course.run_streams import OF_FOLD
from twostream_lib.data.plan import Plan
from twostream_lib.errors import CannotBeHad, InputError
from twostream_lib.fusion import scores
from twostream_lib.fusion.scores import Scores
from twostream_lib.training.recipes import Recipe
from twostream_lib.training.side_by_side import side_by_side

SHARES = (0.01, 0.2, 0.4, 1)  # of the widest gap that a dense window has


def to_try(run: Run) -> list[int]:
    """The gaps of a small sweep, in frames of a dense window: from one frame to the widest.

    None where the clips are too short for dense windows, see `Limits`.
    """
    if "gap-sweep" in run.limits.lacking:
        return []
    most = widest(run.settings.dense_plan)
    return sorted({max(1, round(share * most)) for share in SHARES})


def channels_of(plan: Plan, gap: int) -> slice:
    """Which frames of a dense window make the SG3I with this gap: the middle one, and one on each
    side, `gap` frames of the window away.

    Raises:
        InputError: the window has no frames that far from its middle.
    """
    middle = plan.length // 2
    if not 1 <= gap <= widest(plan):
        raise InputError(
            f"A gap of {gap} frames: a dense window of {plan.length} has 1 to {widest(plan)}."
        )
    return slice(middle - gap, middle + gap + 1, gap)


def widest(plan: Plan) -> int:
    """The largest gap that a dense window has, in its frames."""
    return (plan.length - 1) // 2


def seconds(plan: Plan, gap: int) -> float:
    """Seconds from one frame of the SG3I to the next."""
    return gap / plan.fps


def sweep(run: Run, gaps: Sequence[int], sparser: int = 1, folds: int = 1) -> dict[int, Scores]:
    """The scores of one stream for each gap on what it has not learned from, trained by the recipe
    `gap-sweep`.

    Trainings that are finished are read from the run folder. No test clip is used.

    Args:
        run: the run. gaps: in frames of a dense window.
        sparser: of each clip, every how many-th window is trained on. The epochs are as many times
            more as the windows are fewer, so that the streams make as many steps whatever it is.
        folds: how many of the run's folds are held out in turn, each from a stream of its own; with
            one, these are the scores of the validation part.
    """
    if not gaps:
        return {}
    plan, recipe = run.dense.plan, run.recipe("gap-sweep")  # the store is built here, once
    held_out = [fold for fold in range(folds) if not fold or _has(run, fold)]
    asked = [(gap, fold) for gap in gaps for fold in held_out]
    tasks = [(run, gap, channels_of(plan, gap), recipe, sparser, fold) for gap, fold in asked]
    said = dict(zip(asked, side_by_side(train_and_score, tasks, "gaps"), strict=True))
    return {gap: scores.together([said[gap, fold] for fold in held_out]) for gap in gaps}


def _has(run: Run, fold: int) -> bool:
    """Whether a fold has dense windows: there may be fewer folds, or all of its clips too short."""
    try:
        return bool(run.part("gap-sweep", "validation", fold=fold))
    except CannotBeHad:
        return False


def train_and_score(
    run: Run, gap: int, channels: slice, recipe: Recipe, sparser: int = 1, fold: int = 0
) -> Scores:
    """Train the stream that sees these frames of each dense window, and score a fold that is held
    out: fold 0 is the validation part. The scores are left beside the checkpoint."""
    train, valid = (run.part("gap-sweep", part, channels, fold) for part in ("train", "validation"))
    every = len(train)
    train = train.only(train.rows.window.to_numpy() % sparser == 0)
    phases = tuple(
        replace(phase, epochs=round(phase.epochs * every / len(train))) for phase in recipe.phases
    )
    name = f"gap-{gap}" + (f"-every-{sparser}" if sparser > 1 else "")
    place = run.checkpoint(f"{name}{OF_FOLD}{fold}" if fold else name)
    net = run.new_stream("gap-sweep")
    run.fit("gap-sweep", net, train, valid, place, replace(recipe, phases=phases))
    said = scores.predict(f"gap {gap}", net, valid, "validation")
    side_results.leave_scores(place, said, run.made_by)
    return said
