"""How far apart should the three frames of an SG3I be? The paper's open question (VI).

One stream a gap, all trained alike on the same moments of the same clips: a dense
window holds many gray frames close together, and the gap alone decides which three are taken.
"""

from collections.abc import Sequence

from twostream_lib.course.run import Run
from twostream_lib.data.plan import Plan
from twostream_lib.errors import InputError
from twostream_lib.fusion import scoring
from twostream_lib.fusion.scores import Scores
from twostream_lib.training.recipes import Recipe
from twostream_lib.training.side_by_side import side_by_side


def channels_of(plan: Plan, gap: int) -> slice:
    """The three frames of a dense window around its middle one that are `gap` of its frames apart.

    Raises:
        InputError: the dense window is not that long.
    """
    middle = plan.length // 2
    widest = (plan.length - 1) // 2
    if not 1 <= gap <= widest:
        raise InputError(
            f"A gap of {gap} frames: a dense window of {plan.length} has 1 to {widest}."
        )
    return slice(middle - gap, middle + gap + 1, gap)


def seconds(plan: Plan, gap: int) -> float:
    """From one frame of the SG3I to the next."""
    return gap / plan.fps


def sweep(run: Run, gaps: Sequence[int]) -> dict[int, Scores]:
    """The scores on the validation part of one stream a gap, trained by the recipe `gap-sweep`.

    Trainings that are finished are read from the run folder. Test clips play no part.
    """
    moments = run.dense.plan  # the store is built here, once, and not by each stream
    tasks = [(run, gap, channels_of(moments, gap), run.recipe("gap-sweep")) for gap in gaps]
    return dict(zip(gaps, side_by_side(stream_of, tasks, "gaps"), strict=True))


def stream_of(run: Run, gap: int, channels: slice, recipe: Recipe) -> Scores:
    """Train the stream that sees these frames of each dense window; score the validation part."""
    train, valid = (run.part("gap-sweep", part, channels) for part in ("train", "validation"))
    net = run.new_stream("gap-sweep")
    run.fit("gap-sweep", net, train, valid, run.checkpoint(f"gap-{gap}"), recipe)
    return scoring.predict(f"gap {gap}", net, valid, "validation")
